package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/workflows"
)

// rotating is an environment without a worker that knows two encryption keys, "k1",
// which is in use, and "k2".
func rotating(t *testing.T) *testenv.Env {
	t.Helper()
	w := unhurried(t, testenv.Options{Idle: true, RoappSwitches: noLag})
	w.Env["ENCRYPTION_KEY_2"] = secondKey
	return w
}

var secondKey = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("2", 32)))

// withKeys are settings with the encryption keys, of which the first encrypts.
func withKeys(ids ...string) func(yaml string) string {
	variables := map[string]string{"k1": "ENCRYPTION_KEY", "k2": "ENCRYPTION_KEY_2"}
	keys := make([]string, 0, len(ids))
	for _, id := range ids {
		keys = append(keys, fmt.Sprintf(`{id: %s, key: "$${%s}"}`, id, variables[id]))
	}
	return func(yaml string) string {
		return regexp.MustCompile(`(?m)^encryption_keys: .*$`).ReplaceAllString(yaml, "encryption_keys: ["+strings.Join(keys, ", ")+"]")
	}
}

// awaitTaskFails waits until a worker could not carry out a task of the workflow.
func awaitTaskFails(w *testenv.Env, id string) {
	w.T.Helper()
	plain := w.Server.Client(w.T, w.Namespace)
	w.Eventually(testenv.Patience, func() string {
		history := plain.GetWorkflowHistory(w.T.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			event, err := history.Next()
			require.NoError(w.T, err)
			if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED {
				return ""
			}
		}
		return "no task of " + id + " failed"
	})
}

// assertNothingEndedBadly looks at all workflows of the installation.
func assertNothingEndedBadly(w *testenv.Env) {
	w.T.Helper()
	page, err := w.Temporal.ListWorkflow(w.T.Context(), &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: w.Namespace, Query: "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')",
	})
	require.NoError(w.T, err)
	for _, ended := range page.GetExecutions() {
		assert.Fail(w.T, ended.GetExecution().GetWorkflowId()+" ended: "+ended.GetStatus().String())
	}
}

// The starter was restarted with a new key in front before the worker knew it. What
// was sent meanwhile arrives once the worker has the key.
func TestNothingIsLostWhileAWorkerMissesTheNewKey(t *testing.T) {
	t.Parallel()
	w := rotating(t)
	worker := w.StartProcess()
	w.Place(1, testenv.J{"products": roseAndVase("2", "1")})
	_, first := w.AwaitSynced(1)
	w.Place(2, testenv.J{"products": roseAndVase("2", "1"), "delivery_phone": "+48 502 000 002"})
	_, second := w.AwaitSynced(2)

	w.RestartStarter(withKeys("k2", "k1"))
	reported := ask(w, testenv.APIToken, http.MethodPost, "/v1/orders/"+w.Shop+"/1/written-off", nil)
	require.Equal(t, http.StatusAccepted, reported.StatusCode, reported.text)
	w.Edit(2, testenv.J{"products": roseAndVase("5", "1")})
	shop, account := workflows.ShopID(w.Shop), workflows.AccountID("main")
	for _, id := range []string{shop, account} {
		require.NoError(t, w.Temporal.SignalWorkflow(t.Context(), id, "", workflows.SignalSettings, "another revision"))
	}
	require.NoError(t, w.Temporal.SignalWorkflow(t.Context(), shop, "", workflows.SignalWebhooks, workflows.WebhooksWanted{PublicURL: w.StarterURL}))
	for _, id := range []string{w.Key(1).WorkflowID(), w.Key(2).WorkflowID(), shop, account} {
		awaitTaskFails(w, id)
	}
	worker.Stop()

	w.StartProcess()
	w.Await(1, func(o testenv.Order) string {
		if !o.Roapp.WrittenOff {
			return "the write-off is not known"
		}
		return ""
	})
	awaitItems(w, second.ID, "A-1 x 5 at 12.5", "B-1 x 1 at 30")
	assert.Equal(t, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}, items(w.Roapp.Order(first.ID)))
	w.Roapp.SetStatus(second.ID, 102)
	w.Collect()
	w.Eventually(testenv.Patience, func() string {
		if status := w.Cartum.Status(2); status != 2 {
			return fmt.Sprintf("the shop's status is %d", status)
		}
		return ""
	})
	assert.Len(t, w.Roapp.Orders(), 2)
	assertNothingEndedBadly(w)
}

// The old key was taken away while histories need it. Everything waits for it.
func TestNothingFailsWhileTheOldKeyIsMissing(t *testing.T) {
	t.Parallel()
	w := rotating(t)
	worker := w.StartProcess()
	w.Place(1, testenv.J{"products": roseAndVase("2", "1")})
	_, first := w.AwaitSynced(1)
	worker.Stop()

	w.RestartStarter(withKeys("k2"))
	worker = w.StartProcess()
	w.Edit(1, testenv.J{"products": roseAndVase("5", "1")})
	w.Place(2, testenv.J{"delivery_phone": "+48 502 000 002"})
	for _, id := range []string{w.Key(1).WorkflowID(), workflows.ShopID(w.Shop), workflows.AccountID("main")} {
		awaitTaskFails(w, id)
	}
	worker.Stop()

	w.RestartStarter(withKeys("k2", "k1"))
	w.StartProcess()
	awaitItems(w, first.ID, "A-1 x 5 at 12.5", "B-1 x 1 at 30")
	w.AwaitSynced(2)
	assert.Len(t, w.Roapp.Orders(), 2)
	assertNothingEndedBadly(w)
}

// A worker with another identity key would read every order again and again, and
// create contacts twice. It does not start.
func TestWorkerWithAnotherIdentityKeyDoesNotStart(t *testing.T) {
	t.Parallel()
	w := rotating(t)
	w.StartProcess()
	awaitHolder(w, "")
	w.Env["IDENTITY_KEY"] = "another identity key of the tests"
	other := w.StartProcess()
	assert.Equal(t, 1, other.Ended())
	assert.Contains(t, other.Output(), engine.ErrIdentityKey.Error())
}
