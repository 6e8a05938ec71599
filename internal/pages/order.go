package pages

import "net/http"

// order is the panel of one order.
func (p *pages) order(w http.ResponseWriter, r *http.Request) {
	key, orders, ok := p.orderAsked(w, r)
	if !ok {
		return
	}
	detail, err := orders.Detail(r.Context(), key)
	if err != nil {
		p.actionFailed(w, r, err)
		return
	}
	p.show(w, r, "order", detail)
}
