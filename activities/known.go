package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
)

// knownOrder is an order that has a workflow, or had one that was completed.
type knownOrder struct {
	open     bool
	observed string    // what its workflow has seen
	created  time.Time // zero while nobody has read it
	// roappOrder is its id in RO App, 0 where it does not exist there.
	roappOrder int64
}

// knownOrders lists the shop's orders by number: the done ones created since a
// moment, and the open ones, of which allOpen wants those from before it as
// well. Failed ones are not among them. The list may lag by seconds.
func (a *Activities) knownOrders(ctx context.Context, shop string, since time.Time, allOpen bool) (map[int64]knownOrder, error) {
	wanted := index.PlacedBetween(since, time.Time{})
	if allOpen {
		wanted = index.Any(wanted, index.Running())
	}
	return a.known(ctx, index.All(index.OfShops(shop), wanted))
}

// knownAmong is knownOrders of some numbers only.
func (a *Activities) knownAmong(ctx context.Context, shop string, numbers []int64) (map[int64]knownOrder, error) {
	if len(numbers) == 0 {
		return map[int64]knownOrder{}, nil
	}
	ids := make([]string, 0, len(numbers))
	for _, number := range numbers {
		ids = append(ids, order.Key{Shop: shop, Number: number}.WorkflowID())
	}
	return a.known(ctx, index.All(index.OfShops(shop), index.WithIDs(ids...)))
}

func (a *Activities) known(ctx context.Context, query index.Condition) (map[int64]knownOrder, error) {
	orders, err := a.index.Orders(ctx, query, 0)
	known := map[int64]knownOrder{}
	for _, one := range orders {
		if !one.EndedBadly() {
			known[one.Key.Number] = knownOrder{
				open: one.Running(), observed: one.Observed(), created: one.Placed(), roappOrder: one.RoappOrder(),
			}
		}
	}
	return known, err
}

// signalOpen signals an order that may be done by now.
func (a *Activities) signalOpen(ctx context.Context, id, signal string, payload any) error {
	err := a.temporal.SignalWorkflow(ctx, id, "", signal, payload)
	if err != nil && !engine.Missing(err) {
		return fmt.Errorf("signal %s: %w", id, err)
	}
	return nil
}
