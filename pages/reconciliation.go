package pages

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/workflows"
)

// reconciliationPage compares the days of a shop.
type reconciliationPage struct {
	Shops []shopName
	workflows.ReconcileInput
	// Asked is set where a comparison was asked for; then one of Running, Problem
	// and Found is.
	Asked   bool
	Running bool
	Problem string // why, as the service or the engine put it
	Found   *service.Reconciliation
	// Missing are those that the page lists, of all.
	Missing []missingRow
	// Moves is set while missing orders are on their way.
	Moves bool
	Said  bool // missing orders were asked for
}

type shopName struct{ ID, Name string }

type missingRow struct {
	Day string
	service.Missing
}

const (
	// missingShown bounds the list of missing orders.
	missingShown = 500
	// usualDays is how many days are compared where nobody says otherwise.
	usualDays = 7
)

// Query names the comparison in an address.
func (c reconciliationPage) Query() string {
	return url.Values{"shop": {c.Shop}, "from": {c.From}, "to": {c.To}}.Encode()
}

func (p *pages) reconciliationData(ctx context.Context, r *http.Request, orders *service.Orders) (reconciliationPage, error) {
	set, query := p.Settings.Current(), r.URL.Query()
	data := reconciliationPage{
		ReconcileInput: workflows.ReconcileInput{Shop: query.Get("shop"), From: query.Get("from"), To: query.Get("to")},
		Asked:          query.Get("shop") != "", Said: query.Get("said") != "",
	}
	for _, id := range slices.Sorted(maps.Keys(set.Shops)) {
		if set.InForce(id) {
			data.Shops = append(data.Shops, shopName{id, set.Shops[id].Name})
		}
	}
	if !data.Asked {
		if len(data.Shops) > 0 {
			today := time.Now().In(set.Shops[data.Shops[0].ID].Since.Location())
			data.From, data.To = today.AddDate(0, 0, 1-usualDays).Format(time.DateOnly), today.Format(time.DateOnly)
		}
		return data, nil
	}
	found, err := orders.Reconciliation(ctx, data.ReconcileInput, query.Get("fresh") != "")
	switch {
	case service.Has(err, service.StillReading):
		data.Running = true
	case service.Has(err, service.NotRead):
		data.Problem = service.As(err).Text
	case err != nil:
		return data, err
	default:
		data.Found = &found
		data.list()
	}
	return data, nil
}

// list takes the missing orders over into rows.
func (c *reconciliationPage) list() {
	for _, day := range c.Found.Days {
		for _, missing := range day.Missing {
			c.Moves = c.Moves || missing.Reason == service.MissingImporting
			if len(c.Missing) < missingShown {
				c.Missing = append(c.Missing, missingRow{day.Day, missing})
			}
		}
	}
}

func (p *pages) reconciliation(w http.ResponseWriter, r *http.Request) {
	p.compare(w, r, func(data reconciliationPage) {
		if data.Asked && r.URL.Query().Get("fresh") != "" {
			// Reading has begun; a page that is loaded again must not begin it anew.
			http.Redirect(w, r, "/reconciliation?"+data.Query(), http.StatusSeeOther) //nolint:gosec // within this host
			return
		}
		p.show(w, r, "reconciliation", data)
	})
}

// reconciliationFound is what the page shows anew until all is there.
func (p *pages) reconciliationFound(w http.ResponseWriter, r *http.Request) {
	p.compare(w, r, func(data reconciliationPage) { p.showPart(w, r, "found", data) })
}

func (p *pages) compare(w http.ResponseWriter, r *http.Request, show func(reconciliationPage)) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	data, err := p.reconciliationData(r.Context(), r, orders)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	show(data)
}

// importMissing asks for the missing order that was clicked, or for all that ought
// to be there.
func (p *pages) importMissing(w http.ResponseWriter, r *http.Request) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	in := workflows.ReconcileInput{Shop: r.PostFormValue("shop"), From: r.PostFormValue("from"), To: r.PostFormValue("to")}
	missing, err := p.missingOf(r, orders, in)
	if err == nil {
		err = orders.ImportMissing(r.Context(), missing, userName(r))
	}
	back := reconciliationPage{ReconcileInput: in}
	switch {
	case service.Has(err, service.StillReading):
		// What is missing is being read again, so nothing was asked for yet.
		http.Redirect(w, r, "/reconciliation?"+back.Query(), http.StatusSeeOther)
	case err != nil:
		p.failed(w, r, err)
	default:
		http.Redirect(w, r, "/reconciliation?"+back.Query()+"&said=asked", http.StatusSeeOther)
	}
}

func (p *pages) missingOf(r *http.Request, orders *service.Orders, in workflows.ReconcileInput) ([]service.Missing, error) {
	if given := r.PostFormValue("number"); given != "" {
		number, err := strconv.ParseUint(given, 10, 63)
		if err != nil {
			return nil, &service.Error{Code: service.NoOrder}
		}
		return []service.Missing{{Key: order.Key{Shop: in.Shop, Number: int64(number)}}}, nil
	}
	found, err := orders.Reconciliation(r.Context(), in, false)
	return found.Wanted(), err
}
