package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

const ordersGet = "orders/get"

// at is a time of creation on the shop's clock, so many days ago.
func at(daysAgo int) string {
	return time.Now().AddDate(0, 0, -daysAgo).Format("2006-01-02 15:04:05")
}

// cheapOrder is an order that is held at once, where importing is not the point.
func cheapOrder(text string) testenv.J {
	return testenv.J{"stat_created": text, "delivery_phone": "", "delivery_email": ""}
}

// isKnown waits until an order has a workflow.
func isKnown(w *testenv.Env, number int64) {
	w.T.Helper()
	w.Await(number, func(testenv.Order) string { return "" })
}

func isUnknown(t *testing.T, w *testenv.Env, number int64) {
	t.Helper()
	assert.False(t, w.Known(number), "order %d has no workflow", number)
}

func TestF20_WebhookNeverComesAndTheSweepImportsTheOrder(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RecentEvery: 10 * time.Second, WholeEvery: time.Hour})
	w.AwaitShop(func(v workflows.ShopView) string {
		if v.Whole == nil {
			return "not swept for the first time"
		}
		return ""
	})
	w.Cartum.PutOrder(115, nil) // and no webhook
	view, made := w.AwaitSynced(115)
	assert.Equal(t, order.OriginSweep, view.Origin)
	assert.Len(t, made.Items, 1)
}

func TestSweep_UnchangedOrdersCostNothing(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, nil)
	w.Place(2, cheapOrder(at(1)))
	w.AwaitSynced(1)
	w.AwaitHeld(2, order.HoldNoCustomer)
	w.Eventually(testenv.Patience, func() string {
		if swept := w.Sweep(); swept.Told+swept.Started != 0 {
			return fmt.Sprintf("told %d, started %d", swept.Told, swept.Started)
		}
		return ""
	})
	swept := w.Sweep()
	assert.Equal(t, 2, swept.Seen)
	assert.Zero(t, swept.Told+swept.Started)
}

func TestF14_AnOldOrderIsEditedAndSeen(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{WindowDays: 30})
	w.Place(1, cheapOrder(at(50))) // from before the window
	w.Place(2, cheapOrder(at(20)))
	w.AwaitHeld(1, order.HoldNoCustomer)
	w.AwaitHeld(2, order.HoldNoCustomer)
	w.Cartum.PutOrder(1, testenv.J{"stat_created": at(50)})
	w.Cartum.PutOrder(2, testenv.J{"stat_created": at(20)})
	w.Sweep()
	w.AwaitSynced(1)
	w.AwaitSynced(2)
}

func TestSweep_StartsOnlyWhatCameSinceTheShopWasConnected(t *testing.T) {
	t.Parallel()
	since := time.Now().AddDate(0, 0, -10)
	w := unhurried(t, testenv.Options{Since: since.Format(time.DateOnly)})
	w.Cartum.PutOrder(1, cheapOrder(since.Format(time.DateOnly)+" 00:00:00"))
	w.Cartum.PutOrder(2, cheapOrder(since.AddDate(0, 0, -1).Format(time.DateOnly)+" 23:59:59"))
	w.Place(3, cheapOrder(at(40))) // older, but known
	w.AwaitHeld(3, order.HoldNoCustomer)
	w.Cartum.PutOrder(3, testenv.J{"stat_created": at(40)})
	w.Sweep()
	isKnown(w, 1)
	isUnknown(t, w, 2)
	w.AwaitSynced(3)
}

func TestF09_TheSweepFailsInTheMiddleAndTheNextOneFindsAll(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{CartumSwitches: map[string]string{"orders_max_limit": "5"}})
	for number := range int64(50) {
		w.Cartum.PutOrder(number+1, cheapOrder(at(int(number)))) // the newest first
	}
	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "slow", Delay: "300ms", Times: -1})
	require.NoError(t, w.Orders.Sweep(t.Context(), w.Shop))
	isKnown(w, 5)
	w.Cartum.Restore()
	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "status", Status: 500, Times: -1})
	w.AwaitShop(func(v workflows.ShopView) string {
		if v.Health.FailingSince.IsZero() {
			return "not red"
		}
		return ""
	})
	isUnknown(t, w, 50)
	w.Cartum.Restore()
	for number := range int64(50) {
		isKnown(w, number+1)
	}
}

func TestF10_OrdersOfOneSecondAndLateOnesAreSeen(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	now := at(0)
	w.Cartum.PutOrder(1, cheapOrder(now))
	w.Sweep()
	w.Cartum.PutOrder(2, cheapOrder(now))                                                           // the same second
	w.Cartum.PutOrder(3, cheapOrder(time.Now().Add(-10*time.Minute).Format("2006-01-02 15:04:05"))) // visible late
	w.Sweep()
	for number := range int64(3) {
		isKnown(w, number+1)
	}
}

func TestF11_AZoneThatIsSetWrongLosesNothing(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Pacific/Kiritimati", "Etc/GMT+12"} { // the ends of the earth
		t.Run(strings.ReplaceAll(zone, "/", " "), func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, testenv.Options{RecentDays: 1, CartumSwitches: map[string]string{"time_zone": zone}})
			w.Cartum.PutOrder(1, nil)
			w.Sweep()
			isKnown(w, 1)
		})
	}
}

func TestF12_NoOrderIsLostWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	autumn, spring := clocksChanged(time.October), clocksChanged(time.March)
	w := unhurried(t, testenv.Options{
		WindowDays: 365, Since: time.Now().AddDate(-1, 0, -7).Format(time.DateOnly),
		CartumSwitches: map[string]string{"orders_max_limit": "3"},
	})
	times := []string{
		autumn + " 01:59:59", autumn + " 02:00:00", autumn + " 02:30:00", autumn + " 02:30:00", autumn + " 02:59:59", autumn + " 03:00:00",
		spring + " 01:59:59", spring + " 02:00:00", spring + " 02:30:00", spring + " 02:59:59", spring + " 03:00:00",
	}
	for i, text := range times {
		w.Cartum.PutOrder(int64(i)+1, cheapOrder(text))
	}
	swept := w.Sweep()
	assert.Equal(t, len(times), swept.Seen)
	for i := range times {
		isKnown(w, int64(i)+1)
	}
}

// clocksChanged is the last day on which Europe's clocks changed in a month.
func clocksChanged(month time.Month) string {
	now := time.Now()
	for year := now.Year(); ; year-- {
		day := time.Date(year, month, 31, 0, 0, 0, 0, time.UTC)
		if day = day.AddDate(0, 0, -int(day.Weekday())); day.Before(now.AddDate(0, 0, -1)) {
			return day.Format(time.DateOnly)
		}
	}
}

func TestF13_UnsortedListsAndASilentCapHideNoOrder(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{CartumSwitches: map[string]string{"orders_sort": "newest-first-loose", "orders_max_limit": "10"}})
	second := at(3)
	for number := range int64(40) {
		fields := cheapOrder(at(int(number % 30)))
		if number%2 == 0 {
			fields = cheapOrder(second) // more in one second than an answer holds
		}
		w.Cartum.PutOrder(number+1, fields)
	}
	swept := w.Sweep()
	assert.Equal(t, 40, swept.Seen)
	for number := range int64(40) {
		isKnown(w, number+1)
	}
}

func TestF17_AfterDaysWithoutTheShopTheWholeGapIsCaughtUp(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RecentDays: 1, RecentEvery: 10 * time.Second})
	w.Cartum.PutOrder(1, cheapOrder(at(9)))
	w.Sweep()
	isKnown(w, 1)
	w.Cartum.Break(testenv.Fault{Match: "* /api/*/*", Kind: "status", Status: 503, Times: -1})
	require.NoError(t, w.Orders.Sweep(t.Context(), w.Shop))
	w.AwaitShop(func(v workflows.ShopView) string {
		if v.Health.FailingSince.IsZero() || v.Health.Kind != order.FailUnreachable {
			return "not red"
		}
		return ""
	})
	for days := range int64(8) {
		w.Cartum.PutOrder(days+2, cheapOrder(at(int(days))))
	}
	w.Cartum.Restore()
	for number := range int64(9) {
		isKnown(w, number+1)
	}
	w.AwaitShop(func(v workflows.ShopView) string {
		if !v.Health.FailingSince.IsZero() {
			return "still red"
		}
		return ""
	})
}

func TestF18_AChangeDuringTheImportIsNotLost(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders", Kind: "slow", Delay: "2s"})
	w.Place(1, lines(testenv.Line("A-1", "Róża", "12.50", "2")))
	w.AwaitSeen(w.Roapp, createOrder, 1)
	w.Cartum.PutOrder(1, lines(testenv.Line("A-1", "Róża", "12.50", "2"), testenv.Line("A-2", "Tulipan", "3", "1")))
	w.Sweep()
	w.Eventually(testenv.Patience, func() string {
		_, made := w.AwaitSynced(1)
		if len(made.Items) != 2 {
			return fmt.Sprintf("items: %d", len(made.Items))
		}
		return ""
	})
}

func TestF50_AShopThatShowsNoOrderAtAllIsAFaultOfItsAPI(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{CartumSwitches: map[string]string{"deleted_order": "vanishes"}})
	for number := range int64(3) {
		w.Place(number+1, cheapOrder(at(1)))
		w.AwaitHeld(number+1, order.HoldNoCustomer)
	}
	w.Sweep()
	for number := range int64(3) {
		w.Cartum.DeleteOrder(number + 1)
	}
	w.Eventually(testenv.Patience, func() string { // the list in Temporal lags
		require.NoError(t, w.Orders.Sweep(t.Context(), w.Shop))
		view, err := w.Orders.Shop(t.Context(), w.Shop)
		if err != nil || !strings.Contains(view.Health.Problem, "shows no order") {
			return "not red"
		}
		return ""
	})
}

func TestSweep_AnOrderThatTheShopShowsNoMoreIsMissing(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{CartumSwitches: map[string]string{"deleted_order": "vanishes"}})
	for number := range int64(3) {
		w.Place(number+1, nil)
		w.AwaitSynced(number + 1)
	}
	w.Cartum.DeleteOrder(2)
	w.Eventually(testenv.Patience, func() string { // the list in Temporal lags
		if swept := w.Sweep(); swept.Missing != 1 || swept.Seen != 2 {
			return fmt.Sprintf("seen %d, missing %d", swept.Seen, swept.Missing)
		}
		return ""
	})
	assert.Len(t, w.Roapp.Orders(), 3, "nothing is deleted in RO App")
}

func TestF14_MoreOldOpenOrdersThanAnAnswerHoldsAreAllRead(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{WindowDays: 10, CartumSwitches: map[string]string{"orders_max_limit": "4", "orders_default_limit": "3"}})
	for number := range int64(14) {
		w.Place(number+1, cheapOrder(at(30)))
	}
	for number := range int64(14) {
		w.AwaitHeld(number+1, order.HoldNoCustomer)
	}
	w.Eventually(testenv.Patience, func() string {
		if swept := w.Sweep(); swept.Seen != 14 || swept.Missing != 0 {
			return fmt.Sprintf("seen %d, missing %d", swept.Seen, swept.Missing)
		}
		return ""
	})
}

func TestSweep_APoisonOrderCostsNoOther(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Cartum.PutOrder(1, testenv.J{"products": "none", "stat_created": at(1)})
	w.Cartum.PutOrder(3, testenv.J{"order_id": null, "stat_created": at(1)})
	w.Cartum.PutOrder(2, cheapOrder(at(1)))
	swept := w.Sweep()
	assert.Equal(t, 1, swept.Unreadable)
	w.AwaitHeld(1, order.HoldMalformed)
	isKnown(w, 2)
}

func TestSweep_OrdersCancelledBeforeTheyWereSeenAreClosed(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Cartum.PutOrder(1, testenv.J{"stat_status": 4})
	w.Sweep()
	w.AwaitClosed(1)
	w.Eventually(testenv.Patience, func() string {
		if swept := w.Sweep(); swept.Started+swept.Told > 0 {
			return "told again"
		}
		return ""
	})
	assert.Empty(t, w.Roapp.Orders())
}

func TestSweep_AnOrderWhoseWorkflowWasTerminatedIsStartedAgain(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, nil)
	w.AwaitSynced(1)
	require.NoError(t, w.Temporal.TerminateWorkflow(t.Context(), w.Key(1).WorkflowID(), "", "by mistake"))
	w.Eventually(testenv.Patience, func() string {
		w.Sweep()
		if !w.Running(1) {
			return "not brought back"
		}
		return ""
	})
	w.AwaitSynced(1)
	assert.Len(t, w.Roapp.Orders(), 1)
}

func TestF49_RefusedCredentialsAreTriedSlowlyAndAtOnceWithNewSettings(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true, RecentEvery: 10 * time.Second})
	w.Cartum.PutOrder(1, cheapOrder(at(0)))
	w.SetPassword("wrong")
	first := w.StartWorker()
	red := func(v workflows.ShopView) string {
		if v.Health.Kind != order.FailCredentials {
			return "not red for its credentials"
		}
		return ""
	}
	w.AwaitShop(red)
	require.NoError(t, w.Orders.Sweep(t.Context(), w.Shop))
	w.AwaitShop(red)
	assert.LessOrEqual(t, w.Cartum.Requests().FailedLogins, 2)
	first.Stop()

	w.SetPassword("sandbox")
	w.StartWorker()
	w.Signal(workflows.ShopID(w.Shop), workflows.SignalSettings, w.Settings.Revision)
	isKnown(w, 1)
	w.AwaitShop(func(v workflows.ShopView) string {
		if !v.Health.FailingSince.IsZero() {
			return "still red"
		}
		return ""
	})
}

func TestT04_AHundredRequestsAtOnceCauseTwoSweepsAtMost(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Sweep()
	before := w.Cartum.Seen(ordersGet)
	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "slow", Delay: "3s"})
	var all errgroup.Group
	all.SetLimit(8)
	for range 100 {
		all.Go(func() error { return w.Orders.Sweep(t.Context(), w.Shop) })
	}
	require.NoError(t, all.Wait())
	w.Sweep()
	assert.LessOrEqual(t, w.Cartum.Seen(ordersGet)-before, 4*before, "few sweeps, not a hundred")
}

func TestT07_HundredsOfOrdersLeaveOnlyCountsInTheHistory(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{CartumSwitches: map[string]string{"orders_max_limit": "none"}})
	for number := range int64(300) {
		w.Cartum.PutOrder(number+1, with(cheapOrder(at(int(number%50))), testenv.J{"comment": strings.Repeat("Proszę dzwonić. ", 100)}))
	}
	swept := w.Sweep()
	assert.Equal(t, 300, swept.Seen)
	assert.Less(t, w.HistorySize(workflows.ShopID(w.Shop)), int64(100_000))
}
