package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Task queues that exist once.
const (
	OrdersQueue = "orders" // workflows, and what they do without a service
	EnsureQueue = "ensure" // activities that wait for the one workflow that creates a record
	LanesQueue  = "lanes"  // activities that hold an account's lane
)

// RoappQueue is the activity queue of one RO App account. Only the process that holds the account's lane polls it.
func RoappQueue(account string) string { return "roapp:" + account }

// CartumQueue is the activity queue of one shop.
func CartumQueue(shop string) string { return "cartum:" + shop }

// Partitions returns into how many partitions the server splits the queue's
// activities. With more than one, urgent tasks wait behind others.
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

// PollFor is longer than a poll that brings nothing: for so long a process that was killed may still seem to poll.
const PollFor = 70 * time.Second

// Pollers counts the identities that poll the queue's activities, about: one that ended shows for another minute.
func Pollers(ctx context.Context, c client.Client, queue string) (int, error) {
	resp, err := describe(ctx, c, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	seen := map[string]bool{}
	for _, poller := range polling(resp) {
		seen[poller.GetIdentity()] = true
	}
	return len(seen), err
}

// HasWorker tells whether a worker polls for workflows, of each version that the server gives any: without a Worker
// Deployment those are workers without a version. One that was killed shows for another minute.
func HasWorker(ctx context.Context, c client.Client) (bool, error) {
	resp, err := describe(ctx, c, OrdersQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return false, err
	}
	routed := resp.GetVersioningInfo()
	wanted := []string{versionName(routed.GetCurrentDeploymentVersion())}
	if routed.GetRampingVersionPercentage() > 0 {
		wanted = append(wanted, versionName(routed.GetRampingDeploymentVersion()))
	}
	polled := map[string]bool{}
	for _, poller := range polling(resp) {
		version := ""
		if o := poller.GetDeploymentOptions(); o.GetWorkerVersioningMode() == enumspb.WORKER_VERSIONING_MODE_VERSIONED {
			version = o.GetDeploymentName() + ":" + o.GetBuildId()
		}
		polled[version] = true
	}
	for _, version := range wanted {
		if !polled[version] {
			return false, nil
		}
	}
	return true, nil
}

// versionName is "" for workers without a version.
func versionName(v *deploymentpb.WorkerDeploymentVersion) string {
	if v == nil {
		return ""
	}
	return v.GetDeploymentName() + ":" + v.GetBuildId()
}

// polling are the pollers whose last poll may still be open.
func polling(resp *workflowservice.DescribeTaskQueueResponse) []*taskqueuepb.PollerInfo {
	return slices.DeleteFunc(resp.GetPollers(), func(poller *taskqueuepb.PollerInfo) bool {
		return time.Since(poller.GetLastAccessTime().AsTime()) >= PollFor
	})
}

func describe(ctx context.Context, c client.Client, queue string, of enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	resp, err := c.DescribeTaskQueue(ctx, queue, of)
	if err != nil {
		return nil, fmt.Errorf("pollers of queue %s: %w", queue, err)
	}
	return resp, nil
}
