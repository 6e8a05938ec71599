package workflows

import (
	"encoding/json"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// RefreshRefused is the type of the refusal of a refresh; its details are the
// [flow.Refresh] that says why: the order is closed, or was refreshed a moment ago.
const RefreshRefused = "RefreshRefused"

// refreshAnswersWithin is how long who asks is kept waiting.
const refreshAnswersWithin = 20 * time.Second

// acceptRefreshes answers the update. Refused ones leave no trace in the history.
func (r *orderRun) acceptRefreshes(ctx workflow.Context) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateRefresh, r.answerRefresh, workflow.UpdateHandlerOptions{
		Description: "Compare both sides of the order now",
		Validator: func(ctx workflow.Context, _ json.RawMessage) error {
			if r.refresh.Closed || r.refresh.AllowedAt.After(workflow.Now(ctx)) {
				return temporal.NewApplicationError("the order takes no refresh now", RefreshRefused, r.refresh)
			}
			return nil
		},
	})
}

// answerRefresh reports the request, and waits for a bounded time for the end of the
// refresh that it started or joined. One that still runs then goes on, and the
// order's view shows its end.
func (r *orderRun) answerRefresh(ctx workflow.Context, request json.RawMessage) (flow.Refresh, error) {
	r.report(ctx, UpdateRefresh, request)
	round := r.rounds
	if err := workflow.Await(ctx, func() bool { return r.rounds > round }); err != nil {
		return flow.Refresh{}, err
	}
	number := r.refresh.Number
	ended := func() bool { return !r.refresh.Running || r.refresh.Number != number }
	if _, err := workflow.AwaitWithTimeout(ctx, refreshAnswersWithin, ended); err != nil {
		return flow.Refresh{}, err
	}
	answer := r.refresh
	answer.Waits = r.summaries()
	return answer, nil
}

// answering reports whether somebody still waited for the answer of a refresh, and
// waits until they have it: a run must not end before.
func (*orderRun) answering(ctx workflow.Context) bool {
	if workflow.AllHandlersFinished(ctx) {
		return false
	}
	// The handlers' own wait is bounded.
	_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	return true
}
