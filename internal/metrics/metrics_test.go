package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/metrics"
	"github.com/cartumsync/cartumsync/workflows"
)

func TestMetricsAreShown(t *testing.T) {
	t.Parallel()
	m, err := metrics.New()
	require.NoError(t, err)
	report := health.Report{}
	m.ShowOverview(func() health.Report { return report })
	shown := func() string {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		assert.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	assert.NotContains(t, shown(), "cartumsync_shop_red")

	m.ShowKeys([]string{"k2:0badcafe", "k1:5eedf00d"})
	m.RoappRequest("main", "throttled")
	m.CartumRequest("kwiaty", "ok")
	m.Webhook("cartum", "kwiaty", "taken")
	m.Temporal().WithTags(map[string]string{"task_queue": "orders"}).Counter("temporal_request").Inc(2)
	m.Temporal().Timer("temporal_request_latency").Record(30 * time.Millisecond)
	report = health.Report{
		At: time.Unix(1010, 0), Answered: time.Unix(1000, 0),
		Shops:    map[string]health.Shop{"kwiaty": {Rounds: health.Rounds{State: health.Green, Findings: []workflows.Finding{{Kind: workflows.FindingEnded, Number: 115}}}, Orders: map[string]int64{"held": 2}}},
		Accounts: map[string]health.Account{"main": {Rounds: health.Rounds{State: health.Red, LastSuccess: time.Unix(900, 0)}, BacklogAge: 1.5}},
	}
	text := shown()
	for _, line := range []string{
		`cartumsync_encryption_key_info{key="k2:0badcafe",use="encrypt"} 1`,
		`cartumsync_encryption_key_info{key="k1:5eedf00d",use="decrypt"} 1`,
		`cartumsync_roapp_requests_total{account="main",outcome="throttled"} 1`,
		`cartumsync_cartum_requests_total{outcome="ok",shop="kwiaty"} 1`,
		`cartumsync_webhooks_total{id="kwiaty",outcome="taken",service="cartum"} 1`,
		`temporal_request_total{task_queue="orders"} 2`,
		`temporal_request_latency_seconds_bucket{le="0.1"} 1`,
		`cartumsync_overview_timestamp_seconds 1000`,
		`cartumsync_shop_red{shop="kwiaty"} 0`,
		`cartumsync_shop_orders{shop="kwiaty",state="held"} 2`,
		`cartumsync_shop_findings{finding="ended",shop="kwiaty"} 1`,
		`cartumsync_shop_findings{finding="set-aside",shop="kwiaty"} 0`,
		`cartumsync_account_red{account="main"} 1`,
		`cartumsync_account_last_success_timestamp_seconds{account="main"} 900`,
		`cartumsync_account_backlog_age_seconds{account="main"} 1.5`,
	} {
		assert.Contains(t, text, line+"\n")
	}
	assert.NotContains(t, text, "cartumsync_shop_oldest_hold")
	assert.NotContains(t, text, "cartumsync_shop_last_success")
}
