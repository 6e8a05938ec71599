package workflows

import (
	"slices"

	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// MemoRow is the memo of what lists show of an order, a [flow.Row].
const MemoRow = "row"

// attributeUpdates are the search attributes that changed. A zero value removes the
// attribute, apart from an amount.
func attributeUpdates(a flow.Attributes) []temporal.SearchAttributeUpdate {
	updates := slices.Concat(
		changed(engine.AttrSyncState, a.SyncState), changed(engine.AttrObserved, a.Observed),
		changed(engine.AttrHoldReason, a.HoldReason), changed(engine.AttrHeldSince, a.HeldSince),
		changed(engine.AttrRoappOrder, a.RoappOrder), changed(engine.AttrWrittenOff, a.WrittenOff),
		changed(engine.AttrCartumStatus, a.CartumStatus), changed(engine.AttrRoappStatus, a.RoappStatus),
		changed(engine.AttrCartumCreated, a.Created), changed(engine.AttrLastSynced, a.Synced),
	)
	if a.Amount != nil {
		updates = append(updates, engine.AttrAmount.ValueSet(*a.Amount))
	}
	if a.Search != nil {
		updates = append(updates, searchUpdate(*a.Search))
	}
	return updates
}

func searchUpdate(tokens []string) temporal.SearchAttributeUpdate {
	if len(tokens) == 0 {
		return engine.AttrSearch.ValueUnset()
	}
	return engine.AttrSearch.ValueSet(tokens)
}

// attribute is the key of a search attribute whose values are of type T.
type attribute[T any] interface {
	ValueSet(T) temporal.SearchAttributeUpdate
	ValueUnset() temporal.SearchAttributeUpdate
}

func changed[T comparable](key attribute[T], value *T) []temporal.SearchAttributeUpdate {
	var zero T
	switch {
	case value == nil:
		return nil
	case *value == zero:
		return []temporal.SearchAttributeUpdate{key.ValueUnset()}
	default:
		return []temporal.SearchAttributeUpdate{key.ValueSet(*value)}
	}
}
