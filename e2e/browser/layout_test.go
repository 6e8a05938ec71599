package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// longOrder has twelve lines.
const longOrder = 1030

// measures evaluates a number.
func (p *person) measures(expression string) int {
	p.w.T.Helper()
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](expression))
	p.must(err)
	return found
}

// A page fits its window, and its times are in the zone that a person chooses.
func TestOrdersFitTheirWindowsAndAreInTheChosenZone(t *testing.T) {
	t.Parallel()
	w := busyEnv(t)
	var lines []testenv.J
	for i := range 12 {
		lines = append(lines, testenv.Line(fmt.Sprintf("KWIAT-%d", 100+i), fmt.Sprintf("Róża czerwona, bukiet %d", i), fmt.Sprintf("%d.50", 1000+i), "3"))
	}
	w.Place(longOrder, placedAgo(1, testenv.J{"delivery_name": "Anna Długa", "delivery_phone": "+48 601 222 333", "products": lines}))
	w.AwaitSynced(longOrder)
	p := newPerson(w)
	p.opens("/orders")
	p.logsIn(anna)
	p.view(size{"small", 1280, 720})
	p.opens("/orders")
	p.sees("Anna Długa")
	p.seesAll()
	whole := p.measures(`[...document.querySelectorAll("table.orders tbody tr")].filter(r => r.getBoundingClientRect().bottom <= innerHeight).length`)
	assert.GreaterOrEqual(t, whole, 14, "rows in 1280 x 720")
	assert.Zero(t, p.overflow())
	p.view(size{"low", 1280, 400}) // in which the page is long enough to be scrolled
	p.does(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 300)`))
	assert.Zero(t, p.measures(`Math.round(document.getElementById("bulk-update").getBoundingClientRect().top)`), "the bar stays at the top")
	assert.GreaterOrEqual(t, p.measures(`Math.round(document.querySelector("table.orders thead th").getBoundingClientRect().top)`), 0, "the heading stays below it")

	p.view(narrow)
	p.opens("/orders")
	p.seesAll()
	assert.Zero(t, p.overflow())
	p.opens(orderPage(w, longOrder))
	p.seesThat("heading", "Order #1030 synced")
	assert.Zero(t, p.overflow())
	assert.LessOrEqual(t, p.measures(`document.documentElement.scrollHeight`), 2500, "twelve lines on a phone")
	cut := p.measures(`[...document.querySelectorAll("td.number, dd")].filter(e => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth).length`)
	assert.Zero(t, cut, "no price is cut off")

	_, err := chromedp.Call(p.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"})
	p.must(err)
	p.view(wide)
	p.opens("/orders")
	p.chooses("Time zone of all times on the page", "Asia/Tokyo (this browser)")
	p.sees("Created Tokyo")
	p.opens(orderPage(w, longOrder))
	p.sees("JST")
}

func TestPagesExplainAMissingWorker(t *testing.T) {
	t.Parallel()
	o := prompt()
	o.Idle = true
	w := testenv.New(t, o)
	w.Place(7, nil) // starts the order, which waits
	p := newPerson(w)
	p.opens("/orders")
	p.logsIn(anna)
	p.awaits("the bar says that there is no worker", func() bool {
		p.opens("/orders")
		return p.counts("No worker is running, so no order is synced.") == 1
	})
	p.sees("#7") // lists need none
	p.canBeUsedByAll()
	p.opens(orderPage(w, 7))
	p.seesThat("heading", "No worker is running")
	p.sees("The order is safe")
	p.canBeUsedByAll()
	p.clicks("link", "Show health")
	p.awaits("the page of health is there", func() bool { return p.at() == "/health" })
}
