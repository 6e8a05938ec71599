package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// connectedToday are the options of a shop that sweeps import nothing old of.
func connectedToday(o testenv.Options) testenv.Options {
	o.Since = time.Now().Format(time.DateOnly)
	return o
}

// sixtyDays asks for the orders of the last sixty days but today's.
func sixtyDays(skip ...int) workflows.InitialImportWanted {
	now := time.Now()
	return workflows.InitialImportWanted{
		From: now.AddDate(0, 0, -60).Format(time.DateOnly), To: now.AddDate(0, 0, -1).Format(time.DateOnly), SkipStatuses: skip, By: "tester",
	}
}

// awaitImport waits until the initial import is done.
func awaitImport(w *testenv.Env) workflows.InitialImport {
	w.T.Helper()
	view := w.AwaitShop(func(v workflows.ShopView) string {
		if v.Import == nil || v.Import.DoneAt.IsZero() {
			return "the initial import is not done"
		}
		return ""
	})
	return *view.Import
}

func TestInitialImport_ImportsWhatIsWantedAndCountsTheRest(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(testenv.Options{CartumSwitches: map[string]string{"orders_max_limit": "5"}}))
	for number := range int64(12) {
		w.Cartum.PutOrder(number+1, cheapOrder(at(1+int(number)*2)))
	}
	w.Cartum.PutOrder(21, with(cheapOrder(at(5)), testenv.J{"stat_status": 3})) // delivered
	w.Cartum.PutOrder(22, testenv.J{"products": "none", "stat_created": at(6)}) // held
	w.Cartum.PutOrder(23, cheapOrder(at(62)))                                   // too old
	w.Cartum.PutOrder(24, testenv.J{"stat_created": at(7)})                     // a good one
	w.Place(25, testenv.J{"stat_created": at(8)})                               // known already
	w.AwaitSynced(25)
	w.Eventually(testenv.Patience, func() string {
		if swept := w.Sweep(); swept.Told > 0 {
			return "the list in Temporal lags"
		}
		return ""
	})
	require.NoError(t, w.Orders.InitialImport(t.Context(), w.Shop, sixtyDays(3)))
	done := awaitImport(w)
	assert.Equal(t, workflows.ImportCounts{Seen: 16, Started: 14, Skipped: 1, Known: 1}, done.ImportCounts)
	view, _ := w.AwaitSynced(24)
	assert.Equal(t, order.OriginImport, view.Origin)
	w.AwaitHeld(22, order.HoldMalformed)
	isUnknown(t, w, 21)
	isUnknown(t, w, 23)
	assert.Len(t, w.Roapp.Orders(), 2)
}

func TestF16_AnInitialImportThatIsStoppedGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(testenv.Options{CartumSwitches: map[string]string{"orders_max_limit": "2"}}))
	const orders = 15
	for number := range int64(orders) {
		w.Cartum.PutOrder(number+1, cheapOrder(at(1+int(number))))
	}
	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "slow", Delay: "300ms", Times: -1})
	require.NoError(t, w.Orders.InitialImport(t.Context(), w.Shop, sixtyDays(3)))
	w.AwaitShop(func(v workflows.ShopView) string {
		if v.Import == nil || v.Import.Started < 4 {
			return "not started"
		}
		return ""
	})
	require.NoError(t, w.Orders.StopInitialImport(t.Context(), w.Shop))
	stopped := w.AwaitShop(func(v workflows.ShopView) string {
		if !v.Import.Stopped {
			return "not stopped"
		}
		return ""
	}).Import
	require.True(t, stopped.DoneAt.IsZero(), "stopped half-way")
	w.Cartum.Restore()
	require.NoError(t, w.Orders.InitialImport(t.Context(), w.Shop, sixtyDays(3)))
	done := awaitImport(w)
	assert.Equal(t, stopped.StartedAt, done.StartedAt, "the same import went on")
	assert.Equal(t, orders, done.Started+done.Known, "known is one whose start was not answered to an attempt")
	assert.Equal(t, orders, done.Seen, "nothing was gone over twice")
	for number := range int64(orders) {
		isKnown(w, number+1)
	}
}

func TestF16_AWorkerThatDiesHalfWayLeavesNoGapAndNoDuplicate(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(testenv.Options{Idle: true, CartumSwitches: map[string]string{"orders_max_limit": "3"}}))
	for number := range int64(12) {
		w.Cartum.PutOrder(number+1, testenv.J{"stat_created": at(1 + int(number)*3)})
	}
	first := w.StartWorker()
	require.NoError(t, w.Orders.InitialImport(t.Context(), w.Shop, sixtyDays(3)))
	w.AwaitShop(func(v workflows.ShopView) string {
		if v.Import == nil || v.Import.Started < 3 {
			return "not started"
		}
		return ""
	})
	first.Stop()
	w.StartWorker()
	awaitImport(w)
	for number := range int64(12) {
		w.AwaitSynced(number + 1)
	}
	assert.Len(t, w.Roapp.Orders(), 12)
	assert.Len(t, w.Roapp.People(), 1)
}

func TestInitialImport_OfTheSettingsStartsByItselfAndOnlyOnce(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(testenv.Options{InitialImportDays: 10}))
	w.Cartum.PutOrder(1, cheapOrder(at(5)))
	w.Cartum.PutOrder(2, cheapOrder(at(15)))
	done := awaitImport(w)
	assert.Equal(t, "the settings", done.By)
	w.Sweep()
	view, err := w.Orders.Shop(t.Context(), w.Shop)
	require.NoError(t, err)
	assert.Equal(t, done.StartedAt, view.Import.StartedAt)
	isUnknown(t, w, 2)
}

// standingOrder is an order in RO App that an earlier installation imported for a customer of the phone.
func standingOrder(w *testenv.Env, number int64, phone string) testenv.RoappOrder {
	customer := w.Roapp.Create("people", testenv.J{"first_name": "Ola", "phones": []testenv.J{{"phone": phone, "title": "Mobile"}}})
	id := w.Roapp.Create("orders", testenv.J{
		"branch_id": 12, "order_type_id": 34, "client_id": customer, "manager_notes": "[" + w.Key(number).WorkflowID() + "]",
	})
	return w.Roapp.Order(id)
}

func TestRehearsalReportsEachOrderAndWritesNothing(t *testing.T) {
	t.Parallel()
	for _, second := range []bool{false, true} {
		t.Run(fmt.Sprintf("second pair %t", second), func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, connectedToday(testenv.Options{
				Second: second, CartumSwitches: map[string]string{"orders_max_limit": "4"}, RoappSwitches: map[string]string{"search-lag": "0s"},
			}))
			for _, name := range []string{"Anna", "Maria"} { // of one phone
				w.Roapp.Create("people", testenv.J{"first_name": name, "phones": []testenv.J{{"phone": "+48501234500", "title": "Mobile"}}})
			}
			w.Roapp.Create("products", testenv.J{"title": "Tulipan", "article": "T-1"})
			old := func(number int64, fields testenv.J) {
				w.Cartum.PutOrder(number, with(testenv.J{"stat_created": at(int(number))}, fields))
			}
			old(1, nil)
			old(2, lines(testenv.Line("T-1", "Tulipan", "3", "1"))) // the same new contact, a known product
			old(3, testenv.J{"delivery_phone": "+48 501 234 500", "delivery_name": "Jan Kowal", "delivery_email": ""})
			old(4, testenv.J{"currency": "EUR"})
			old(5, testenv.J{"delivery_phone": ""})
			old(6, testenv.J{"stat_status": 3})
			old(7, testenv.J{"stat_status": 4})
			old(8, testenv.J{"products": "none"})
			old(9, testenv.J{"delivery_phone": "+48 501 234 999"})
			old(10, with(lines(testenv.Line("T-1", "Tulipan", "3", "1")), testenv.J{"delivery_phone": "+48 501 234 777"}))
			standing := standingOrder(w, 10, "+48501234777")
			w.Roapp.ResetRequests()
			told := map[int64]workflows.RehearsedOrder{}
			result, err := w.Orders.Rehearse(t.Context(), w.Shop, sixtyDays(3), func(view workflows.RehearsalView) error {
				for _, one := range view.Orders {
					assert.NotContains(t, told, one.Number, "each order is notified once")
					told[one.Number] = one
				}
				return nil
			})
			require.NoError(t, err)
			assert.Equal(t, workflows.ImportCounts{Seen: 10, Started: 9, Skipped: 1}, result.ImportCounts)
			assert.Equal(t, 3, result.Imports)
			assert.Equal(t, 1, result.Links)
			assert.Equal(t, 1, result.Closed)
			assert.Equal(t, 2, result.NewContacts)
			assert.Equal(t, 1, result.NewProducts)
			assert.Equal(t, map[order.HoldReason]int{
				order.HoldCurrency: 1, order.HoldNoCustomer: 1, order.HoldAmbiguousContact: 1, order.HoldMalformed: 1,
			}, result.Holds)
			outcomes, requests := map[int64]string{}, 0
			for number, one := range told {
				outcomes[number] = strings.TrimSpace(string(one.As) + " " + string(one.Hold))
				requests += one.Requests
			}
			assert.Equal(t, map[int64]string{
				1: "create", 2: "create", 3: "held ambiguous-contact", 4: "held currency", 5: "held no-customer", 6: "skipped", 7: "closed",
				8: "held malformed", 9: "create", 10: "link",
			}, outcomes)
			assert.Equal(t, result.Requests, requests)
			assert.Equal(t, standing.Number, told[10].RoappOrder)
			assert.Equal(t, 1, told[2].Found, "the product that RO App has")
			assert.Equal(t, 1, told[10].Found, "the product that RO App has")
			for _, request := range w.Roapp.Requests(100).List {
				assert.Equal(t, http.MethodGet, request.Method)
			}
			isUnknown(t, w, 1)
		})
	}
}

func TestT06_AShopThatIsSwitchedOffPausesAndGoesOnWithItsState(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(testenv.Options{Idle: true, InitialImportDays: 10}))
	first := w.StartWorker()
	done := awaitImport(w)
	w.Sweep()
	first.Stop()

	w.SwitchShop(false)
	off := w.StartWorker()
	w.Signal(workflows.ShopID(w.Shop), workflows.SignalSettings, w.Settings.Revision)
	w.AwaitShop(func(v workflows.ShopView) string {
		if v.Paused == "" {
			return "not paused"
		}
		return ""
	})
	before := w.Cartum.Seen(ordersGet)
	w.Cartum.PutOrder(1, cheapOrder(at(0)))
	require.NoError(t, w.Orders.Sweep(t.Context(), w.Shop))
	require.NoError(t, w.Orders.Sweep(t.Context(), w.Shop))
	view, err := w.Orders.Shop(t.Context(), w.Shop)
	require.NoError(t, err)
	assert.NotEmpty(t, view.Paused)
	assert.Equal(t, before, w.Cartum.Seen(ordersGet), "a shop that is switched off is not asked")
	off.Stop()

	w.SwitchShop(true)
	w.StartWorker()
	w.Signal(workflows.ShopID(w.Shop), workflows.SignalSettings, w.Settings.Revision)
	isKnown(w, 1)
	view, err = w.Orders.Shop(t.Context(), w.Shop)
	require.NoError(t, err)
	assert.Equal(t, done.StartedAt, view.Import.StartedAt, "no second initial import")
}
