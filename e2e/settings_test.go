package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/workflows"
)

// change is the settings' text changed in one place, which must be in it.
func change(t *testing.T, old, replacement string) func(string) string {
	t.Helper()
	return func(yaml string) string {
		require.Contains(t, yaml, old)
		return strings.Replace(yaml, old, replacement, 1)
	}
}

// same reads the settings again: what changed is what their variables hold.
func same(yaml string) string { return yaml }

// shopAgain adds the test environment's shop a second time, under another id and another
// name of its host.
func shopAgain(id string) func(string) string {
	return func(yaml string) string {
		from, to := strings.Index(yaml, "  demo:\n"), strings.Index(yaml, "api_tokens:")
		block := strings.ReplaceAll(strings.Replace(yaml[from:to], "demo:", id+":", 1), "127.0.0.1", "localhost")
		return yaml[:to] + block + yaml[to:]
	}
}

// of is the same installation, seen from another of its shops.
func of(w *testenv.Env, shop string) *testenv.Env {
	other := *w
	other.Shop = shop
	return &other
}

// webhook sends the event of an order of the test environment's shop.
func webhook(w *testenv.Env, number int64) (code int) {
	w.T.Helper()
	body, err := json.Marshal(w.Cartum.Order(number, nil))
	require.NoError(w.T, err)
	code, _ = w.PutWebhook(w.Shop, testenv.WebhookKey, body)
	return code
}

func TestT05_MappingIsChangedWhileTheWorkerRuns(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	status := func(number int64) int64 {
		w.Place(number, testenv.J{"stat_status": 2})
		_, made := w.AwaitSynced(number)
		return made.Status.ID
	}
	assert.EqualValues(t, 102, status(1))
	w.ReplaceSettings(change(t, "2: 102,", "2: 103,"))
	assert.EqualValues(t, 103, status(2))
}

// Wrong credentials hold the orders visibly and are asked about seldom. Right
// ones take effect at once.
func TestT05_CredentialsAreChangedWhileTheWorkerRuns(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, nil)
	w.AwaitSynced(1)

	const password = "CARTUM_PASSWORD"
	right := w.Env[password]
	w.Env[password] = "wrong-password-of-the-shop"
	w.ReplaceSettings(same)
	for number := int64(2); number < 8; number++ {
		w.Place(number, nil)
	}
	for number := int64(2); number < 8; number++ {
		w.AwaitHeld(number, order.HoldCredentials)
	}
	assert.LessOrEqual(t, w.Cartum.Requests().FailedLogins, 3)

	w.Env[password] = right
	w.ReplaceSettings(same)
	w.Place(8, nil)
	w.AwaitSynced(8)
	var goesOn *service.Error // by itself, since the settings changed
	if err := w.Orders.Decide(t.Context(), w.Key(2), order.Decision{Kind: order.DecideRetry, By: "tester"}); err != nil {
		require.ErrorAs(t, err, &goesOn)
	}
	w.AwaitSynced(2)
}

func TestT05_ShopIsAddedWhileTheWorkerRuns(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	again := of(w, "again")
	assert.Equal(t, http.StatusNotFound, webhook(again, 7))
	w.ReplaceSettings(shopAgain("again"))
	w.Cartum.PutOrder(7, nil)
	again.Webhook(7)
	again.AwaitSynced(7)
}

// A shop that is switched off is not asked for anything, and its orders say so.
func TestT06_ShopIsSwitchedOffAndOn(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.ReplaceSettings(change(t, "    account: main\n", "    account: main\n    enabled: false\n"))
	w.Cartum.PutOrder(1, nil)
	assert.Equal(t, http.StatusNotFound, webhook(w, 1))
	w.ByHand(1)
	held := w.AwaitHeld(1, order.HoldUnknownShop)
	assert.Equal(t, `The shop "demo" is switched off in the settings.`, held.Hold.Text)
	assert.Zero(t, w.Cartum.Requests().Logins)

	w.ReplaceSettings(change(t, "enabled: false", "enabled: true"))
	w.Decide(1, order.Decision{Kind: order.DecideRetry})
	w.AwaitSynced(1)
}

// The entities are notified of each revision, also those of what is gone or off:
// they rest by themselves.
func TestT06_EntitiesAreNotifiedOfTheSettings(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	all := []string{workflows.AccountID("main"), workflows.ShopID("demo"), workflows.ShopID("again")}
	var revisions []string
	told := func(entity string) string {
		got := settingsNotified(t, w, entity)
		want := revisions
		if entity == workflows.ShopID("again") {
			want = revisions[min(1, len(revisions)):] // it came with the second
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Sprintf("%s was notified of %v and not %v", entity, got, want)
		}
		return ""
	}
	revisions = append(revisions, w.Settings.Revision)
	for _, edit := range []func(string) string{
		shopAgain("again"),
		change(t, "account: main\n", "account: main\n    enabled: false\n"), // the first one
		func(yaml string) string { // take the other one away again
			from, to := strings.Index(yaml, "  again:\n"), strings.Index(yaml, "api_tokens:")
			return yaml[:from] + yaml[to:]
		},
	} {
		w.ReplaceSettings(edit)
		revisions = append(revisions, w.Settings.Revision)
		for _, entity := range all {
			w.Eventually(testenv.Patience, func() string { return told(entity) })
		}
		w.Eventually(testenv.Patience, func() string { return listed(t, w, all) })
	}
}

// listed says which entity visibility does not show yet.
func listed(t *testing.T, w *testenv.Env, ids []string) string {
	t.Helper()
	for _, id := range ids {
		found, err := w.Temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: w.Namespace, Query: fmt.Sprintf("WorkflowId = '%s' AND ExecutionStatus = 'Running'", id),
		})
		if err != nil || found.GetCount() != 1 {
			return fmt.Sprintf("%s is not shown: %v, %v", id, found, err)
		}
	}
	return ""
}

// settingsNotified are the revisions that an entity's run was notified of.
func settingsNotified(t *testing.T, w *testenv.Env, id string) []string {
	t.Helper()
	codec, err := payload.Codec(w.Settings)
	require.NoError(t, err)
	payloads := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)
	var told []string
	history := w.Temporal.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		signal := event.GetWorkflowExecutionSignaledEventAttributes()
		if signal.GetSignalName() != workflows.SignalSettings {
			continue
		}
		var revision string
		require.NoError(t, payloads.FromPayloads(signal.GetInput(), &revision))
		told = append(told, revision)
	}
	return told
}

// A worker process follows its files: a broken one changes nothing, a secret
// that stands in a file is changed, a shop is added.
func TestT05_WorkerProcessFollowsItsFiles(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true})
	password := filepath.Join(t.TempDir(), "password")
	setPassword := func(text string) { require.NoError(t, os.WriteFile(password, []byte(text+"\n"), 0o600)) }
	setPassword("sandbox")
	delete(w.Env, "CARTUM_PASSWORD")
	w.Env["CARTUM_PASSWORD_FILE"] = password
	p := w.StartProcess()
	await := func(times int, text string) {
		t.Helper()
		w.Eventually(testenv.Patience, func() string {
			if strings.Count(p.Output(), text) < times {
				return "the process does not say: " + text
			}
			return ""
		})
	}
	w.Place(1, nil)
	w.AwaitSynced(1)

	p.WriteSettings(strings.Replace(string(w.YAML), "location: 12", "location: Warszawa", 1))
	await(1, "the settings file cannot be used, so the old settings stay in force")
	assert.Contains(t, p.Output(), "shops.demo.location")
	w.Place(2, nil)
	w.AwaitSynced(2)

	p.WriteSettings(string(w.YAML))
	await(1, "the settings file can be used again")
	setPassword("wrong-password-of-the-shop")
	await(1, "other settings are in force")
	w.Place(3, nil)
	w.AwaitHeld(3, order.HoldCredentials)
	setPassword("sandbox")
	await(2, "other settings are in force")
	w.Place(4, nil)
	w.AwaitSynced(4)

	p.WriteSettings(shopAgain("again")(string(w.YAML)))
	await(3, "other settings are in force")
	w.ReplaceSettings(shopAgain("again")) // the starter's as well
	again := of(w, "again")
	again.ByHand(4)
	again.AwaitSynced(4)
	assert.LessOrEqual(t, w.Cartum.Requests().FailedLogins, 3)
	assertDiscreet(t, w, p.Output())
	p.Stop()
}

// What Temporal could not be sent is sent when it is back.
func TestT05_SettingsAreChangedWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	database := testenv.NewDatabase(t)
	w := unhurried(t, testenv.Options{Idle: true, Server: database.Server})
	p := w.StartProcess()
	w.Place(1, nil)
	w.AwaitSynced(1)
	database.Outage(func() {
		p.WriteSettings(shopAgain("again")(string(w.YAML)))
		w.Eventually(testenv.Patience, func() string {
			if !strings.Contains(p.Output(), "not everything follows the settings yet; it is tried again") {
				return "the process does not say that it tries again"
			}
			return ""
		})
	})
	w.AwaitServer()
	w.ReplaceSettings(shopAgain("again")) // the starter's as well
	w.Cartum.PutOrder(2, nil)
	again := of(w, "again")
	again.ByHand(2)
	again.AwaitSynced(2)
	w.Eventually(testenv.Patience, func() string { return listed(t, w, []string{workflows.ShopID("again")}) })
	p.Stop()
}
