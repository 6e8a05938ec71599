package browser

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// searches fills in the one field that finds everything.
func (p *person) searches(text string) {
	p.w.T.Helper()
	p.tries("search for "+text, func(ctx context.Context) error {
		_, err := on[chromedp.Void](ctx, "searchbox", "Number, customer or phone", `function(text) { this.value = text ?? ""; this.form.requestSubmit() }`, text)
		return err
	})
}

func TestAPersonSearchesByWhatTheyKnow(t *testing.T) {
	t.Parallel()
	w := promptEnv(t)
	w.Place(11, placedAgo(1, testenv.J{"delivery_name": "Zofia Kamińska", "delivery_phone": "+48 601 000 011"}))
	w.Place(12, placedAgo(24*10, testenv.J{"delivery_name": "Jan Kowalski", "delivery_phone": "+48 601 000 012"}))
	_, first := w.AwaitSynced(11)
	w.AwaitSynced(12)
	w.Cartum.PutOrder(13, testenv.J{"delivery_name": "Ewa Lis", "delivery_phone": "+48 601 000 013"})
	p := newPerson(w)
	p.opens("/orders")
	p.logsIn(anna)
	p.sees("Jan Kowalski")
	for _, text := range []string{"#11", "11", "kaminska zofia", "601 000 011", "+48601000011", first.Number} {
		p.searches(text)
		p.seesNot("Jan Kowalski")
		p.seesOnceAnswered("Zofia Kamińska", func() { p.opens(p.at()) })
		assert.NotContains(t, p.at(), "kaminska")
		assert.NotContains(t, p.at(), "601")
		p.searches("")
		p.sees("Jan Kowalski")
	}
	days := fmt.Sprintf("/orders?from=%s&to=%s", day0(12), day0(8))
	p.opens(days)
	p.sees("Jan Kowalski")
	p.seesNot("Zofia Kamińska")

	p.opens("/orders")
	p.searches("#13")
	p.clicks("button", "Import order 13 from Kwiaty Online")
	p.seesThat("heading", "Order #13 importing")
	w.AwaitSynced(13)
	p.opens("/orders")
	p.searches("lis")
	p.sees("Ewa Lis")
}

// seesOnceAnswered searches again, as the page asks for, while RO App does not answer in
// time.
func (p *person) seesOnceAnswered(text string, search func()) {
	p.w.T.Helper()
	p.awaits(fmt.Sprintf("the page says %q", text), func() bool {
		page := p.reads()
		if strings.Contains(page, "Try again in a moment") {
			search()
		}
		return strings.Contains(page, text)
	})
}

// day0 is the day so many days ago.
func day0(ago int) string { return time.Now().AddDate(0, 0, -ago).In(warsaw).Format(time.DateOnly) }
