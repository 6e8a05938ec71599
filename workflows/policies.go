package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
)

// attempts bounds how often a failing step is tried before its order waits
// visibly; waiting in the queue does not count.
const attempts = 5

// planOptions are those of the local activity Advance, which asks nobody and so
// fails only by a defect.
func planOptions(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		Summary:             summary,
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	})
}

// execute carries an activity out and gives its answer.
func execute[T any](ctx workflow.Context, activity string, in any) (answer T, err error) {
	err = workflow.ExecuteActivity(ctx, activity, in).Get(ctx, &answer)
	return answer, err
}

func requestOptions[U ~int](queue, summary string, urgency U, timeout, pause time.Duration) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:           queue,
		Summary:             summary,
		StartToCloseTimeout: timeout,
		WaitForCancellation: true,
		Priority:            temporal.Priority{PriorityKey: int(urgency)},
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: pause, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: attempts,
		},
	}
}

// ensureOptions are those of waiting for an Ensure workflow: it may wait for a
// long backlog, and heartbeats show when the process that waits is gone.
func ensureOptions(summary string, urgency int, timeout time.Duration) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:           engine.EnsureQueue,
		Summary:             summary,
		StartToCloseTimeout: timeout,
		HeartbeatTimeout:    10 * time.Second,
		WaitForCancellation: true,
		Priority:            temporal.Priority{PriorityKey: int(urgency)},
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	}
}
