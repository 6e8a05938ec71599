package e2e

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// The network between worker and RO App breaks while the answer to each write is
// pending, and is restored when the worker has noticed.
func TestF04_F05_NetworkBreaksUnderAnAnswer(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	for name, cut := range map[string]func(*testenv.Proxy){
		"reset":     (*testenv.Proxy).ResetAnswers,
		"swallowed": (*testenv.Proxy).SwallowAnswers,
	} {
		for _, write := range writes {
			if name == "swallowed" && write.name != "order" || !slices.Contains([]string{"contact", "order", "item"}, write.name) {
				continue // what is seen of both is an answer that is lost
			}
			t.Run(name+"/"+write.name, func(t *testing.T) {
				t.Parallel()
				proxy := testenv.NewProxy(t)
				o := s.options
				o.RoappURL = proxy.Before
				w := s.open(t, o)
				w.Roapp.Break(testenv.Fault{Match: write.match, Kind: "slow", Delay: "500ms"})
				s.place(w)
				w.AwaitSeen(w.Roapp, write.endpoint, 1)
				cut(proxy)
				noticed := w.Roapp.Requests(0).Total
				w.Eventually(testenv.Patience, func() string {
					if w.Roapp.Requests(0).Total == noticed {
						return "the worker has not tried again"
					}
					return ""
				})
				proxy.Restore()
				w.AwaitSynced(sceneNumber)
				assert.Equal(t, s.quiet(t), write.settled(w, 2))
			})
		}
	}
}

// An answer that is no answer is not "not found": nothing is created because of it.
func TestF06_FailedSearchCreatesNothing(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Settle: 300 * time.Millisecond, SearchLag: time.Millisecond, RoappSwitches: noLag})
	customer := w.Roapp.Create("people", testenv.J{"first_name": "Anna", "phones": []string{"+48501234567"}})
	product := w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "A-1"})
	// Who has the phone is an organization, and nobody else.
	firm := w.Roapp.Create("organizations", testenv.J{"name": "Kwiaciarnia", "phones": []string{"+48601222333"}})
	for _, search := range []string{"GET /v2/contacts/people", "GET /v2/contacts/organizations", "GET /products"} {
		for _, fault := range []testenv.Fault{{Kind: "empty"}, {Kind: "html"}, {Kind: "status", Status: http.StatusOK, Body: `{"data": [null]}`}} {
			fault.Match = search
			w.Roapp.Break(fault)
		}
	}
	w.Place(1, nil)
	awaitSyncedAtLast(w, 1)
	w.Place(2, testenv.J{"delivery_phone": "+48 601 222 333"})
	awaitSyncedAtLast(w, 2)
	orders := w.Roapp.Orders()
	assert.Equal(t, customer, orders[0].Client.ID)
	assert.Equal(t, firm, orders[1].Client.ID)
	assert.Equal(t, product, orders[0].Items[0].Entity.ID)
	assert.Len(t, w.Roapp.People(), 1)
	assert.Len(t, w.Roapp.Products(), 1)
}

// The same of the shop: Cartum says with HTTP 200 that it does not know its own
// function.
func TestF06_FailedReadOfTheShopIsNoMissingOrder(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	for _, match := range []string{"POST /api/orders/get", "POST /api/catalog/export"} {
		for _, fault := range []testenv.Fault{{Kind: "empty"}, {Kind: "envelope", Body: "UNDEFINED_FUNCTION"}} {
			fault.Match = match
			w.Cartum.Break(fault)
		}
	}
	s.place(w)
	awaitSyncedAtLast(w, sceneNumber)
	assertQuiet(t, s.quiet(t), w)
}
