package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// The main scenarios, each an order of its own, for both shops and for both
// readings of what neither service documents.
func TestR06_R11_R27_F33_MainScenariosInBothProfiles(t *testing.T) {
	t.Parallel()
	for profile, second := range map[string]bool{"documented": false, "flipped": true} {
		t.Run(profile+map[bool]string{false: " demo", true: " demo-ua"}[second], func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, testenv.Options{Profile: profile, Second: second})
			newMainScenarios(w).run(t)
		})
	}
}

// mainScenarios are a shop's orders and the staff's records that they meet.
type mainScenarios struct {
	w                        *testenv.Env
	prefix                   string // of phones
	known, firm, twin, other int64
	rose                     int64
}

func newMainScenarios(w *testenv.Env) *mainScenarios {
	s := &mainScenarios{w: w, prefix: "+48 501 234 00"}
	if w.Shop == "demo-ua" {
		s.prefix = "+38 (050) 123-40-0"
	}
	s.known = w.Roapp.Create("people", testenv.J{"first_name": "Ewa", "phones": []string{s.phone(2)}})
	s.firm = w.Roapp.Create("organizations", testenv.J{"name": "Firma", "phones": []string{s.phone(3)}})
	s.twin = w.Roapp.Create("people", testenv.J{"first_name": "Jan", "phones": []string{s.phone(8)}})
	s.other = w.Roapp.Create("people", testenv.J{"first_name": "Ola", "phones": []string{s.phone(8)}})
	s.rose = w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "R-1"})
	s.awaitFound("/v2/contacts/people", s.other)
	s.awaitFound("/v2/contacts/organizations", s.firm)
	s.awaitFound("/v2/catalog/products", s.rose)
	return s
}

func (s *mainScenarios) phone(number int64) string { return s.prefix + itoa(number) }

// awaitFound waits until RO App's lists show a record.
func (s *mainScenarios) awaitFound(list string, id int64) {
	s.w.Eventually(testenv.Patience, func() string {
		var found json.RawMessage
		s.w.Roapp.API("GET", list, nil, &found)
		if !strings.Contains(string(found), `"id":`+itoa(id)+",") {
			return list + " does not show the record"
		}
		return ""
	})
}

func (s *mainScenarios) orders() map[int64]testenv.J {
	line := lines(testenv.Line("R-1", "Róża", "12.50", "2"))
	return map[int64]testenv.J{
		1: lines(testenv.Line("N-1", "Nowość", "9.99", "3")), // everything is new
		2: with(line, testenv.J{"stat_status": 2}),
		3: line, // of an organization
		4: with(line, testenv.J{"coupon_code": "MAJ", "coupon_percent": 20, "coupon_discount_value": 5, "total_default": 25, "total_sum": 20}),
		5: with(line, testenv.J{"delivery_type": testenv.J{"id": 7, "title": "Własny kurier"}, "delivery_price": 15, "delivery_address": "ul. Nowa 1"}),
		6: lines(testenv.Line("R-1", "Róża", "12.50", "2"), testenv.Line("R-1", "Róża", "10", "1")),
		7: lines(testenv.Line("", "Bukiet", "50", "1")), // by its title only
		8: line,                                         // of one of two contacts
	}
}

func (s *mainScenarios) run(t *testing.T) {
	t.Helper()
	w := s.w
	for number, fields := range s.orders() {
		w.Place(number, with(testenv.J{"delivery_phone": s.phone(number)}, fields))
	}
	w.AwaitHeld(7, order.HoldNoArticle)
	w.Decide(7, order.Decision{Kind: order.DecideCreateProduct})
	w.AwaitHeld(8, order.HoldAmbiguousContact)
	w.Decide(8, order.Decision{Kind: order.DecideContact, ContactID: s.twin})
	imports := map[int64]testenv.RoappOrder{}
	for number := range s.orders() {
		view, o := w.AwaitSynced(number)
		assert.Empty(t, markCodes(view), "order %d", number)
		assert.Contains(t, theComment(t, o), itoa(number))
		imports[number] = o
	}
	require.Len(t, w.Roapp.Orders(), len(imports))
	assert.Len(t, w.Roapp.Products(), 3)
	assert.Len(t, w.Roapp.People(), 3+5)
	s.check(t, imports)
}

func (s *mainScenarios) check(t *testing.T, imports map[int64]testenv.RoappOrder) {
	t.Helper()
	rose := []imported{{"R-1", "Róża", "2", "12.5"}}
	for number, want := range map[int64][]imported{
		1: {{"N-1", "Nowość", "3", "9.99"}},
		2: rose, 3: rose, 4: rose, 5: rose, 8: rose,
		6: {{"R-1", "Róża", "1", "10"}, {"R-1", "Róża", "2", "12.5"}},
		7: {{"", "Bukiet", "1", "50"}},
	} {
		assert.Equal(t, want, importedLines(imports[number]), "order %d", number)
	}
	assert.Equal(t, int64(102), imports[2].Status.ID)
	for number, client := range map[int64]int64{2: s.known, 3: s.firm, 8: s.twin} {
		assert.Equal(t, client, imports[number].Client.ID, "order %d", number)
	}
	for number, told := range map[int64][]string{4: {"MAJ", "20%", "20,00"}, 5: {"Własny kurier", "15,00", "ul. Nowa 1", "40,00"}} {
		for _, text := range told {
			assert.Contains(t, theComment(t, imports[number]), text, "order %d", number)
		}
	}
}
