package service

import (
	"context"
	"maps"
	"time"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
)

// Counts are how many orders were imported.
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
	counted, err := o.counts.get(ctx, shop, func(ctx context.Context) (Counts, error) { return o.count(ctx, f) })
	if err != nil {
		return Counts{}, err
	}
	counted.States, counted.Held = maps.Clone(counted.States), maps.Clone(counted.Held)
	return counted, nil
}

// reasonsListed is how many held orders are listed to count their reasons. Of more
// of them each reason is counted by itself.
const reasonsListed = 1000

// count asks once for each state, and lists the held orders for their reasons.
func (o *Orders) count(ctx context.Context, f Filter) (Counts, error) {
	counts := Counts{At: time.Now(), States: map[order.SyncState]int64{}, Held: map[order.HoldReason]int64{}}
	for _, state := range States() {
		number, err := o.index.CountState(ctx, f.Shop, state)
		if err != nil {
			return Counts{}, err
		}
		counts.States[state] = number
	}
	if counts.States[order.SyncHeld] == 0 {
		return counts, nil
	}
	held, err := o.index.Orders(ctx, Filter{Shop: f.Shop, State: order.SyncHeld}.where(nil), reasonsListed)
	if err != nil {
		return Counts{}, err
	}
	if len(held) < reasonsListed {
		for _, one := range held {
			counts.Held[one.Reason()]++
		}
		return counts, nil
	}
	for _, reason := range Reasons() {
		number, err := o.index.Count(ctx, index.All(index.Orders(), Filter{Shop: f.Shop, Reason: reason}.where(nil)))
		if err != nil {
			return Counts{}, err
		}
		if number > 0 {
			counts.Held[reason] = number
		}
	}
	return counts, nil
}
