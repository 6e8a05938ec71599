package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
)

const alertRules = "../deploy/prometheus/alerts.yml"

// breakage is how an installation is broken that works, and which alert fires then.
type breakage struct {
	// ownServer is where Temporal ends before the test does.
	ownServer bool
	// labels are the alert's, but for its severity.
	labels string
	// spoil breaks it, once.
	spoil func(m *monitored)
	// goOn is what happens again and again while it is broken; nil is nothing.
	goOn func(m *monitored, turn int)
}

var breakages = map[string]breakage{
	"CartumsyncShopRed": {
		labels: `shop="demo"`,
		spoil: func(m *monitored) {
			m.restartWorker(map[string]string{"CARTUM_PASSWORD": "wrong-password-of-the-shop"})
			require.NoError(m.w.T, m.w.Orders.Sweep(m.w.T.Context(), m.w.Shop))
		},
	},
	"CartumsyncAccountRed": {
		labels: `account="main"`,
		spoil: func(m *monitored) {
			m.restartWorker(map[string]string{"ROAPP_API_KEY": "wrong-key-of-the-account"})
			m.w.Collect()
		},
	},
	"CartumsyncNoWorker": {spoil: func(m *monitored) { m.worker.Stop() }},
	"CartumsyncTemporalSilent": {
		ownServer: true,
		spoil:     func(m *monitored) { m.w.Server.Stop() },
	},
	"CartumsyncBacklog": {
		labels: `account="main"`,
		spoil: func(m *monitored) {
			placeMany(m.w, 40)
			m.w.Eventually(testenv.Patience, func() string {
				if m.scrape().series[`cartumsync_account_backlog_age_seconds{account="main",instance="starter"}`] == 0 {
					return "no request waits"
				}
				return ""
			})
			m.worker.Kill()
		},
	},
	"CartumsyncOrdersHeld": {
		labels: `shop="demo"`,
		spoil: func(m *monitored) {
			m.w.Place(2, testenv.J{"delivery_phone": ""})
			m.w.AwaitHeld(2, order.HoldNoCustomer)
		},
	},
	"CartumsyncRoappRequestsFail": {
		labels: `account="main"`,
		spoil: func(m *monitored) {
			for _, search := range []string{"GET /v2/contacts/people", "GET /products"} {
				m.w.Roapp.Break(testenv.Fault{Match: search, Kind: "status", Status: http.StatusServiceUnavailable, Times: 1000})
			}
		},
		goOn: func(m *monitored, turn int) { m.w.Place(int64(2+turn), nil) },
	},
	"CartumsyncCartumRequestsFail": {
		labels: `shop="demo"`,
		spoil: func(m *monitored) {
			m.w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "empty", Times: -1})
		},
		goOn: func(m *monitored, turn int) { m.w.Place(int64(2+turn), nil) },
	},
	"CartumsyncWebhooksFail": {
		ownServer: true,
		labels:    `service="cartum", id="demo"`,
		spoil:     func(m *monitored) { m.w.Server.Stop() },
		goOn: func(m *monitored, _ int) {
			code, answer := m.w.PutWebhook(m.w.Shop, testenv.WebhookKey, []byte(`{"order_id": 2}`))
			require.Equal(m.w.T, http.StatusServiceUnavailable, code, answer)
		},
	},
	"CartumsyncWebhooksOfStrangers": {
		labels: `service="cartum"`,
		spoil:  func(*monitored) {},
		goOn: func(m *monitored, _ int) {
			code, answer := m.w.PutWebhook(m.w.Shop, strings.Repeat("9", 32), []byte(`{"order_id": 2}`))
			require.Equal(m.w.T, http.StatusNotFound, code, answer)
		},
	},
	"CartumsyncWorkflowTasksFail": {
		labels: `workflow_type="Order", failure_reason="WorkflowError"`,
		spoil: func(m *monitored) {
			m.w.Env["ENCRYPTION_KEY_2"] = secondKey
			m.w.RestartStarter(withKeys("k2", "k1"))
			m.w.Edit(1, testenv.J{"products": roseAndVase("5", "1")})
			awaitTaskFails(m.w, m.w.Key(1).WorkflowID())
		},
	},
}

// Each alert is quiet while an installation works, and fires once it is broken, by the
// metrics that its processes really show. Prometheus gets them as if what is seen
// over some seconds went on for two hours.
func TestEachAlertFiresOnceItsCauseIsThere(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile(alertRules)
	require.NoError(t, err)
	declared := regexp.MustCompile(`(?m)^ *- alert: (\w+)$`).FindAllStringSubmatch(string(rules), -1)
	assert.Len(t, declared, len(breakages))
	for _, match := range declared {
		alert := match[1]
		broken, known := breakages[alert]
		if !assert.True(t, known, "nothing is broken for %s", alert) {
			continue
		}
		t.Run(alert, func(t *testing.T) {
			t.Parallel()
			m := monitor(t, broken.ownServer, rules)
			m.await(nil, query{`ALERTS{alertstate="firing"}`, nil})
			broken.spoil(m)
			m.await(broken.goOn, query{
				fmt.Sprintf(`sum without (severity, alertstate) (ALERTS{alertstate="firing", alertname=%q})`, alert),
				[]sample{{fmt.Sprintf("{alertname=%q, %s}", alert, broken.labels), 1}},
			})
		})
	}
}

// monitored is an installation whose processes Prometheus scrapes.
type monitored struct {
	w         *testenv.Env
	worker    *testenv.Process
	workerURL string
	rules     string
	test      string         // file of promtool's test
	asked     *regexp.Regexp // the lines that the rules ask for
}

func monitor(t *testing.T, ownServer bool, rules []byte) *monitored {
	t.Helper()
	o := testenv.Options{Idle: true, RoappSwitches: noLag}
	if ownServer {
		o.Server = enginetest.StartWithFile(t, filepath.Join(t.TempDir(), "temporal.db"), 0)
	}
	path, err := filepath.Abs(alertRules)
	require.NoError(t, err)
	names := regexp.MustCompile(`\b(?:cartumsync|temporal)_[a-z_]+`).FindAllString(string(rules), -1)
	m := &monitored{w: testenv.New(t, o), rules: path, test: filepath.Join(t.TempDir(), "test.json")}
	m.asked = regexp.MustCompile(`^(` + strings.Join(names, "|") + `)(?:\{(.*)\})? (\S+)$`)
	m.startWorker()
	m.w.Place(1, nil)
	m.w.AwaitSynced(1)
	m.w.Sweep()
	m.w.Collect()
	return m
}

// restartWorker replaces the worker by one with other values of the settings' variables.
func (m *monitored) restartWorker(env map[string]string) {
	m.w.T.Helper()
	m.w.Reconfigured(env)
	m.worker.Stop()
	m.startWorker()
}

func (m *monitored) startWorker() {
	m.w.T.Helper()
	m.worker = m.w.StartProcess()
	m.workerURL = workerURL(m.w, m.worker)
}

// query is what Prometheus is asked, and what it should answer.
type query struct {
	text string
	want []sample
}

type sample struct {
	Labels string  `json:"labels"`
	Value  float64 `json:"value"`
}

// scrapeEvery is the pause between two scrapes: promtool takes a while on a small machine.
const scrapeEvery = time.Second

// await waits until the metrics, were they to go on as they do, have the query answered
// as it should be. Temporal lists a worker that has ended for more than a minute.
func (m *monitored) await(goOn func(m *monitored, turn int), q query) {
	m.w.T.Helper()
	first, last, turn, answer := m.scrape(), time.Time{}, 0, ""
	defer func() {
		if m.w.T.Failed() {
			m.w.T.Logf("promtool: %s", answer)
		}
	}()
	m.w.Eventually(2*testenv.Patience, func() string {
		if time.Since(last) >= scrapeEvery {
			if goOn != nil {
				goOn(m, turn)
			}
			answer = m.evaluate(continued(first, m.scrape()), q)
			last, turn = time.Now(), turn+1
		}
		if answer != "" {
			return "Prometheus does not answer " + q.text + " as it should"
		}
		return ""
	})
}

// scrape is what starter and worker show at a moment, by series.
type scrape struct {
	at     time.Time
	series map[string]float64
}

func (m *monitored) scrape() scrape {
	m.w.T.Helper()
	ask(m.w, testenv.ViewerToken, http.MethodGet, "/v1/health", nil) // has the health read again
	s := scrape{time.Now(), map[string]float64{}}
	s.add(m, "starter", ask(m.w, testenv.ViewerToken, http.MethodGet, "/metrics", nil).text)
	if !m.worker.Exited() {
		s.add(m, "worker", read(m.w.T, m.workerURL+"/metrics"))
	}
	return s
}

func (s *scrape) add(m *monitored, instance, shown string) {
	for line := range strings.Lines(shown) {
		match := m.asked.FindStringSubmatch(strings.TrimSpace(line))
		if match == nil {
			continue
		}
		value, err := strconv.ParseFloat(match[3], 64)
		require.NoError(m.w.T, err, line)
		labels := strings.TrimPrefix(match[2]+fmt.Sprintf(",instance=%q", instance), ",")
		s.series[match[1]+"{"+labels+"}"] = value
	}
}

const (
	// scraped is how many minutes the series go on, and evaluated the one that is looked at.
	scraped   = 120
	evaluated = 110
)

// series is one of a test of promtool.
type series struct {
	Series string `json:"series"`
	Values string `json:"values"`
}

// continued gives each series of the second scrape as it goes on from there: counts and
// ages rise as they did since the first scrape, a point in time stands still or moves, as
// it did, and all else stays. Time begins at zero there.
func continued(first, second scrape) (all []series) {
	minutes := second.at.Sub(first.at).Minutes()
	for name, value := range second.series {
		was, known := first.series[name]
		each := 0.0
		switch metric, _, _ := strings.Cut(name, "{"); {
		case strings.HasSuffix(metric, "_total"), strings.HasSuffix(metric, "_age_seconds"):
			each = (value - was) / minutes
		case strings.HasSuffix(metric, "_timestamp_seconds"):
			if known && value != was {
				each = 60
			}
			value -= float64(second.at.UnixMilli()) / 1000
		}
		all = append(all, series{name, fmt.Sprintf("%f%+fx%d", value, each, scraped)})
	}
	return all
}

// evaluate has Prometheus answer the query, and gives "" or its text where it answers otherwise.
func (m *monitored) evaluate(input []series, q query) string {
	m.w.T.Helper()
	type object = map[string]any
	test, err := json.Marshal(object{
		"rule_files": []string{m.rules}, "evaluation_interval": "1m",
		"tests": []object{{
			"interval": "1m", "input_series": input,
			"promql_expr_test": []object{{"expr": q.text, "eval_time": fmt.Sprintf("%dm", evaluated), "exp_samples": q.want}},
		}},
	})
	require.NoError(m.w.T, err)
	require.NoError(m.w.T, os.WriteFile(m.test, test, 0o600))
	output, err := exec.CommandContext(m.w.T.Context(), "promtool", "test", "rules", m.test).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%v: %s", err, output)
	}
	return ""
}
