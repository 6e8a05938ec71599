package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

func TestT09_RefreshIsAllowedTenMinutesAfterASuccess(t *testing.T) {
	t.Parallel()
	s := imported()
	assert.Zero(t, s.NextRefresh(noon), "before the first one")
	finishRefresh(t, &s, noon)
	assert.Empty(t, s.Refresh.Problem)
	assert.Equal(t, noon.Add(10*time.Minute), s.NextRefresh(noon.Add(time.Second)))
	assert.Zero(t, s.NextRefresh(noon.Add(10*time.Minute)))
}

func TestT09_RefreshIsAllowedHalfAMinuteAfterAFailure(t *testing.T) {
	t.Parallel()
	s, at := imported(), noon
	s.BeginRefresh("Ola", at)
	s.SetHold(order.Hold{Reason: order.HoldUnreachable, Side: order.SideCartum, Text: "Cartum does not answer"}, at)
	assert.Equal(t, "Cartum does not answer", s.Refresh.Problem)
	assert.Equal(t, at.Add(30*time.Second), s.NextRefresh(at))
}

func TestT09_AFailedRefreshDoesNotShortenTheWaitAfterASuccess(t *testing.T) {
	t.Parallel()
	s := imported()
	finishRefresh(t, &s, noon)
	later := noon.Add(10 * time.Minute)
	s.BeginRefresh("Ola", later)
	s.SetHold(order.Hold{Reason: order.HoldUnreachable, Text: "no answer"}, later)
	assert.Equal(t, later.Add(30*time.Second), s.NextRefresh(later))
}

func TestT09_WhoAsksWhileARefreshRunsJoinsIt(t *testing.T) {
	t.Parallel()
	s := imported()
	s.BeginRefresh("Ola", noon)
	assert.Zero(t, s.NextRefresh(noon))
	s.BeginRefresh("Jan", noon.Add(time.Second))
	assert.Equal(t, 1, s.Refresh.Number)
	assert.Equal(t, "Ola", s.Refresh.By)
}

func TestRefreshTellsWhatChanged(t *testing.T) {
	t.Parallel()
	s, r := imported(), keepingRules()
	s.BeginRefresh("Ola", noon)
	at := noon.Add(time.Second)
	snapshot := *s.Snapshot
	snapshot.Delivery.Tracking, snapshot.SeenAt = "PL1", at
	s.Apply(order.Step{Kind: order.StepReadShopOrder, Key: "ReadShopOrder"}, &order.ShopOrderRead{Snapshot: &snapshot, Digest: order.Digest(snapshot, nil)}, at)
	s.OrderDue, s.Items.Due, s.Order.FieldsDue = false, false, false
	plan(&s, r, at)
	require.False(t, s.Refresh.Running)
	assert.Equal(t, []string{"in the shop: tracking number PL1"}, s.Refresh.Changed)
}

// finishRefresh has a refresh find both sides as they were.
func finishRefresh(t *testing.T, s *order.State, at time.Time) {
	t.Helper()
	s.BeginRefresh("Ola", at)
	require.True(t, s.Refresh.Running)
	s.Hint, s.OrderDue, s.Items.Due, s.Order.FieldsDue = nil, false, false, false
	plan(s, keepingRules(), at)
	require.False(t, s.Refresh.Running)
}
