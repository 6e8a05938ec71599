package pages

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

const (
	// newestEntries is how many entries of the timeline are open.
	newestEntries = 6
	// withoutWorker is how long a page waits for an order where no worker is known to
	// run.
	withoutWorker = 2 * time.Second
)

// orderPanel is the page of one order.
type orderPanel struct {
	service.Detail
	Box    holdBox
	Update updateCell
}

// fourFields are what every order shows at its top: its shop, External ID, and when it
// was created and last updated.
type fourFields struct {
	Key              order.Key
	Links            order.Links
	Created, Updated time.Time
	Closed           bool
	Away             bool // it does not answer, so it cannot be updated either
	Update           updateCell
}

// Fields are the order's four fields.
func (p orderPanel) Fields() fourFields {
	fields := fourFields{Key: p.Key, Links: p.Links, Updated: p.Compared, Closed: p.Closed != nil, Update: p.Update}
	fields.Links.ShopName = p.ShopName
	if p.Shop != nil {
		fields.Created = p.Shop.Placed
	}
	return fields
}

// Newest are the newest entries of the timeline, Older are all others.
func (p orderPanel) Newest() []order.Entry { return p.Timeline[:min(len(p.Timeline), newestEntries)] }

// Older are the entries of the timeline that are folded.
func (p orderPanel) Older() []order.Entry { return p.Timeline[min(len(p.Timeline), newestEntries):] }

// order is the panel of one order.
func (p *pages) order(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	noWorker := p.noWorker(r)
	ctx := r.Context()
	if noWorker {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(ctx, withoutWorker)
		defer done()
	}
	detail, err := orders.Detail(ctx, key)
	if service.Has(err, service.Unanswered) && p.orderAway(w, r, orders, key, noWorker) {
		return
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	panel := orderPanel{Detail: detail, Box: boxOfDetail(detail), Update: updateCell{Key: key, Next: detail.NextRefresh}}
	if detail.Refreshing {
		panel.Update.State, panel.Update.ID = service.RefreshRunning, detail.RefreshID
	}
	p.show(w, r, "order", panel)
}

// StatusNames are the names of the statuses in messages.
func (p orderPanel) StatusNames() wording.StatusNames { return p.Names }

// noWorker tells that no worker runs, by the last report.
func (p *pages) noWorker(r *http.Request) bool {
	viewer, connected := p.Overview()
	return connected && viewer.Recent(r.Context()).NoWorker()
}

// orderAway is the page of an order that no worker answers for: what the list knows of it,
// and what one can do.
type orderAway struct {
	Row      orderRow
	NoWorker bool
}

// Fields are the order's four fields.
func (o orderAway) Fields() fourFields {
	return fourFields{Key: o.Row.Key, Links: o.Row.Links, Created: o.Row.Created, Updated: o.Row.Updated, Away: true}
}

// orderAway shows what the list knows of an order; false where even that is not known.
func (p *pages) orderAway(w http.ResponseWriter, r *http.Request, orders *service.Orders, key order.Key, noWorker bool) bool {
	row, known, err := orders.Row(r.Context(), key)
	if err != nil || !known {
		return false
	}
	p.show(w, r, "away", orderAway{Row: rowOf(row, orders.Names(r.Context())), NoWorker: noWorker})
	return true
}

// Dial is a phone as a link dials it.
func (v *view) Dial(phone string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || r == '+' {
			return r
		}
		return -1
	}, phone)
}
