package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// refreshed is an order whose refresh was asked for at noon and ended then.
func refreshed(problem string, earlier time.Time) order.State {
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := order.NewState(order.Key{Shop: "demo", Number: 5}, order.OriginWebhook, noon.Add(-time.Hour))
	s.Refresh = order.RefreshFacts{Number: 1, AskedAt: noon, EndedAt: noon, Problem: problem, Succeeded: earlier}
	if problem == "" {
		s.Refresh.Succeeded = noon
	}
	return s
}

func TestT09_WhenTheNextRefreshIsAllowed(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		problem string
		earlier time.Time // when one succeeded before
		want    time.Duration
	}{
		"after a success":                     {"", time.Time{}, 10 * time.Minute},
		"after a failure":                     {"RO App does not answer", time.Time{}, 30 * time.Second},
		"after a failure, a success long ago": {"RO App does not answer", noon.Add(-time.Hour), 30 * time.Second},
		"after a failure, a success just now": {"RO App does not answer", noon.Add(-9 * time.Minute), time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := refreshed(tc.problem, tc.earlier)
			next := noon.Add(tc.want)
			assert.Equal(t, next, s.NextRefresh(noon))
			assert.Equal(t, next, s.NextRefresh(next.Add(-time.Nanosecond)))
			assert.Zero(t, s.NextRefresh(next), "allowed again")
			assert.Equal(t, next, s.NextRefresh(noon.Add(-time.Hour)), "a clock that was put back allows nothing")
		})
	}
}

func TestT09_WhoAsksWhileOneRunsJoinsIt(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := order.NewState(order.Key{Shop: "demo", Number: 5}, order.OriginWebhook, noon)
	assert.Zero(t, s.NextRefresh(noon), "the first one is allowed at once")
	s.BeginRefresh("Ola", noon)
	assert.Zero(t, s.NextRefresh(noon.Add(time.Second)), "a running one may be joined")
	s.BeginRefresh("Jan", noon.Add(time.Second))
	assert.Equal(t, 1, s.Refresh.Number)
	assert.Equal(t, "Ola", s.Refresh.By)
	assert.Len(t, s.Timeline, 1)
}

// An order that staff deleted waits for a person's decision; a refresh says so
// at once.
func TestT09_RefreshOfAnOrderThatOnlyAPersonCanHelp(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := order.NewState(order.Key{Shop: "demo", Number: 5}, order.OriginWebhook, noon)
	s.SetHold(order.Hold{Reason: order.HoldOrderGone, Text: "The order does not exist in RO App any more."}, noon)
	s.BeginRefresh("Ola", noon.Add(time.Minute))
	assert.False(t, s.Refresh.Running)
	assert.Equal(t, "The order does not exist in RO App any more.", s.Refresh.Problem)
	assert.Equal(t, noon.Add(90*time.Second), s.RefreshAllowed())
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
