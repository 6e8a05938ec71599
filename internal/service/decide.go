package service

import (
	"context"
	"fmt"
	"slices"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// Decide brings a person's answer to what the order waits for. An answer that
// does not fit is [Unfit], and is not brought; one whose record cannot be looked up
// is [LookupFailed]. The same answer twice is as good as once.
func (o *Orders) Decide(ctx context.Context, key order.Key, decision order.Decision) error {
	return o.DecideShowing(ctx, key, decision, func(NamedContact) error { return nil })
}

// DecideShowing is [Orders.Decide] for a person who is shown the contact of a decision
// for one, before it is brought.
func (o *Orders) DecideShowing(ctx context.Context, key order.Key, decision order.Decision, show func(NamedContact) error) error {
	contact, decided, err := o.fits(ctx, key, decision)
	if decided || err != nil {
		return err
	}
	if contact != nil {
		if err := show(*contact); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	err = o.temporal.SignalWorkflow(ctx, key.WorkflowID(), "", workflows.SignalDecide, decision)
	if engine.Missing(err) {
		return closed(key, nil)
	}
	if err != nil {
		return fmt.Errorf("bring the decision to %s: %w", key, err)
	}
	return nil
}

// Preview checks a decision as [Orders.Decide] does, and brings nothing. It gives the
// contact of a decision for one, to be shown to the person.
func (o *Orders) Preview(ctx context.Context, key order.Key, decision order.Decision) (*NamedContact, error) {
	contact, _, err := o.fits(ctx, key, decision)
	return contact, err
}

// fits tells whether the decision can be brought now; decided is set where it was
// taken before.
func (o *Orders) fits(ctx context.Context, key order.Key, decision order.Decision) (contact *NamedContact, decided bool, err error) {
	viewing, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	view, err := o.View(viewing, key)
	switch {
	case err != nil:
		return nil, false, err
	case view.State.Decided(decision):
		return nil, true, nil
	case view.State.Closed != nil:
		return nil, false, closed(key, &view.State.Closed.Message)
	}
	if why := view.State.Unfit(decision); why != "" {
		return nil, false, unfit(key, decision.Kind, why, nil)
	}
	contact, err = o.verify(ctx, &view.State, decision)
	return contact, false, err
}

// BulkKinds are the kinds of decision that name no record of one order only, the
// likeliest first.
func BulkKinds() []order.DecisionKind {
	return []order.DecisionKind{
		order.DecideRetry, order.DecideCreateContact, order.DecideCreateProduct, order.DecideAccept, order.DecideCreateAgain, order.DecideSkip,
	}
}

// InBulk tells whether one decision may be brought to many orders.
func InBulk(kind order.DecisionKind) bool { return slices.Contains(BulkKinds(), kind) }

// Decided is what became of a decision that was brought to several orders.
type Decided struct {
	Key order.Key
	Err error // as of [Orders.Decide]; nil where it was taken
}

// DecideMany brings one answer to up to [MostAtOnce] orders. Each answers for
// itself, in the order of the keys.
func (o *Orders) DecideMany(ctx context.Context, keys []order.Key, decision order.Decision) ([]Decided, error) {
	if !InBulk(decision.Kind) {
		return nil, invalid("kind", fmt.Sprintf("the decision %s is about one order only", decision.Kind))
	}
	return each(ctx, keys, func(ctx context.Context, key order.Key) Decided {
		return Decided{Key: key, Err: o.Decide(ctx, key, decision)}
	})
}
