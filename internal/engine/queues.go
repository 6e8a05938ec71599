package engine

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Task queues that exist once.
const (
	OrdersQueue = "orders" // workflows, and what they do without a service
	EnsureQueue = "ensure" // activities that wait for the one workflow that makes a record
)

// RoappQueue is the activity queue of one RO App account. Nothing else runs there: its rate is the account's.
func RoappQueue(account string) string { return "roapp:" + account }

// CartumQueue is the activity queue of one shop.
func CartumQueue(shop string) string { return "cartum:" + shop }

// ErrNoQueueLimit means that the server cannot limit a task queue's rate, or does not let us. The caller says so and relies
// on the limiter of its own process.
var ErrNoQueueLimit = errors.New("the Temporal server cannot set a task queue's rate limit")

// LimitQueue sets how many activities a second the server hands out from the queue, to all workers together. Reason is
// shown to operators. A limit that is already set is left alone.
func LimitQueue(ctx context.Context, c client.Client, namespace, queue string, perSecond float64, reason string) error {
	if perSecond <= 0 {
		return fmt.Errorf("rate limit of queue %s: %v a second must be above 0", queue, perSecond)
	}
	rate := float32(perSecond)
	if current, ok := queueLimit(ctx, c, namespace, queue); ok && current == rate {
		return nil
	}
	_, err := c.WorkflowService().UpdateTaskQueueConfig(ctx, &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace:     namespace,
		TaskQueue:     queue,
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{
			RateLimit: &taskqueuepb.RateLimit{RequestsPerSecond: rate},
			Reason:    reason,
		},
	})
	switch {
	case err == nil:
		return nil
	case unimplemented(err) || refused(err):
		return fmt.Errorf("%w: %w", ErrNoQueueLimit, err)
	default:
		return fmt.Errorf("limit queue %s: %w", queue, err)
	}
}

// queueLimit only saves writes, so a failure to read is not reported.
func queueLimit(ctx context.Context, c client.Client, namespace, queue string) (float32, bool) {
	resp, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace:     namespace,
		TaskQueue:     &taskqueuepb.TaskQueue{Name: queue},
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		ReportConfig:  true,
	})
	limit := resp.GetConfig().GetQueueRateLimit().GetRateLimit()
	return limit.GetRequestsPerSecond(), err == nil && limit != nil
}

// Partitions tells into how many partitions the server splits the queue's activities. With more than one, urgent tasks wait
// behind others and the rate limit is not fully used.
func Partitions(ctx context.Context, c client.Client, namespace, queue string) (int, error) {
	resp, err := c.WorkflowService().ListTaskQueuePartitions(ctx, &workflowservice.ListTaskQueuePartitionsRequest{
		Namespace: namespace,
		TaskQueue: &taskqueuepb.TaskQueue{Name: queue},
	})
	if err != nil {
		return 0, fmt.Errorf("partitions of queue %s: %w", queue, err)
	}
	return len(resp.GetActivityTaskQueuePartitions()), nil
}
