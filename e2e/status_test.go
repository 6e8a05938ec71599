package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

func TestR09_StatusFollowsTheMapping(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	// The order type starts with 101, which is mapped to the shop's 1.
	w.Place(1, nil)
	_, first := w.AwaitSynced(1)
	assert.Equal(t, int64(101), first.Status.ID)
	assert.Zero(t, w.Roapp.Seen(setStatus), "the first status is not written")
	mapping := map[int64]int64{2: 102, 3: 103, 6: 105}
	for status := range mapping {
		w.Place(status, testenv.J{"stat_status": status})
	}
	for status, mapped := range mapping {
		_, o := w.AwaitSynced(status)
		assert.Equal(t, mapped, o.Status.ID)
	}
	assert.Equal(t, 3, w.Roapp.Seen(setStatus))
}

func TestR09_RefusedStatusMarksTheRowAndHoldsNothing(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"closing-undeducted": "refused"}})
	w.Place(1, testenv.J{"stat_status": 3})
	view, o := w.AwaitSynced(1)
	assert.Equal(t, []string{order.WarnStatusRefused}, markCodes(view))
	assert.Contains(t, shown(view.Warnings...), "written off")
	assert.Equal(t, int64(101), o.Status.ID)
	assert.Len(t, o.Items, 1)
	theComment(t, o)
}

func TestF46_OrderCancelledBeforeItsImportIsNotCreated(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, testenv.J{"stat_status": 4})
	view := w.AwaitClosed(1)
	assert.Equal(t, "cancelled-before-import", view.Closed.Code)
	assert.Zero(t, w.Roapp.Requests(0).Total)

	w.ByHand(1) // a person may want it all the same
	_, o := w.AwaitSynced(1)
	assert.Equal(t, int64(104), o.Status.ID)
}

func TestF46_OrderCancelledWhileHeldIsNotCreated(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, testenv.J{"delivery_phone": ""})
	w.AwaitHeld(1, order.HoldNoCustomer)
	w.Place(1, testenv.J{"delivery_phone": "", "stat_status": 4})
	w.AwaitClosed(1)
	assert.Zero(t, w.Roapp.Requests(0).Total)
}

func TestF46_OrderCancelledWhileARetryWaitsIsNotCreated(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Settle: 3 * time.Second})
	w.Roapp.Break(testenv.Fault{Match: createOrder, Kind: "status", Status: 503, Times: 99})
	w.Place(1, nil)
	w.AwaitSeen(w.Roapp, createOrder, 1)
	w.Place(1, testenv.J{"stat_status": 4})
	w.Roapp.Restore()
	w.AwaitClosed(1)
	assert.Empty(t, w.Roapp.Orders())
}

// What a lost answer left in RO App must not stay there as a live order.
func TestF46_OrderCancelledAfterALostCreateIsFinishedAsCancelled(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Settle: 3 * time.Second})
	w.Roapp.Break(testenv.Fault{Match: createOrder, Kind: "lose-answer"})
	w.Place(1, nil)
	w.AwaitSeen(w.Roapp, createOrder, 1)
	w.Place(1, testenv.J{"stat_status": 4})
	_, o := w.AwaitSynced(1)
	assert.Equal(t, int64(104), o.Status.ID)
	assert.Len(t, w.Roapp.Orders(), 1)
}
