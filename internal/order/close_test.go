package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

const day = 24 * time.Hour

func TestAnOrderIsClosedOnceNothingMoreIsExpected(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shop    int
		account int64
		age     time.Duration
		closed  string
	}{
		"final on both sides, out of sight":          {shop: 3, account: 103, age: 67 * day, closed: "final-on-both-sides"},
		"final on both sides, within the window":     {shop: 3, account: 103, age: 66 * day},
		"final in the shop only":                     {shop: 4, account: 106, age: 100 * day},
		"open for long":                              {shop: 2, account: 102, age: 179 * day},
		"never final, given up after half a year":    {shop: 2, account: 102, age: 181 * day, closed: "watched-long-enough"},
		"final at last, after more than half a year": {shop: 3, account: 103, age: 300 * day, closed: "final-on-both-sides"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := imported(t)
			s := &l.state
			s.Snapshot.Status, s.Order.StatusID = test.shop, test.account
			s.SyncedStatuses = order.StatusState{Shop: test.shop, Account: test.account}
			s.Snapshot.Created, s.StartedAt = noon, noon
			l.now = noon.Add(test.age)
			l.report(flow.EventTimer, nil)
			if test.closed == "" {
				assert.Nil(t, l.state.Closed)
				assert.Nil(t, l.last.Close)
				assert.True(t, l.last.Wake.After(l.now), "the next time is %s", l.last.Wake)
				return
			}
			require.NotNil(t, l.state.Closed)
			assert.Equal(t, test.closed, l.state.Closed.Code)
			assert.Equal(t, &flow.Close{Text: test.closed}, l.last.Close)
		})
	}
}

func TestAnOrderWithSomethingToDoIsNotClosed(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(200 * day)
	l.listed(103)
	assert.Nil(t, l.last.Close)
	assert.Equal(t, []order.StepKind{order.StepPushStatus}, l.kinds())
}

func TestTheTimerOfAnIdleOrderClosesIt(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.wait(noon.Add(200 * day))
	require.NotNil(t, l.state.Closed)
	assert.Equal(t, "watched-long-enough", l.state.Closed.Code)
}

// What fails after the order was closed, for it ran meanwhile, holds nothing.
func TestAnOrderThatIsClosedIsNotHeld(t *testing.T) {
	t.Parallel()
	l := received(t)
	l.answer(order.StepReadShopOrder)
	l.starting(order.StepFindContact)
	l.now = l.now.Add(time.Minute)
	l.changed(func(o *order.Snapshot) { o.Status = order.CancelledStatus })
	require.NotNil(t, l.state.Closed)
	l.fail(order.StepFindContact, order.Failure{Kind: order.FailCredentials, Side: order.SideRoapp, Text: "no", Definite: true})
	assert.Nil(t, l.state.Hold)
	assert.Empty(t, l.noted("held"))
	assert.Equal(t, order.SyncClosed, l.state.SyncState())
}
