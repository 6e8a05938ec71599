package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

func TestT09_WhenTheNextRefreshIsAllowed(t *testing.T) {
	t.Parallel()
	failure := &flow.Message{Code: "hold"}
	for name, tc := range map[string]struct {
		problem *flow.Message
		earlier time.Time // when one succeeded before
		want    time.Duration
	}{
		"after a success":                     {nil, noon, 10 * time.Minute},
		"after a failure":                     {failure, time.Time{}, 30 * time.Second},
		"after a failure, a success long ago": {failure, noon.Add(-time.Hour), 30 * time.Second},
		"after a failure, a success just now": {failure, noon.Add(-9 * time.Minute), time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := imported(t)
			l.state.Refresh = order.RefreshState{Number: 1, AskedAt: noon, EndedAt: noon, Problem: tc.problem, Succeeded: tc.earlier}
			assert.Equal(t, noon.Add(tc.want), l.state.RefreshAllowed())
			l.now = noon.Add(tc.want - time.Nanosecond)
			l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
			assert.Equal(t, 1, l.state.Refresh.Number, "too early")
			require.NotNil(t, l.last.Refresh)
			assert.Equal(t, noon.Add(tc.want), l.last.Refresh.AllowedAt)
			l.now = noon.Add(-time.Hour)
			l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
			assert.Equal(t, 1, l.state.Refresh.Number, "a clock that was put back allows nothing")
			l.now = noon.Add(tc.want)
			l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
			assert.Equal(t, 2, l.state.Refresh.Number)
			assert.True(t, l.state.Refresh.Running)
		})
	}
}

func TestT09_WhoAsksWhileOneRunsJoinsIt(t *testing.T) {
	t.Parallel()
	l := imported(t)
	assert.Zero(t, l.state.RefreshAllowed(), "the first one is allowed at once")
	l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
	assert.Zero(t, l.state.RefreshAllowed(), "a running one may be joined")
	l.now = l.now.Add(time.Second)
	l.report(order.UpdateRefresh, order.RefreshRequest{By: "Jan"})
	assert.Equal(t, 1, l.state.Refresh.Number)
	assert.Equal(t, "Ola", l.state.Refresh.By)
	assert.Len(t, l.noted("refresh-requested"), 1)
}

// An order that staff deleted waits for a person's decision; a refresh says so at
// once.
func TestT09_RefreshOfAnOrderThatOnlyAPersonCanHelp(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.changed(func(o *order.Snapshot) { o.Delivery.Address = "ul. Długa 2" })
	l.fail(order.StepPostComment, order.Failure{Kind: order.FailGone, Side: order.SideRoapp, Definite: true})
	l.holds(order.HoldOrderGone)
	l.now = noon.Add(time.Minute)
	l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
	assert.False(t, l.state.Refresh.Running)
	require.NotNil(t, l.state.Refresh.Problem)
	assert.Equal(t, flow.Message{Code: "hold", Params: params("reason", "order-gone")}, *l.state.Refresh.Problem)
	assert.Equal(t, noon.Add(90*time.Second), l.state.RefreshAllowed())
	l.holds(order.HoldOrderGone)
}

func TestRefreshAnswersWhatChanged(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
	assert.Equal(t, []order.StepKind{order.StepReadOrder, order.StepReadShopOrder}, l.kinds())
	l.now = noon.Add(time.Second)
	l.shop.Delivery.Tracking = "PL1"
	l.settle()
	require.False(t, l.state.Refresh.Running)
	require.NotNil(t, l.last.Refresh)
	assert.Nil(t, l.last.Refresh.Result.Problem)
	assert.Equal(t, []flow.Message{{Code: "tracking-changed", Params: params("tracking", "PL1")}}, l.last.Refresh.Result.Changed)
	assert.NotZero(t, l.count(order.StepWriteLines), "the items were read")
}

func TestRefreshThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
	l.answer(order.StepReadOrder)
	l.fail(order.StepReadShopOrder, order.Failure{Kind: order.FailUnreachable, Side: order.SideCartum, Text: "502"})
	require.False(t, l.state.Refresh.Running)
	require.NotNil(t, l.state.Refresh.Problem)
	assert.Equal(t, "unreachable", l.state.Refresh.Problem.Params["reason"])
	assert.Equal(t, "502", l.state.Refresh.Problem.Params["message"])
}
