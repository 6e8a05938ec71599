package deploy

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/metrics"
)

// shown is /metrics of a process that has something to show of everything.
func shown(t *testing.T) string {
	t.Helper()
	m, err := metrics.New()
	require.NoError(t, err)
	now := time.Now()
	m.ShowOverview(func() health.Report {
		rounds := health.Rounds{State: health.Red, LastSuccess: now}
		return health.Report{
			At: now, Answered: now, Worker: health.Red,
			Shops:    map[string]health.Shop{"kwiaty": {Rounds: rounds, OldestHold: now, Orders: map[string]int64{"held": 2}, Import: &health.Import{}}},
			Accounts: map[string]health.Account{"main": {Rounds: rounds}},
		}
	})
	m.ShowKeys([]string{"k1:5eedf00d"})
	m.UndecodableSignal("kwiaty")
	m.CartumRequest("kwiaty", "ok")
	m.RoappRequest("main", "ok")
	m.Webhook("cartum", "kwiaty", "taken")
	m.Temporal().WithTags(map[string]string{"workflow_type": "Order", "failure_reason": "NonDeterminismError"}).Counter("temporal_workflow_task_execution_failed").Inc(1)
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	return answer.Body.String()
}

// An alert on a metric that is called otherwise is silent for ever.
func TestAlertsAndDashboardAskForMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	there := shown(t)
	for _, file := range []string{"prometheus/alerts.yml", "prometheus/alerts_test.yml", "grafana/cartumsync.json"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		asked := map[string]bool{}
		for _, name := range regexp.MustCompile(`\b(cartumsync|temporal|process)_[a-z_]+`).FindAllString(string(text), -1) {
			asked[name] = true
		}
		assert.Greater(t, len(asked), 8, file)
		for name := range asked {
			assert.Regexp(t, `(?m)^`+name+`(\{.*\})? `, there, "%s asks for %s", file, name)
		}
	}
}

func TestEveryMetricIsDescribed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	names := regexp.MustCompile(`(?m)^cartumsync_[a-z_]+`).FindAllString(shown(t), -1)
	assert.Greater(t, len(names), 15)
	for _, name := range names {
		ofShop := strings.Replace(name, "_account_", "_shop_", 1) // "the same with `account`"
		assert.Regexp(t, "`("+name+"|"+ofShop+")[`{]", string(text))
	}
}

func TestDashboardIsComplete(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("grafana/cartumsync.json")
	require.NoError(t, err)
	var dashboard struct {
		UID, Title string
		Panels     []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	assert.Equal(t, "cartumsync", dashboard.UID)
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		assert.False(t, ids[panel.ID], panel.Title)
		ids[panel.ID] = true
		assert.NotEmpty(t, panel.Title)
		assert.NotEmpty(t, panel.Targets, panel.Title)
		assert.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24, panel.Title)
	}
	assert.Greater(t, len(ids), 10)
}
