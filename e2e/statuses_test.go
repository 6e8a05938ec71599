package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

const updateShopOrder = "orders/update"

// ourStatusWrites is how often the exchange set the order's status in RO App.
func ourStatusWrites(w *testenv.Env, id, number int64) int {
	w.T.Helper()
	writes := 0
	for _, change := range w.Roapp.Order(id).History {
		if strings.HasPrefix(change.Text, "status ") && strings.HasSuffix(change.Text, fmt.Sprintf(": Cartum #%d", number)) {
			writes++
		}
	}
	return writes
}

// awaitRoappStatus waits until RO App has the status.
func awaitRoappStatus(w *testenv.Env, id, want int64) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		if is := w.Roapp.Order(id).Status.ID; is != want {
			return fmt.Sprint("RO App's status is ", is)
		}
		return ""
	})
}

// pollEverything has everything report the same to the order again: webhooks, the
// account's changes, and a person, after whom both sides are read.
func pollEverything(w *testenv.Env, number int64) testenv.Order {
	w.T.Helper()
	for range 2 {
		w.Webhook(number)
		w.Collect()
	}
	return pressed(w, number)
}

// pressed has a person ask for the order, and waits until both sides are read
// and compared.
func pressed(w *testenv.Env, number int64) testenv.Order {
	w.T.Helper()
	w.ByHand(number)
	return awaitRest(w, number, func(testenv.Order) string { return "" })
}

// marked reports whether the row warns of something.
func marked(v testenv.Order, code string) bool {
	for _, mark := range v.Warnings {
		if mark.Code == code {
			return true
		}
	}
	return false
}

// assertStatuses is what both sides have and how often each was written to by
// the exchange. The shop's writes are those of all orders.
func assertStatuses(w *testenv.Env, number, id, shop, account int64, shopWrites, accountWrites int) {
	w.T.Helper()
	assert.Equal(w.T, int(shop), w.Cartum.Status(number), "the shop's status")
	assert.Equal(w.T, account, w.Roapp.Order(id).Status.ID, "RO App's status")
	assert.Equal(w.T, shopWrites, w.Cartum.Seen(updateShopOrder), "writes to the shop")
	assert.Equal(w.T, accountWrites, ourStatusWrites(w, id, number), "writes to RO App")
}

func TestR17_F37_StatusGoesBothWaysAndOurOwnIsNotNews(t *testing.T) {
	t.Parallel()
	w, first := importedOrder(t, testenv.Options{}, 1, nil)
	w.Edit(1, testenv.J{"stat_status": 2})
	awaitRoappStatus(w, first.ID, 102)
	view := pollEverything(w, 1)
	assertStatuses(w, 1, first.ID, 2, 102, 0, 1)
	assert.Empty(t, view.Warnings)

	second := place(w, 2, nil)
	w.Roapp.SetStatus(second.ID, 105)
	awaitShopStatus(w, 2, 6)
	view = pollEverything(w, 2)
	assertStatuses(w, 2, second.ID, 6, 105, 1, 0)
	assert.Empty(t, view.Warnings)
}

func TestF38_BothSidesChangedBetweenTwoPolls(t *testing.T) {
	t.Parallel()
	w, both := importedOrder(t, testenv.Options{}, 1, nil)
	w.Cartum.Change(1, testenv.J{"stat_status": 3})
	w.Roapp.SetStatus(both.ID, 105)
	view := pressed(w, 1)
	assert.Contains(t, timelineText(view), "status-changed-on-both-sides cartumStatus=3 roappStatus=105")
	pollEverything(w, 1)
	assertStatuses(w, 1, both.ID, 6, 105, 1, 0)

	// Only the shop's change is notified; RO App's is seen when it would be
	// overwritten.
	late := place(w, 2, nil)
	w.Roapp.SetStatus(late.ID, 105)
	w.Edit(2, testenv.J{"stat_status": 3})
	w.Eventually(testenv.Patience, func() string {
		if is := w.Cartum.Status(2); is != 6 {
			return fmt.Sprint("the shop's status is ", is)
		}
		return ""
	})
	pollEverything(w, 2)
	assertStatuses(w, 2, late.ID, 6, 105, 2, 0)

	// What is cancelled in the shop cannot be undone there.
	cancelled := place(w, 3, nil)
	w.Roapp.SetStatus(cancelled.ID, 105)
	w.Edit(3, testenv.J{"stat_status": 4})
	awaitRoappStatus(w, cancelled.ID, 104)
	pollEverything(w, 3)
	assertStatuses(w, 3, cancelled.ID, 4, 104, 2, 1)
}

func TestF39_UnrelatedEditWritesNoStatus(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	product := w.Roapp.Create("products", testenv.J{"title": "Bilecik", "article": "CARD"})
	w.Roapp.API("PATCH", fmt.Sprintf("/v2/orders/%d", o.ID), testenv.J{"manager_notes": "call first"}, nil)
	w.Roapp.API("POST", fmt.Sprintf("/v2/orders/%d/comments", o.ID), testenv.J{"comment": "called"}, nil)
	w.Roapp.SetItem(o.ID, itemOf(o, "A-1").ID, testenv.J{"quantity": 5})
	w.Roapp.AddItem(o.ID, product, "1", "3")
	pollEverything(w, 1)
	assertStatuses(w, 1, o.ID, 1, 101, 0, 0)
	after := w.Roapp.Order(o.ID)
	assert.Equal(t, []string{"A-1 x 5 at 12.5", "B-1 x 1 at 30", "CARD x 1 at 3"}, items(after))
	assert.Equal(t, "call first", after.ManagerNotes)
}

func TestF40_StatusWithoutCounterpart(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{
		// 199 was deleted in RO App, 9 in the shop.
		Statuses:       "{import: {1: 101, 2: 102, 3: 199, 4: 104}, export: {102: 2, 103: 9, 104: 4}}",
		CartumSwitches: map[string]string{"extra_status": "paid"},
	}, 1, nil)

	// A status that the shop made up: warned of, and the order goes on.
	w.Edit(1, testenv.J{"stat_status": 8, "products": roseAndVase("3", "1")})
	awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30")
	w.AwaitMark(1, order.WarnUnmappedStatus)
	assertStatuses(w, 1, o.ID, 8, 101, 0, 0)

	// A status that RO App does not have any more: in its own words.
	w.Edit(1, testenv.J{"stat_status": 3, "products": roseAndVase("4", "1")})
	awaitItems(w, o.ID, "A-1 x 4 at 12.5", "B-1 x 1 at 30")
	assert.Contains(t, shown(w.AwaitMark(1, order.WarnStatusRefused)), "status_id")
	view := pollEverything(w, 1)
	assert.Equal(t, order.SyncSynced, view.State)
	assertStatuses(w, 1, o.ID, 3, 101, 0, 0)

	// One that is mapped ends both.
	w.Edit(1, testenv.J{"stat_status": 2})
	awaitRoappStatus(w, o.ID, 102)
	view = pollEverything(w, 1)
	assert.Empty(t, view.Warnings)
	assertStatuses(w, 1, o.ID, 2, 102, 0, 1)

	// RO App's without a counterpart is no matter of the shop's.
	w.Roapp.SetStatus(o.ID, 106)
	view = pollEverything(w, 1)
	assert.Equal(t, int64(106), view.Roapp.Status)
	assert.Empty(t, view.Warnings)
	assertStatuses(w, 1, o.ID, 2, 106, 0, 1)

	// One that the shop does not have any more.
	w.Roapp.SetStatus(o.ID, 103)
	pressed(w, 1)
	assert.NotEmpty(t, shown(w.AwaitMark(1, order.WarnNotPushed)))
	refused := w.Cartum.Seen(updateShopOrder)
	w.Edit(1, testenv.J{"products": roseAndVase("5", "1")})
	awaitItems(w, o.ID, "A-1 x 5 at 12.5", "B-1 x 1 at 30")
	awaitRest(w, 1, total("92.5"))
	assertStatuses(w, 1, o.ID, 2, 103, refused, 1)
}

func TestF42_ShopSaysOKAndDidNotSave(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{CartumSwitches: map[string]string{"status_update": "lost"}}, 1, nil)
	w.Roapp.SetStatus(o.ID, 105)
	pressed(w, 1)
	assert.Contains(t, shown(w.AwaitMark(1, order.WarnNotPushed)), "it answered OK, but the order still has status 1")
	for range 2 {
		w.Webhook(1)
		w.Collect()
	}
	view := awaitRest(w, 1, func(testenv.Order) string { return "" })
	assert.Equal(t, order.SyncSynced, view.State)
	assertStatuses(w, 1, o.ID, 1, 105, 1, 0)

	// A person tries again, in vain and then with success.
	pressed(w, 1)
	assertStatuses(w, 1, o.ID, 1, 105, 2, 0)
	w.Cartum.Switch("status_update", "saved")
	view = pressed(w, 1)
	assertStatuses(w, 1, o.ID, 6, 105, 3, 0)
	assert.Empty(t, view.Warnings)
}

func TestF42_CancelledOrderIsLockedInTheShop(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{
		Statuses: "{import: {1: 101, 2: 102, 3: 103, 4: 104, 6: 105}, export: {102: 2, 103: 3, 104: 4, 105: 6}}",
	})
	w.Roapp.Switch("search-lag", "0s")
	writes := 0
	for i, locked := range []string{"locked", "locked-silently"} {
		number := int64(i + 1)
		o := place(w, number, nil)
		w.Cartum.Switch("status_4", locked)
		w.Roapp.SetStatus(o.ID, 104)
		pressed(w, number)
		writes++
		assertStatuses(w, number, o.ID, 4, 104, writes, 0)

		w.Roapp.SetStatus(o.ID, 105)
		pressed(w, number)
		assert.Contains(t, shown(w.AwaitMark(number, order.WarnNotPushed)), "cancelled")
		pollEverything(w, number)
		assertStatuses(w, number, o.ID, 4, 105, writes, 0)
	}
}

func TestF43_RefusedStatusHoldsNothingUp(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{RoappSwitches: map[string]string{
		"forbidden-transitions": "101>102", "closing-unpaid": "refused", "status-comment": "all",
	}}, 1, nil)
	w.Edit(1, testenv.J{"stat_status": 2, "products": roseAndVase("3", "1")})
	awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30")
	assert.Contains(t, shown(w.AwaitMark(1, order.WarnStatusRefused)), "transition from 101 to 102 is forbidden")
	refused := w.Roapp.Seen(setStatus)
	for range 2 {
		w.Webhook(1)
		w.Collect()
	}
	view := awaitRest(w, 1, func(testenv.Order) string { return "" })
	assert.Equal(t, order.SyncSynced, view.State)
	assert.Equal(t, refused, w.Roapp.Seen(setStatus), "it is not tried again by itself")

	// The next status is tried, and refused for another reason.
	w.Edit(1, testenv.J{"stat_status": 3})
	w.Eventually(testenv.Patience, func() string {
		if text := shown(w.AwaitMark(1, order.WarnStatusRefused)); !strings.Contains(text, "unpaid") {
			return text
		}
		return ""
	})
	// A person fixes it and asks again.
	w.Roapp.Switch("closing-unpaid", "allowed")
	view = pressed(w, 1)
	assert.False(t, marked(view, order.WarnStatusRefused))
	assertStatuses(w, 1, o.ID, 3, 103, 0, 1)
}
