package pages

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/workflows"
)

// importPage is a shop's initial import: what it would do, and how far it is.
type importPage struct {
	ID, Name    string
	From, To    string // the days that are asked for
	DaysProblem string
	Import      *health.Import // nil where there was none
	Paused      string         // why the shop waits, "" where it does not
	Preview     *preview       // nil where there was none
	Said        string         // what was just requested, by its text's id
}

// preview is a rehearsal as the page shows it.
type preview struct {
	service.RehearsalStatus
	Holds []reasonNumber
	// Same tells that it is of the days that are asked for.
	Same bool
}

type reasonNumber struct {
	Reason order.HoldReason
	Orders int
}

// Running tells that the page has to follow what goes on.
func (d importPage) Running() bool {
	return d.Import.Goes() || d.Preview != nil && d.Preview.Running
}

// Startable tells that somebody has seen what an import of these days would do.
func (d importPage) Startable() bool {
	return d.DaysProblem == "" && !d.Import.Goes() && d.Preview != nil && d.Preview.Same && !d.Preview.Running && d.Preview.Problem == ""
}

// URL shows the page with its days.
func (d importPage) URL(said string) string {
	query := url.Values{"from": {d.From}, "to": {d.To}}
	if said != "" {
		query.Set("said", said)
	}
	return "/imports/" + url.PathEscape(d.ID) + "?" + query.Encode()
}

// importAsked is the import that a request names; it answers where there is no
// such shop. Days that are wrong are in its DaysProblem.
func (p *pages) importAsked(w http.ResponseWriter, r *http.Request, orders *service.Orders) (importPage, workflows.InitialImportWanted, bool) {
	data := importPage{ID: chi.URLParam(r, "shop"), From: r.FormValue("from"), To: r.FormValue("to")}
	if err := orders.InForce(data.ID); err != nil {
		p.failed(w, r, err)
		return data, workflows.InitialImportWanted{}, false
	}
	shop := p.Settings.Current().Shops[data.ID]
	data.Name = shop.Name
	want, err := service.WantedImport(shop, data.From, data.To, userName(r))
	if err != nil {
		data.DaysProblem = p.text(r, "import.bad-days")
		return data, want, true
	}
	data.From, data.To = want.From, want.To
	return data, want, true
}

// importNow is how far the import that a request names and its preview are; it answers where that is not known.
func (p *pages) importNow(w http.ResponseWriter, r *http.Request, orders *service.Orders) (importPage, bool) {
	data, _, ok := p.importAsked(w, r, orders)
	if !ok {
		return data, false
	}
	err := data.read(r, orders)
	if err != nil {
		p.failed(w, r, err)
	}
	return data, err == nil
}

func (d *importPage) read(r *http.Request, orders *service.Orders) error {
	view, err := orders.Shop(r.Context(), d.ID)
	if err != nil {
		return err
	}
	d.Import, d.Paused = health.ImportOf(view.Import), view.Paused
	status, err := orders.Rehearsal(r.Context(), d.ID)
	if err != nil || status == nil {
		return err
	}
	d.Preview = &preview{RehearsalStatus: *status, Same: status.From == d.From && status.To == d.To}
	for _, reason := range slices.Sorted(maps.Keys(status.Holds)) {
		d.Preview.Holds = append(d.Preview.Holds, reasonNumber{reason, status.Holds[reason]})
	}
	return nil
}

// initialImport shows how far a shop's initial import is and what one would do.
func (p *pages) initialImport(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	data, ok := p.importNow(w, r, orders)
	if !ok {
		return
	}
	// Where nobody names days, those that go on are shown.
	if r.FormValue("from") == "" && r.FormValue("to") == "" {
		switch {
		case data.Import.Goes():
			data.From, data.To = data.Import.From, data.Import.To
		case data.Preview != nil && data.Preview.Running:
			data.From, data.To, data.Preview.Same = data.Preview.From, data.Preview.To, true
		}
	}
	if said := "import.said." + r.URL.Query().Get("said"); p.view(r, nil).Has(said) {
		data.Said = said
	}
	status := http.StatusOK
	if data.DaysProblem != "" {
		status = http.StatusUnprocessableEntity
	}
	p.showStatus(w, r, status, "import", data)
}

// initialImportNow is what the page asks for again while something runs.
func (p *pages) initialImportNow(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	if data, ok := p.importNow(w, r, orders); ok {
		p.showPart(w, r, "import-now", data)
	}
}

// importChange does something about an initial import or its preview.
type importChange func(*service.Orders, context.Context, string, workflows.InitialImportWanted) error

// stopping needs no days.
func stopping(stop func(*service.Orders, context.Context, string) error) importChange {
	return func(orders *service.Orders, ctx context.Context, shop string, _ workflows.InitialImportWanted) error {
		return stop(orders, ctx, shop)
	}
}

// changeImport does something about the import of the form's days and goes back to
// the page. Wrong days go back too, which says so at their fields.
func (p *pages) changeImport(said string, change importChange) http.HandlerFunc {
	return p.connected(func(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
		data, want, ok := p.importAsked(w, r, orders)
		if !ok {
			return
		}
		if data.DaysProblem == "" {
			if err := change(orders, r.Context(), data.ID, want); err != nil {
				p.failed(w, r, err)
				return
			}
		}
		http.Redirect(w, r, data.URL(said), http.StatusSeeOther) //nolint:gosec // within this host
	})
}

// Least rounds a duration that is estimated up to minutes.
func (preview) Least(d time.Duration) time.Duration {
	return d.Truncate(time.Minute) + time.Minute
}
