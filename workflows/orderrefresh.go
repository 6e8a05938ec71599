package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// RefreshResult is what came of a refresh.
type RefreshResult struct {
	// Running is set where the answer does not wait any longer; the work goes
	// on, and the order's view shows the end.
	Running bool     `json:",omitempty"`
	Waits   []string `json:",omitempty"` // for what, while it runs
	flow.RefreshResult
	// Next is from when on the next refresh is allowed, past for at once.
	Next time.Time `json:",omitzero"`
}

// RefreshTooSoon is the type of the refusal of a refresh; its details are the
// time from when on one is allowed.
const RefreshTooSoon = "RefreshTooSoon"

// RefreshClosed is the type of the refusal of a refresh of an order that is done.
const RefreshClosed = "RefreshClosed"

// refreshAnswersWithin is how long who asks is kept waiting.
const refreshAnswersWithin = 20 * time.Second

// RefreshRequest asks to compare both sides of an order now.
type RefreshRequest struct {
	By string // who asks, for the timeline
}

// acceptRefreshes answers the update. Refused ones leave no trace in the history.
func (r *orderRun) acceptRefreshes(ctx workflow.Context) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateRefresh, r.answerRefresh, workflow.UpdateHandlerOptions{
		Description: "Compare both sides of the order now",
		Validator: func(ctx workflow.Context, _ RefreshRequest) error {
			switch next := r.refresh.AllowedAt; {
			case r.refresh.Closed:
				return temporal.NewApplicationError("the order is closed; import it by hand to bring it back", RefreshClosed)
			case next.After(workflow.Now(ctx)):
				return temporal.NewApplicationError("the order was updated a moment ago; again from "+minute(next), RefreshTooSoon, next)
			}
			return nil
		},
	})
}

// answerRefresh reports the request, and waits for a bounded time for the end of the
// refresh that it started or joined.
func (r *orderRun) answerRefresh(ctx workflow.Context, request RefreshRequest) (RefreshResult, error) {
	r.report(ctx, UpdateRefresh, request)
	r.wakeUp.SendAsync(true)
	round := r.rounds
	if err := workflow.Await(ctx, func() bool { return r.rounds > round }); err != nil {
		return RefreshResult{}, err
	}
	number := r.refresh.Number
	ended := func() bool { return !r.refresh.Running || r.refresh.Number != number }
	if _, err := workflow.AwaitWithTimeout(ctx, refreshAnswersWithin, ended); err != nil {
		return RefreshResult{}, err
	}
	result := RefreshResult{RefreshResult: r.refresh.Result, Next: r.refresh.AllowedAt}
	if !ended() {
		result.Running, result.Waits = true, r.summaries()
	}
	return result, nil
}

// answering tells that somebody still waited for the answer of a refresh, and
// waits until they have it: a run must not end before.
func (r *orderRun) answering(ctx workflow.Context) bool {
	if workflow.AllHandlersFinished(ctx) {
		return false
	}
	// The handlers' own wait is bounded.
	_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	return true
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
