package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// goDown lets RO App answer nothing of use until it is restored.
func goDown(w *testenv.Env) {
	w.T.Helper()
	for _, match := range []string{
		"GET /v2/contacts/people", "GET /v2/contacts/organizations", "GET /products", "GET /warehouse/categories",
		"GET /v2/orders", "GET /v2/orders/*", "GET /v2/orders/*/items", "GET /v2/orders/custom-fields",
		"POST /v2/contacts/people", "POST /products", "POST /warehouse/categories", "POST /v2/orders",
		"POST /v2/orders/*/items", "POST /v2/orders/*/comments", "POST /v2/orders/*/status",
	} {
		w.Roapp.Break(testenv.Fault{Match: match, Kind: "status", Status: http.StatusServiceUnavailable, Times: 10_000})
	}
}

// loseAndGoDown places the scene's order, loses the answer to a write, and lets RO
// App go down before anybody can look up what was created.
func (s scene) loseAndGoDown(w *testenv.Env, write write) {
	w.T.Helper()
	w.Roapp.Break(testenv.Fault{Match: write.match, Kind: "lose-answer"})
	s.place(w)
	w.AwaitSeen(w.Roapp, write.endpoint, 1)
	goDown(w)
}

// one is the write of that name.
func one(name string) write {
	for _, write := range writes {
		if write.name == name {
			return write
		}
	}
	panic("no write " + name)
}

// The answer is lost, then RO App is down for all attempts: the order waits
// visibly and goes on when a person asks for it.
func TestF04_F05_LostAnswerThenAnOutageThatOutlastsAllAttempts(t *testing.T) {
	t.Parallel()
	for name, byTitle := range map[string]bool{"by article": false, "by title": true} {
		s := sceneBy(byTitle)
		for _, write := range writes {
			if byTitle && write.name != "order" || !slices.Contains([]string{"contact", "order", "item"}, write.name) {
				continue // one of another workflow, and two of the order's own
			}
			t.Run(name+"/"+write.name, func(t *testing.T) {
				t.Parallel()
				w := s.open(t, s.options)
				s.loseAndGoDown(w, write)
				w.AwaitHeld(sceneNumber, order.HoldUnreachable)
				w.Roapp.Restore()
				w.Decide(sceneNumber, order.Decision{Kind: order.DecideRetry})
				w.AwaitSynced(sceneNumber)
				assert.Equal(t, withoutCategories(s.quiet(t)), withoutCategories(write.settled(w, 1)))
			})
		}
	}
}

// withoutCategories leaves out the products' categories: no order waits for one that cannot be read.
func withoutCategories(a account) account {
	a.Categories, a.Products = nil, slices.Clone(a.Products)
	for i, product := range a.Products {
		before, after, _ := strings.Cut(product, " in ")
		_, description, _ := strings.Cut(after, ": ")
		a.Products[i] = before + ": " + description
	}
	return a
}

// After the outage the first answer is a refusal of the key, which is definite
// for this attempt but says nothing of the one before.
func TestF04_LostAnswerThenAnOutageThenARefusedKey(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	s.loseAndGoDown(w, one("order"))
	w.AwaitHeld(sceneNumber, order.HoldUnreachable)
	w.Roapp.Restore()
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/orders", Kind: "status", Status: http.StatusForbidden, Body: `{"message": "No right"}`})
	w.Decide(sceneNumber, order.Decision{Kind: order.DecideRetry})
	w.AwaitHeld(sceneNumber, order.HoldRejected)
	w.Decide(sceneNumber, order.Decision{Kind: order.DecideRetry})
	w.AwaitSynced(sceneNumber)
	assertQuiet(t, s.quiet(t), w)
}

// change changes the order in the shop and waits until the exchange has seen it.
func (s scene) change(w *testenv.Env, fields testenv.J) {
	w.T.Helper()
	w.Place(sceneNumber, with(s.fields(), fields))
	seen := w.Cartum.Seen("orders/get")
	w.AwaitSeen(w.Cartum, "orders/get", max(seen, 2))
}

// awaitSyncedAtLast waits until the order is imported, and asks for it again
// whenever it is held.
func awaitSyncedAtLast(w *testenv.Env, number int64) testenv.Order {
	w.T.Helper()
	return w.Await(number, func(v testenv.Order) string {
		if v.Hold != nil {
			w.Decide(number, order.Decision{Kind: order.DecideRetry})
		}
		if v.State != order.SyncSynced {
			return "not imported"
		}
		return ""
	})
}

// News withdraws a create that waits for its retry, though it had happened.
func TestF04_F46_LostAnswerThenTheShopChangesTheOrder(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	for name, changed := range map[string]struct {
		fields testenv.J
		items  []string // none: as placed
		status int64
	}{
		"cancelled":     {fields: testenv.J{"stat_status": order.CancelledStatus}, status: 104},
		"another phone": {fields: testenv.J{"delivery_phone": "+48 601 222 333"}, status: 102},
		"a new product": {
			fields: lines(testenv.Line("K-1", "Red rose", "12.50", "1"), testenv.Line("X-9", "Ribbon", "3", "4")), status: 102,
			items: []string{"1 x K-1 at 12.5, deduction required true", "4 x X-9 at 3, deduction required true"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.open(t, s.options)
			s.loseAndGoDown(w, one("order"))
			s.change(w, changed.fields)
			w.Roapp.Restore()
			awaitSyncedAtLast(w, sceneNumber)
			got := accountOf(w)
			require.Len(t, got.Orders, 1)
			assert.Equal(t, changed.status, got.Orders[0].Status)
			assert.Len(t, got.Orders[0].Comments, 1)
			if changed.items == nil {
				changed.items = []string{
					"1 x N-1 at 49.9, deduction required true", "11 x K-1 at 12.5, deduction required true", "2 x K-1 at 10, deduction required true",
				}
			}
			assert.Equal(t, changed.items, got.Orders[0].Items)
		})
	}
}

// News withdraws a create whose attempt hangs. That attempt's failure is no
// reason to wait: the order as it is now is imported at once.
func TestF46_ShopCorrectsThePhoneWhileTheCreateHangs(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders", Kind: "hang"})
	s.place(w)
	w.AwaitSeen(w.Roapp, createOrder, 1)
	s.change(w, testenv.J{"delivery_phone": "+48 601 222 333"})
	view, imported := w.AwaitSynced(sceneNumber)
	assert.NotContains(t, timelineText(view), "held")
	customer := slices.IndexFunc(w.Roapp.People(), func(p testenv.RoappContact) bool { return p.ID == imported.Client.ID })
	require.GreaterOrEqual(t, customer, 0)
	assert.Contains(t, string(w.Roapp.People()[customer].Phones), "601222333")
	assert.Len(t, w.Roapp.Orders(), 1)
}

// The shop changes a line whose item was added without an answer: there is one
// item, and what it lacks is reported.
func TestF04_LostItemThenTheShopChangesItsQuantity(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	s.loseAndGoDown(w, one("item"))
	s.change(w, lines(
		testenv.Line("N-1", "Glass vase", "49.90", "3"), testenv.Line("K-1", "Red rose", "12.50", "12"), testenv.Line("K-1", "Red rose", "10", "4"),
	))
	w.Roapp.Restore()
	view := awaitSyncedAtLast(w, sceneNumber)
	got := w.Roapp.Order(view.Roapp.ID)
	assert.ElementsMatch(t, []string{"N-1 x 3 at 49.9", "K-1 x 12 at 12.5", "K-1 x 4 at 10"}, items(got))
	assert.Empty(t, markCodes(view))
}

// The shop takes the lines out whose items were added without an answer: they stay,
// for an order of ours is never made smaller, and each is named.
func TestF04_F44_LostItemsThenTheShopTakesTheirLinesOut(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	s.loseAndGoDown(w, one("item"))
	s.change(w, lines(testenv.Line("X-9", "Ribbon", "3", "4")))
	w.Roapp.Restore()
	view := awaitSyncedAtLast(w, sceneNumber)
	got := items(w.Roapp.Order(view.Roapp.ID))
	require.Len(t, got, 2, "one was added, and its answer was lost")
	assert.Contains(t, got, "X-9 x 4 at 3")
	assert.Equal(t, []string{order.WarnNotSynced}, markCodes(view))
}

// A workflow that an operator terminated after its order was made is started
// again by the next event.
func TestF04_LostAnswerThenATerminatedWorkflow(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	s.loseAndGoDown(w, one("order"))
	w.Terminate(sceneNumber)
	w.Roapp.Restore()
	w.Webhook(sceneNumber)
	w.AwaitSynced(sceneNumber)
	assertQuiet(t, s.quiet(t), w)
}

// The same where some of its lines were added already.
func TestF04_TerminatedAmongTheLines(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders/*/items", Kind: "slow", Delay: "1ms"})
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders/*/items", Kind: "hang"})
	s.place(w)
	w.AwaitSeen(w.Roapp, addItem, 2)
	w.Terminate(sceneNumber)
	w.Webhook(sceneNumber)
	w.AwaitSynced(sceneNumber)
	assertQuiet(t, s.quiet(t), w)
}
