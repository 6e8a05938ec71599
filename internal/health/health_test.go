package health_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// bubble runs a test on a clock of its own, for orders are counted slowly.
func bubble(t *testing.T, test func(*testing.T, *servicetest.Env, *health.Viewer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e, viewer := installation(t)
		test(t, e, viewer)
	})
}

// installation is one where all are healthy: a worker runs, shops and accounts were
// asked a moment ago.
func installation(t *testing.T) (*servicetest.Env, *health.Viewer) {
	t.Helper()
	e := servicetest.New(t)
	e.StartWorker()
	return e, health.New(e.Memory, e.Index, "default", e.Settings)
}

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
		t.Helper()
		e.Queue(engine.RoappQueue("main"), &workflowservice.DescribeTaskQueueResponse{Stats: &taskqueuepb.TaskQueueStats{
			ApproximateBacklogCount: 12, ApproximateBacklogAge: durationpb.New(4 * time.Second),
		}})
		assert.True(t, viewer.Last().At.IsZero())
		report, err := viewer.Read(t.Context())
		require.NoError(t, err)
		assert.False(t, report.Red())
		assert.Equal(t, health.Green, report.Worker)
		assert.Equal(t, health.Green, report.Shops["demo"].State)
		assert.Equal(t, health.Accepted, report.Shops["demo"].Credentials)
		assert.Empty(t, report.Shops["demo"].Problem)
		assert.Equal(t, health.Off, report.Shops["closed"].State, "it is switched off")
		assert.Equal(t, int64(12), report.Accounts["main"].Backlog)
		assert.InDelta(t, 4, report.Accounts["main"].BacklogAge, 0.01)
		assert.InDelta(t, 1000, report.Accounts["main"].Limit, 0.01)
		assert.Equal(t, report, viewer.Last())
	})
}

// Without a worker all is red at once, whatever was good until now.
func TestNoWorkerIsRed(t *testing.T) {
	t.Parallel()
	for name, queue := range map[string]*workflowservice.DescribeTaskQueueResponse{"nobody polls": {}, "somebody polled long ago": {Pollers: []*taskqueuepb.PollerInfo{{Identity: "worker"}}}} {
		bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
			t.Helper()
			e.Queue(engine.OrdersQueue, queue)
			report, err := viewer.Read(t.Context())
			require.NoError(t, err)
			assert.True(t, report.NoWorker(), name)
			assert.True(t, report.Red(), name)
			assert.Equal(t, health.Green, report.Shops["demo"].State, name)
		})
	}
}

func TestWhatIsRed(t *testing.T) {
	t.Parallel()
	long := time.Date(1999, 12, 31, 20, 0, 0, 0, time.UTC) // by the clock of a bubble
	finding := workflows.Finding{Kind: workflows.FindingEnded, Number: 115, Problem: "its workflow was terminated"}
	failing := workflows.Health{LastSuccess: long, FailingSince: long, Problem: "the key is refused", Kind: order.FailCredentials}
	for name, tc := range map[string]struct {
		entity      enginetest.Run
		problem     string
		credentials health.Credentials
	}{
		"no success for too long": {entity: says(workflows.HealthView{Since: long, Health: workflows.Health{LastSuccess: long}}), problem: "no success for too long", credentials: health.Accepted},
		"the key is refused":      {entity: says(workflows.HealthView{Since: long, Health: failing}), problem: "the key is refused", credentials: health.Refused},
		"an order cannot go on": {
			entity:  says(workflows.HealthView{Since: long, Health: workflows.Health{LastSuccess: long}, Red: true, Findings: []workflows.Finding{finding, {Kind: workflows.FindingNotShown, Problem: "many"}}}),
			problem: "order 115: its workflow was terminated; and 1 more", credentials: health.Accepted,
		},
		"its workflow was ended": {entity: enginetest.Run{Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED}, problem: "its workflow account:main does not run"},
		"its workflow is stuck": {
			entity:  enginetest.Run{Queries: map[string]any{workflows.QueryHealth: errors.New("no answer")}, TaskAttempt: engine.RepeatedTask},
			problem: "no worker can carry its workflow account:main on: attempts: 3",
		},
		"it never answered": {entity: enginetest.Run{Queries: map[string]any{workflows.QueryHealth: errors.New("no answer")}}, problem: "does not answer; is a worker running?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
				t.Helper()
				tc.entity.ID = "account:main"
				e.Put(tc.entity)
				report, err := viewer.Read(t.Context())
				require.NoError(t, err)
				main := report.Accounts["main"]
				assert.Equal(t, health.Red, main.State)
				assert.Contains(t, main.Problem, tc.problem)
				assert.Equal(t, tc.credentials, main.Credentials)
				assert.True(t, report.Red())
				assert.Equal(t, health.Green, report.Accounts["second"].State)
			})
		})
	}
	bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
		t.Helper()
		e.Put(enginetest.Run{ID: "shop:demo", Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED})
		report, err := viewer.Read(t.Context())
		require.NoError(t, err)
		assert.True(t, report.Red(), "a shop, too")
	})
}

func says(view workflows.HealthView) enginetest.Run {
	return enginetest.Run{Queries: map[string]any{workflows.QueryHealth: view}}
}

func TestFindingsAreCounted(t *testing.T) {
	t.Parallel()
	counts := health.Rounds{Findings: []workflows.Finding{{Kind: workflows.FindingEnded}, {Kind: workflows.FindingEnded}}}.CountFindings()
	assert.Equal(t, 2, counts[workflows.FindingEnded])
	assert.Len(t, counts, len(workflows.FindingKinds()), "also those of which there are none")
}

func TestOrdersAreCounted(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
		t.Helper()
		older := servicetest.Held(3, order.Hold{Reason: order.HoldCurrency})
		older.Hold.Since = time.Now().Add(-3 * time.Hour).UTC().Truncate(time.Second)
		e.PutOrders(servicetest.Importing(1), servicetest.Held(2, order.Hold{Reason: order.HoldNoCustomer}), older, servicetest.Synced(4), servicetest.Closed(5, "skipped"))
		failed := servicetest.Run(servicetest.Synced(6))
		failed.Status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
		e.Put(failed)
		report, err := viewer.Read(t.Context())
		require.NoError(t, err)
		assert.Equal(t, map[string]int64{"importing": 1, "held": 2, "synced": 1, "closed": 1, "failed": 1}, report.Shops["demo"].Orders)
		assert.Equal(t, older.Hold.Since, report.Shops["demo"].OldestHold)
		assert.Zero(t, report.Shops["bikes"].Orders["held"])
		assert.True(t, report.Shops["bikes"].OldestHold.IsZero())
	})
}

// What cannot be asked is as it was last.
func TestWhatCannotBeAsked(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
		t.Helper()
		e.PutOrders(servicetest.Synced(4))
		answered, err := viewer.Read(t.Context())
		require.NoError(t, err)
		<-time.After(time.Minute)
		e.Fail(func(string, string) error { return serviceerror.NewUnavailable("away") })
		report, err := viewer.Read(t.Context())
		require.ErrorContains(t, err, "away")
		assert.Equal(t, answered.Answered, report.Answered)
		assert.True(t, report.At.After(answered.At))
		assert.Equal(t, health.Green, report.Worker)
		assert.Equal(t, health.Green, report.Shops["demo"].State)
		assert.Contains(t, report.Shops["demo"].Problem, "does not answer")
		assert.Equal(t, int64(1), report.Shops["demo"].Orders["synced"])
	})
}

func TestInitialImportIsReported(t *testing.T) {
	t.Parallel()
	days := workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-30", By: "Ola"}
	before := time.Date(2026, 9, 20, 23, 59, 59, 0, time.UTC)
	for want, f := range map[health.ImportState]workflows.InitialImport{
		health.ImportRunning: {}, health.ImportDone: {DoneAt: time.Now()}, health.ImportStopped: {Stopped: true},
		health.ImportFailing: {Problem: "the shop is away"}, health.ImportWaiting: {Yields: true},
	} {
		bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
			t.Helper()
			f.InitialImportWanted, f.Before = days, before
			view := servicetest.Healthy()
			view.Import = &f
			e.PutEntity("shop:demo", view)
			report, err := viewer.Read(t.Context())
			require.NoError(t, err)
			shown := report.Shops["demo"].Import
			assert.Equal(t, want, shown.State)
			assert.Equal(t, 30, shown.Days)
			assert.Equal(t, want != health.ImportDone && want != health.ImportStopped, shown.Goes())
			assert.Equal(t, "Ola", shown.By)
			assert.Empty(t, report.Open().Shops["demo"].Import.By, "nobody's name is open")
			assert.Equal(t, "Ola", report.Shops["demo"].Import.By)
		})
	}
	assert.Nil(t, health.ImportOf(nil))
}

// The page that asks again and again never waits long, and costs no more than one look.
func TestReportsAreRemembered(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
		t.Helper()
		first := viewer.Live(t.Context())
		assert.False(t, first.At.IsZero(), "there was none, so it was waited for")
		asked := e.Calls("QueryWorkflow")
		assert.Equal(t, first.At, viewer.Live(t.Context()).At)
		assert.Equal(t, first.At, viewer.Recent(t.Context()).At)
		<-time.After(10 * time.Second) // all is counted by then
		assert.Equal(t, asked, e.Calls("QueryWorkflow"))

		first = viewer.Last()
		<-time.After(20 * time.Second)
		assert.Equal(t, first.At, viewer.Recent(t.Context()).At, "at once, and a newer one in the background")
		<-time.After(10 * time.Second)
		assert.True(t, viewer.Last().At.After(first.At))
	})
}

func TestReportsAreMadeByThemselves(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, e *servicetest.Env, viewer *health.Viewer) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go viewer.Run(ctx, zap.NewNop())
		<-time.After(15 * time.Second)
		first := viewer.Last().At
		assert.False(t, first.IsZero())
		e.Fail(func(string, string) error { return serviceerror.NewUnavailable("away") })
		<-time.After(31 * time.Second)
		assert.True(t, viewer.Last().At.After(first))
	})
}
