package workflows

import (
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// MemoRow is the memo of what lists show of an order, a [flow.Row].
const MemoRow = "row"

// readSignal gives a signal's payload as JSON, or why it is none.
func readSignal(raw converter.RawValue) (payload json.RawMessage, undecodable string) {
	encoded := raw.Payload()
	if len(encoded.GetData()) == 0 {
		return nil, ""
	}
	encoding := string(encoded.GetMetadata()[converter.MetadataEncoding])
	if encoding != converter.MetadataEncodingJSON || !json.Valid(encoded.GetData()) {
		return nil, fmt.Sprintf("%d bytes, encoding %q", len(encoded.GetData()), encoding)
	}
	return encoded.GetData(), ""
}

// attributeUpdates are the search attributes that changed.
func attributeUpdates(a *flow.Attributes) []temporal.SearchAttributeUpdate {
	if a == nil {
		return nil
	}
	var updates []temporal.SearchAttributeUpdate
	updates = appendSet(updates, a.SyncState, engine.AttrSyncState.ValueSet)
	updates = appendSet(updates, a.Observed, engine.AttrObserved.ValueSet)
	updates = appendSet(updates, a.RoappOrder, engine.AttrRoappOrder.ValueSet)
	updates = appendSet(updates, a.CartumStatus, engine.AttrCartumStatus.ValueSet)
	updates = appendSet(updates, a.RoappStatus, engine.AttrRoappStatus.ValueSet)
	updates = appendSet(updates, a.WrittenOff, engine.AttrWrittenOff.ValueSet)
	updates = appendSet(updates, a.Created, engine.AttrCartumCreated.ValueSet)
	updates = appendSet(updates, a.Synced, engine.AttrLastSynced.ValueSet)
	updates = appendSet(updates, a.Amount, engine.AttrAmount.ValueSet)
	if reason := a.HoldReason; reason != nil && *reason == "" {
		updates = append(updates, engine.AttrHoldReason.ValueUnset())
	} else {
		updates = appendSet(updates, reason, engine.AttrHoldReason.ValueSet)
	}
	if since := a.HeldSince; since != nil && since.IsZero() {
		updates = append(updates, engine.AttrHeldSince.ValueUnset())
	} else {
		updates = appendSet(updates, since, engine.AttrHeldSince.ValueSet)
	}
	return updates
}

func appendSet[T any](updates []temporal.SearchAttributeUpdate, value *T, set func(T) temporal.SearchAttributeUpdate) []temporal.SearchAttributeUpdate {
	if value == nil {
		return updates
	}
	return append(updates, set(*value))
}

// stepOptions are those of a step's activity. Requests never heartbeat, unless they
// are several: a step that is withdrawn while it runs must end by itself, for its
// answer counts.
func stepOptions(ctx workflow.Context, step flow.Step) workflow.Context {
	options := requestOptions(queueOf(step), step.Summary, step.Urgency, step.Timeout, step.Pause)
	options.HeartbeatTimeout = step.Heartbeat
	if step.Side == sideEnsure {
		options.RetryPolicy = ensureRetries()
	}
	return workflow.WithActivityOptions(ctx, options)
}

// The sides of steps, as the rules name them.
const (
	sideCartum = "cartum"
	sideEnsure = "ensure"
)

// queueOf is the task queue of a step's activity.
func queueOf(step flow.Step) string {
	switch step.Side {
	case sideCartum:
		return engine.CartumQueue(step.Queue)
	case sideEnsure:
		return engine.EnsureQueue
	default:
		return engine.RoappQueue(step.Queue)
	}
}

// StartAttributes are those of an order that nobody has read yet.
func StartAttributes(shop string, number int64) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		engine.AttrShop.ValueSet(shop),
		engine.AttrOrderNumber.ValueSet(fmt.Sprint(number)),
		engine.AttrSyncState.ValueSet("importing"),
	)
}
