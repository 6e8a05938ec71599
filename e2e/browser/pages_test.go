package browser

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// busyEnv is an installation after a shop's day.
func busyEnv(t *testing.T) *testenv.Env {
	t.Helper()
	w := promptEnv(t)
	day(w)
	return w
}

// promptEnv is an installation with [prompt] options.
func promptEnv(t *testing.T) *testenv.Env {
	t.Helper()
	return testenv.New(t, prompt())
}

// prompt are the options with which nobody waits for a service.
func prompt() testenv.Options {
	return testenv.Options{Unlimited: true, Checks: true, Settle: 1, SearchLag: 1, RoappSwitches: map[string]string{"search-lag": "0s"}}
}

// place is a page by a name for its pictures and its path, and what is unfolded on it.
type place struct{ name, path, unfolded string }

// pagesOf are the pages of a test environment after its [day].
func pagesOf(w *testenv.Env) []place {
	now := time.Now()
	days := fmt.Sprintf("?shop=%s&from=%s&to=%s", w.Shop, now.AddDate(0, 0, -2).Format(time.DateOnly), now.Format(time.DateOnly))
	return []place{
		{"settings", "/settings", ""}, // which learns the names of statuses for all
		{"reconciliation", "/reconciliation" + days, ""},
		{"orders", "/orders", ""},
		{"order-plain", orderPage(w, plainOrder), ""},
		{"order", orderPage(w, changedOrder), ""},
		{"order-held", orderPage(w, twoContacts), ""},
		{"holds", "/holds", ""},
		{"hold", "/holds", fmt.Sprint(twoContacts)},
		{"missing", "/nowhere", ""},
		{"import", "/imports/" + w.Shop, ""},
		{"health", "/health", ""},
		{"api", "/v1/docs", ""},
	}
}

// visits opens a page and waits until it is whole.
func (p *person) visits(page place) {
	p.w.T.Helper()
	p.opens(page.path)
	if page.unfolded != "" {
		p.unfolds(page.unfolded)
		p.awaits("something is unfolded", func() bool { return p.finds(".held[open] .hold") > 0 })
	}
	p.seesAll()
}

func orderPage(w *testenv.Env, number int64) string {
	return fmt.Sprintf("/orders/%s/%d", w.Shop, number)
}

// seesAll waits until the page has what it asks for after it came.
func (p *person) seesAll() {
	p.w.T.Helper()
	p.awaits("the page is whole", func() bool {
		waits, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](
			`document.querySelectorAll("[aria-busy=true]:not(details:not([open]) *), .htmx-request").length + (document.querySelector("main") ? 0 : 1)`))
		return err == nil && waits == 0
	})
}

func TestEveryPageCanBeUsedByAll(t *testing.T) {
	t.Parallel()
	w := busyEnv(t)
	p := newPerson(w)
	p.opens("/orders")
	p.logsIn(anna)
	for _, page := range pagesOf(w) {
		p.visits(page)
		p.canBeUsedByAll()
	}
	for _, language := range []struct{ from, name, says string }{{"Language", "Polski", "Zewnętrzny identyfikator"}, {"Język", "Українська", "Зовнішній ідентифікатор"}} {
		p.opens("/orders")
		p.chooses(language.from, language.name)
		p.sees(language.says)
		for _, page := range pagesOf(w) {
			p.visits(page)
			p.fits() // texts differ, marks and colors do not
		}
		p.follows(guidelines, language.name)
	}
}
