package overview

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// holdsCounted bounds how many held orders are listed, of all shops together.
const holdsCounted = 5000

// countOrders counts each shop's orders by state: one list for all held ones,
// and three counts a shop, as many as ctx leaves time for.
func (l *look) countOrders(ctx context.Context) {
	if l.lists.Wait(ctx) != nil {
		return
	}
	holds, err := engine.ListHolds(ctx, l.client, "", time.Time{}, holdsCounted)
	if err != nil {
		l.failed(err)
		return
	}
	longestAgo := func(a, b string) int {
		return cmp.Or(l.report.Shops[a].counted.Compare(l.report.Shops[b].counted), cmp.Compare(a, b))
	}
	turns := slices.SortedFunc(maps.Keys(l.report.Shops), longestAgo)
	for _, id := range turns {
		shop := l.report.Shops[id]
		shop.Orders = maps.Clone(shop.Orders) // a report that is given out does not change
		if shop.Orders == nil {
			shop.Orders = map[string]int64{}
		}
		shop.Orders[string(order.SyncHeld)], shop.OldestHold = heldOf(id, holds)
		l.report.Shops[id] = shop
	}
	for _, id := range turns {
		if !l.countShop(ctx, id) {
			return
		}
	}
}

// countShop counts a shop's orders that are not held. It tells whether there was
// time for it.
func (l *look) countShop(ctx context.Context, id string) bool {
	shop := l.report.Shops[id]
	for _, state := range []order.SyncState{order.SyncImporting, order.SyncSynced, order.SyncClosed} {
		if l.lists.Wait(ctx) != nil {
			return false
		}
		count, err := l.count(ctx, id, state)
		if err != nil {
			l.failed(err)
			continue
		}
		shop.Orders[string(state)] = count
	}
	shop.counted = time.Now()
	l.report.Shops[id] = shop
	return true
}

func heldOf(shop string, holds []engine.Hold) (held int64, oldest time.Time) {
	for _, hold := range holds {
		if hold.Shop != shop {
			continue
		}
		held++
		if !hold.Since.IsZero() && (oldest.IsZero() || hold.Since.Before(oldest)) {
			oldest = hold.Since
		}
	}
	return held, oldest
}

func (l *look) count(ctx context.Context, shop string, state order.SyncState) (int64, error) {
	query := fmt.Sprintf("%s = '%s' AND %s = '%s'", engine.AttrShop.GetName(), shop, engine.AttrSyncState.GetName(), state)
	if state != order.SyncClosed {
		query += " AND ExecutionStatus = 'Running'"
	}
	counted, err := l.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	if err != nil {
		return 0, fmt.Errorf("count the %s orders of shop %s: %w", state, shop, err)
	}
	return counted.GetCount(), nil
}

// measureBacklogs asks for each account's queue and how fast it is served.
func (l *look) measureBacklogs(ctx context.Context) {
	for _, id := range slices.Sorted(maps.Keys(l.report.Accounts)) {
		account := l.report.Accounts[id]
		account.Limit = l.set.Accounts[id].RequestsPerSecond
		l.report.Accounts[id] = account
		described, err := l.client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace:     l.namespace,
			TaskQueue:     &taskqueuepb.TaskQueue{Name: engine.RoappQueue(id)},
			TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
			ReportStats:   true,
		})
		if err != nil {
			l.failed(fmt.Errorf("ask for the backlog of account %s: %w", id, err))
			continue
		}
		account.Backlog = described.GetStats().GetApproximateBacklogCount()
		account.BacklogAge = described.GetStats().GetApproximateBacklogAge().AsDuration().Seconds()
		// A task is one request, but for a few that read and write in one go. What
		// the limit holds back is not counted, so this is what RO App got.
		account.PerSecond = float64(described.GetStats().GetTasksDispatchRate())
		l.report.Accounts[id] = account
	}
}
