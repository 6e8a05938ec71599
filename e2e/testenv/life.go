package testenv

import (
	"fmt"
	"net/http"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// Edit changes fields of an order in the shop, as its manager would, and notifies
// the service.
func (w *Env) Edit(number int64, fields J) {
	w.T.Helper()
	w.Cartum.Change(number, fields)
	w.Webhook(number)
}

// Change changes fields of an order that is in the shop; nil removes one.
func (c *Cartum) Change(number int64, fields J) {
	c.t.Helper()
	o := c.kept(number)
	whole := c.Order(number, fields)
	for name, value := range o {
		_, changed := fields[name]
		_, lines := fields["products"]
		if total := lines && (name == "total_sum" || name == "total_default" || name == "total_quantity"); !changed && !total {
			whole[name] = value
		}
	}
	c.call(http.MethodPut, fmt.Sprintf("/sandbox/orders/%d", number), whole, nil)
}

// Status is the order's status in the shop.
func (c *Cartum) Status(number int64) int {
	c.t.Helper()
	status, _ := c.kept(number)["stat_status"].(float64)
	return int(status)
}

// kept is the order as the shop has it.
func (c *Cartum) kept(number int64) J {
	c.t.Helper()
	var all []J
	c.call(http.MethodGet, "/sandbox/orders", nil, &all)
	for _, o := range all {
		if o["order_id"] == float64(number) {
			return o
		}
	}
	c.t.Fatalf("the shop has no order %d", number)
	return nil
}

// SetStatus moves an order as staff do in RO App.
func (r *Roapp) SetStatus(id, status int64) {
	r.t.Helper()
	r.API(http.MethodPost, fmt.Sprintf("/v2/orders/%d/status", id), J{"status_id": status, "comment": "staff"}, nil)
}

// SetItem changes a line as staff do in RO App.
func (r *Roapp) SetItem(orderID, itemID int64, fields J) {
	r.t.Helper()
	r.API(http.MethodPatch, fmt.Sprintf("/v2/orders/%d/items/%d", orderID, itemID), fields, nil)
}

// AddItem adds a line as staff do in RO App.
func (r *Roapp) AddItem(orderID, productID int64, quantity, price string) {
	r.t.Helper()
	r.API(http.MethodPost, fmt.Sprintf("/v2/orders/%d/items", orderID), J{
		"entity_id": productID, "assignee_id": 56, "quantity": quantity, "price": price, "cost": 0,
		"discount": J{"type": "percentage", "percentage": 0, "amount": 0, "sponsor": "staff"},
		"warranty": J{"period": "0", "periodUnits": "days"},
	}, nil)
}

// WriteOff takes the order's items from stock, as staff do in RO App.
func (r *Roapp) WriteOff(id int64) {
	r.t.Helper()
	r.call(http.MethodPost, fmt.Sprintf("/sandbox/orders/%d/write-off", id), nil, nil)
}

// Collect has the account's changes collected now.
func (w *Env) Collect() {
	w.T.Helper()
	w.Signal(workflows.AccountID("main"), workflows.SignalPoll, nil)
}

// ReportWriteOff sends the order the signal that items were written off.
func (w *Env) ReportWriteOff(number int64) {
	w.T.Helper()
	w.Signal(w.Key(number).WorkflowID(), workflows.SignalWrittenOff, order.WriteOff{By: "tester"})
}

// BreakOrder posts a fault of one order's requests: "POST", "status".
func (r *Roapp) BreakOrder(id int64, method, what string, f Fault) {
	r.t.Helper()
	f.Match = fmt.Sprintf("%s /v2/orders/%d/%s", method, id, what)
	r.Break(f)
}
