package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

const (
	followInterval = 300 * time.Millisecond
	viewTimeout    = 5 * time.Second
)

// followed is one order on its way.
type followed struct {
	key     order.Key
	before  moment // as it was before it was asked for
	printed int    // number of the last entry of its timeline that was shown
	view    order.View
	err     error // why it could not be asked
	settled bool
	leaves  bool // it was asked to be closed

	imported bool // already when it was remembered
}

// moment tells two looks at an order apart; the zero value is no order at all.
// Only the order's own times are compared: clocks of machines differ.
type moment struct {
	started, read, held, synced, event int64
	missing, looks                     int
}

func momentOf(s order.State) moment {
	m := moment{started: s.StartedAt.UnixNano(), synced: s.Synced.UnixNano(), missing: s.Missing}
	if s.Snapshot != nil {
		m.read = s.Snapshot.SeenAt.UnixNano()
	}
	if s.Hold != nil {
		m.held, m.looks = s.Hold.Since.UnixNano(), s.Hold.Retries
	}
	m.event = int64(s.LastEntry)
	return m
}

// remember notes how the order stands now, so that what is shown afterwards is
// news. That there is no such order yet is no error.
func (f *followed) remember(ctx context.Context, orders *service.Orders) error {
	view, err := look(ctx, orders, f.key)
	if service.Has(err, service.NoOrder) {
		return nil
	}
	if err != nil {
		return err
	}
	f.start(view)
	return nil
}

func (f *followed) start(view order.View) {
	f.before, f.imported = momentOf(view.State), view.SyncState == order.SyncSynced
	f.printed = view.State.LastEntry
}

func look(ctx context.Context, orders *service.Orders, key order.Key) (order.View, error) {
	ctx, cancel := context.WithTimeout(ctx, viewTimeout)
	defer cancel()
	return orders.View(ctx, key)
}

// follow prints what becomes of orders, one line a change, until each is done or
// waits for somebody, or the time is over.
func (c console) follow(ctx context.Context, orders []*followed, wait time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		left, err := c.followOnce(waiting, orders)
		if err != nil {
			return err
		}
		if left == 0 {
			return verdictOn(orders)
		}
		select {
		case <-waiting.Done():
			return verdictOn(orders)
		case <-ticker.C:
		}
	}
}

// followOnce looks at each order that is not settled, and counts those that
// still are not.
func (c console) followOnce(ctx context.Context, orders []*followed) (left int, err error) {
	for _, f := range orders {
		if f.settled || ctx.Err() != nil {
			continue
		}
		view, err := look(ctx, c.orders, f.key)
		if ctx.Err() != nil {
			break
		}
		if f.err = err; err != nil {
			continue
		}
		f.view = view
		if err := c.showNews(f); err != nil {
			return 0, err
		}
	}
	for _, f := range orders {
		if !f.settled {
			left++
		}
	}
	return left, nil
}

func (c console) showNews(f *followed) error {
	for _, event := range f.view.State.EntriesAfter(f.printed) {
		if err := c.say(f.key, eventText(event, c.zone(f.key.Shop))); err != nil {
			return err
		}
	}
	f.printed = f.view.State.LastEntry
	if f.settled = settled(f.view, f.before); !f.settled {
		return nil
	}
	return writeOutcome(c.out, f.view)
}

// settled tells that what was asked for has been done as far as it goes without
// somebody.
func settled(view order.View, before moment) bool {
	if momentOf(view.State) == before || len(view.Running) > 0 {
		return false
	}
	switch view.SyncState {
	case order.SyncClosed:
		return true
	case order.SyncHeld:
		return view.State.Notice == nil
	case order.SyncSynced:
		return view.State.Notice == nil && !view.State.UserWaiting
	default:
		return false
	}
}

// verdictOn says in an error what keeps the orders from being done.
func verdictOn(orders []*followed) error {
	var failures []error
	held := 0
	for _, f := range orders {
		switch {
		case !f.settled && f.err != nil:
			failures = append(failures, fmt.Errorf("%w; is a worker running? The order is asked for, and goes on once there is one", f.err))
		case !f.settled:
			failures = append(failures, fmt.Errorf("%s is still on its way; look again with: starter show %s", f.key, flagsOf(f.key)))
		case f.view.SyncState == order.SyncHeld:
			held++
		case f.view.State.Snapshot == nil && !f.leaves: // the shop has no such order
			failures = append(failures, fmt.Errorf("%s: %s", f.key, outcomeText(f.view)))
		}
	}
	if len(failures) == 0 && held > 0 {
		return &heldError{fmt.Sprintf("orders that wait for somebody: %d of %d", held, len(orders))}
	}
	return errors.Join(failures...)
}
