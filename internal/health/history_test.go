package health

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

func TestHistoryKeepsADayInSteps(t *testing.T) {
	t.Parallel()
	var h history
	start := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	report := func(at time.Time, rate float64, backlog int64) Report {
		return Report{
			At: at, Accounts: map[string]Account{"main": {PerSecond: rate, Backlog: backlog}},
			Shops: map[string]Shop{"demo": {Orders: map[string]int64{"held": backlog}, HoldAges: [Ages]int64{1, 0, 2, 0}}, "uncounted": {}},
		}
	}
	h.add(report(start, 1, 7))
	h.add(report(start.Add(time.Minute), 3, 4))
	samples := h.copied()
	require.Len(t, samples, 1, "both are of one step")
	assert.InDelta(t, 2, samples[0].Accounts["main"].PerSecond, 1e-9, "the mean")
	assert.Equal(t, int64(7), samples[0].Accounts["main"].Backlog, "the most")
	assert.Equal(t, int64(4), samples[0].Shops["demo"].Orders[order.SyncHeld], "the last")
	assert.Equal(t, [Ages]int64{1, 0, 2, 0}, samples[0].Shops["demo"].HoldAges)
	assert.NotContains(t, samples[0].Shops, "uncounted")

	for step := range 2 * HistorySamples {
		h.add(report(start.Add(time.Duration(step)*HistoryStep), 1, 1))
	}
	assert.Len(t, h.copied(), HistorySamples)
	h.add(report(start.Add(4*HistorySpan), 1, 1))
	assert.Len(t, h.copied(), 1, "a day in which nothing was measured leaves nothing")
}

func TestAgesOfHolds(t *testing.T) {
	t.Parallel()
	for held, want := range map[time.Duration]Age{
		0: UnderHour, time.Hour: UnderDay, 23 * time.Hour: UnderDay, 24 * time.Hour: UnderWeek, 7 * 24 * time.Hour: Older,
	} {
		assert.Equal(t, want, ageOf(held), "%s", held)
	}
}
