package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/workflows"
)

// dayAgo is a day on the shop's clock.
func dayAgo(days int) string { return at(days)[:len(time.DateOnly)] }

func TestReconcile_NamesWhatIsMissingAndWhyAndImportsIt(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(testenv.Options{CartumSwitches: map[string]string{"orders_max_limit": "2"}}))
	w.Place(1, testenv.J{"stat_created": at(3)})
	w.Place(2, cheapOrder(at(3)))
	w.Cartum.PutOrder(3, testenv.J{"stat_created": at(2), "stat_status": 3}) // delivered, which the initial import leaves out
	w.Cartum.PutOrder(4, testenv.J{"stat_created": at(2)})                   // from before the shop was connected
	w.Place(5, testenv.J{"stat_created": at(2), "stat_status": 4})           // cancelled before it was seen
	w.Cartum.PutOrder(6, testenv.J{"stat_created": at(9)})                   // of another day
	_, there := w.AwaitSynced(1)
	w.AwaitHeld(2, order.HoldNoCustomer)
	w.Await(5, func(v testenv.Order) string {
		if v.State != order.SyncClosed {
			return "not closed"
		}
		return ""
	})
	w.Eventually(testenv.Patience, func() string { // the list in Temporal lags
		if row, known, err := w.Orders.Row(t.Context(), w.Key(1)); err != nil || !known || row.RoappOrder == 0 {
			return fmt.Sprint("the order is not listed yet: ", err)
		}
		return ""
	})
	// Staff take something away: what RO App holds is not what the shop has.
	w.Roapp.SetItem(there.ID, there.Items[0].ID, testenv.J{"price": 1})
	there = w.Roapp.Order(there.ID)
	asked := w.Roapp.Requests(0).Total
	in := workflows.ReconcileInput{Shop: w.Shop, From: dayAgo(3), To: dayAgo(2)}
	var found service.Reconciliation
	w.Eventually(testenv.Patience, func() string { // the list in Temporal lags
		var err error
		if found, err = w.Orders.Reconciliation(t.Context(), in, false); err != nil {
			return err.Error()
		}
		if len(found.Total.Missing) != 4 || found.Total.Missing[1].Reason == service.MissingImporting {
			return "the list in Temporal lags"
		}
		return ""
	})
	assert.Equal(t, asked+1, w.Roapp.Requests(0).Total, "one page of its list")
	assert.Equal(t, "PLN", found.Currency)
	require.Len(t, found.Days, 2)
	newest, oldest := found.Days[0], found.Days[1]
	assert.Equal(t, dayAgo(2), newest.Day)
	assert.Equal(t, []string{"3 skipped", "4 older", "5 closed"}, missingOf(newest))
	assert.Equal(t, []string{"2 held"}, missingOf(oldest))
	assert.Equal(t, order.HoldNoCustomer, oldest.Missing[0].Hold)
	assert.Equal(t, 2, oldest.Shop.Orders)
	assert.Equal(t, 1, oldest.Roapp.Orders)
	assert.Equal(t, there.Total.String(), oldest.Roapp.Sums["PLN"].String(), "what RO App holds")
	require.Len(t, oldest.Different, 1)
	assert.Equal(t, w.Key(1), oldest.Different[0].Key)
	assert.Equal(t, there.Total.String(), oldest.Different[0].Roapp.String())
	assert.True(t, oldest.Different[0].Shop.GreaterThan(oldest.Different[0].Roapp))
	assert.False(t, found.Complete(), "one waits for somebody")

	// One click brings those of the newer day.
	require.NoError(t, w.Orders.ImportMissing(t.Context(), newest.Missing, "tester"))
	for _, number := range []int64{3, 4, 5} {
		w.AwaitSynced(number)
	}
	w.Eventually(testenv.Patience, func() string {
		again, err := w.Orders.Reconciliation(t.Context(), in, false)
		if err != nil {
			return err.Error()
		}
		if left := missingOf(again.Days[0]); len(left) > 0 {
			return "still missing: " + left[0]
		}
		assert.Equal(t, found.ReadAt, again.ReadAt, "the shop is not read again")
		return ""
	})
}

func missingOf(day service.ReconciledDay) []string {
	var all []string
	for _, one := range day.Missing {
		all = append(all, itoa(one.Key.Number)+" "+string(one.Reason))
	}
	return all
}

func TestReconcile_MissesWhatStaffDeleted(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(testenv.Options{}))
	w.Place(1, testenv.J{"stat_created": at(1)})
	_, there := w.AwaitSynced(1)
	w.Roapp.Delete("orders/" + itoa(there.ID))
	w.ByHand(1) // reading is enough to see it
	w.AwaitHeld(1, order.HoldOrderGone)
	missed := func(want string) {
		t.Helper()
		w.Eventually(testenv.Patience, func() string {
			found, err := w.Orders.Reconciliation(t.Context(), workflows.ReconcileInput{Shop: w.Shop, From: dayAgo(1), To: dayAgo(1)}, false)
			if err != nil {
				return err.Error()
			}
			if missing := missingOf(found.Days[0]); len(missing) != 1 || missing[0] != want {
				return fmt.Sprintf("missing: %v", missing)
			}
			return ""
		})
	}
	missed("1 held")
	w.Decide(1, order.Decision{Kind: order.DecideSkip, Reason: "a double"})
	missed("1 closed")
}

func TestReconcile_RefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	for _, in := range []workflows.ReconcileInput{
		{Shop: w.Shop, From: "2026-11-02", To: "2026-11-01"},
		{Shop: w.Shop, From: "yesterday", To: "2026-11-01"},
		{Shop: w.Shop, From: "2026-01-01", To: "2026-04-01"},
	} {
		_, err := w.Orders.Reconcile(t.Context(), in)
		assert.Equal(t, service.Invalid, service.As(err).Code)
	}
	_, err := w.Orders.Reconcile(t.Context(), workflows.ReconcileInput{Shop: "nowhere", From: "2026-11-01", To: "2026-11-01"})
	assert.Equal(t, service.NoShop, service.As(err).Code)
	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "envelope", Body: "ERROR", Times: -1})
	_, err = w.Orders.Reconcile(t.Context(), workflows.ReconcileInput{Shop: w.Shop, From: "2026-11-01", To: "2026-11-01"})
	require.ErrorContains(t, err, "the orders could not be read: cartum orders/get: ")
}
