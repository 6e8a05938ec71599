package pages

import (
	"net/http"

	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// orderPanel is the page of one order.
type orderPanel struct {
	service.Detail
	Box    holdBox
	Update updateCell
}

// order is the panel of one order.
func (p *pages) order(w http.ResponseWriter, r *http.Request) {
	key, orders, ok := p.orderAsked(w, r)
	if !ok {
		return
	}
	detail, err := orders.Detail(r.Context(), key)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	panel := orderPanel{Detail: detail, Box: boxOfDetail(detail), Update: updateCell{Key: key}}
	if detail.Refreshing {
		panel.Update.State, panel.Update.ID = service.RefreshRunning, detail.RefreshID
	}
	p.show(w, r, "order", panel)
}

// StatusNames are the names of the statuses in messages.
func (p orderPanel) StatusNames() wording.StatusNames { return p.Names }
