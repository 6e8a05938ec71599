package browser

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// A person sees on one page which orders of the last week are missing, and why. On
// another one health is understood at a glance, and read by those who cannot see it.
func TestReconciliationAndHealthAreShownInPictures(t *testing.T) {
	t.Parallel()
	w := promptEnv(t)
	w.Place(plainOrder, placedAgo(5, testenv.J{}))
	w.Place(noCustomer, placedAgo(6, testenv.J{"delivery_phone": "+48000000000"}))
	w.AwaitSynced(plainOrder)
	w.AwaitHeld(noCustomer, order.HoldNoCustomer)
	p := newPerson(w)
	p.opens("/health")
	p.logsIn(anna)
	p.awaits("something was measured", func() bool {
		p.opens("/health")
		found, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](`document.querySelectorAll("figure.picture svg path").length`))
		return err == nil && found > 0
	})
	p.sees("Orders on hold by age")
	p.sees("under an hour 1")
	p.unfolds("Figures by hour: Orders by state, Kwiaty Online")
	p.seesThat("region", "Orders by state, Kwiaty Online")
	p.canBeUsedByAll()
	p.clicks("button", "Poll now Kwiaty Online")
	p.sees("The shop is being polled.")

	p.opens("/reconciliation")
	p.sees("1 order is missing")
	p.seesThat("image", "Orders per day; the table below has the figures.")
	p.sees("on hold: no customer")
	p.sees("By currency")
	p.canBeUsedByAll()
	p.clicks("button", "Import the missing order")
	p.sees("The import of the missing orders was requested.")
}

// A person looks at what an initial import would do before it is started, follows
// it and stops it.
func TestAPersonPreviewsStartsAndStopsAnInitialImport(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{
		Checks: true, Unlimited: true, Settle: 1, SearchLag: 1, CartumSwitches: map[string]string{"orders_max_limit": "2"},
		RoappSwitches: map[string]string{"search-lag": "0s"}, Since: time.Now().Format(time.DateOnly),
	})
	for i := range 12 {
		w.Cartum.PutOrder(int64(i+1), testenv.J{"stat_created": time.Now().AddDate(0, 0, -2-3*i).Format(time.DateTime)})
	}
	p := newPerson(w)
	p.opens("/health")
	p.logsIn(anna)
	p.clicks("link", "Initial import Kwiaty Online")
	p.sees("Start with a preview.")
	p.hasNo("button", "Start the initial import")
	p.hasNo("button", "Stop the initial import")
	p.clicks("button", "Preview")
	p.seesThat("button", "Start the initial import")
	p.sees("About")
	p.canBeUsedByAll()

	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "slow", Delay: "2s", Times: -1})
	p.clicks("button", "Start the initial import") // which the box before it holds back
	p.hasNo("button", "Stop the initial import")
	p.goesTo("button", "Preview")
	p.presses(tab)
	p.presses(" ")
	p.clicks("button", "Start the initial import")
	p.sees("The initial import has started")
	p.seesThat("progressbar", "The import is running")
	p.sees("left")
	p.clicks("button", "Stop the initial import")
	p.sees("The import was stopped")
	p.hasNo("button", "Stop the initial import")
}

// A person sees which setting leads nowhere, in the own language, and proves that alerts are accepted.
func TestAPersonChecksTheSettingsAndSendsATestAlert(t *testing.T) {
	t.Parallel()
	receiver := testenv.NewReceiver(t)
	w := testenv.New(t, testenv.Options{Checks: true, Alerts: receiver.URL, Statuses: "{import: {1: 101}, export: {102: 99}}"})
	p := newPerson(w)
	p.opens("/settings")
	p.logsIn(anna)
	p.clicks("button", "Check again")
	p.sees("1 problem")
	p.sees("the shop has no status 99; use an id of this list")
	p.chooses("Language", "Polski")
	p.sees("sklep: nie ma statusu 99; użyj identyfikatora z listy")
	p.chooses("Język", "English")
	p.clicks("button", "Send a test alert")
	p.sees("test alert accepted")
	p.canBeUsedByAll()
}
