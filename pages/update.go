package pages

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// updateCell is a row's own button and what came of the wish to update its
// order; the template update-cell shows it, and follows what runs.
type updateCell struct {
	Key     order.Key
	State   service.RefreshState // "" where nobody asked
	ID      string
	Changed []flow.Message
	Waits   []string      // kinds of the steps that it is at
	Problem string        // in the reader's language
	Failure *flow.Message // what the order waits for
	Next    time.Time
	// Names are those of the statuses in messages, nil where there are none.
	Names wording.StatusNames
	// Row is set in the table: once the update has ended its row is shown again.
	Row bool
	// Swap is set where the cell stands beside others in one answer: each takes
	// its place in the page.
	Swap bool
}

// StatusNames are the names of the statuses in messages.
func (c updateCell) StatusNames() wording.StatusNames { return c.Names }

// Running tells that the update goes on.
func (c updateCell) Running() bool { return c.State == service.RefreshRunning }

// ended tells that both sides were compared.
func (c updateCell) ended() bool {
	return c.State == service.RefreshDone || c.State == service.RefreshFailed
}

// Poll is when the cell is asked again, "" for never: one that ended among
// others asks once, for its row.
func (c updateCell) Poll() string {
	switch {
	case c.Running():
		return "every 2s"
	case c.Row && c.Swap && c.ended():
		return "load"
	default:
		return ""
	}
}

// PollURL is where it asks.
func (c updateCell) PollURL() string {
	asked := orderURL(c.Key) + "/refreshes/" + url.PathEscape(c.ID)
	if c.Row {
		asked += "?row=1"
	}
	return asked
}

func (p *pages) cellOf(r *http.Request, orders *service.Orders, key order.Key, answer service.Refreshed, err error) updateCell {
	row := r.FormValue("row") != ""
	if err != nil {
		return updateCell{Key: key, Row: row, State: "none", Problem: p.problemOf(r, err)}
	}
	return updateCell{
		Key: key, Row: row, State: answer.State, ID: answer.ID, Changed: answer.Changed, Waits: answer.Steps,
		Failure: answer.Problem, Next: answer.Next, Names: orders.Names(r.Context()).Of(key.Shop, p.Settings.Current().Shops[key.Shop].Account),
	}
}

// update has both sides of one order compared.
func (p *pages) update(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	answer, err := orders.StartRefresh(r.Context(), key, userName(r))
	p.showUpdate(w, r, p.cellOf(r, orders, key, answer, err))
}

// updateMany has both sides of the orders compared that were chosen.
func (p *pages) updateMany(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	keys, problem := selected(r)
	if problem != nil {
		p.fail(w, r, http.StatusBadRequest, problem.Text, problem.Pairs...)
		return
	}
	began, err := orders.StartRefreshes(r.Context(), keys, userName(r))
	if err != nil {
		p.failed(w, r, err)
		return
	}
	cells := make([]updateCell, 0, len(began))
	for _, one := range began {
		cells = append(cells, p.cellOf(r, orders, one.Key, one.Refreshed, one.Err))
	}
	p.showUpdates(w, r, cells)
}

// showUpdates answers with the cells of a page, or with a page of its own where
// there are no scripts.
func (p *pages) showUpdates(w http.ResponseWriter, r *http.Request, cells []updateCell) {
	if !isLive(r) {
		p.show(w, r, "updates", cells)
		return
	}
	for i := range cells {
		cells[i].Swap = true
	}
	p.showPart(w, r, "update-cells", cells)
}

// showUpdate answers with the cell of one order; in the table with its row, once
// the update has ended.
func (p *pages) showUpdate(w http.ResponseWriter, r *http.Request, cell updateCell) {
	if !isLive(r) {
		p.show(w, r, "updates", []updateCell{cell})
		return
	}
	orders, connected := p.Orders()
	if cell.Row && cell.ended() && connected {
		row, known, err := orders.Row(r.Context(), cell.Key)
		if err == nil && known {
			shown := rowOf(row, orders.Names(r.Context()))
			shown.Update = cell
			w.Header().Set("HX-Retarget", "#"+shown.ElementID())
			w.Header().Set("HX-Reswap", "outerHTML")
			p.showPart(w, r, "order-row", shown)
			return
		}
	}
	p.showPart(w, r, "update-cell", cell) // the answer at least
}

// updateEnd tells how far an update is that ran when it was asked for.
func (p *pages) updateEnd(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	id := chi.URLParam(r, "id")
	answer, err := orders.RefreshEnd(r.Context(), key, id)
	if service.Has(err, service.Unanswered) {
		// It goes on, whether somebody tells of it now or not.
		p.Logger.Warn("an update could not be asked how far it is", zap.String("shop", key.Shop), zap.Int64("order", key.Number), zap.Error(err))
		answer, err = service.Refreshed{State: service.RefreshRunning, ID: id}, nil
	}
	p.showUpdate(w, r, p.cellOf(r, orders, key, answer, err))
}

// importOrder has an order read from its shop again, and brings back one that is
// done.
func (p *pages) importOrder(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	if err := orders.Import(r.Context(), key, userName(r)); err != nil {
		p.failed(w, r, err)
		return
	}
	http.Redirect(w, r, orderURL(key), http.StatusSeeOther)
}
