package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// closedOrder is a Temporal in which an order's workflow has ended.
type closedOrder struct {
	client.Client
	badly   bool
	err     error
	options []client.StartWorkflowOptions
	states  []order.State
}

func (c *closedOrder) SignalWithStartWorkflow(
	_ context.Context, _, _ string, _ any, o client.StartWorkflowOptions, _ any, args ...any,
) (client.WorkflowRun, error) {
	c.options = append(c.options, o)
	state, _ := args[0].(order.State)
	c.states = append(c.states, state)
	switch {
	case c.err != nil:
		return nil, c.err
	case o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		c.badly && o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY:
		return nil, nil
	}
	return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("it has ended", "", "")
}

// An order that is done stays so, unless a person asks for it or the shop shows it again. One that ended badly is started
// again, and knows that an earlier life may have created it.
func TestOrderThatEndedIsStartedAgain(t *testing.T) {
	t.Parallel()
	key := order.Key{Shop: "demo", Number: 115}
	for name, test := range map[string]struct {
		badly  bool
		notice order.ChangeNotice
		last   enumspb.WorkflowIdReusePolicy
	}{
		"done":              {false, order.ChangeNotice{By: order.OriginSweep}, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY},
		"failed":            {true, order.ChangeNotice{By: order.OriginSweep}, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY},
		"wanted by hand":    {false, order.ChangeNotice{By: order.OriginHand}, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE},
		"it is shown again": {false, order.ChangeNotice{By: order.OriginSweep, Reappeared: true}, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE},
	} {
		c := &closedOrder{badly: test.badly}
		require.NoError(t, workflows.Dispatch(t.Context(), c, key, test.notice), name)
		require.Len(t, c.options, 2, name)
		assert.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, c.options[0].WorkflowIDReusePolicy, name)
		assert.Equal(t, test.last, c.options[1].WorkflowIDReusePolicy, name)
		assert.False(t, c.states[0].Restarted, name)
		assert.True(t, c.states[1].Restarted, name)
	}
	away := &closedOrder{err: errors.New("deadline exceeded")}
	require.ErrorContains(t, workflows.Dispatch(t.Context(), away, key, order.ChangeNotice{}), "demo #115")
}

// An order that is thought to have a workflow is signalled; where none runs, it is dispatched like any other.
func TestKnownOrderIsSignalled(t *testing.T) {
	t.Parallel()
	key := order.Key{Shop: "demo", Number: 115}
	running := &runningOrder{}
	require.NoError(t, workflows.DispatchKnown(t.Context(), running, key, order.ChangeNotice{By: order.OriginSweep}))
	assert.Equal(t, []string{"order:demo:115"}, running.signalled)
	assert.Empty(t, running.options)

	ended := &runningOrder{closedOrder: closedOrder{badly: true}, signal: serviceerror.NewNotFound("workflow execution already completed")}
	require.NoError(t, workflows.DispatchKnown(t.Context(), ended, key, order.ChangeNotice{By: order.OriginSweep}))
	assert.Len(t, ended.options, 2)

	away := &runningOrder{signal: serviceerror.NewUnavailable("away")}
	require.ErrorContains(t, workflows.DispatchKnown(t.Context(), away, key, order.ChangeNotice{}), "demo #115")
	assert.Empty(t, away.options, "it may have been signalled")
}

// runningOrder is a Temporal in which an order's workflow runs, unless a signal fails.
type runningOrder struct {
	closedOrder
	signal    error
	signalled []string
}

func (c *runningOrder) SignalWorkflow(_ context.Context, id, _, _ string, _ any) error {
	c.signalled = append(c.signalled, id)
	return c.signal
}

// What is known of an order is published as it starts, so that a sweep before its first task does not report it again.
func TestOrderIsPublishedAsItStarts(t *testing.T) {
	t.Parallel()
	c := &closedOrder{badly: true}
	placed := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	notice := order.ChangeNotice{By: order.OriginSweep, Digest: "1:a", Snapshot: &order.Snapshot{Created: placed}}
	require.NoError(t, workflows.Dispatch(t.Context(), c, order.Key{Shop: "demo", Number: 115}, notice))
	published := c.options[0].TypedSearchAttributes
	observed, _ := published.GetKeyword(engine.AttrObserved)
	created, _ := published.GetTime(engine.AttrCartumCreated)
	number, _ := published.GetKeyword(engine.AttrOrderNumber)
	assert.Equal(t, "1:a", observed)
	assert.Equal(t, placed, created)
	assert.Equal(t, "115", number)
	assert.Equal(t, "1:a", c.states[0].Published.Observed)
}
