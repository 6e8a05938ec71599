package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/workflows"
)

// laneOrders come at once, so that requests wait while a lane changes hands.
const laneOrders = 5

// holder is the identity of the process that holds the account's lane, "" where
// none does.
func holder(w *testenv.Env) string {
	w.T.Helper()
	described, err := w.Temporal.DescribeWorkflow(w.T.Context(), workflows.LaneID("main"), "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) { // no process has started yet
		return ""
	}
	require.NoError(w.T, err)
	for _, pending := range described.RawResponse.GetPendingActivities() {
		if pending.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED {
			return pending.GetLastWorkerIdentity()
		}
	}
	return ""
}

func awaitHolder(w *testenv.Env, other string) string {
	w.T.Helper()
	var now string
	w.Eventually(testenv.Patience, func() string {
		if now = holder(w); now == "" || now == other {
			return fmt.Sprintf("the lane is held by %q", now)
		}
		return ""
	})
	return now
}

// awaitLanePollers waits until so many processes would take the lane.
func awaitLanePollers(w *testenv.Env, want int) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		polling, err := engine.Pollers(w.T.Context(), w.Temporal, engine.LanesQueue)
		if err != nil || polling < want {
			return fmt.Sprintf("%d processes would take the lane: %v", polling, err)
		}
		return ""
	})
}

func placeMany(w *testenv.Env, count int) {
	w.T.Helper()
	for i := range count {
		w.Place(int64(i+1), testenv.J{"delivery_phone": fmt.Sprintf("+48 501 234 %03d", i)})
	}
}

// longestGap is the longest time in which the account saw no request.
func longestGap(w *testenv.Env) time.Duration {
	w.T.Helper()
	list := w.Roapp.Requests(1000).List
	var longest time.Duration
	for i := range list[1:] {
		longest = max(longest, list[i+1].At.Sub(list[i].At))
	}
	return longest
}

// assertLimitKept allows for a busy machine, on which a request may come to the
// fake later than the process that sent it can know. The benchmarks measure the rest.
func assertLimitKept(w *testenv.Env) {
	w.T.Helper()
	asked := w.Roapp.Requests(0)
	refused := asked.Statuses["429"]
	w.T.Logf("%d requests, %d refused, at most %d in a second", asked.Total, refused, asked.MostPerSecond)
	assert.LessOrEqual(w.T, asked.MostPerSecond, 3+2)
	assert.LessOrEqual(w.T, float64(refused), 0.1*float64(asked.Total))
}

func TestLaneIsHandedOver(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end    func(p *testenv.Process)
		within time.Duration
	}{
		"by a process that is told to end": {(*testenv.Process).Stop, 15 * time.Second},
		"from a process that was killed":   {(*testenv.Process).Kill, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testenv.New(t, testenv.Options{Idle: true, RoappSwitches: noLag})
			first := w.StartProcess()
			one := awaitHolder(w, "")
			w.StartProcess()
			awaitLanePollers(w, 2)
			placeMany(w, laneOrders)
			w.AwaitSeen(w.Roapp, "POST /v2/orders", 1)
			w.Roapp.ResetRequests()
			w.AwaitSeen(w.Roapp, "POST /v2/orders", 1)

			test.end(first)
			awaitHolder(w, one)
			for number := range int64(laneOrders) {
				w.AwaitSynced(number + 1)
			}
			assert.Less(t, longestGap(w), test.within)
			assertLimitKept(w)
			assert.Len(t, w.Roapp.Orders(), laneOrders, "nothing is lost, nothing doubled")
		})
	}
}

// An operator ends the workflow that gives the lease, while requests wait for
// their turn: they are sent once another lease is given.
func TestLeaseIsLostWhileRequestsWait(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{RoappSwitches: noLag})
	awaitHolder(w, "")
	placeMany(w, laneOrders)
	w.AwaitSeen(w.Roapp, "POST /v2/orders", 1)
	require.NoError(t, w.Temporal.TerminateWorkflow(t.Context(), workflows.LaneID("main"), "", "a test"))
	for number := range int64(laneOrders) {
		w.AwaitSynced(number + 1)
	}
	assertLimitKept(w)
	assert.Len(t, w.Roapp.Orders(), laneOrders)
}

// A lane costs Temporal nothing that stays: however often it changes hands, the
// history of its workflow has one activity.
func TestLaneLeavesNoHistory(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Idle: true})
	last := ""
	for range 3 {
		running := w.StartWorker()
		last = awaitHolder(w, last)
		running.Stop()
	}
	described, err := w.Temporal.DescribeWorkflow(t.Context(), workflows.LaneID("main"), "")
	require.NoError(t, err)
	assert.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, described.Status)
	assert.LessOrEqual(t, described.HistoryLength, 6)
}

// An account that may be asked less often is, from the next request on. What health
// shows is how many requests RO App gets.
func TestT05_BudgetIsChangedWhileTheWorkerRuns(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, nil)
	w.AwaitSynced(1)
	w.ReplaceSettings(change(t, "requests_per_second: 3", "requests_per_second: 1.5"))
	w.Roapp.ResetRequests()
	w.Place(2, nil)
	w.AwaitSynced(2)
	var at []time.Time
	for _, one := range w.Roapp.Requests(100).List {
		if !strings.Contains(one.Path, "sandbox") {
			at = append(at, one.At)
		}
	}
	awaitReport(w, func(r health.Report) string {
		shown := r.Accounts["main"]
		assert.LessOrEqual(t, shown.PerSecond, shown.Limit)
		if shown.PerSecond == 0 {
			return "no requests are shown"
		}
		return ""
	})
	require.Greater(t, len(at), 3)
	slices.SortFunc(at, time.Time.Compare)
	for i := range at[1:] {
		// Two thirds of a second, which a busy machine may blur; a third before.
		assert.Greater(t, at[i+1].Sub(at[i]), 400*time.Millisecond)
	}
}
