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

// shopTest runs a shop's entity on a clock that skips what is waited for.
type shopTest struct {
	t       *testing.T
	env     *testsuite.TestWorkflowEnvironment
	started time.Time
	force   workflows.ShopInForce
	sweeps  []sweptAt
	fails   func(n int) error
	slices  []workflows.ImportSliceInput
	held    []string
	// resumed is what the held orders were resumed with, absent what whole sweeps got.
	resumed []workflows.ResumeInput
	absent  []map[int64]workflows.Absence
	fresh   int // orders that each sweep finds and no event reported
	busy    int // initial import slices that find too many orders pending
}

type sweptAt struct {
	at    time.Duration
	whole bool
}

func newShopTest(t *testing.T) *shopTest {
	t.Helper()
	w := &shopTest{
		t: t, env: enginetest.WorkflowEnvironment(), fails: func(int) error { return nil },
		force: workflows.ShopInForce{Revision: "a", RecentEvery: time.Minute, WholeEvery: 5 * time.Minute, Jitter: 0.5},
	}
	w.started = w.env.Now()
	register := func(name string, f any) { w.env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	register(workflows.ActivityCheckAlerts, func(context.Context, workflows.AlertCheck) (workflows.AlertNext, error) {
		return workflows.AlertNext{Pause: 24 * time.Hour}, nil
	})
	register(workflows.ActivityShopSettings, func(context.Context, string) (workflows.ShopInForce, error) { return w.force, nil })
	register(workflows.ActivitySweepShop, func(_ context.Context, in workflows.SweepInput) (workflows.Swept, error) {
		at := w.env.Now()
		w.sweeps = append(w.sweeps, sweptAt{at.Sub(w.started), in.Whole})
		swept := workflows.Swept{At: at, Whole: in.Whole, Fresh: w.fresh}
		if in.Whole {
			w.absent = append(w.absent, in.Absent)
			swept.Absent = map[int64]workflows.Absence{7: {Since: w.started, Polls: in.Absent[7].Polls + 1}}
		}
		return swept, w.fails(len(w.sweeps))
	})
	register(workflows.ActivityImportSlice, func(_ context.Context, in workflows.ImportSliceInput) (workflows.ImportedSlice, error) {
		if w.busy > 0 {
			w.busy--
			return workflows.ImportedSlice{Before: in.Before, Busy: true}, nil
		}
		w.slices = append(w.slices, in)
		before := in.Before.Add(-7 * 24 * time.Hour)
		if before.Before(in.From) {
			before = in.From
		}
		return workflows.ImportedSlice{Before: before, ImportCounts: workflows.ImportCounts{Seen: 10, Started: 9, Known: 1}}, nil
	})
	register(workflows.ActivityResumeHeld, func(_ context.Context, in workflows.ResumeInput) (int, error) {
		w.held = append(w.held, in.Revision)
		w.resumed = append(w.resumed, in)
		return 1, nil
	})
	return w
}

// run runs the entity until it hands on, and gives the state that it hands on.
func (w *shopTest) run(state workflows.ShopState) workflows.ShopState {
	w.t.Helper()
	w.env.ExecuteWorkflow(workflows.Shop, state)
	require.True(w.t, w.env.IsWorkflowCompleted())
	var next *workflow.ContinueAsNewError
	require.ErrorAs(w.t, w.env.GetWorkflowError(), &next)
	var carried workflows.ShopState
	require.NoError(w.t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &carried))
	return carried
}

func (w *shopTest) after(d time.Duration, signal string, payload any) {
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(signal, payload) }, d)
}

func TestShop_SweepsOftenAndTheWholeWindowLessOften(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	carried := w.run(workflows.ShopState{Shop: "demo"})
	whole := 0
	for i, sweep := range w.sweeps {
		if sweep.whole {
			whole++
		}
		if i > 0 {
			assert.GreaterOrEqual(t, sweep.at-w.sweeps[i-1].at, time.Minute)
		}
	}
	assert.True(t, w.sweeps[0].whole)
	assert.LessOrEqual(t, w.sweeps[0].at, 6*time.Second)
	assert.InDelta(t, 340, len(w.sweeps), 15, "six hours")
	assert.InDelta(t, 66, whole, 6)
	assert.NotNil(t, carried.Whole)
	assert.False(t, carried.NextWhole.IsZero())
}

func TestShop_ChangedSettingsSweepAtOnceAndTellTheHeldOnesOnce(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	w.force.RecentEvery, w.force.WholeEvery = 2*time.Hour, 3*time.Hour
	for range 3 {
		w.after(10*time.Minute, workflows.SignalSettings, "b")
	}
	w.after(20*time.Minute, workflows.SignalSettings, "b")
	w.env.RegisterDelayedCallback(func() { w.force.RecentEvery = time.Hour }, 30*time.Minute)
	w.after(31*time.Minute, workflows.SignalSettings, "c")
	carried := w.run(workflows.ShopState{Shop: "demo", Revision: "a"})
	assert.Equal(t, []string{"b", "c"}, w.held)
	assert.Equal(t, "c", carried.Revision)
	assert.Equal(t, 10*time.Minute, w.sweeps[1].at.Truncate(time.Minute))
	assert.Equal(t, 31*time.Minute, w.sweeps[2].at.Truncate(time.Minute))
	assert.Less(t, w.sweeps[3].at, 100*time.Minute, "by the new interval")
}

func TestT06_APausedShopSweepsNotUntilTheSettingsBringItBack(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	w.env.RegisterDelayedCallback(func() { w.force.Paused = "switched off" }, time.Hour)
	w.after(time.Hour+time.Second, workflows.SignalSettings, "b")
	w.after(90*time.Minute, workflows.SignalPoll, nil)
	w.env.RegisterDelayedCallback(func() { w.force.Paused = "" }, 2*time.Hour)
	w.after(2*time.Hour+time.Second, workflows.SignalSettings, "c")
	w.run(workflows.ShopState{Shop: "demo"})
	for _, sweep := range w.sweeps {
		off := sweep.at > time.Hour+2*time.Second && sweep.at < 2*time.Hour
		assert.False(t, off, "a sweep after %s", sweep.at)
	}
	assert.Greater(t, len(w.sweeps), 200)
}

func TestShop_RefusedCredentialsAreTriedSlowly(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	w.fails = func(int) error {
		return temporal.NewNonRetryableApplicationError("refused", string(order.FailCredentials), nil)
	}
	carried := w.run(workflows.ShopState{Shop: "demo"})
	assert.InDelta(t, 26, len(w.sweeps), 2, "in six hours")
	assert.Equal(t, order.FailCredentials, carried.Health.Kind)
	assert.False(t, carried.Health.FailingSince.IsZero())
}

func TestShop_TheInitialImportGoesSliceBySliceAndIsCarriedOn(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	w.busy = 3
	w.force.InitialImport = &workflows.InitialImportWanted{From: "2026-01-01", To: "2026-02-28"}
	carried := w.run(workflows.ShopState{Shop: "demo"})
	require.NotNil(t, carried.Import)
	assert.False(t, carried.Import.DoneAt.IsZero())
	assert.Len(t, w.slices, 9)
	assert.Equal(t, workflows.ImportCounts{Seen: 90, Started: 81, Known: 9}, carried.Import.ImportCounts)
	for i, slice := range w.slices[1:] {
		assert.Equal(t, w.slices[i].Before.Add(-7*24*time.Hour), slice.Before)
	}
	done, all := carried.Import.Days()
	assert.Equal(t, [2]int{59, 59}, [2]int{done, all})

	again := newShopTest(t)
	again.force = w.force
	again.run(carried)
	assert.Empty(t, again.slices, "the settings' initial import is done once")
}

func TestT03_SignalsOfTheLastMomentAreNotLost(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	w.force.RecentEvery, w.force.WholeEvery = 10*time.Hour, 10*time.Hour
	w.after(6*time.Hour+time.Second, workflows.SignalPoll, nil)
	w.after(6*time.Hour+time.Second, workflows.SignalInitialImport, workflows.InitialImportWanted{From: "2026-01-01", To: "2026-01-02"})
	carried := w.run(workflows.ShopState{Shop: "demo"})
	assert.Len(t, w.sweeps, 2, "the first one and the one that was asked for")
	require.NotNil(t, carried.Import)
	assert.True(t, carried.Import.Goes(), "the next run goes on with it")
}

func TestShop_ResumesWhatWaitedOnceItAnswersAgain(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	w.fails = func(n int) error {
		if n == 3 || n == 4 {
			return temporal.NewNonRetryableApplicationError("no answer", string(order.FailUnreachable), nil)
		}
		return nil
	}
	w.run(workflows.ShopState{Shop: "demo", Revision: "a"})
	require.Len(t, w.resumed, 1)
	assert.Equal(t, workflows.ResumeInput{
		Shop: "demo", Revision: "a", Reasons: []order.HoldReason{order.HoldUnreachable, order.HoldCredentials, order.HoldUnknownShop},
	}, w.resumed[0])
}

// How long orders are absent is carried from one whole sweep to the next.
func TestShop_CarriesWhatIsAbsent(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	carried := w.run(workflows.ShopState{Shop: "demo"})
	require.Greater(t, len(w.absent), 3)
	assert.Empty(t, w.absent[0])
	assert.Equal(t, 3, w.absent[3][7].Polls)
	assert.Len(t, w.absent, carried.Absent[7].Polls)
}

func TestShop_ThatIsCanceledEndsAndTellsItsState(t *testing.T) {
	t.Parallel()
	w := newShopTest(t)
	w.env.RegisterDelayedCallback(w.env.CancelWorkflow, 10*time.Minute)
	w.env.ExecuteWorkflow(workflows.Shop, workflows.ShopState{Shop: "demo"})
	require.True(t, w.env.IsWorkflowCompleted())
	assert.True(t, temporal.IsCanceledError(w.env.GetWorkflowError()), w.env.GetWorkflowError())
	answer, err := w.env.QueryWorkflow(workflows.QueryState)
	require.NoError(t, err)
	var state workflows.ShopState
	require.NoError(t, answer.Get(&state))
	assert.NotNil(t, state.Whole)
	assert.True(t, state.Health.FailingSince.IsZero())
}
