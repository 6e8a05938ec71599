package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/workflows"
)

// assertKept has the order continue as new, and says that it shows what it showed.
func assertKept(t *testing.T, w *testenv.Env, number int64) {
	t.Helper()
	before := w.Order(number)
	w.ContinueAsNew(number)
	assert.Equal(t, before, w.Order(number))
}

func TestT03_ContinueAsNewKeepsAHoldAndItsDeadline(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, testenv.J{"delivery_phone": ""})
	hold := w.AwaitHeld(1, order.HoldNoCustomer).Hold
	assertKept(t, w, 1)
	assertKept(t, w, 1)
	again := w.AwaitHeld(1, order.HoldNoCustomer).Hold
	assert.True(t, hold.NextRetry.Equal(*again.NextRetry))
	assert.True(t, hold.Since.Equal(again.Since))
	w.Decide(1, order.Decision{Kind: order.DecideCreateContact})
	w.AwaitSynced(1)
	assert.Len(t, w.Roapp.Orders(), 1)
}

func TestT03_ContinueAsNewKeepsAnImportedOrder(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	assertKept(t, w, 1)
	w.Edit(1, testenv.J{"products": roseAndVase("3", "1")})
	awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30")
	awaitRest(w, 1, total("67.5"))
	assertKept(t, w, 1)
	first := w.Refresh(1, "Ola")
	require.Equal(t, service.RefreshDone, first.State)
	assertKept(t, w, 1)
	again := w.Refresh(1, "Ola")
	assert.Equal(t, service.RefreshTooSoon, again.State)
	assert.True(t, first.Next.Equal(again.Next))

	// With a mark, and with the write-off that caused it.
	w.Roapp.WriteOff(o.ID)
	w.Edit(1, testenv.J{"products": roseAndVase("4", "1")})
	w.AwaitMark(1, order.WarnNotSynced)
	w.AwaitSeen(w.Roapp, postComment, 3)
	awaitRest(w, 1, total("80"))
	assertKept(t, w, 1)
	w.AwaitMark(1, order.WarnNotSynced)
	w.Edit(1, testenv.J{"stat_status": 2})
	w.Eventually(testenv.Patience, func() string {
		if is := w.Roapp.Order(o.ID).Status.ID; is != 102 {
			return fmt.Sprint("status ", is)
		}
		return ""
	})
	after := w.Roapp.Order(o.ID)
	assert.Equal(t, []string{"A-1 x 3 at 12.5", "B-1 x 1 at 30"}, items(after))
	assert.Len(t, after.Feed, 3, "each amount and the difference are reported once, whatever runs")
}

// Signals that wait while the workflow is asked to continue as new are not lost,
// in whatever order they come.
func TestT03_SignalsThatWaitAreNotLost(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true, RoappSwitches: noLag})
	worker := w.StartWorker()
	o := place(w, 1, nil)
	before := w.RunID(1)
	worker.Stop()
	// Nobody works: all of it waits.
	w.Cartum.Change(1, testenv.J{"products": roseAndVase("3", "1"), "stat_status": 2, "delivery_address": "ul. Krótka 9"})
	w.ForceContinueAsNew(1)
	w.Webhook(1)
	w.ForceContinueAsNew(1)
	w.ReportWriteOff(1)
	w.ForceContinueAsNew(1)
	w.StartWorker()
	view := awaitRest(w, 1, func(v testenv.Order) string {
		if v.Roapp.Status != 102 || !strings.Contains(lastComment(w.Roapp.Order(o.ID)), "A-1: 3 × 12,50 PLN w Cartum, tutaj 2 × 12,50 PLN") {
			return "not synced"
		}
		return total("67.5")(v)
	})
	assert.True(t, view.Roapp.WrittenOff)
	after := w.Roapp.Order(o.ID)
	assert.Equal(t, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}, items(after), "frozen by the write-off that waited with the edit")
	w.Eventually(testenv.Patience, func() string {
		if w.RunID(1) == before {
			return "it still is the first run"
		}
		return ""
	})
}

// withAStep is how many events a run has in which a step has ended.
const withAStep = 15

// The operator's signal comes all the time, while the order is imported, edited,
// written off and refreshed: the end is the same. Every other run is ended as soon
// as it is seen, the others once they have come to something.
func TestT03_ContinueAsNewAtAnyMoment(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, testenv.J{"products": roseAndVase("2", "1")})
	runs := map[string]bool{}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(30 * time.Millisecond):
			}
			about, err := w.Temporal.DescribeWorkflow(t.Context(), w.Key(1).WorkflowID(), "")
			if !assert.NoError(t, err) {
				return
			}
			info := about.RawResponse.GetWorkflowExecutionInfo()
			run := info.GetExecution().GetRunId()
			if runs[run] || len(runs)%2 == 1 && info.GetHistoryLength() < withAStep {
				continue
			}
			runs[run] = true
			assert.NoError(t, w.Temporal.SignalWorkflow(t.Context(), w.Key(1).WorkflowID(), "", workflows.SignalForceContinueAsNew, nil))
		}
	}()
	stopOnce := sync.OnceFunc(func() { close(stop); <-stopped })
	defer stopOnce()

	_, o := w.AwaitSynced(1)
	w.Edit(1, testenv.J{"products": roseAndVase("3", "1")})
	awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30")
	w.Cartum.Change(1, testenv.J{"products": roseAndVase("5", "1")})
	answers := make([]service.Refreshed, 4)
	var clicks sync.WaitGroup
	for i := range answers {
		clicks.Go(func() {
			answer, err := w.Orders.Refresh(t.Context(), w.Key(1), "Ola")
			assert.NoError(t, err)
			answers[i] = answer
		})
	}
	clicks.Wait()
	for i, answer := range answers {
		if answer.State == service.RefreshRunning {
			answers[i] = awaitEnd(w, 1, answer.ID)
		}
	}
	done := slices.DeleteFunc(slices.Clone(answers), func(a service.Refreshed) bool { return a.State == service.RefreshTooSoon })
	require.NotEmpty(t, done) // the answer to a late click says when the next one is allowed
	for _, answer := range answers {
		assert.True(t, done[0].Next.Equal(answer.Next))
	}
	for _, answer := range done {
		assert.Equal(t, done[0], answer)
		assert.Equal(t, service.RefreshDone, answer.State)
	}
	awaitItems(w, o.ID, "A-1 x 5 at 12.5", "B-1 x 1 at 30")
	w.ReportWriteOff(1)
	w.Edit(1, testenv.J{"products": roseAndVase("6", "1")})
	w.AwaitMark(1, order.WarnNotSynced)
	view := awaitRest(w, 1, total("105"))
	stopOnce()
	assert.Greater(t, len(runs), 1)
	assert.Equal(t, 1, strings.Count(timelineText(view), "refresh-requested"))
	assert.Len(t, w.Roapp.Orders(), 1)
	assert.Len(t, w.Roapp.People(), 1)
	assert.Len(t, w.Roapp.Products(), 2)
	after := w.Roapp.Order(o.ID)
	assert.Equal(t, []string{"A-1 x 5 at 12.5", "B-1 x 1 at 30"}, items(after))
	told := 0
	for _, comment := range after.Feed {
		told += strings.Count(comment.Comment, "A-1: 6 × 12,50 PLN w Cartum, tutaj 5 × 12,50 PLN")
	}
	assert.Equal(t, 1, told, "the difference is reported once")
}
