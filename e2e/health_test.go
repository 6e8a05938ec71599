package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// awaitTaken waits for so many alerts of a kind.
func awaitTaken(w *testenv.Env, r *testenv.Receiver, kind workflows.AlertKind, count int) []workflows.Alert {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		if taken := r.Taken(kind); len(taken) < count {
			return fmt.Sprintf("%d of %d alerts %q; posts: %+v", len(taken), count, kind, r.Posts())
		}
		return ""
	})
	return r.Taken(kind)
}

// assertAlertsDiscreet says that alerts name neither the buyer nor a secret.
func assertAlertsDiscreet(t *testing.T, w *testenv.Env, r *testenv.Receiver) {
	t.Helper()
	for _, post := range r.Posts() {
		assertDiscreet(t, w, post.Body)
		assert.Equal(t, post.Alert.ID, post.Key)
	}
}

// Credentials that are refused are reported at once and once, however often they
// are refused, and so is their being accepted again.
func TestF50_RefusedCredentialsAreReportedOnceAndGreenOnce(t *testing.T) {
	t.Parallel()
	receiver, log := testenv.NewReceiver(t), new(diary)
	w := unhurried(t, testenv.Options{Idle: true, Alerts: receiver.URL, Logger: log.logger()})
	right := w.Env["ROAPP_API_KEY"]
	w.Reconfigured(map[string]string{"ROAPP_API_KEY": "wrong-key-of-the-account"})
	worker := w.StartWorker()
	receiver.Fail(1)
	w.Collect()
	red := awaitTaken(w, receiver, workflows.AlertRed, 1)[0]
	assert.Equal(t, "main", red.Account)
	assert.Contains(t, red.Problem, "Credentials")
	assert.WithinDuration(t, time.Now(), red.At, testenv.Patience)
	for range 3 {
		w.Collect()
	}
	report, err := health.New(w.Temporal, index.New(w.Temporal), w.Namespace, settings.NewStore(w.Settings)).Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, health.Red, report.Accounts["main"].State)

	worker.Stop()
	w.Reconfigured(map[string]string{"ROAPP_API_KEY": right})
	w.StartWorker()
	w.Collect()
	awaitTaken(w, receiver, workflows.AlertGreen, 1)
	report, err = health.New(w.Temporal, index.New(w.Temporal), w.Namespace, settings.NewStore(w.Settings)).Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, health.Green, report.Accounts["main"].State)
	assert.Empty(t, report.Accounts["main"].Problem)

	posts := receiver.Posts()
	require.Len(t, posts, 3, "a red that failed, its repetition, a green: %+v", posts)
	assert.Equal(t, posts[0].Body, posts[1].Body, "a retry is the same alert")
	assertAlertsDiscreet(t, w, receiver)
	assertDiscreet(t, w, log.String())
}

// startShop starts the shop's entity.
func startShop(t *testing.T, w *testenv.Env) {
	t.Helper()
	id := workflows.ShopID(w.Shop)
	_, err := w.Temporal.SignalWithStartWorkflow(t.Context(), id, workflows.SignalPoll, nil,
		client.StartWorkflowOptions{ID: id, TaskQueue: engine.OrdersQueue}, workflows.ShopWorkflow, workflows.ShopState{Shop: w.Shop})
	require.NoError(t, err)
}

// Orders that are held for long are reported once each, by number and reason
// alone, also to a receiver that fails first and then answers late.
func TestR30_OverdueHoldIsReportedOnce(t *testing.T) {
	t.Parallel()
	receiver, log := testenv.NewReceiver(t), new(diary)
	w := unhurried(t, testenv.Options{Alerts: receiver.URL, HeldAfter: time.Second, Logger: log.logger()})
	receiver.Fail(1)
	receiver.Slow(2 * time.Second)
	w.Place(1, testenv.J{"delivery_phone": ""})
	w.Place(2, testenv.J{"currency": "EUR"})
	w.AwaitHeld(1, order.HoldNoCustomer)
	since := w.AwaitHeld(2, order.HoldCurrency).Hold.Since
	startShop(t, w)
	told := map[int64]workflows.HeldOrder{}
	tell := func(orders int) {
		t.Helper()
		w.Eventually(testenv.Patience, func() string {
			clear(told)
			for _, alert := range receiver.Taken(workflows.AlertHeld) {
				for _, held := range alert.Orders {
					told[held.Number] = held
				}
			}
			if len(told) < orders {
				return fmt.Sprintf("no alert: %+v", receiver.Posts())
			}
			return ""
		})
	}
	tell(2)
	assert.Equal(t, order.HoldNoCustomer, told[1].Reason)
	assert.Equal(t, order.HoldCurrency, told[2].Reason)
	assert.WithinDuration(t, since, told[2].Since, time.Millisecond)

	// One that is released is reported no more; one that is held later is reported
	// alone.
	w.Place(2, nil)
	w.AwaitSynced(2)
	w.Place(3, testenv.J{"delivery_phone": ""})
	w.AwaitHeld(3, order.HoldNoCustomer)
	tell(3)
	count := map[int64]int{}
	for _, alert := range receiver.Taken(workflows.AlertHeld) {
		assert.Equal(t, w.Shop, alert.Shop)
		assert.Len(t, alert.Orders, alert.Count)
		for _, held := range alert.Orders {
			count[held.Number]++
		}
	}
	assert.Equal(t, map[int64]int{1: 1, 2: 1, 3: 1}, count)
	assertAlertsDiscreet(t, w, receiver)
	assertDiscreet(t, w, log.String())
}

// Without a worker nothing goes on, and nothing is reported healthy.
func TestF50_NoWorkerIsRed(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true})
	startShop(t, w)
	viewer := health.New(w.Temporal, index.New(w.Temporal), w.Namespace, settings.NewStore(w.Settings))
	report, err := viewer.Read(t.Context())
	require.NoError(t, err)
	assert.True(t, report.Red())
	assert.True(t, report.NoWorker())
	assert.Equal(t, health.Red, report.Shops[w.Shop].State)
	assert.Contains(t, report.Shops[w.Shop].Problem, "is a worker running?")
	awaitMetric(w, "cartumsync_worker_red 1")

	w.StartWorker()
	w.Eventually(testenv.Patience, func() string {
		report, err = viewer.Read(t.Context())
		require.NoError(t, err)
		if report.Red() {
			return fmt.Sprintf("red: %+v", report)
		}
		return ""
	})
	assert.Equal(t, health.Green, report.Worker)
	assert.False(t, report.NoWorker())
	awaitMetric(w, "cartumsync_worker_red 0")
}

// awaitMetric waits until the starter shows a line to Prometheus.
func awaitMetric(w *testenv.Env, line string) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		read(w.T, w.StarterURL+"/readyz") // has the health read again
		if shown := ask(w, testenv.ViewerToken, http.MethodGet, "/metrics", nil).text; !strings.Contains(shown, line+"\n") {
			return "the metrics lack " + line + "\n" + shown
		}
		return ""
	})
}

// workerURL is where a worker process shows its health and metrics.
func workerURL(w *testenv.Env, process *testenv.Process) (url string) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		match := listening.FindStringSubmatch(process.Output())
		if match == nil {
			return "the worker does not listen"
		}
		url = "http://" + match[1]
		return ""
	})
	return url
}

var listening = regexp.MustCompile(`"msg":"listening","address":"([^"]+)"`)

// What a worker shows to Prometheus and to people.
func TestF50_WorkerShowsTheHealthOfAll(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true})
	address := workerURL(w, w.StartProcess())
	w.Place(1, nil)
	w.AwaitSynced(1)
	w.Place(2, testenv.J{"delivery_phone": ""})
	w.AwaitHeld(2, order.HoldNoCustomer)
	startShop(t, w)
	w.Collect()
	want := []string{
		`cartumsync_shop_red{shop="demo"} 0`,
		`cartumsync_shop_orders{shop="demo",state="synced"} 1`,
		`cartumsync_shop_orders{shop="demo",state="held"} 1`,
		`cartumsync_shop_orders{shop="demo",state="closed"} 0`,
		`cartumsync_shop_oldest_hold_timestamp_seconds{shop="demo"} `,
		`cartumsync_account_last_success_timestamp_seconds{account="main"} `,
		`cartumsync_account_red{account="main"} 0`,
		`cartumsync_account_backlog{account="main"} `,
		`cartumsync_account_backlog_age_seconds{account="main"} `,
		`cartumsync_roapp_requests_total{account="main",outcome="ok"} `,
		`cartumsync_cartum_requests_total{outcome="ok",shop="demo"} `,
		`cartumsync_overview_timestamp_seconds `,
		`temporal_workflow_task_execution_latency_seconds_bucket`,
		`temporal_request_total{`,
	}
	w.Eventually(testenv.Patience, func() string {
		shown := read(t, address+"/metrics")
		for _, line := range want {
			if !strings.Contains(shown, line) {
				return "the metrics lack " + line + "\n" + shown
			}
		}
		assertDiscreet(t, w, shown)
		return ""
	})
	var body struct {
		Ready  bool
		Health struct {
			Shops    map[string]health.Shop
			Accounts map[string]health.Account
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, address+"/readyz")), &body))
	assert.True(t, body.Ready)
	assert.Equal(t, int64(1), body.Health.Shops["demo"].Orders["held"])
	assert.False(t, body.Health.Shops["demo"].OldestHold.IsZero())
	assert.Equal(t, health.Green, body.Health.Accounts["main"].State)
}

func read(t testing.TB, url string) string {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text)
}
