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

// healthData is the page's data without its history.
func (p *pages) healthData(r *http.Request, viewer *health.Viewer) healthPage {
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
	return data
}

func (p *pages) health(w http.ResponseWriter, r *http.Request, viewer *health.Viewer) {
	data := p.healthData(r, viewer)
	if said := "health.said." + r.URL.Query().Get("said"); p.view(r, nil).Has(said) {
		data.Said = said
	}
	data.History = p.historyOf(viewer.History(), time.Now())
	p.show(w, r, "health", data)
}

// healthNow is what the page asks for again every few seconds.
func (p *pages) healthNow(w http.ResponseWriter, r *http.Request, viewer *health.Viewer) {
	p.showPart(w, r, "health-now", p.healthData(r, viewer))
}

// sweep has all orders of a shop polled now.
func (p *pages) sweep(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	shop := chi.URLParam(r, "shop")
	err := orders.InForce(shop)
	if err == nil {
		err = orders.Sweep(r.Context(), shop)
	}
	p.said(w, r, "sweep", err)
}

func (p *pages) collect(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	account := chi.URLParam(r, "account")
	if _, known := p.Settings.Current().Accounts[account]; !known {
		p.failed(w, r, &service.Error{Code: service.NoAccount})
		return
	}
	p.said(w, r, "collect", orders.PollAccount(r.Context(), account))
}

// said goes back to the page, which says what was requested.
func (p *pages) said(w http.ResponseWriter, r *http.Request, what string, err error) {
	if err != nil {
		p.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/health?said="+url.QueryEscape(what), http.StatusSeeOther)
}
