package activities_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/activities"
	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// store holds the example's settings with an alert URL, or none.
func store(t *testing.T, url string) *settings.Store {
	t.Helper()
	set, err := settings.Parse("settings.yaml", settings.Example(), func(name string) (string, bool) {
		switch name {
		case "CARTUMSYNC_ENCRYPTION_KEY":
			return base64.StdEncoding.EncodeToString(make([]byte, 32)), true
		case "CARTUMSYNC_ALERT_URL":
			return "https://alerts.example/hook", true
		}
		return "value-of-a-variable-that-is-long-enough", true
	})
	require.NoError(t, err)
	set.Alerts.URL = settings.NewSecret(url)
	return settings.NewStore(set)
}

// accountLife is an account's entity with all that it does, whose collections
// end as the test says; time is skipped.
func accountLife(t *testing.T, url string, collect func(minute int) error) (life *testsuite.TestWorkflowEnvironment, began time.Time) {
	t.Helper()
	temporalClient := new(mocks.Client)
	temporalClient.On("DescribeWorkflow", mock.Anything, mock.Anything, mock.Anything).
		Return(nil, serviceerror.NewNotFound("it has ended"))
	acts := activities.New(store(t, url), temporalClient, index.New(temporalClient))
	life = enginetest.WorkflowEnvironment()
	workflows.Register(life)
	acts.Register(skipping{life})
	began = life.Now()
	life.RegisterActivityWithOptions(func(_ context.Context, in workflows.CollectInput) (workflows.Collected, error) {
		return workflows.Collected{Cursor: in.Cursor}, collect(int(life.Now().Sub(began).Minutes()))
	}, activity.RegisterOptions{Name: workflows.ActivityCollectChanges})
	life.RegisterActivityWithOptions(func(context.Context, workflows.ResumeInput) (int, error) {
		return 0, nil
	}, activity.RegisterOptions{Name: workflows.ActivityResumeHeld})
	return life, began
}

// skipping leaves out the activities that the test has its own for.
type skipping struct {
	*testsuite.TestWorkflowEnvironment
}

func (s skipping) RegisterActivityWithOptions(a any, options activity.RegisterOptions) {
	if options.Name != workflows.ActivityCollectChanges && options.Name != workflows.ActivityResumeHeld {
		s.TestWorkflowEnvironment.RegisterActivityWithOptions(a, options)
	}
}

func unreachable() error {
	return temporal.NewNonRetryableApplicationError("RO App does not answer", string(order.FailUnreachable), nil)
}

// A service that is away for some minutes is nobody's business. One that stays
// away is told after ten, once, and its return once.
func TestF50_ServiceThatStaysAwayIsToldOnce(t *testing.T) {
	t.Parallel()
	receiver := testenv.NewReceiver(t)
	life, began := accountLife(t, receiver.URL, func(minute int) error {
		if (minute >= 20 && minute < 28) || (minute >= 60 && minute < 180) {
			return unreachable()
		}
		return nil
	})
	life.ExecuteWorkflow(workflows.AccountWorkflow, workflows.AccountState{Account: "main"})
	require.ErrorContains(t, life.GetWorkflowError(), "continue as new")
	posts := receiver.Posts()
	require.Len(t, posts, 2, "%+v", posts)
	assert.Equal(t, workflows.AlertRed, posts[0].Alert.Kind)
	assert.InDelta(t, 70, posts[0].Alert.At.Sub(began).Minutes(), 2)
	assert.Contains(t, posts[0].Alert.Problem, "RO App does not answer")
	assert.Equal(t, workflows.AlertGreen, posts[1].Alert.Kind)
	assert.InDelta(t, 180, posts[1].Alert.At.Sub(began).Minutes(), 2)
}

// Refused credentials stay red while the service cannot be reached either.
func TestF50_RedStaysUntilTheNextSuccess(t *testing.T) {
	t.Parallel()
	receiver := testenv.NewReceiver(t)
	life, began := accountLife(t, receiver.URL, func(minute int) error {
		switch {
		case minute == 10:
			return temporal.NewNonRetryableApplicationError("refused", string(order.FailCredentials), nil)
		case minute > 10 && minute < 15:
			return unreachable()
		}
		return nil
	})
	life.ExecuteWorkflow(workflows.AccountWorkflow, workflows.AccountState{Account: "main"})
	posts := receiver.Posts()
	require.Len(t, posts, 2, "%+v", posts)
	assert.InDelta(t, 10, posts[0].Alert.At.Sub(began).Minutes(), 1.1)
	assert.InDelta(t, 15, posts[1].Alert.At.Sub(began).Minutes(), 1.1)
}

// Without an alert URL nothing is told, and nothing counts as told: the state
// that goes on holds only that it is red.
func TestF50_NothingIsToldWithoutAURL(t *testing.T) {
	t.Parallel()
	life, _ := accountLife(t, "", func(int) error { return unreachable() })
	life.ExecuteWorkflow(workflows.AccountWorkflow, workflows.AccountState{Account: "main"})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, life.GetWorkflowError(), &next)
	var state workflows.AccountState
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &state))
	assert.True(t, state.Alerting.Red)
	assert.False(t, state.Alerting.RedNotified)
	assert.Empty(t, state.Alerting.Sending)
}

// look decides for an account with an alert URL.
func look(t *testing.T, in workflows.AlertCheck, url string) workflows.AlertNext {
	t.Helper()
	next, err := activities.New(store(t, url), new(mocks.Client), index.New(new(mocks.Client))).CheckAlerts(t.Context(), in)
	require.NoError(t, err)
	return next
}

func TestF50_WhatIsOffIsNeverRed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	in := workflows.AlertCheck{
		Owner: workflows.Owner{Account: "gone"}, Now: now, Alerting: workflows.Alerting{Since: now.Add(-time.Hour)},
		Health: workflows.Health{FailingSince: now.Add(-time.Hour), Kind: order.FailCredentials},
	}
	next := look(t, in, "https://alerts.example/hook")
	assert.True(t, next.Off)
	assert.False(t, next.Red)
	assert.Nil(t, next.Alert)
	in.Owner.Account = "main"
	assert.Equal(t, workflows.AlertRed, look(t, in, "https://alerts.example/hook").Alert.Kind)
}

// heldExecution is a held order as Temporal lists it.
func heldExecution(t *testing.T, number int, since time.Time) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	fields := map[string]*commonpb.Payload{}
	for name, value := range map[string]any{"Shop": "kwiaty", "OrderNumber": strconv.Itoa(number), "SyncState": "held", "HoldReason": "no-customer", "HeldSince": since} {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		require.NoError(t, err)
		fields[name] = payload
	}
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "order:kwiaty:" + strconv.Itoa(number)}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields},
	}
}

// Many holds are one alert that counts them all and names the first; what is
// remembered of those that are over is bounded.
func TestR30_ManyHoldsAreOneAlert(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	listed := new(workflowservice.ListWorkflowExecutionsResponse)
	for number := 1; number <= 120; number++ {
		listed.Executions = append(listed.Executions, heldExecution(t, number, now.Add(-time.Hour)))
	}
	temporalClient := new(mocks.Client)
	temporalClient.On("ListWorkflow", mock.Anything, mock.Anything).Return(listed, nil)
	in := workflows.AlertCheck{
		Owner: workflows.Owner{Shop: "kwiaty"}, Now: now, Health: workflows.Health{LastSuccess: now},
		Alerting: workflows.Alerting{Since: now, Held: map[int64]time.Time{
			1:    now.Add(-time.Hour),     // told
			2:    now.Add(-2 * time.Hour), // told of an earlier hold
			7000: now,                     // over
		}},
	}
	acts := activities.New(store(t, "https://alerts.example/hook"), temporalClient, index.New(temporalClient))
	next, err := acts.CheckAlerts(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, 119, next.Alert.Count)
	assert.Len(t, next.Alert.Orders, 50)
	assert.Len(t, next.Overdue, 119)
	assert.Equal(t, int64(2), next.Overdue[0].Number)
	assert.Empty(t, next.Over, "an order that is looked at again may seem free for a moment")

	for number := int64(7001); number < 7500; number++ {
		in.Alerting.Held[number] = now
	}
	next, err = acts.CheckAlerts(t.Context(), in)
	require.NoError(t, err)
	assert.Len(t, next.Over, 500)
}

// The alert URL is in no error, whatever fails.
func TestF49_AlertURLIsInNoError(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.NotFoundHandler())
	address := refusing.URL
	refusing.Close()
	answering := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
	}))
	t.Cleanup(answering.Close)
	breaking := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(breaking.Close)
	for url, want := range map[string]string{
		address + "/token-1":                     "refuses connections",
		answering.URL + "/token-1":               "HTTP 302",
		breaking.URL + "/token-1":                "did not answer",
		"http://nowhere.invalid/token-1":         "did not answer",
		"http://nowhere.invalid:port/token-1":    "no valid address",
		"https" + answering.URL[4:] + "/token-1": "did not answer",
	} {
		err := activities.New(store(t, url), nil, nil).SendAlert(t.Context(), workflows.Alert{ID: "account:main:red:1"})
		require.ErrorContains(t, err, want)
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			for _, part := range []string{"token-1", "127.0.0.1", "nowhere", "elsewhere"} {
				assert.NotContains(t, cause.Error(), part)
			}
		}
	}
}
