package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/api/serviceerror"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/wording"
	"github.com/cartumsync/cartumsync/workflows"
)

// UnfitError tells that a decision does not answer what the order waits for.
type UnfitError struct {
	Key  order.Key
	Kind order.DecisionKind
	Why  string // the code, see [wording.Words.WhyUndecided]
}

func (e *UnfitError) Error() string {
	return fmt.Sprintf("the decision %s does not fit %s: %s", e.Kind, e.Key, wording.English().WhyUndecided(e.Why))
}

// Decide brings a person's answer to what the order waits for. An answer that
// does not fit is an [UnfitError], and is not brought. The same answer twice is
// as good as once. Other errors are [ErrNoOrder], a [ClosedError], or an engine
// that does not answer.
func (o *Orders) Decide(ctx context.Context, key order.Key, decision order.Decision) error {
	ctx, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	view, err := o.View(ctx, key)
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return ErrNoOrder
	case err != nil:
		return err
	case view.State.Decided(decision):
		return nil
	case view.State.Closed != nil:
		return &ClosedError{Key: key, Why: &view.State.Closed.Message}
	}
	if why := view.State.Unfit(decision); why != "" {
		return &UnfitError{Key: key, Kind: decision.Kind, Why: why}
	}
	err = o.temporal.SignalWorkflow(ctx, key.WorkflowID(), "", workflows.SignalDecide, decision)
	if errors.As(err, &missing) {
		return &ClosedError{Key: key}
	}
	if err != nil {
		return fmt.Errorf("bring the decision to %s: %w", key, err)
	}
	return nil
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
		return nil, fmt.Errorf("the decision %s is about one order only", decision.Kind)
	}
	return each(ctx, keys, func(ctx context.Context, key order.Key) Decided {
		return Decided{Key: key, Err: o.Decide(ctx, key, decision)}
	})
}
