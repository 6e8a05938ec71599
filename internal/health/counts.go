package health

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
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/workflows"
)

// holdsCounted bounds how many held orders are listed, of all shops together.
const holdsCounted = 5000

// countOrders counts each shop's orders by state: one list for all held ones, one
// for all failed ones, and three counts a shop, as many as ctx leaves time for.
func (l *reading) countOrders(ctx context.Context) {
	holds, err := l.index.Orders(ctx, index.InState(order.SyncHeld), holdsCounted)
	if err != nil {
		l.failed(err)
		return
	}
	failed, err := l.index.Failed(ctx, "")
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
		shop.Orders[string(order.SyncHeld)], shop.OldestHold, shop.HoldAges = heldOf(id, holds, time.Now())
		shop.Orders[string(order.SyncFailed)] = ofShop(id, failed)
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
func (l *reading) countShop(ctx context.Context, id string) bool {
	shop := l.report.Shops[id]
	for _, state := range []order.SyncState{order.SyncImporting, order.SyncSynced, order.SyncClosed} {
		count, err := l.index.CountState(ctx, id, state)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			l.failed(fmt.Errorf("count the %s orders of shop %s: %w", state, id, err))
			continue
		}
		shop.Orders[string(state)] = count
	}
	shop.counted = time.Now()
	l.report.Shops[id] = shop
	return true
}

func heldOf(shop string, holds []index.Order, now time.Time) (held int64, oldest time.Time, ages [Ages]int64) {
	for _, hold := range holds {
		if hold.Key.Shop != shop {
			continue
		}
		held++
		since := hold.HeldSince()
		if since.IsZero() {
			continue
		}
		ages[ageOf(now.Sub(since))]++
		if oldest.IsZero() || since.Before(oldest) {
			oldest = since
		}
	}
	return held, oldest, ages
}

func ofShop(shop string, orders []index.Order) (count int64) {
	for _, one := range orders {
		if one.Key.Shop == shop {
			count++
		}
	}
	return count
}

// measureAccounts asks for each account's queue and how fast it is served.
func (l *reading) measureAccounts(ctx context.Context) {
	codec, err := payload.Codec(l.set)
	if err != nil {
		l.failed(fmt.Errorf("read heartbeats: %w", err))
		return
	}
	heartbeats := engine.DataConverter(codec)
	for _, id := range slices.Sorted(maps.Keys(l.report.Accounts)) {
		account := l.report.Accounts[id]
		account.Limit = l.set.Accounts[id].RequestsPerSecond
		if err := l.measureBacklog(ctx, id, &account); err != nil {
			l.failed(fmt.Errorf("ask for the backlog of account %s: %w", id, err))
		}
		if rate, err := l.requestRate(ctx, id, heartbeats); err != nil {
			l.failed(fmt.Errorf("ask for the requests of account %s: %w", id, err))
		} else {
			account.PerSecond = rate
		}
		l.report.Accounts[id] = account
	}
}

func (l *reading) measureBacklog(ctx context.Context, id string, account *Account) error {
	described, err := l.client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace:     l.namespace,
		TaskQueue:     &taskqueuepb.TaskQueue{Name: engine.RoappQueue(id)},
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		ReportStats:   true,
	})
	if err != nil {
		return err
	}
	account.Backlog = described.GetStats().GetApproximateBacklogCount()
	account.BacklogAge = described.GetStats().GetApproximateBacklogAge().AsDuration().Seconds()
	return nil
}

// requestRate is what the process that holds the account's lane reported with its
// last heartbeat, 0 while no process holds it.
func (l *reading) requestRate(ctx context.Context, account string, heartbeats converter.DataConverter) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	described, err := l.client.DescribeWorkflow(ctx, workflows.LaneID(account), "")
	if engine.Missing(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, lease := range described.RawResponse.GetPendingActivities() {
		if lease.GetState() != enumspb.PENDING_ACTIVITY_STATE_STARTED || lease.GetHeartbeatDetails() == nil {
			continue
		}
		var load workflows.LaneLoad
		if err := heartbeats.FromPayloads(lease.GetHeartbeatDetails(), &load); err != nil {
			return 0, fmt.Errorf("read the heartbeat of %s: %w", workflows.LaneID(account), err)
		}
		return load.PerSecond, nil
	}
	return 0, nil
}
