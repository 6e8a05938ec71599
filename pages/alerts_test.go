package pages

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// viewIn is a view of nothing in a language.
func viewIn(s *site, lang string) *view {
	p := &pages{Options: Options{Settings: settings.NewStore(s.settings), Logger: zap.NewNop()}, templates: parsedTemplates()}
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	r.Header.Set("Accept-Language", lang)
	return p.view(r, nil)
}

func TestEveryPageSaysWhatNeedsAction(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	held := anOrder("demo", 115, time.Now())
	held.Hold = &order.Hold{Reason: order.HoldNoCustomer, Since: time.Now()}
	s.temporal.put(held)
	s.knows(func(r health.Report) bool { return r.Shops["demo"].Orders["held"] == 1 })
	page := s.opens("/orders")
	assert.NotContains(t, page.Text, `class="alerts`)
	assert.Contains(t, page.Text, `<span class="count-badge">1</span>`)

	s.temporal.change(func(f *fakeTemporal) { f.deny = true })
	s.knows(func(r health.Report) bool { return r.Shops["demo"].Credentials == health.Refused })
	for _, path := range []string{"/orders", "/orders/demo/115", "/nowhere"} {
		page := s.opens(path)
		assert.Contains(t, visible(page.Text), "Cartum refuses the login of the shop Kwiaty Online.", path)
		assert.Contains(t, visible(page.Text), "RO App refuses the API key of the account main.", path)
		assert.Contains(t, page.Text, `href="/health">Show health`, path)
	}
	part := s.opens("/alerts", "HX-Current-URL", "https://x/orders", "Accept-Language", "uk")
	assert.Contains(t, visible(part.Text), "Потрібна дія")
	assert.Contains(t, part.Text, `id="held-count" hx-swap-oob="true"`)

	s.temporal.change(func(f *fakeTemporal) { f.worker = false })
	s.knows(health.Report.NoWorker)
	page = s.opens("/orders")
	assert.Contains(t, visible(page.Text), "No worker is running, so no order is synced.")
	assert.NotContains(t, visible(page.Text), "refuses", "what follows from it is not said besides")
	assert.NotContains(t, s.asks("", http.MethodGet, "/nowhere", nil).Text, "No worker", "nobody else needs to know")
}

func TestAlertsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := &pages{Options: Options{Settings: settings.NewStore(s.settings)}}
	red := health.Rounds{State: health.Red}
	finding := health.Rounds{State: health.Red, Findings: []workflows.Finding{{}}}
	found := p.alertsOf(health.Report{At: time.Now(), Shops: map[string]health.Shop{
		"demo": {Rounds: red, Orders: map[string]int64{"held": 2}}, "second": {Rounds: finding, Orders: map[string]int64{"held": 3}},
	}, Accounts: map[string]health.Account{"main": {Rounds: red}, "spare": {Rounds: health.Rounds{State: health.Off}}}})
	assert.Equal(t, int64(5), found.Held)
	assert.Equal(t, []alert{{"alert.shop-failing", "Kwiaty Online"}, {"alert.shop-findings", "Квіти онлайн"}, {"alert.account-failing", "main"}}, found.Problems)
	assert.Empty(t, p.alertsOf(health.Report{}).Problems, "nothing is known yet")
	texts := textIDs(t, languages[0])
	for _, kind := range []string{"shop", "account"} {
		for _, what := range []string{"credentials", "failing", "findings"} {
			assert.True(t, texts["alert."+kind+"-"+what])
		}
	}
}
