package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// accountLife is the entity of an account on a clock of its own, with an RO App
// that answers as the test says.
type accountLife struct {
	t      *testing.T
	env    *testsuite.TestWorkflowEnvironment
	start  time.Time
	answer func(n int, in workflows.CollectInput) (workflows.Collected, error)

	asked   []time.Duration // after the start
	inputs  []workflows.CollectInput
	resumed []workflows.ResumeInput
}

func newAccountLife(t *testing.T) *accountLife {
	t.Helper()
	l := &accountLife{t: t, env: enginetest.WorkflowEnvironment()}
	l.start = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	l.env.SetStartTime(l.start)
	l.answer = func(int, workflows.CollectInput) (workflows.Collected, error) { return collected(), nil }
	l.env.RegisterWorkflowWithOptions(workflows.Account, workflow.RegisterOptions{Name: workflows.AccountWorkflow})
	l.env.RegisterActivityWithOptions(func(_ context.Context, in workflows.CollectInput) (workflows.Collected, error) {
		l.asked = append(l.asked, l.env.Now().Sub(l.start).Round(time.Second))
		l.inputs = append(l.inputs, in)
		return l.answer(len(l.asked), in)
	}, activity.RegisterOptions{Name: workflows.ActivityCollectChanges})
	l.env.RegisterActivityWithOptions(func(_ context.Context, in workflows.ResumeInput) (int, error) {
		l.resumed = append(l.resumed, in)
		return 1, nil
	}, activity.RegisterOptions{Name: workflows.ActivityResumeHeld})
	l.env.RegisterActivityWithOptions(func(context.Context, workflows.AlertCheck) (workflows.AlertNext, error) {
		return workflows.AlertNext{Pause: 24 * time.Hour}, nil
	}, activity.RegisterOptions{Name: workflows.ActivityCheckAlerts})
	return l
}

// collected is the answer of a page with nothing new.
func collected() workflows.Collected {
	return workflows.Collected{Cursor: time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC), Every: time.Minute, Lag: 10 * time.Second}
}

func refusal(kind order.FailureKind) error {
	return temporal.NewNonRetryableApplicationError("RO App refused it", string(kind), nil)
}

func (l *accountLife) at(after time.Duration, do func()) { l.env.RegisterDelayedCallback(do, after) }

func (l *accountLife) poll() { l.env.SignalWorkflow(workflows.SignalPoll, nil) }

func (l *accountLife) view() (view workflows.AccountView) {
	l.t.Helper()
	answer, err := l.env.QueryWorkflow(workflows.QueryAccount)
	require.NoError(l.t, err)
	require.NoError(l.t, answer.Get(&view))
	return view
}

// live lets the entity live for a while.
func (l *accountLife) live(until time.Duration) {
	l.t.Helper()
	l.at(until, l.env.CancelWorkflow)
	l.env.ExecuteWorkflow(workflows.AccountWorkflow, workflows.AccountState{Account: "main", Asked: l.start.Add(-time.Hour)})
}

func seconds(all ...int) []time.Duration {
	var list []time.Duration
	for _, s := range all {
		list = append(list, time.Duration(s)*time.Second)
	}
	return list
}

func TestAccountThatIsNewWaitsForItsFirstRound(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.at(90*time.Second, l.env.CancelWorkflow)
	l.env.ExecuteWorkflow(workflows.AccountWorkflow, workflows.AccountState{Account: "main"})
	assert.Equal(t, seconds(60), l.asked)
	assert.True(t, l.inputs[0].Cursor.IsZero())
}

func TestAccountIsCollectedAtTheSettingsPace(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.answer = func(n int, _ workflows.CollectInput) (workflows.Collected, error) {
		answer := collected()
		if n >= 3 {
			answer.Every = 2 * time.Minute
		}
		return answer, nil
	}
	l.live(5*time.Minute + time.Second)
	assert.Equal(t, seconds(0, 60, 120, 240), l.asked)
}

// However many ask, RO App is asked at once, no sooner than five seconds later,
// and once more after its lists had time to follow.
func TestAccountIsLookedAtOnceForManyWebhooks(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	for range 100 {
		l.at(20*time.Second, l.poll)
	}
	for range 100 {
		l.at(22*time.Second, l.poll)
	}
	l.live(59 * time.Second)
	assert.Equal(t, seconds(0, 20, 25, 32), l.asked)
}

func TestAccountIsLookedAtOnceMoreAfterTheListsLag(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.at(20*time.Second, l.poll)
	l.live(59 * time.Second)
	assert.Equal(t, seconds(0, 20, 30), l.asked)
}

// What was missed is caught up page by page without a pause, and a page that fails
// is retried alone.
func TestAccountCatchesUpWithoutAPause(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	place := &workflows.Place{From: l.start.Add(-time.Hour), Page: 1}
	l.answer = func(n int, _ workflows.CollectInput) (workflows.Collected, error) {
		answer := collected()
		switch {
		case n < 20:
			answer.Place, answer.Orders = place, 50
		case n == 20:
			return workflows.Collected{}, refusal(order.FailMalformed)
		}
		return answer, nil
	}
	l.at(59*time.Second, func() {
		view := l.view()
		assert.Equal(t, order.FailMalformed, view.Health.Kind)
		assert.False(t, view.Health.FailingSince.IsZero())
	})
	l.at(61*time.Second, func() {
		assert.Equal(t, 950, l.view().Last.Orders)
		assert.Equal(t, 20, l.view().Last.Pages)
		assert.True(t, l.view().Health.FailingSince.IsZero())
	})
	l.live(100 * time.Second)
	assert.Equal(t, append(make([]time.Duration, 20), time.Minute), l.asked)
	assert.Equal(t, place.From, l.inputs[20].Place.From.UTC())
}

func TestAccountWithRefusedCredentialsIsAskedRarely(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.answer = func(n int, _ workflows.CollectInput) (workflows.Collected, error) {
		if n <= 5 {
			return workflows.Collected{}, refusal(order.FailCredentials)
		}
		return collected(), nil
	}
	for minute := range 40 {
		l.at(time.Second, func() { l.env.SignalWorkflow(workflows.SignalSettings, "a") })
		l.at(time.Duration(minute)*time.Minute+30*time.Second, l.poll) // webhooks change nothing
	}
	tell := func(revision string) { l.env.SignalWorkflow(workflows.SignalSettings, revision) }
	l.at(30*time.Minute, func() {
		assert.Contains(t, l.view().Paused, "api_key")
		tell("b")
	})
	l.at(30*time.Minute+10*time.Second, func() { tell("b") })
	l.at(31*time.Minute-10*time.Second, func() { tell("c") })
	l.at(31*time.Minute-5*time.Second, func() { assert.Empty(t, l.view().Paused) })
	l.live(31*time.Minute - time.Second)
	assert.Equal(t, seconds(0, 60, 360, 1260, 1800, 1850), l.asked[:6])
}

// The account was removed from the settings: it waits, and goes on from where
// it was.
func TestAccountThatIsNotInTheSettings(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.answer = func(n int, _ workflows.CollectInput) (workflows.Collected, error) {
		if n == 2 {
			return workflows.Collected{}, refusal(order.FailUnknownShop)
		}
		return collected(), nil
	}
	l.at(time.Second, func() { l.env.SignalWorkflow(workflows.SignalSettings, "a") })
	l.at(5*time.Minute, func() {
		assert.Contains(t, l.view().Paused, "no such account")
		l.env.SignalWorkflow(workflows.SignalSettings, "b")
	})
	l.live(5*time.Minute + 30*time.Second)
	assert.Equal(t, seconds(0, 60, 300), l.asked)
	assert.Equal(t, collected().Cursor, l.inputs[2].Cursor.UTC())
}

func TestAccountContinuesAsNewWithAllThatItKnows(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.at(6*time.Hour+30*time.Second, l.poll)
	l.env.ExecuteWorkflow(workflows.AccountWorkflow, workflows.AccountState{Account: "main", Asked: l.start.Add(-time.Hour)})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, l.env.GetWorkflowError(), &next)
	assert.Len(t, l.asked, 361)
	var state workflows.AccountState
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &state))
	assert.Equal(t, l.start.Add(6*time.Hour+30*time.Second), state.Looked.UTC(), "the look that came last is not lost")
	assert.Equal(t, collected().Cursor, state.Cursor.UTC())
}

// What waited for RO App is resumed once it answers again, and not at each round.
func TestAccountThatAnswersAgainResumesWhatWaited(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.answer = func(n int, _ workflows.CollectInput) (workflows.Collected, error) {
		if n == 3 || n == 4 {
			return workflows.Collected{}, refusal(order.FailUnreachable)
		}
		return collected(), nil
	}
	l.at(9*time.Minute, func() { l.env.SignalWorkflow(workflows.SignalPermissionGiven, nil) })
	l.live(10 * time.Minute)
	require.Len(t, l.resumed, 2)
	assert.Equal(t, []order.HoldReason{order.HoldUnreachable, order.HoldCredentials, order.HoldUnknownShop}, l.resumed[0].Reasons)
	assert.Equal(t, []order.HoldReason{order.HoldMissingRight}, l.resumed[1].Reasons)
	assert.Equal(t, "main", l.resumed[1].Account)
}

// Orders that were created are known for an hour, with or without their workflow.
func TestAccountKnowsWhatWasCreated(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.answer = func(n int, _ workflows.CollectInput) (workflows.Collected, error) {
		answer := collected()
		if n == 1 {
			answer.Created = map[string]workflows.CreatedOrder{"order:demo:1": {At: l.start, OrderID: 1001}}
		}
		return answer, nil
	}
	created := func(id string) workflows.CreatedOrder {
		answer, err := l.env.QueryWorkflow(workflows.QueryCreated)
		require.NoError(t, err)
		var all map[string]workflows.CreatedOrder
		require.NoError(t, answer.Get(&all))
		return all[id]
	}
	l.at(50*time.Minute, func() {
		assert.Equal(t, int64(1001), created("order:demo:1").OrderID)
		assert.True(t, created("order:demo:2").At.IsZero())
	})
	l.at(70*time.Minute, func() { assert.True(t, created("order:demo:1").At.IsZero()) })
	l.live(71 * time.Minute)
}

// Who ends an account loses nothing of what it knows.
func TestAccountThatIsCanceledEndsAndTellsItsState(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.live(90 * time.Second)
	assert.True(t, temporal.IsCanceledError(l.env.GetWorkflowError()), l.env.GetWorkflowError())
	answer, err := l.env.QueryWorkflow(workflows.QueryState)
	require.NoError(t, err)
	var state workflows.AccountState
	require.NoError(t, answer.Get(&state))
	assert.Equal(t, collected().Cursor, state.Cursor.UTC())
	assert.Zero(t, state.Failures, "the end says nothing of RO App")
}
