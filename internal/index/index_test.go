package index

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// Values are quoted, whatever is in them.
func TestValuesAreNoPartOfTheQuery(t *testing.T) {
	t.Parallel()
	assert.Equal(t, Condition(`Shop = 'a'' OR ''1''=''1'`), OfShops("a' OR '1'='1"))
	assert.Equal(t, Condition(`WorkflowId IN ('a\\', 'b''')`), WithIDs(`a\`, "b'"))
	assert.Equal(t, Condition(`Shop = ''`), OfShops(), "of no shop there is nothing")
	assert.Equal(t, Condition("RoappOrder IN (-1)"), WithRoappOrders())
}

func TestConditionsAreJoined(t *testing.T) {
	t.Parallel()
	assert.Empty(t, All())
	assert.Equal(t, Condition("Shop = 'a'"), All("", OfShops("a"), ""))
	assert.Equal(t, Condition("(Shop = 'a') AND ((RoappOrder IN (1)) OR (RoappOrder IN (2)))"),
		All(OfShops("a"), Any(WithRoappOrders(1), WithRoappOrders(2))))
}

// There is one definition of each state, for rows and for queries.
func TestStates(t *testing.T) {
	t.Parallel()
	running, completed := enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	failed, terminated := enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	for _, one := range []struct {
		status enumspb.WorkflowExecutionStatus
		said   string
		want   order.SyncState
	}{
		{running, "importing", order.SyncImporting},
		{running, "synced", order.SyncSynced},
		{running, "held", order.SyncHeld},
		{completed, "closed", order.SyncClosed},
		{completed, "synced", order.SyncClosed},
		{failed, "closed", order.SyncClosed},
		{failed, "synced", order.SyncFailed},
		{terminated, "held", order.SyncFailed},
		{terminated, "importing", order.SyncFailed},
		{enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, "synced", order.SyncFailed},
		{enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, "synced", order.SyncFailed},
	} {
		o, ok := orderOf(stated(t, one.status, one.said))
		require.True(t, ok)
		assert.Equal(t, one.want, o.State(), "%s, %s", one.status, one.said)
		held := one.want == order.SyncHeld
		assert.Equal(t, held, o.Reason() != "", "only a held order waits for something")
		assert.Equal(t, held, !o.HeldSince().IsZero())
	}
	assert.Equal(t, Condition("(SyncState = 'held') AND (ExecutionStatus = 'Running')"), InState(order.SyncHeld))
	assert.Equal(t, Condition("(SyncState = 'closed') OR (ExecutionStatus = 'Completed')"), InState(order.SyncClosed))
	assert.Equal(t, Condition("(ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')) AND (SyncState != 'closed')"), InState(order.SyncFailed))
}

func stated(t *testing.T, status enumspb.WorkflowExecutionStatus, state string) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "order:demo:1"}, Status: status, StartTime: timestamppb.New(time.Now()),
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}},
	}
	for name, value := range map[string]any{
		engine.AttrSyncState.GetName(): state, engine.AttrHoldReason.GetName(): "no-customer", engine.AttrHeldSince.GetName(): time.Now(),
	} {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		require.NoError(t, err)
		info.SearchAttributes.IndexedFields[name] = payload
	}
	return info
}

// A failed order that was started again has not failed.
func TestFailedOrdersThatWereStartedAgain(t *testing.T) {
	t.Parallel()
	var runs []run
	now := time.Now()
	for number, again := range []bool{false, true} {
		key := order.Key{Shop: "demo", Number: int64(number + 1)}
		runs = append(runs, run{key: key, started: now.Add(-time.Hour), failed: true})
		if again {
			runs = append(runs, run{key: key, started: now, running: true})
		}
	}
	failed, err := (&Index{temporal: visibility(runs...)}).Failed(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, failed, 1)
	assert.Equal(t, int64(1), failed[0].Key.Number)
}
