package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// longAgo is a creation that the sweeps' window has left behind.
const longAgo = "2026-01-05 10:00:00"

// run returns the order's current run and whether it is open.
func runOf(w *testenv.Env, number int64) (run string, open bool) {
	w.T.Helper()
	about, err := w.Temporal.DescribeWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "")
	require.NoError(w.T, err)
	return about.WorkflowExecution.RunID, about.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// An order of long ago that is final is imported by hand and then done. Only a
// person brings it back, and then it is linked.
func TestT03_FinalOrderOfLongAgoClosesByItself(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Cartum.PutOrder(1, testenv.J{"stat_status": 3, "stat_created": longAgo, "products": roseAndVase("2", "1")})
	w.ByHand(1)
	view := w.AwaitClosed(1)
	assert.Equal(t, "final-on-both-sides", view.State.Closed.Code)
	assert.False(t, view.State.Synced.IsZero(), "imported before")
	imported := w.Roapp.Order(view.State.Order.ID)
	assert.Equal(t, int64(103), imported.Status.ID)
	first, open := runOf(w, 1)
	assert.False(t, open)

	w.Cartum.Change(1, testenv.J{"delivery_address": "ul. Krótka 9"})
	w.Webhook(1)
	run, open := runOf(w, 1)
	assert.Equal(t, first, run, "a late event does not reopen it")
	assert.False(t, open)

	w.ByHand(1)
	view = w.Await(1, func(v order.View) string {
		if run, _ := runOf(w, 1); run == first {
			return "not reopened"
		}
		if v.SyncState != order.SyncClosed {
			return "not closed again"
		}
		return ""
	})
	assert.True(t, view.State.Order.Linked)
	assert.Equal(t, imported.ID, view.State.Order.ID)
	require.Len(t, w.Roapp.Orders(), 1)
	again := w.Roapp.Order(imported.ID)
	assert.Equal(t, items(imported), items(again))
	assert.Equal(t, int64(103), again.Status.ID)
}

func TestT03_OrderOfLongAgoThatIsNotFinalStaysOpen(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Cartum.PutOrder(1, testenv.J{"stat_status": 2, "stat_created": longAgo, "products": roseAndVase("2", "1")})
	w.ByHand(1)
	_, o := w.AwaitSynced(1)
	w.Webhook(1)
	awaitRest(w, 1, total("55"))
	_, open := runOf(w, 1)
	assert.True(t, open)
	// It becomes final, in RO App, and is done then.
	w.Roapp.SetStatus(o.ID, 103)
	awaitShopStatus(w, 1, 3)
	assert.Equal(t, "final-on-both-sides", w.AwaitClosed(1).State.Closed.Code)
}

// A final order of today is still in the sweeps' sight.
func TestT03_FinalOrderOfTodayStaysOpen(t *testing.T) {
	t.Parallel()
	w, _ := importedOrder(t, testenv.Options{}, 1, testenv.J{"stat_status": 3})
	awaitRest(w, 1, total("55"))
	_, open := runOf(w, 1)
	assert.True(t, open)
}
