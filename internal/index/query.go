package index

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// Condition selects runs of workflows. Every value in it is quoted, so texts of
// people and settings are no part of the query's language.
type Condition string

// All selects what all conditions select; empty ones do not count.
func All(conditions ...Condition) Condition { return join(" AND ", conditions) }

// Any selects what any of the conditions selects.
func Any(conditions ...Condition) Condition { return join(" OR ", conditions) }

func join(operator string, conditions []Condition) Condition {
	var parts []string
	for _, one := range conditions {
		if one != "" {
			parts = append(parts, "("+string(one)+")")
		}
	}
	if len(parts) == 1 {
		return Condition(strings.TrimSuffix(strings.TrimPrefix(parts[0], "("), ")"))
	}
	return Condition(strings.Join(parts, operator))
}

// quoted is a text as a value.
func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

func is(field, text string) Condition { return Condition(field + " = " + quoted(text)) }

// among selects one of some values, and nothing where there are none.
func among(field string, values ...string) Condition {
	switch len(values) {
	case 0:
		return is(field, "")
	case 1:
		return is(field, values[0])
	}
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = quoted(value)
	}
	return Condition(field + " IN (" + strings.Join(all, ", ") + ")")
}

// compared selects by a time.
func compared(field, operator string, at time.Time) Condition {
	return Condition(field + " " + operator + " " + quoted(at.UTC().Format(time.RFC3339Nano)))
}

func unset(key temporal.SearchAttributeKey) Condition { return Condition(key.GetName() + " IS NULL") }

// OfTypes selects workflows of some types.
func OfTypes(types ...string) Condition { return among("WorkflowType", types...) }

// Orders selects the workflows of orders, one run of each life.
func Orders() Condition {
	return All(OfTypes(workflows.OrderWorkflow), "ExecutionStatus != 'ContinuedAsNew'")
}

// OfShops selects orders of some shops, none where there are none.
func OfShops(ids ...string) Condition { return among(engine.AttrShop.GetName(), ids...) }

// WithIDs selects workflows by their ids, none where there are none.
func WithIDs(ids ...string) Condition { return among("WorkflowId", ids...) }

// Running selects workflows that have not ended.
func Running() Condition { return "ExecutionStatus = 'Running'" }

// InState selects orders by the one definition of each state, see [Order.State].
func InState(state order.SyncState) Condition {
	said := is(engine.AttrSyncState.GetName(), string(state))
	switch state {
	case order.SyncClosed:
		return Any(said, "ExecutionStatus = 'Completed'")
	case order.SyncFailed:
		return All(
			among("ExecutionStatus", "Failed", "Terminated", "TimedOut", "Canceled"),
			Condition(engine.AttrSyncState.GetName()+" != "+quoted(string(order.SyncClosed))),
		)
	default:
		return All(said, Running())
	}
}

// HeldFor selects held orders by why they are held.
func HeldFor(reasons ...order.HoldReason) Condition {
	texts := make([]string, len(reasons))
	for i, reason := range reasons {
		texts[i] = string(reason)
	}
	return All(InState(order.SyncHeld), among(engine.AttrHoldReason.GetName(), texts...))
}

// HeldSince selects orders that are held at the time or from before it.
func HeldSince(at time.Time) Condition {
	return All(InState(order.SyncHeld), compared(engine.AttrHeldSince.GetName(), "<=", at))
}

// Numbered selects orders by Cartum's number or by RO App's id.
func Numbered(number string) Condition {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return is(engine.AttrOrderNumber.GetName(), number)
	}
	return Any(is(engine.AttrOrderNumber.GetName(), strconv.FormatInt(id, 10)), WithRoappOrders(id))
}

// WithRoappOrders selects orders by their ids in RO App, none where there are none.
func WithRoappOrders(ids ...int64) Condition {
	texts := make([]string, 0, max(1, len(ids)))
	for _, id := range ids {
		texts = append(texts, strconv.FormatInt(id, 10))
	}
	if len(texts) == 0 {
		texts = append(texts, "-1")
	}
	return Condition(fmt.Sprintf("%s IN (%s)", engine.AttrRoappOrder.GetName(), strings.Join(texts, ", ")))
}

// Found selects orders that one of the search tokens belongs to, none where there are none.
func Found(tokens ...string) Condition { return among(engine.AttrSearch.GetName(), tokens...) }

// PlacedIn selects orders that were placed from a time on and before another, zero for no
// bound; those that nobody has read by when their workflow started.
func PlacedIn(from, to time.Time) Condition { return within(from, to, "<") }

// PlacedBetween selects orders that were placed between two times, both included, zero for no bound, and orders that nobody
// could read yet.
func PlacedBetween(from, to time.Time) Condition {
	return Any(bounds(engine.AttrCartumCreated.GetName(), from, to, "<="), unset(engine.AttrCartumCreated))
}

// EndedAfter selects runs that ended after a time, EndedBefore those that ended
// before it.
func EndedAfter(at time.Time) Condition { return compared("CloseTime", ">", at) }

// EndedBefore selects runs that ended before a time.
func EndedBefore(at time.Time) Condition { return compared("CloseTime", "<", at) }

// within is [PlacedIn] with the operator of its end.
func within(from, to time.Time, before string) Condition {
	if from.IsZero() && to.IsZero() {
		return ""
	}
	created := engine.AttrCartumCreated
	return Any(bounds(created.GetName(), from, to, before), All(unset(created), bounds("StartTime", from, to, before)))
}

// bounds selects by a field from one time to another, zero for no bound.
func bounds(field string, from, to time.Time, before string) Condition {
	var lower, upper Condition
	if !from.IsZero() {
		lower = compared(field, ">=", from)
	}
	if !to.IsZero() {
		upper = compared(field, before, to)
	}
	return All(lower, upper)
}
