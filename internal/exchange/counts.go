package exchange

import (
	"context"
	"fmt"
	"maps"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Counts are how many orders came through the exchange.
type Counts struct {
	At     time.Time // when they were counted
	States map[order.SyncState]int64
	// Held are those on hold, by reason; a reason that holds none is left out.
	Held map[order.HoldReason]int64
}

const (
	// countsFor is how long counts are believed, countsWithin how long counting
	// may take.
	countsFor    = 10 * time.Second
	countsWithin = 20 * time.Second
)

// Counts counts the orders of a shop, or of all where it is empty. They are up to
// ten seconds old; all who ask meanwhile share them.
func (o *Orders) Counts(ctx context.Context, shop string) (Counts, error) {
	f, err := Filter{Shop: shop}.checked()
	if err != nil {
		return Counts{}, err
	}
	counted, err := o.tables.counts.get(ctx, shop, func(ctx context.Context) (Counts, error) { return o.count(ctx, f) })
	if err != nil {
		return Counts{}, err
	}
	counted.States, counted.Held = maps.Clone(counted.States), maps.Clone(counted.Held)
	return counted, nil
}

// count asks once for each state, and for reasons until no held order is left.
func (o *Orders) count(ctx context.Context, f Filter) (Counts, error) {
	counts := Counts{At: time.Now(), States: map[order.SyncState]int64{}, Held: map[order.HoldReason]int64{}}
	for _, state := range States() {
		number, err := o.countWhere(ctx, Filter{Shop: f.Shop, State: state})
		if err != nil {
			return Counts{}, err
		}
		counts.States[state] = number
	}
	left := counts.States[order.SyncHeld]
	for _, reason := range Reasons() {
		if left <= 0 {
			break
		}
		number, err := o.countWhere(ctx, Filter{Shop: f.Shop, State: order.SyncHeld, Reason: reason})
		if err != nil {
			return Counts{}, err
		}
		if number > 0 {
			counts.Held[reason] = number
		}
		left -= number
	}
	return counts, nil
}

func (o *Orders) countWhere(ctx context.Context, f Filter) (int64, error) {
	if err := o.tables.lists.Wait(ctx); err != nil {
		return 0, fmt.Errorf("wait for a turn to count orders: %w", err)
	}
	counted, err := o.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: f.where(nil)})
	if err != nil {
		return 0, fmt.Errorf("count orders in Temporal: %w", err)
	}
	return counted.GetCount(), nil
}
