package index

import (
	"math"
	"time"

	"github.com/shopspring/decimal"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// Order is one run of an order's workflow, as visibility shows it. It may lag a
// moment behind the order. What visibility does not say is zero.
type Order struct {
	Key     order.Key
	ID      string // of the workflow
	Started time.Time
	Ended   time.Time // zero while it runs
	Status  enumspb.WorkflowExecutionStatus

	fields map[string]*commonpb.Payload
	memo   *commonpb.Memo
}

// orderOf reads a listed run; false for a workflow of something else.
func orderOf(info *workflowpb.WorkflowExecutionInfo) (Order, bool) {
	id := info.GetExecution().GetWorkflowId()
	key, err := order.ParseWorkflowID(id)
	o := Order{
		Key: key, ID: id, Status: info.GetStatus(), Started: info.GetStartTime().AsTime(),
		fields: info.GetSearchAttributes().GetIndexedFields(), memo: info.GetMemo(),
	}
	if ended := info.GetCloseTime(); ended != nil {
		o.Ended = ended.AsTime()
	}
	return o, err == nil
}

// Running tells that the workflow has not ended.
func (o Order) Running() bool { return o.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING }

// EndedBadly tells that the workflow ended without its order being closed.
func (o Order) EndedBadly() bool { return o.State() == order.SyncFailed }

// State is the order's state, see [StateOf].
func (o Order) State() order.SyncState {
	return StateOf(o.Status, order.SyncState(attribute[string](o, engine.AttrSyncState)))
}

// StateOf is the state of an order by how its workflow is and the state that it
// said last. Of a workflow that runs that is the state. An order whose workflow
// completed is closed, and so is one that was closed before its workflow ended in
// another way. Any other whose workflow ended has failed: nothing looks after it
// until it is started again.
func StateOf(workflow enumspb.WorkflowExecutionStatus, said order.SyncState) order.SyncState {
	switch {
	case workflow == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return said
	case workflow == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, said == order.SyncClosed:
		return order.SyncClosed
	default:
		return order.SyncFailed
	}
}

// Reason is why the order is held, "" where it is not.
func (o Order) Reason() order.HoldReason {
	if o.State() != order.SyncHeld {
		return ""
	}
	return o.LastReason()
}

// LastReason is why the order is held, or was held when its workflow ended.
func (o Order) LastReason() order.HoldReason {
	return order.HoldReason(attribute[string](o, engine.AttrHoldReason))
}

// HeldSince is from when on the order is held, zero where it is not.
func (o Order) HeldSince() time.Time {
	if o.State() != order.SyncHeld {
		return time.Time{}
	}
	return attribute[time.Time](o, engine.AttrHeldSince).UTC()
}

// Placed is when the order was placed, zero while nobody has read it.
func (o Order) Placed() time.Time { return attribute[time.Time](o, engine.AttrCartumCreated).UTC() }

// Synced is when both sides were last compared, zero for never.
func (o Order) Synced() time.Time { return attribute[time.Time](o, engine.AttrLastSynced).UTC() }

// Observed is the digest of the shop's order that the workflow has seen.
func (o Order) Observed() string { return attribute[string](o, engine.AttrObserved) }

// SearchTokens are what the order is found by, see [Found].
func (o Order) SearchTokens() []string { return attribute[[]string](o, engine.AttrSearch) }

// CartumStatus is the order's status in Cartum.
func (o Order) CartumStatus() int { return int(attribute[int64](o, engine.AttrCartumStatus)) }

// RoappOrder is the order's id in RO App.
func (o Order) RoappOrder() int64 { return attribute[int64](o, engine.AttrRoappOrder) }

// RoappStatus is the order's status in RO App.
func (o Order) RoappStatus() int64 { return attribute[int64](o, engine.AttrRoappStatus) }

// WrittenOff tells that the order's items were taken from stock.
func (o Order) WrittenOff() bool { return attribute[bool](o, engine.AttrWrittenOff) }

// Amount is the sum of the order's items in Cartum, nil where it is not known.
func (o Order) Amount() *decimal.Decimal {
	payload, ok := o.fields[engine.AttrAmount.GetName()]
	var number float64
	if !ok || converter.GetDefaultDataConverter().FromPayload(payload, &number) != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return nil
	}
	amount := decimal.NewFromFloat(number)
	return &amount
}

// Memo is a payload of the run's memo, nil where there is none.
func (o Order) Memo(name string) *commonpb.Payload { return o.memo.GetFields()[name] }

// attribute is the zero value where there is none, or one of another type.
func attribute[T any](o Order, key temporal.SearchAttributeKey) (value T) {
	if payload, ok := o.fields[key.GetName()]; ok {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, &value)
	}
	return value
}
