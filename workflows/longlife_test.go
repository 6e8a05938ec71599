package workflows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/workflows"
)

func textOf(t *testing.T, state order.State) string {
	t.Helper()
	text, err := json.Marshal(state)
	require.NoError(t, err)
	return string(text)
}

// after is how long after the order was placed the last run ended.
func (l *life) after() time.Duration { return l.env.Now().Sub(placed) }

func TestT03_FinalOrderClosesOnceTheSweepsDoNotSeeItAnyMore(t *testing.T) {
	t.Parallel()
	const window = 67 * day // the sweeps' two months and a week
	for name, tc := range map[string]struct {
		final time.Duration // when it becomes final
		want  time.Duration // when it closes
	}{
		"soon":              {10 * day, window},
		"after the window":  {100 * day, 100 * day},
		"on the last day":   {window - time.Hour, window},
		"before its import": {0, window},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t)
			if tc.final == 0 {
				l.shop.Status = 3
			} else {
				l.at(tc.final, func() { l.staffSet(103) })
			}
			view := l.live(order.OriginWebhook)
			assert.Equal(t, "final-on-both-sides", view.State.Closed.Code)
			assert.Equal(t, order.SyncClosed, view.SyncState)
			assert.InDelta(t, tc.want.Seconds(), l.after().Seconds(), 60)
			assert.Equal(t, 3, l.shop.Status)
			assert.Equal(t, 1, l.roapp.created)
			assert.Len(t, l.roapp.comments, 1)
		})
	}
}

func TestT03_OrderThatIsFinalNoMoreStaysOpen(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.at(10*day, func() { l.staffSet(103) })
	l.at(11*day, func() { l.staffSet(102) })
	view := l.live(order.OriginWebhook)
	assert.Equal(t, "watched-long-enough", view.State.Closed.Code)
}

func TestT03_OrderThatNeverEndsIsGivenUp(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	view := l.live(order.OriginWebhook)
	assert.Equal(t, "watched-long-enough", view.State.Closed.Code)
	assert.InDelta(t, (180 * day).Seconds(), l.after().Seconds(), 60)

	// One that a person brings after years is watched from that time on.
	l = newLife(t)
	l.shop.Created = placed.Add(-700 * day)
	view = l.live(order.OriginHand)
	assert.Equal(t, "watched-long-enough", view.State.Closed.Code)
	assert.InDelta(t, (180 * day).Seconds(), l.after().Seconds(), 60)
}

// RO App is down for a day. It is asked after 1, 5, 15 and then every 60
// minutes; continue-as-new puts nothing off.
func TestT03_HoldIsLookedAtAfterGrowingDelays(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.at(time.Hour, func() { l.roapp.down = true; l.refresh("Ola") })
	for hour := range 20 {
		l.at(2*time.Hour+time.Duration(hour)*50*time.Minute, l.forceContinueAsNew)
	}
	l.at(25*time.Hour, func() { l.roapp.down = false })
	var held order.View
	l.at(24*time.Hour, func() { held = l.view() })
	l.at(27*time.Hour, func() { l.shop.Status = 4; l.staffSet(104); l.sweep() })
	l.live(order.OriginWebhook)
	require.NotNil(t, held.State.Hold)
	assert.Equal(t, order.HoldUnreachable, held.State.Hold.Reason)
	assert.WithinDuration(t, placed.Add(time.Hour), held.State.Hold.Since, 5*time.Minute)
	assert.GreaterOrEqual(t, l.runs, 20)

	var retries []time.Time // the first request of each retry; its repetitions come soon
	for _, read := range l.roapp.reads {
		if since := read.Sub(placed); since < time.Hour || since > 25*time.Hour {
			continue
		}
		if n := len(retries); n == 0 || read.Sub(retries[n-1]) > 45*time.Second {
			retries = append(retries, read)
		}
	}
	for i, want := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, time.Hour} {
		require.Greater(t, len(retries), i+1)
		gap := retries[i+1].Sub(retries[i])
		assert.GreaterOrEqual(t, gap, want)
		assert.LessOrEqual(t, gap, want+want/10+time.Minute, "look %d", i+1)
	}
	assert.InDelta(t, 26, len(retries), 2, "once an hour")
}

func TestT09_RefreshCooldown(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	var first, early, late, meanwhile *refreshAnswer
	l.at(time.Hour, func() { first = l.refresh("Ola") })
	l.at(time.Hour+5*time.Minute, l.forceContinueAsNew)
	l.at(time.Hour+9*time.Minute+50*time.Second, func() { early = l.refresh("Jan") })
	l.at(time.Hour+10*time.Minute+10*time.Second, func() { late = l.refresh("Jan") })
	// A failed one is no success, so it takes nothing from the ten minutes.
	l.at(2*time.Hour, func() { l.roapp.down = true; meanwhile = l.refresh("Ola") })
	var refused, again *refreshAnswer
	var ended order.RefreshState
	l.at(2*time.Hour+45*time.Second, func() { ended = l.view().State.Refresh; refused = l.refresh("Ola") })
	l.at(2*time.Hour+3*time.Minute, func() { l.roapp.down = false; again = l.refresh("Ola") })
	view := l.live(order.OriginWebhook)

	require.NoError(t, first.refusal)
	assert.Empty(t, first.result.Result.Problem)
	assert.Empty(t, first.result.Result.Changed)
	assert.WithinDuration(t, placed.Add(time.Hour+10*time.Minute), first.result.AllowedAt, 10*time.Second)
	var app *temporal.ApplicationError
	require.ErrorAs(t, early.refusal, &app)
	assert.Equal(t, workflows.RefreshRefused, app.Type())
	var next flow.Refresh
	require.NoError(t, app.Details(&next))
	assert.True(t, first.result.AllowedAt.Equal(next.AllowedAt))
	require.NoError(t, late.refusal)
	assert.Empty(t, late.result.Result.Problem)

	require.NoError(t, meanwhile.refusal)
	assert.True(t, meanwhile.result.Running, "the answer does not wait for RO App")
	assert.NotEmpty(t, meanwhile.result.Waits)
	assert.Equal(t, string(order.HoldUnreachable), ended.Problem.Params["reason"])
	require.ErrorAs(t, refused.refusal, &app)
	require.NoError(t, app.Details(&next))
	assert.True(t, ended.EndedAt.Add(30*time.Second).Equal(next.AllowedAt))
	require.NoError(t, again.refusal)
	assert.Empty(t, again.result.Result.Problem)
	assert.Equal(t, 4, view.State.Refresh.Number)
}

// An order lives for half a year, with a new run each week: edits, statuses, a
// delivery, refreshes, and its end.
func TestT03_HalfAYearOfContinueAsNew(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	for week := range 25 {
		l.at(time.Duration(week)*7*day+3*time.Hour, l.forceContinueAsNew)
	}
	for week := int64(1); week <= 12; week++ {
		l.at(time.Duration(week)*7*day, func() { l.order(week + 2); l.sweep() })
		l.at(time.Duration(week)*7*day+time.Hour, func() { l.refresh("Ola") })
	}
	l.at(30*day, func() { l.shop.Delivery.Address = "ul. Krótka 9"; l.sweep() })
	l.at(40*day, func() { l.staffSet(102) })
	l.at(170*day, func() { l.staffSet(103) })
	view := l.live(order.OriginWebhook)
	assert.GreaterOrEqual(t, l.runs, 24)
	assert.Equal(t, "final-on-both-sides", view.State.Closed.Code)
	assert.InDelta(t, (170 * day).Seconds(), l.after().Seconds(), 3600)
	assert.Equal(t, 1, l.roapp.created)
	require.Len(t, l.roapp.items, 1)
	assert.Equal(t, "14", l.roapp.items[0].Quantity.String())
	assert.Equal(t, 3, l.shop.Status)
	assert.Len(t, l.roapp.comments, 14, "the first one, one for the delivery, and one for each amount to collect")
	assert.Equal(t, 12, view.State.Refresh.Number)
	assert.LessOrEqual(t, len(view.State.Timeline), 200)
}
