package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/docs/reference"
	"github.com/cartumsync/cartumsync/internal/contract"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	cartumfake "github.com/cartumsync/cartumsync/sandbox/cartum"
	roappfake "github.com/cartumsync/cartumsync/sandbox/roapp"
)

// testEnv is a shop and an account with what real ones have, and the people who work with them.
type testEnv struct {
	t             *testing.T
	cartum, roapp http.Handler
	options       Options
	did           []string
	agrees        func(step string) bool
}

// setting is how the fakes of a test environment behave.
type setting struct {
	cartum, roapp map[string]string
	limited       bool
	patience      time.Duration // 0 is short
}

const (
	// justPlaced is the newest order of a test environment, testOrder the one that is placed while the probes run.
	justPlaced = 100
	testOrder  = 9001
)

func newTestEnv(t *testing.T, s setting) *testEnv {
	t.Helper()
	listen := ownAddress(t)
	zone, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	var behind atomic.Int64 // what is there from the start is old enough for lists that lag
	behind.Store(int64(time.Minute))
	account := roappfake.New(roappfake.Options{
		Now:          func() time.Time { return time.Now().Add(-time.Duration(behind.Load())) },
		CustomFields: true, Unlimited: !s.limited, Switches: s.roapp, WebhookURL: "http://" + listen + "/webhooks/roapp/main",
		WebhookSecret: "whsec", WebhookPause: time.Millisecond,
	})
	shop := cartumfake.New(cartumfake.Options{Switches: s.cartum, TimeZone: zone})
	w := &testEnv{t: t, cartum: contract.Cartum().Check(t, shop), roapp: contract.Roapp().Check(t, account), agrees: func(string) bool { return true }}
	servers := []*httptest.Server{httptest.NewServer(w.roapp), httptest.NewServer(w.cartum)}
	t.Cleanup(func() {
		for _, server := range servers {
			server.Close()
		}
		account.Close()
		shop.Close()
	})
	rate := "1000"
	if s.limited {
		rate = "3"
	}
	text := strings.Replace(settingstest.Text(servers[0].URL, servers[1].URL), "requests_per_second: 1000", "requests_per_second: "+rate, 1)
	w.options = Options{
		ShopID: "demo", Settings: settingstest.Load(t, text, settingstest.Env()), Person: w, PublicURL: "http://" + listen, Listen: listen, Patience: cmp.Or(s.patience, 400*time.Millisecond),
	}
	w.populate(zone)
	behind.Store(0)
	return w
}

// lastPort is what the newest test environment listens at.
var lastPort atomic.Int32

// ownAddress is one that no other server of the tests is ever given, for the account sends its webhooks there also while
// nobody listens: servers ask for any free port, and systems take those from 32768 upwards.
func ownAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 21000+lastPort.Add(1))
		if listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err == nil {
			require.NoError(t, listener.Close())
			return address
		}
	}
	require.Fail(t, "no port is free")
	return ""
}

type fields = map[string]any

// populate places 105 orders, some of them in one second, and a customer with an order in RO App.
func (w *testEnv) populate(zone *time.Location) {
	w.t.Helper()
	now := time.Now().In(zone)
	for i := range 105 {
		w.putOrder(justPlaced+i, fields{"stat_created": now.Add(-time.Duration(i/4*7) * time.Minute).Format(time.DateTime)})
	}
	w.send(w.cartum, http.MethodPut, "/sandbox/products/Roza-Cz", fields{"title": fields{"pl": "Róża"}}, nil)
	var contact struct{ ID int64 }
	w.send(w.roapp, http.MethodPost, "/sandbox/people", fields{"first_name": "Anna", "last_name": "Nowak", "phones": []string{"+48 501 234 567"}}, &contact)
	w.send(w.roapp, http.MethodPost, "/sandbox/organizations", fields{"name": "Kwiaciarnia", "phones": []string{"+48 22 1112233"}}, nil)
	w.send(w.roapp, http.MethodPost, "/sandbox/orders", fields{"branch_id": 12, "order_type_id": 34, "client_id": contact.ID}, nil)
}

func (w *testEnv) putOrder(number int, changed fields) {
	w.t.Helper()
	order := fields{
		"user": 99, "delivery_name": "Anna Nowak", "delivery_email": "anna@example.com", "delivery_phone": "+48 501 234 567",
		"delivery_city": "Kraków", "delivery_address": `ul. "Długa" 5`, "delivery_type": fields{"id": 42, "title": "Kurier"}, "delivery_price": 15,
		"delivery_data": fields{"tnNumber": "204500001"}, "analytics": fields{"utm_campaign": "777"},
		"comment": "O'Connor", "payment_type": fields{"id": 13, "title": "Gotówka"}, "payed": 0, "stat_status": 1, "currency": "PLN",
		"total_default": json.Number("4.22"), "total_sum": json.Number("4.22"),
		"products": []fields{{
			"title": "Róża", "article": "Roza-Cz", "price": json.Number("2.11"), "quantity": 2, "total_price": json.Number("4.22"), "type": "product",
		}},
	}
	maps.Copy(order, changed)
	w.send(w.cartum, http.MethodPut, fmt.Sprintf("/sandbox/orders/%d", number), order, nil)
}

func (w *testEnv) send(to http.Handler, method, path string, body, into any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(w.t, err)
	request := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(text))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	to.ServeHTTP(answer, request)
	require.Less(w.t, answer.Code, 300, "%s %s: %s", method, path, answer.Body)
	if into != nil {
		require.NoError(w.t, json.Unmarshal(answer.Body.Bytes(), into))
	}
}

// Agrees is a person who agrees unless the test says otherwise.
func (w *testEnv) Agrees(_ context.Context, step string) bool { return w.agrees(step) }

// Did is staff and a buyer who do what they are asked for.
func (w *testEnv) Did(_ context.Context, work string) bool {
	w.did = append(w.did, work)
	switch {
	case strings.HasPrefix(work, "place a test order"):
		w.putOrder(testOrder, nil)
	case strings.HasPrefix(work, "change the status of the test order"):
		w.putOrder(testOrder, fields{"stat_status": 3})
	case strings.HasPrefix(work, "delete the test order"):
		w.send(w.cartum, http.MethodDelete, fmt.Sprintf("/sandbox/orders/%d", testOrder), nil, nil)
	case strings.HasPrefix(work, "write the item"):
		var all []struct{ Order struct{ ID int64 } }
		w.send(w.roapp, http.MethodGet, "/sandbox/orders", nil, &all)
		w.send(w.roapp, http.MethodPost, fmt.Sprintf("/sandbox/orders/%d/write-off", all[len(all)-1].Order.ID), fields{}, nil)
	case strings.HasPrefix(work, "archive the product"):
		var all []struct{ ID int64 }
		w.send(w.roapp, http.MethodGet, "/sandbox/products", nil, &all)
		for _, one := range all {
			w.send(w.roapp, http.MethodPost, fmt.Sprintf("/sandbox/products/%d/archive", one.ID), nil, nil)
		}
	}
	return true
}

func (w *testEnv) run(write bool, chosen ...probe) Report {
	w.t.Helper()
	w.options.Write, w.options.probes = write, chosen
	report, err := Run(w.t.Context(), w.options)
	require.NoError(w.t, err)
	return report
}

// about is the row of the probe that covers a switch.
func about(t *testing.T, r Report, covered string) Result {
	t.Helper()
	i := slices.IndexFunc(r.Results, func(one Result) bool { return slices.Contains(one.Covers, covered) })
	require.GreaterOrEqual(t, i, 0, covered)
	return r.Results[i]
}

// quick keeps lists from lagging, for tests that are about something else.
var quick = map[string]string{"search-lag": "50ms"}

// lagging has lists lag for longer than a busy machine takes to read them, and be
// waited for.
func (s setting) lagging() setting {
	s.roapp["search-lag"], s.patience = "500ms", 1500*time.Millisecond
	return s
}

// provokes are the readings that a switch needs of others to show at all.
var provokes = map[string]map[string]string{
	"webhook_number":    {"order_update": "always"},
	"order_update_body": {"order_update": "always"},
}

// unseenValues change nothing that a client could see.
var unseenValues = map[string][]string{"update_log": {"message-reversed"}}

// described is a switch of a fake, with all values that it lists.
type described struct {
	name, documented, flipped string
	values                    []string
	ofCartum                  bool
}

func switches() []described {
	var all []described
	for _, s := range cartumfake.Switches() {
		all = append(all, described{s.Name, s.Documented, s.Flipped, strings.Split(s.Values, ", "), true})
	}
	for _, s := range roappfake.Switches() {
		all = append(all, described{s.Name, s.Documented, s.Flipped, strings.Split(s.Values, ", "), false})
	}
	for i, s := range all {
		switch s.name { // of values in words
		case "search-lag":
			all[i].values = []string{"2s", "0s"}
		case "forbidden-transitions":
			all[i].values = []string{"", "101>102,102>105"}
		case "status-comment":
			all[i].values = []string{"all", "none"}
		case "comment-limit":
			all[i].values = []string{"2000", "0", "900"}
		case "time_zone":
			all[i].values = []string{"set", "Asia/Tokyo", "America/New_York"}
		case "orders_max_limit":
			all[i].values = []string{"100", "none", "50"}
		case "orders_default_limit":
			all[i].values = []string{"20", "none"}
		}
	}
	return all
}

// needed are the probes that the one which covers a switch builds on, itself included.
func needed(covered string) (chosen []probe, write bool) {
	covers := func(p probe) bool { return slices.Contains(p.covers, covered) }
	one := probes[slices.IndexFunc(probes, covers)]
	switch {
	case covered == "tokens", covered == "expired_token":
		return append(slices.Clone(shopReads[:1]), shopReads[len(shopReads)-2:]...), false
	case slices.ContainsFunc(shopReads, covers):
		return append(slices.Clone(shopReads[:2]), one), false
	case covered == "limit-window":
		return slices.Concat(accountReads[:1], accountReads[len(accountReads)-2:]), false
	case slices.ContainsFunc(accountReads, covers):
		return append(slices.Clone(accountReads[:1]), one), false
	case slices.ContainsFunc(accountWrites, covers):
		return slices.Concat(accountReads[:1], accountWrites), true
	default:
		return slices.Concat(shopReads[:1], accountReads[:1], accountWrites[:10], shopWrites), true
	}
}

func TestEachSwitchOfTheFakesIsFound(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short leaves out a run for each switch; those of both profiles are left")
	}
	for _, s := range switches() {
		if Unprobed[s.name] != "" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			chosen, write := needed(s.name)
			seen := map[string]string{}
			for _, value := range slices.Compact(append([]string{s.documented}, s.values...)) {
				if _, known := seen[value]; known || slices.Contains(unseenValues[s.name], value) || strings.HasPrefix(value, "any number") || strings.HasPrefix(value, "the name") {
					continue
				}
				w := newTestEnv(t, withSwitch(s, value))
				switch s.name {
				case "time_zone":
					w.options.Order = justPlaced
				case "search-lag":
					w.options.Patience = 10 * time.Second
				}
				got := about(t, w.run(write, chosen...), s.name)
				what, _, _ := strings.Cut(got.Seen, ": ")
				if s.name == "time_zone" {
					what = got.Seen // which zone it is
				}
				for other, was := range seen {
					assert.NotEqual(t, was, what, "%s is seen as %s is", value, other)
				}
				seen[value] = what
				assert.NotEmpty(t, got.Means, "%s: %s", value, got.Seen)
				assert.NotContains(t, got.Means, "nobody expected this", "%s: %s", value, got.Seen)
				want := Different
				if value == s.documented {
					want = Expected
				}
				assert.Equal(t, want, got.Verdict, "%s: %s", value, got.Seen)
			}
		})
	}
}

func withSwitch(s described, value string) setting {
	behaviour := setting{cartum: map[string]string{}, roapp: maps.Clone(quick), limited: s.name == "retry-after" || s.name == "limit-window"}
	into := behaviour.roapp
	if s.ofCartum {
		into = behaviour.cartum
	}
	maps.Copy(into, provokes[s.name])
	if slices.ContainsFunc(accountWrites, func(p probe) bool { return slices.Contains(p.covers, s.name) }) {
		behaviour = behaviour.lagging()
	}
	into[s.name] = value
	return behaviour
}

// inProfile is a test environment in which each switch has its value of the profile.
func inProfile(t *testing.T, name string) setting {
	t.Helper()
	cartum, err := cartumfake.Profile(name)
	require.NoError(t, err)
	behaviour := setting{cartum: cartum, roapp: roappfake.Profile(name)}
	if name == "documented" {
		behaviour = behaviour.lagging()
	}
	return behaviour
}

func TestProfileDocumentedIsAsExpected(t *testing.T) {
	t.Parallel()
	w := newTestEnv(t, inProfile(t, "documented"))
	report := w.run(true)
	for _, one := range report.Results {
		switch {
		case one.Verdict == Expected:
		case slices.ContainsFunc(one.Covers, func(c string) bool { return c == "order_update_body" || c == "webhook_number" }):
			assert.Equal(t, Unseen, one.Verdict, "%+v", one) // no event of a change ever comes
		case slices.ContainsFunc(one.Covers, func(c string) bool { return c == "retry-after" || c == "limit-window" }):
			assert.Equal(t, Unseen, one.Verdict, "%+v", one) // this account has no limit
		default:
			t.Errorf("%s: %s, %s", one.Assumption, one.Verdict, one.Seen)
		}
	}
	assert.Empty(t, report.Differences, "the fakes are as they are described")
	assert.Contains(t, strings.Join(report.Left, "\n"), "order Z")
	assert.NotContains(t, strings.Join(report.Left, "\n"), "a second one with the phone", "it was deleted")
}

func TestProfileFlippedIsFound(t *testing.T) {
	t.Parallel()
	w := newTestEnv(t, inProfile(t, "flipped"))
	report := w.run(true)
	for _, s := range switches() {
		if Unprobed[s.name] != "" || s.documented == s.flipped {
			continue
		}
		one := about(t, report, s.name)
		switch s.name {
		case "retry-after", "limit-window": // this account has no limit
		case "expired_token": // tokens outlive a login in this profile
			assert.Equal(t, Unseen, one.Verdict, "%+v", one)
		case "categories-list", "client-filter":
			assert.Equal(t, Different, one.Verdict, "%+v", one)
		default:
			assert.Equal(t, Different, one.Verdict, "%s: %+v", s.name, one)
		}
	}
	assert.Empty(t, report.Differences)
	keys := ""
	for _, p := range report.Proposals {
		keys += p.Key + ": " + p.Value + "\n"
	}
	for _, line := range []string{"accounts.main.contact_fields.f201: \"\"", "accounts.main.order_fields.f106: \"\"", "shops.demo.statuses.import.8: ?"} {
		assert.Contains(t, keys, line)
	}
}

func TestReadingWritesNothing(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"documented", "flipped"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			w := newTestEnv(t, inProfile(t, profile))
			w.options.Order = justPlaced
			report := w.run(false)
			assert.Empty(t, w.did, "nobody is asked for anything")
			for _, one := range report.Results {
				if one.Seen == "needs --write" {
					assert.Equal(t, Unseen, one.Verdict)
				}
			}
			var roapp struct{ Endpoints map[string]int }
			w.send(w.roapp, http.MethodGet, "/sandbox/requests", nil, &roapp)
			assert.NotEmpty(t, roapp.Endpoints)
			for endpoint := range roapp.Endpoints {
				assert.Truef(t, strings.HasPrefix(endpoint, "GET "), endpoint)
			}
			var cartum struct{ Functions map[string]int }
			w.send(w.cartum, http.MethodGet, "/sandbox/requests", nil, &cartum)
			reads := []string{"auth", "orders/get", "orders/get_available_statuses", "catalog/export"}
			for function := range cartum.Functions {
				assert.Contains(t, reads, function)
			}
			assert.Empty(t, report.Left)
		})
	}
}

func TestTheReportHasNoPersonalDataAndNoSecret(t *testing.T) {
	t.Parallel()
	w := newTestEnv(t, inProfile(t, "flipped"))
	report := w.run(true)
	file := report.File()
	for _, private := range []string{
		"Anna", "Nowak", "501", "anna@", "Kraków", "Długa", "Connor", "Kwiaty", "Kwiaciarnia", "sandbox", "whsec", "127.0.0.1", "Piotr", w.options.PublicURL,
	} {
		assert.NotContains(t, file, private)
	}
	assert.Contains(t, file, "RO App POST /v2/orders/{id}/items")
	assert.Contains(t, file, "== Requests")
	assert.NotContains(t, file, "Left for you")
	assert.Contains(t, report.Text(), "== Left for you to delete")
}

func TestAPersonDeclines(t *testing.T) {
	t.Parallel()
	w := newTestEnv(t, setting{roapp: quick})
	var asked atomic.Int32
	w.agrees = func(string) bool { asked.Add(1); return false }
	report := w.run(true, slices.Concat(accountReads[:1], accountWrites)...)
	assert.Equal(t, int32(3), asked.Load(), "what needs a record that was not created is not asked for")
	var roapp struct{ Endpoints map[string]int }
	w.send(w.roapp, http.MethodGet, "/sandbox/requests", nil, &roapp)
	for endpoint := range roapp.Endpoints {
		assert.Truef(t, strings.HasPrefix(endpoint, "GET "), endpoint)
	}
	assert.Empty(t, report.Left)
}

func TestAnUnreachableServiceIsNoPanic(t *testing.T) {
	t.Parallel()
	w := newTestEnv(t, setting{})
	shop, account := w.options.Settings.Shops["demo"], w.options.Settings.Accounts["main"]
	shop.URL, account.URL = "http://127.0.0.1:1", "http://127.0.0.1:1"
	w.options.Settings.Shops["demo"], w.options.Settings.Accounts["main"] = shop, account
	for _, one := range w.run(true).Results {
		if one.Assumption != "Webhooks reach --public-url" {
			assert.Equal(t, Unseen, one.Verdict, "%+v", one)
		}
	}
}

func TestEachAssumptionHasAProbeOrAReasonWhyNot(t *testing.T) {
	t.Parallel()
	covered := Covered()
	places := map[string]bool{}
	for _, s := range switches() {
		places[s.name] = true
		_, probed := covered[s.name]
		assert.NotEqualf(t, probed, Unprobed[s.name] != "", "the switch %s needs a probe or a reason in Unprobed, not both", s.name)
	}
	for _, document := range [][]byte{reference.Cartum, reference.Roapp} {
		guesses, err := reference.Guesses(document)
		require.NoError(t, err)
		for _, g := range guesses {
			places[g.Place()] = true
			answers := []bool{covered[g.Place()] != "", Unprobed[g.Place()] != ""}
			for _, s := range g.Switches {
				answers = append(answers, covered[s] != "", Unprobed[s] != "")
			}
			assert.Containsf(t, answers, true, "the guess %q needs a probe or a reason in Unprobed", g.Place())
		}
	}
	for place := range covered {
		assert.True(t, places[place] || slices.Contains(documentedOnly, place), "a probe covers %q, which is not in docs/assumptions.md", place)
	}
	for place := range Unprobed {
		assert.True(t, places[place], "Unprobed has %q, which is not in docs/assumptions.md", place)
	}
}

// documentedOnly are places that are no guesses and yet worth a probe.
var documentedOnly = []string{"POST /v2/orders"}
