package pages

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// healthPage is how all row.
type healthPage struct {
	At       time.Time // zero while nobody has answered yet
	Red      bool
	NoWorker bool
	Shops    []shopHealth
	Accounts []accountHealth
	History  historyPage
	// Said is what was just requested, by its text's id; "" for nothing.
	Said string
}

type shopHealth struct {
	ID, Name string
	On       bool
	health.Shop
	// Counts are the orders by state, in the order of their life.
	Counts []stateCount
}

type stateCount struct {
	State order.SyncState
	Count int64
}

type accountHealth struct {
	ID   string
	Shop string // one of its shops, whose zone its times are shown in
	health.Account
}

// BacklogTime is how long the first request has waited.
func (a accountHealth) BacklogTime() time.Duration {
	return time.Duration(a.BacklogAge * float64(time.Second))
}

// healthData is the page's data without its history, and where that comes from; it answers while Temporal is not connected.
func (p *pages) healthData(w http.ResponseWriter, r *http.Request) (healthPage, *health.Viewer, bool) {
	viewer, connected := p.Overview()
	if !connected {
		p.failed(w, r, &service.Error{Code: service.NotConnected})
		return healthPage{}, nil, false
	}
	report := viewer.Live(r.Context())
	set := p.Settings.Current()
	data := healthPage{At: report.At, Red: report.Red(), NoWorker: report.NoWorker()}
	for _, id := range slices.Sorted(maps.Keys(report.Shops)) {
		row := shopHealth{ID: id, Name: set.Shops[id].Name, On: set.InForce(id), Shop: report.Shops[id]}
		for _, state := range service.States() {
			if count, known := row.Orders[string(state)]; known {
				row.Counts = append(row.Counts, stateCount{state, count})
			}
		}
		data.Shops = append(data.Shops, row)
	}
	for _, id := range slices.Sorted(maps.Keys(report.Accounts)) {
		row := accountHealth{ID: id, Account: report.Accounts[id]}
		if shops := set.ShopsOf(id); len(shops) > 0 {
			row.Shop = shops[0]
		}
		data.Accounts = append(data.Accounts, row)
	}
	return data, viewer, true
}

func (p *pages) health(w http.ResponseWriter, r *http.Request) {
	data, viewer, connected := p.healthData(w, r)
	if !connected {
		return
	}
	if said := "health.said." + r.URL.Query().Get("said"); p.view(r, nil).Has(said) {
		data.Said = said
	}
	data.History = p.historyOf(viewer.History(), time.Now())
	p.show(w, r, "health", data)
}

// healthNow is what the page asks for again every few seconds.
func (p *pages) healthNow(w http.ResponseWriter, r *http.Request) {
	if data, _, connected := p.healthData(w, r); connected {
		p.showPart(w, r, "health-now", data)
	}
}

// tellShop notifies a shop's entity of what a person wants of it.
func (p *pages) tellShop(w http.ResponseWriter, r *http.Request) {
	shop, action := chi.URLParam(r, "shop"), chi.URLParam(r, "action")
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	if err := orders.InForce(shop); err != nil {
		p.failed(w, r, err)
		return
	}
	if action != "sweep" {
		p.fail(w, r, http.StatusNotFound, "error.not-found")
		return
	}
	p.said(w, r, action, orders.Sweep(r.Context(), shop))
}

func (p *pages) collect(w http.ResponseWriter, r *http.Request) {
	account := chi.URLParam(r, "account")
	if _, known := p.Settings.Current().Accounts[account]; !known {
		p.failed(w, r, &service.Error{Code: service.NoAccount})
		return
	}
	if orders, connected := p.orders(w, r); connected {
		p.said(w, r, "collect", orders.PollAccount(r.Context(), account))
	}
}

// said goes back to the page, which says what was requested.
func (p *pages) said(w http.ResponseWriter, r *http.Request, what string, err error) {
	if err != nil {
		p.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/health?said="+url.QueryEscape(what), http.StatusSeeOther)
}
