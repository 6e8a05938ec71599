package pages

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// healthPage is how all fare.
type healthPage struct {
	At       time.Time // zero while nobody has answered yet
	Red      bool
	NoWorker bool
	Shops    []shopFare
	Accounts []accountFare
	// Said is what was just asked for, by its text's id; "" for nothing.
	Said string
	// Zone is the shop whose zone moments are shown in that are of no shop.
	Zone string
}

// firstShop is the shop whose zone stands for all.
func (p *pages) firstShop() string {
	ids := slices.Sorted(maps.Keys(p.Settings.Current().Shops))
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

type shopFare struct {
	ID, Name string
	On       bool
	health.Shop
	// Counts are the orders by state, in the order of their life.
	Counts []stateCount
	// From and To are the days of an initial import that is asked for without any.
	From, To string
}

type stateCount struct {
	State order.SyncState
	Count int64
}

type accountFare struct {
	ID   string
	Shop string // one of its shops, whose zone its times are shown in
	health.Account
}

func (p *pages) healthData(ctx context.Context) (healthPage, bool) {
	viewer, connected := p.Overview()
	if !connected {
		return healthPage{}, false
	}
	report := viewer.Live(ctx)
	set := p.Settings.Current()
	data := healthPage{At: report.At, Red: report.Red(), NoWorker: report.NoWorker(), Zone: p.firstShop()}
	for _, id := range slices.Sorted(maps.Keys(report.Shops)) {
		fare := shopFare{ID: id, Name: set.Shops[id].Name, On: set.InForce(id), Shop: report.Shops[id]}
		for _, state := range service.States() {
			if count, known := fare.Orders[string(state)]; known {
				fare.Counts = append(fare.Counts, stateCount{state, count})
			}
		}
		if want, err := service.WantedImport(set.Shops[id], "", "", ""); err == nil {
			fare.From, fare.To = want.From, want.To
		}
		data.Shops = append(data.Shops, fare)
	}
	for _, id := range slices.Sorted(maps.Keys(report.Accounts)) {
		fare := accountFare{ID: id, Account: report.Accounts[id]}
		if shops := set.ShopsOf(id); len(shops) > 0 {
			fare.Shop = shops[0]
		}
		data.Accounts = append(data.Accounts, fare)
	}
	return data, true
}

func (p *pages) health(w http.ResponseWriter, r *http.Request) {
	data, connected := p.healthData(r.Context())
	if !connected {
		p.failed(w, r, &service.Error{Code: service.NotConnected})
		return
	}
	if said := "health.said." + r.URL.Query().Get("said"); p.view(r, nil).Has(said) {
		data.Said = said
	}
	p.show(w, r, "health", data)
}

// healthFares is what the page shows anew every few seconds.
func (p *pages) healthFares(w http.ResponseWriter, r *http.Request) {
	data, connected := p.healthData(r.Context())
	if !connected {
		p.failed(w, r, &service.Error{Code: service.NotConnected})
		return
	}
	p.showPart(w, r, "fares", data)
}

// tellShop tells a shop's entity what a person wants of it.
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
	switch action {
	case "sweep":
		p.said(w, r, action, orders.Sweep(r.Context(), shop))
	case "stop-initial-import":
		p.said(w, r, action, orders.StopInitialImport(r.Context(), shop))
	case "initial-import":
		p.startInitialImport(w, r, orders, shop)
	default:
		p.fail(w, r, http.StatusNotFound, "error.not-found")
	}
}

func (p *pages) startInitialImport(w http.ResponseWriter, r *http.Request, orders *service.Orders, shop string) {
	user, _ := access.Who(r.Context())
	want, err := service.WantedImport(p.Settings.Current().Shops[shop], r.PostFormValue("from"), r.PostFormValue("to"), user.Name)
	if err != nil {
		p.fail(w, r, http.StatusUnprocessableEntity, "health.bad-days")
		return
	}
	p.said(w, r, "initial-import", orders.StartInitialImport(r.Context(), shop, want))
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

// said goes back to the page, which says what was asked for.
func (p *pages) said(w http.ResponseWriter, r *http.Request, what string, err error) {
	if err != nil {
		p.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/health?said="+url.QueryEscape(what), http.StatusSeeOther)
}
