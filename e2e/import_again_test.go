package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// quick is an account whose lists do not lag and whose lost answers settle soon.
func quick(o testenv.Options) testenv.Options {
	o.RoappSwitches, o.SearchLag, o.Settle = noLag, 300*time.Millisecond, 500*time.Millisecond
	return o
}

// bothPairs runs a test for the account with custom fields and for the one with
// marker lines.
func bothPairs(t *testing.T, test func(t *testing.T, second bool)) {
	t.Helper()
	for _, second := range []bool{false, true} {
		t.Run(map[bool]string{false: "custom fields", true: "marker line"}[second], func(t *testing.T) {
			t.Parallel()
			test(t, second)
		})
	}
}

// linked waits until a new life of the workflow has brought the order to its end.
func linked(v testenv.Order) string {
	if v.State != order.SyncSynced || !v.Roapp.Linked {
		return "not linked"
	}
	return ""
}

func twoLines() testenv.J {
	return with(testenv.J{"stat_status": 2}, lines(testenv.Line("R-1", "Róża", "12.50", "2"), testenv.Line("R-1", "Róża", "10", "1"), testenv.Line("L-1", "Lilia", "9", "1")))
}

func assertTwoLinesOnce(t *testing.T, w *testenv.Env) testenv.RoappOrder {
	t.Helper()
	orders := w.Roapp.Orders()
	require.Len(t, orders, 1)
	assert.Equal(t, []imported{{"L-1", "Lilia", "1", "9"}, {"R-1", "Róża", "1", "10"}, {"R-1", "Róża", "2", "12.5"}}, importedLines(orders[0]))
	assert.Len(t, w.Roapp.People(), 1)
	assert.Len(t, w.Roapp.Products(), 2)
	return orders[0]
}

func TestF07_FinishedOrderWhoseWorkflowWasLostIsLinked(t *testing.T) {
	t.Parallel()
	bothPairs(t, func(t *testing.T, second bool) {
		t.Helper()
		w := unhurried(t, testenv.Options{Second: second})
		w.Place(1, twoLines())
		w.AwaitSynced(1)
		w.Terminate(1)
		w.ByHand(1)
		view := w.Await(1, linked)
		o := assertTwoLinesOnce(t, w)
		assert.Equal(t, int64(102), o.Status.ID)
		theComment(t, o)
		assert.Contains(t, timelineText(view), "order-existed")
		assert.Empty(t, markCodes(view))
	})
}

func TestF07_HalfImportedOrderWhoseWorkflowWasLostIsFinished(t *testing.T) {
	t.Parallel()
	w := unhurried(t, quick(testenv.Options{}))
	const items = "POST /v2/orders/*/items"
	// One item is there, the others are not.
	w.Roapp.Break(testenv.Fault{Match: items, Kind: "lose-answer"})
	w.Roapp.Break(testenv.Fault{Match: items, Kind: "status", Status: 503, Times: 99})
	w.Place(1, twoLines())
	w.AwaitSeen(w.Roapp, addItem, 2)
	w.Terminate(1)
	w.Roapp.Restore()
	w.ByHand(1)
	view := w.Await(1, linked)
	o := assertTwoLinesOnce(t, w)
	assert.Equal(t, int64(102), o.Status.ID)
	theComment(t, o)
	assert.Empty(t, markCodes(view))
}

// Staff worked on the order, then the workflow was lost and the worker was started
// again: what they chose stays.
func TestF07_LinkingLeavesTheStaffsWork(t *testing.T) {
	t.Parallel()
	w := unhurried(t, quick(testenv.Options{Second: true, Idle: true}))
	worker := w.StartWorker()
	w.Place(1, twoLines())
	_, o := w.AwaitSynced(1)
	path := "/v2/orders/" + itoa(o.ID)
	w.Roapp.API("POST", path+"/status", testenv.J{"status_id": 105, "comment": "Wysłane"}, nil)
	w.Roapp.API("PATCH", path+"/items/"+itoa(o.Items[0].ID), testenv.J{"quantity": 7}, nil)
	w.Terminate(1)
	worker.Stop()
	w.StartWorker()
	w.Webhook(1) // minutes after the first event: nobody has to act
	w.Await(1, linked)
	after := w.Roapp.Order(o.ID)
	assert.Equal(t, int64(105), after.Status.ID)
	assert.Len(t, after.Items, 3)
	assert.Equal(t, "7", after.Items[0].Quantity.String())
	assert.Len(t, w.Roapp.Orders(), 1)
}

func TestF07_WrittenOffOrderIsLinkedAsFrozen(t *testing.T) {
	t.Parallel()
	w := unhurried(t, quick(testenv.Options{}))
	w.Place(1, twoLines())
	_, o := w.AwaitSynced(1)
	w.Roapp.API("POST", "/sandbox/orders/"+itoa(o.ID)+"/write-off", nil, nil)
	w.Roapp.Delete("orders/" + itoa(o.ID) + "/items/" + itoa(o.Items[2].ID))
	w.Terminate(1)
	w.ByHand(1)
	view := w.Await(1, linked)
	assert.True(t, view.Roapp.WrittenOff)
	assert.Equal(t, []string{order.WarnLinesMissing}, markCodes(view))
	assert.Len(t, w.Roapp.Order(o.ID).Items, 2, "nothing is added to an order whose items have left the stock")
}
