package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// RefreshRequest asks to synchronise an order now.
type RefreshRequest struct {
	By string // who asks, for the timeline
}

// RefreshResult is what came of it.
type RefreshResult struct {
	// Running is set where the answer does not wait any longer; the work goes
	// on, and the order's view tells the end.
	Running bool     `json:",omitempty"`
	Waits   []string `json:",omitempty"` // for what, while it runs
	// Problem is why it failed, "" where it succeeded.
	Problem string `json:",omitempty"`
	// Changed is what was found and done; nothing changed where it is empty.
	Changed []string `json:",omitempty"`
	// Next is from when on the next refresh is allowed, zero for at once.
	Next time.Time `json:",omitzero"`
}

// RefreshTooSoon is the type of the refusal of a refresh; its details are the
// time from when on one is allowed.
const RefreshTooSoon = "RefreshTooSoon"

// RefreshClosed is the type of the refusal of a refresh of an order that is done.
const RefreshClosed = "RefreshClosed"

// refreshAnswersWithin is how long who asks is kept waiting.
const refreshAnswersWithin = 20 * time.Second

// acceptRefreshes answers the update. Refused ones leave no trace in the history.
func (r *orderRun) acceptRefreshes(ctx workflow.Context) error {
	r.asked = workflow.NewBufferedChannel(ctx, 1)
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateRefresh, r.refresh, workflow.UpdateHandlerOptions{
		Description: "Compare both sides of the order now",
		Validator: func(ctx workflow.Context, _ RefreshRequest) error {
			if r.state.Closed != "" {
				return temporal.NewApplicationError("the order is closed; import it by hand to bring it back", RefreshClosed)
			}
			if next := r.state.NextRefresh(workflow.Now(ctx)); !next.IsZero() {
				return temporal.NewApplicationError("the order was updated a moment ago; again from "+minute(next), RefreshTooSoon, next)
			}
			return nil
		},
	})
}

// refresh begins a refresh, or joins the running one, and waits for its end for
// a bounded time.
func (r *orderRun) refresh(ctx workflow.Context, request RefreshRequest) (RefreshResult, error) {
	r.state.BeginRefresh(request.By, workflow.Now(ctx))
	number := r.state.Refresh.Number
	r.asked.SendAsync(true)
	ended := func() bool { return !r.state.Refresh.Running || r.state.Refresh.Number != number }
	if _, err := workflow.AwaitWithTimeout(ctx, refreshAnswersWithin, ended); err != nil {
		return RefreshResult{}, err
	}
	facts := r.state.Refresh
	result := RefreshResult{Problem: facts.Problem, Changed: facts.Changed, Next: r.state.NextRefresh(workflow.Now(ctx))}
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

// refreshID is the update id of the running refresh, else of the next one.
func (r *orderRun) refreshID() string {
	number := r.state.Refresh.Number
	if !r.state.Refresh.Running {
		number++
	}
	return RefreshID(number)
}

// RefreshID is the update id of an order's refresh by its number.
func RefreshID(number int) string { return fmt.Sprintf("%s:%d", UpdateRefresh, number) }
