package pages

import (
	"errors"
	"net/http"

	"github.com/cartumsync/cartumsync/internal/exchange"
)

// orderPanel is the page of one order.
type orderPanel struct {
	exchange.Detail
	Box    holdBox
	Update updateCell
}

// order is the panel of one order.
func (p *pages) order(w http.ResponseWriter, r *http.Request) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	key, ok := keyAsked(r)
	if !ok {
		p.fail(w, r, http.StatusNotFound, "error.no-order")
		return
	}
	detail, err := orders.Detail(r.Context(), key)
	switch {
	case errors.Is(err, exchange.ErrNoOrder):
		p.fail(w, r, http.StatusNotFound, "error.no-order")
	case err != nil:
		p.broken(w, r, err)
	default:
		panel := orderPanel{Detail: detail, Box: boxOfDetail(detail), Update: updateCell{Key: key}}
		if detail.Refreshing {
			panel.Update.State, panel.Update.ID = exchange.RefreshRunning, detail.RefreshID
		}
		p.show(w, r, "order", panel)
	}
}
