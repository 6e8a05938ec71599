package pages

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// dayOfSamples is a day of which the middle was not measured.
func dayOfSamples(now time.Time) (samples []health.Sample) {
	newest := now.Truncate(health.HistoryStep)
	for i := range health.HistorySamples {
		if i > 100 && i < 130 {
			continue
		}
		samples = append(samples, health.Sample{
			At:       newest.Add(time.Duration(i-health.HistorySamples+1) * health.HistoryStep),
			Accounts: map[string]health.AccountSample{"main": {PerSecond: 3 * float64(i%60) / 60, Backlog: int64(i % 40)}},
			Shops: map[string]health.ShopSample{"demo": {
				Orders:   map[order.SyncState]int64{order.SyncImporting: int64(i % 7), order.SyncHeld: int64(2 + i/60), order.SyncFailed: int64(i / 200), order.SyncSynced: 1200},
				HoldAges: [health.Ages]int64{1, int64(i / 60), 1, 0},
			}},
		})
	}
	return samples
}

func TestHealthShowsFiguresAsPictures(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := &pages{Options: Options{Settings: d.Settings}}
	now := time.Now()
	page := p.historyOf(dayOfSamples(now), now)
	byID := map[string]picture{}
	for _, one := range page.Pictures {
		byID[one.ID] = one
	}
	require.Len(t, byID, 6, "two of each account and each shop")
	rate := byID["rate-main"]
	require.NotNil(t, rate.Limit, "the limit is a line")
	assert.Equal(t, "3.0", rate.Highest, "the picture is as high as the limit")
	assert.InDelta(t, 0, *rate.Limit, 0.01)
	states := byID["orders-demo"].Keys
	require.Len(t, states, 5)
	assert.Equal(t, "6", states[1].Now, "%+v", states)
	rows := byID["orders-demo"].Rows
	assert.LessOrEqual(t, len(rows), 25, "one row an hour")
	assert.True(t, rows[0].At.After(rows[1].At), "newest first")

	empty := p.historyOf(nil, now)
	assert.True(t, empty.Since.IsZero())
}

// What was not measured is a gap, and equal values are one stretch.
func TestAreasHaveGapsWhereNothingWasMeasured(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(health.HistoryStep)
	at := func(steps int) health.Sample {
		return health.Sample{At: now.Add(-time.Duration(steps) * health.HistoryStep)}
	}
	constant := series{"held", "x", func(health.Sample) (float64, bool) { return 2, true }}
	base := map[time.Time]float64{}
	path := drawArea([]health.Sample{at(5), at(4), at(1), at(0)}, now, constant, base, 10)
	assert.Equal(t, "M282 100V80H284V100ZM286 100V80H288V100Z", path)
	assert.Equal(t, "M282 80V60H284V80ZM286 80V60H288V80Z", drawArea([]health.Sample{at(5), at(4), at(1), at(0)}, now, constant, base, 10), "the next one is on top of it")
	assert.Empty(t, drawArea([]health.Sample{at(health.HistorySamples)}, now, constant, base, 10), "older than the picture")
}

func TestHealthPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Queue(engine.RoappQueue("main"), &workflowservice.DescribeTaskQueueResponse{Stats: &taskqueuepb.TaskQueueStats{ApproximateBacklogCount: 4}})
	held := order.NewState(order.Key{Shop: "demo", Number: 7}, order.OriginWebhook, time.Now())
	held.Hold = &order.Hold{Reason: order.HoldNoCustomer, Since: time.Now().Add(-30 * time.Hour)}
	d.PutOrders(held)
	d.knows(func(r health.Report) bool {
		return r.Shops["demo"].Orders["held"] == 1 && r.Accounts["main"].Backlog == 4
	})
	for _, lang := range []string{"en", "pl", "uk"} {
		page := d.opens("/health", "Accept-Language", lang)
		require.Equal(t, http.StatusOK, page.Code, page.Text)
		assert.Contains(t, page.Text, `<svg viewBox="0 0 288 100"`)
		assert.Contains(t, page.Text, `href="/imports/demo"`)
	}
	page := d.opens("/health").Text
	for _, text := range []string{"Poll now", "under a week 1", "on hold 1", "Requests waiting 4", "0.0 of 3"} {
		assert.Contains(t, page, text)
	}
	assert.NotContains(t, d.sees("/health").Text, "Poll now")
	assert.Contains(t, d.opens("/health/now").Text, "<table")
	assert.Contains(t, d.opens("/health/history").Text, "<svg")

	for path, id := range map[string]string{"/health/shops/demo/sweep": "shop:demo", "/health/accounts/main/collect": "account:main"} {
		done := d.sends(path, url.Values{})
		require.Equal(t, http.StatusSeeOther, done.Code)
		assert.Contains(t, d.opens(done.Header().Get("Location")).Text, "is being polled.")
		assert.True(t, d.signaled(id, workflows.SignalPoll), id)
	}
	assert.Equal(t, http.StatusNotFound, d.sends("/health/shops/demo/other", url.Values{}).Code)
	assert.Equal(t, http.StatusNotFound, d.sends("/health/shops/nowhere/sweep", url.Values{}).Code)
	assert.Equal(t, http.StatusNotFound, d.sends("/health/accounts/nowhere/collect", url.Values{}).Code)
}

func TestDurationsAreWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := &pages{Options: Options{Settings: d.Settings}}
	for _, c := range []struct {
		lang string
		span any
		want string
	}{
		{"en", "24h0m0s", "1 day"},
		{"en", "15m0s", "15 min"},
		{"en", "1h30m", "1 h 30 min"},
		{"en", 90 * time.Second, "1 min 30 s"},
		{"en", "250ms", "250 ms"},
		{"en", time.Duration(0), "0 s"},
		{"en", 49*time.Hour + 5*time.Minute, "2 days 1 h"},
		{"en", 24*time.Hour + time.Minute, "1 day"},
		{"pl", "48h", "2 dni"},
		{"uk", "120h", "5 днів"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Accept-Language", c.lang)
		text, err := p.view(r, nil).Duration(c.span)
		require.NoError(t, err)
		assert.Equal(t, c.want, text)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	require.NoError(t, err)
	for _, wrong := range []any{"soon", 5} {
		_, err := p.view(r, nil).Duration(wrong)
		assert.Error(t, err)
	}
}

// imports puts an initial import and a rehearsal of a shop into Temporal.
func (d *desk) imports(running *workflows.InitialImport, rehearsed *workflows.RehearsalView, runs bool) {
	d.Put(enginetest.Run{ID: "shop:demo", Queries: map[string]any{
		workflows.QueryShop: workflows.ShopView{Import: running}, workflows.QueryHealth: servicetest.Healthy(),
	}})
	if rehearsed == nil {
		return
	}
	d.Put(enginetest.Run{ID: "rehearsal:demo", Queries: map[string]any{workflows.QueryRehearsal: *rehearsed}})
	if !runs {
		d.Complete("rehearsal:demo", rehearsed.Rehearsed, nil)
	}
}

func TestInitialImportIsPreviewedConfirmedAndStopped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.imports(nil, nil, false)
	first := d.opens("/imports/demo")
	require.Equal(t, http.StatusOK, first.Code, first.Text)
	assert.Contains(t, first.Text, "Start with a preview")
	assert.NotContains(t, first.Text, "/imports/demo/stop", "nothing runs")
	assert.NotContains(t, first.Text, "/imports/demo/start", "nobody has seen what it would do")

	days := url.Values{"from": {"2026-09-01"}, "to": {"2026-09-10"}}
	place := d.sends("/imports/demo/preview", days).Header().Get("Location")
	assert.Equal(t, "/imports/demo?from=2026-09-01&to=2026-09-10", place, "the preview can be reloaded")
	assert.True(t, d.runs("rehearsal:demo"))

	view := workflows.RehearsalView{From: "2026-09-01", To: "2026-09-10", Days: 4, AllDays: 10, Rehearsed: workflows.Rehearsed{
		ImportCounts: workflows.ImportCounts{Seen: 40, Known: 3}, Imports: 30, Links: 2, Holds: map[order.HoldReason]int{order.HoldNoCustomer: 5}, NewContacts: 28,
		Requests: 400, Time: 133 * time.Second, PerSecond: 3,
	}}
	d.imports(nil, &view, true)
	running := d.opens(place).Text
	assert.Contains(t, running, `<progress value="4" max="10"`)
	assert.Contains(t, running, `hx-get="/imports/demo/now?from=2026-09-01&amp;to=2026-09-10"`)
	assert.Contains(t, running, "/imports/demo/preview/stop")
	assert.NotContains(t, running, "/imports/demo/start")
	assert.Contains(t, d.opens("/imports/demo").Text, `value="2026-09-01"`, "the days of a running preview are shown without being named")

	d.imports(nil, &view, false)
	for _, lang := range []string{"en", "pl", "uk"} {
		assert.Equal(t, http.StatusOK, d.opens(place, "Accept-Language", lang).Code)
	}
	done := d.opens(place).Text
	for _, text := range []string{"would be on hold: no customer", "About 400 requests", "3 min at 3 requests a second", "/imports/demo/start"} {
		assert.Contains(t, done, text)
	}
	assert.NotContains(t, d.opens("/imports/demo?from=2026-09-02&to=2026-09-10").Text, "/imports/demo/start", "of these days nobody has seen a preview")
	assert.NotContains(t, d.sees(place).Text, "<form method=\"post\" action=\"/imports")

	started := d.sends("/imports/demo/start", days).Header().Get("Location")
	assert.True(t, d.signaled("shop:demo", workflows.SignalInitialImport))
	assert.Contains(t, d.opens(started).Text, "has started")

	now := time.Now()
	end := time.Date(2026, 9, 10, 23, 59, 59, 0, time.UTC)
	d.imports(&workflows.InitialImport{
		InitialImportWanted: workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-10"}, StartedAt: now.Add(-time.Hour),
		PaceSince: now.Add(-59*time.Minute - 10*time.Second), PaceFrom: end, Before: end.AddDate(0, 0, -5), ImportCounts: workflows.ImportCounts{Started: 20},
	}, &view, false)
	imports := d.opens("/imports/demo").Text
	for _, text := range []string{`<progress value="5" max="10"`, "about 1 h left", "/imports/demo/stop"} {
		assert.Contains(t, imports, text)
	}
	assert.Contains(t, d.opens("/imports/demo/now").Text, `<progress value="5"`)
	assert.NotContains(t, imports, "/imports/demo/start", "one runs already")
	assert.Equal(t, http.StatusConflict, d.sends("/imports/demo/start", url.Values{"from": {"2026-09-02"}, "to": {"2026-09-10"}}).Code)
	stopped := d.sends("/imports/demo/stop", days).Header().Get("Location")
	assert.True(t, d.signaled("shop:demo", workflows.SignalStopInitialImport))
	assert.Contains(t, d.opens(stopped).Text, "The initial import stops")
	d.imports(nil, &view, true)
	d.sends("/imports/demo/preview/stop", days)
	assert.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, d.Newest("rehearsal:demo").Status)
	assert.Contains(t, d.opens(place).Text, "The preview ended before it was done.")
}

// Wrong days stay on the page, at their fields, and start nothing.
func TestInitialImportRefusesDaysAtTheirFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.imports(nil, nil, false)
	for _, action := range []string{"preview", "start"} {
		sent := d.sends("/imports/demo/"+action, url.Values{"from": {"2026-09-10"}, "to": {"2026-09-01"}})
		require.Equal(t, http.StatusSeeOther, sent.Code)
		page := d.opens(sent.Header().Get("Location"))
		assert.Equal(t, http.StatusUnprocessableEntity, page.Code)
		assert.Contains(t, page.Text, `aria-describedby="days-problem"`)
		assert.Contains(t, page.Text, `value="2026-09-10"`, "what was written stays there")
	}
	assert.False(t, d.runs("rehearsal:demo"))
	assert.False(t, d.signaled("shop:demo", workflows.SignalInitialImport))
	assert.Equal(t, http.StatusNotFound, d.opens("/imports/nowhere").Code)
	assert.Equal(t, http.StatusForbidden, d.asks(servicetest.ViewToken, http.MethodPost, "/imports/demo/start", url.Values{}).Code)
}
