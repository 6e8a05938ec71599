package polling

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// installation is a namespace with accounts that nobody answers for.
type installation struct {
	client    client.Client
	namespace string
	settings  *settings.Settings
}

func newInstallation(t *testing.T, accounts int) installation {
	t.Helper()
	server := enginetest.Start(t)
	namespace := server.Namespace(t)
	set := &settings.Settings{Revision: "1", Accounts: map[string]settings.Account{}}
	for i := range accounts {
		set.Accounts[fmt.Sprintf("account-%d", i)] = settings.Account{
			URL: "http://127.0.0.1:1", APIKey: settings.NewSecret("key"), RequestsPerSecond: 3, RequestTimeout: time.Second, CollectEvery: time.Hour,
		}
	}
	return installation{server.Client(t, namespace), namespace, set}
}

// process starts the workers of a process.
func (i installation) process(t *testing.T) *Workers {
	t.Helper()
	w, err := Start(t.Context(), Options{Client: i.client, Index: index.New(i.client), Namespace: i.namespace, Settings: settings.NewStore(i.settings), Logger: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(w.Stop)
	return w
}

func held(all ...*Workers) (counts []int) {
	for _, w := range all {
		counts = append(counts, w.lanes.count())
	}
	return counts
}

func eventually(t *testing.T, condition func() bool, said string) {
	t.Helper()
	require.Eventually(t, condition, time.Minute, 50*time.Millisecond, said)
}

// Processes that start one after the other share the accounts, and the last one
// gets what the others give up.
func TestLanesAreSpreadOverProcesses(t *testing.T) {
	t.Parallel()
	const accounts = 6
	i := newInstallation(t, accounts)
	first := i.process(t)
	eventually(t, func() bool { return first.lanes.count() == accounts }, "one process holds all lanes")
	second, third := i.process(t), i.process(t)
	eventually(t, func() bool {
		n, err := engine.Pollers(t.Context(), i.client, engine.LanesQueue)
		return err == nil && n == 3
	}, "all three would take lanes")
	first.lanes.mu.Lock()
	all := slices.Collect(maps.Values(first.lanes.held))
	first.lanes.mu.Unlock()
	for _, l := range all {
		if first.lanes.giveUp(l, first.laneShare(t.Context())) {
			close(l.given)
		}
	}
	eventually(t, func() bool {
		counts := held(first, second, third)
		return counts[0] == 2 && counts[1] == 2 && counts[2] == 2
	}, "each holds its share")

	first.Stop()
	eventually(t, func() bool { return second.lanes.count()+third.lanes.count() == accounts }, "those of a process that ended are held by the others")
	assert.Zero(t, first.lanes.count())
}

// Each account has one process that sends its requests, whatever happens.
func TestAccountLeavesTheSettingsAndComesBack(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, 2)
	w := i.process(t)
	eventually(t, func() bool { return w.lanes.count() == 2 }, "both lanes are held")
	fewer := *i.settings
	fewer.Revision, fewer.Accounts = "2", map[string]settings.Account{"account-0": i.settings.Accounts["account-0"]}
	w.options.Settings.Replace(&fewer)
	require.NoError(t, w.Apply(t.Context()))
	eventually(t, func() bool { return w.lanes.count() == 1 }, "one lane is held")
	eventually(t, func() bool { return !i.load(t, "account-1").UnknownSince.IsZero() }, "it is noted that nobody has the account")
	again := *i.settings
	again.Revision = "3"
	w.options.Settings.Replace(&again)
	require.NoError(t, w.Apply(t.Context()))
	eventually(t, func() bool { return w.lanes.count() == 2 }, "both lanes are held again")
	eventually(t, func() bool { return i.load(t, "account-1").UnknownSince.IsZero() }, "the account is known again")
}

// load is what was last reported of an account's lane.
func (i installation) load(t *testing.T, account string) (load workflows.LaneLoad) {
	t.Helper()
	described, err := i.client.DescribeWorkflow(t.Context(), workflows.LaneID(account), "")
	require.NoError(t, err)
	for _, pending := range described.RawResponse.GetPendingActivities() {
		if details := pending.GetHeartbeatDetails(); details != nil {
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(details, &load))
		}
	}
	return load
}

// The lane of an account that left all settings ends.
func TestLaneOfARemovedAccountEnds(t *testing.T) {
	t.Parallel()
	set := &settings.Settings{Revision: "1"}
	w := &Workers{options: Options{Settings: settings.NewStore(set), Logger: zap.NewNop()}}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(w.HoldLane)
	env.SetHeartbeatDetails(workflows.LaneLoad{UnknownSince: time.Now().Add(-abandonedAfter - time.Minute)})
	_, err := env.ExecuteActivity(w.HoldLane, "main")
	require.NoError(t, err)
}

func TestLaneIsLostOnlyByWhatTemporalSays(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		serviceerror.NewUnavailable("away"):         true,
		serviceerror.NewDeadlineExceeded("slow"):    true,
		serviceerror.NewNotFound("another attempt"): false,
		serviceerror.NewPermissionDenied("no", ""):  false,
		temporal.NewCanceledError():                 false,
		activity.ErrActivityPaused:                  false,
	} {
		assert.Equal(t, want, engine.Transient(err), "%v", err)
	}
}

// What lists, searches and logouts leave is deleted; orders are not.
func TestReadsAreForgotten(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, 1)
	w := i.process(t)
	for id, workflow := range map[string]string{
		"read": workflows.RoappOrdersWorkflow, "logout:1": workflows.LogoutWorkflow, "order:demo:1": workflows.OrderWorkflow,
	} {
		run, err := i.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "nobody"}, workflow)
		require.NoError(t, err)
		require.NoError(t, i.client.TerminateWorkflow(t.Context(), id, run.GetRunID(), "a test"))
	}
	exists := func(id string) bool {
		_, err := i.client.DescribeWorkflow(t.Context(), id, "")
		return err == nil
	}
	require.NoError(t, w.forgetBefore(t.Context(), time.Now().Add(-time.Hour)))
	assert.True(t, exists("read"), "it ended a moment ago")
	eventually(t, func() bool {
		require.NoError(t, w.forgetBefore(t.Context(), time.Now().Add(time.Minute))) // the list lags behind
		return !exists("read") && !exists("logout:1")
	}, "it is deleted")
	assert.True(t, exists("order:demo:1"))
}
