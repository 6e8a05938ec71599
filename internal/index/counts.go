package index

import (
	"context"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/cartumsync/cartumsync/internal/order"
)

// failedListed is how many failed orders are listed at most: they are few, or
// something is very wrong.
const failedListed = 1000

// CountState counts the orders of a shop in a state, or of all shops where it is
// "".
func (i *Index) CountState(ctx context.Context, shop string, state order.SyncState) (int64, error) {
	if state == order.SyncFailed {
		failed, err := i.Failed(ctx, ofShop(shop))
		return int64(len(failed)), err
	}
	return i.Count(ctx, All(Orders(), ofShop(shop), InState(state)))
}

func ofShop(shop string) Condition {
	if shop == "" {
		return ""
	}
	return OfShops(shop)
}

// Failed lists the failed orders, each by its newest run. An order that was
// started again afterwards has not failed.
func (i *Index) Failed(ctx context.Context, query Condition) ([]Order, error) {
	ended, err := i.EndedBadly(ctx, query)
	var failed []Order
	for _, one := range ended {
		if !one.Again {
			failed = append(failed, one.Order)
		}
	}
	return failed, err
}

// Ended is an order whose workflow ended badly.
type Ended struct {
	Order
	Again bool // it was started again, or has completed, since
}

// EndedBadly lists the orders whose workflow ended badly.
func (i *Index) EndedBadly(ctx context.Context, query Condition) ([]Ended, error) {
	orders, err := i.Orders(ctx, All(query, InState(order.SyncFailed)), failedListed)
	orders = slices.DeleteFunc(orders, func(one Order) bool { return !one.EndedBadly() })
	if err != nil || len(orders) == 0 {
		return nil, err
	}
	ids := make([]string, 0, len(orders))
	for _, one := range orders {
		ids = append(ids, one.ID)
	}
	newest, err := i.byID(ctx, ids)
	if err != nil {
		return nil, err
	}
	ended := make([]Ended, 0, len(orders))
	for _, one := range orders {
		later, known := newest[one.ID]
		ended = append(ended, Ended{Order: one, Again: known && later.Started.After(one.Started) && !later.EndedBadly()})
	}
	return ended, nil
}

// byID lists the newest runs of orders by their workflows' ids.
func (i *Index) byID(ctx context.Context, ids []string) (map[string]Order, error) {
	newest := map[string]Order{}
	for len(ids) > 0 {
		some := ids[:min(len(ids), idsAtOnce)]
		ids = ids[len(some):]
		orders, err := i.Orders(ctx, WithIDs(some...), 0)
		if err != nil {
			return nil, err
		}
		for _, one := range orders {
			newest[one.ID] = one
		}
	}
	return newest, nil
}

// idsAtOnce bounds the length of a query.
const idsAtOnce = 200

// FailedByItself tells that an order's workflow failed or took too long, not that
// somebody ended it.
func (o Order) FailedByItself() bool {
	return o.Status == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED || o.Status == enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT
}
