package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// attempts bounds how often a failing step is tried before its order waits
// visibly; waiting in the queue does not count.
const attempts = 5

// planOptions are those of the local activity Plan, which asks nobody and so
// fails only by a defect.
func planOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	})
}

// stepOptions are those of a step's activity. Requests never heartbeat: a step
// that is withdrawn while it runs must end by itself, for its answer counts.
func stepOptions(ctx workflow.Context, step order.Step) workflow.Context {
	if step.Side == order.SideEnsure {
		return workflow.WithActivityOptions(ctx, ensureOptions(step))
	}
	return workflow.WithActivityOptions(ctx, requestOptions(queueOf(step), step.Summary, step.Urgency, step.Timeout, step.Pause))
}

func requestOptions(queue, summary string, urgency order.Urgency, timeout, pause time.Duration) workflow.ActivityOptions {
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
// long backlog, and heartbeats tell when the process that waits is gone.
func ensureOptions(step order.Step) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:           engine.EnsureQueue,
		Summary:             step.Summary,
		StartToCloseTimeout: step.Timeout,
		HeartbeatTimeout:    10 * time.Second,
		WaitForCancellation: true,
		Priority:            temporal.Priority{PriorityKey: int(step.Urgency)},
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	}
}
