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
	"github.com/cartumsync/cartumsync/workflows"
)

// viewIn is a view of nothing in a language.
func viewIn(d *desk, lang string) *view {
	p := &pages{Options: Options{Settings: d.Settings, Logger: zap.NewNop()}, templates: parsedTemplates()}
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	r.Header.Set("Accept-Language", lang)
	return p.view(r, nil)
}

func TestEveryPageSaysWhatNeedsAction(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	held := anOrder("demo", 115, time.Now())
	held.Hold = &order.Hold{Reason: order.HoldNoCustomer, Since: time.Now()}
	d.PutOrders(held)
	d.knows(func(r health.Report) bool { return r.Shops["demo"].Orders["held"] == 1 })
	page := d.opens("/orders")
	assert.NotContains(t, page.Text, `class="alerts`)
	assert.Contains(t, page.Text, `<span class="count-badge">1</span>`)

	refused := workflows.HealthView{Since: time.Now(), Red: true, Health: workflows.Health{FailingSince: time.Now(), Kind: order.FailCredentials, Problem: "401 Unauthorized"}}
	for _, id := range []string{"shop:demo", "shop:second", "account:main"} {
		d.PutEntity(id, refused)
	}
	d.knows(func(r health.Report) bool { return r.Shops["demo"].Credentials == health.Refused })
	for _, path := range []string{"/orders", "/orders/demo/115", "/nowhere"} {
		page := d.opens(path)
		assert.Contains(t, visible(page.Text), "Cartum refuses the login of the shop Kwiaty Online.", path)
		assert.Contains(t, visible(page.Text), "RO App refuses the API key of the account main.", path)
		assert.Contains(t, page.Text, `href="/health">Show health`, path)
	}
	part := d.opens("/alerts", "HX-Current-URL", "https://x/orders", "Accept-Language", "uk")
	assert.Contains(t, visible(part.Text), "Потрібна дія")
	assert.Contains(t, part.Text, `id="held-count" hx-swap-oob="true"`)

	d.StopWorker()
	d.knows(health.Report.NoWorker)
	page = d.opens("/orders")
	assert.Contains(t, visible(page.Text), "No worker is running, so no order is synced.")
	assert.NotContains(t, visible(page.Text), "refuses", "what follows from it is not said besides")
	assert.NotContains(t, d.asks("", http.MethodGet, "/nowhere", nil).Text, "No worker", "nobody else needs to know")
}

func TestAlertsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := &pages{Options: Options{Settings: d.Settings}}
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
