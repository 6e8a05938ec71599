package order

import (
	"slices"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Changes are what differs between two states of a shop's order, for the timeline
// and for who asked for a refresh. Addresses, names and remarks are not repeated.
func Changes(was, is Snapshot) []flow.Message {
	var changes []flow.Message
	note := func(changed bool, code string, pairs ...string) {
		if changed {
			changes = append(changes, msg(code, pairs...))
		}
	}
	note(was.Status != is.Status, "shop-status-changed", "wasCartumStatus", num(was.Status), "cartumStatus", num(is.Status))
	if !is.linesUnclear(nil) {
		changes = append(changes, lineChanges(PricedLines(was), PricedLines(is))...)
	}
	note(deliveryContent(was) != deliveryContent(is), "delivery-changed")
	note(was.Delivery.Tracking != is.Delivery.Tracking, "tracking-changed", "tracking", is.Delivery.Tracking)
	note(was.Payment.Paid != is.Payment.Paid, "paid-changed", "paid", yes(is.Payment.Paid))
	note(was.Payment.Method != is.Payment.Method, "payment-method-changed")
	note(!was.Totals.Sum.Equal(is.Totals.Sum) || was.Currency != is.Currency, "total-changed",
		"was", was.Totals.Sum.StringFixed(2), "is", is.Totals.Sum.StringFixed(2), "currency", is.Currency)
	note(customerContent(was) != customerContent(is), "customer-changed")
	note(remarksContent(was) != remarksContent(is), "remarks-changed")
	return changes
}

func lineChanges(was, is []Line) []flow.Message {
	var changes []flow.Message
	for _, line := range is {
		i := slices.IndexFunc(was, func(l Line) bool { return l.Key == line.Key })
		if i < 0 {
			changes = append(changes, msg("line-added", "sku", line.Key.label(), "quantity", line.Quantity.String(), "price", line.Price.StringFixed(2)))
			continue
		}
		if before := was[i]; !before.Quantity.Equal(line.Quantity) {
			changes = append(changes, msg("quantity-changed", "sku", line.Key.label(), "was", before.Quantity.String(), "is", line.Quantity.String()))
		}
		if before := was[i]; !before.Price.Equal(line.Price) {
			changes = append(changes, msg("price-changed", "sku", line.Key.label(), "was", before.Price.StringFixed(2), "is", line.Price.StringFixed(2)))
		}
	}
	for _, line := range was {
		if !slices.ContainsFunc(is, func(l Line) bool { return l.Key == line.Key }) {
			changes = append(changes, msg("line-removed", "sku", line.Key.label()))
		}
	}
	return changes[:min(len(changes), mostChanges)]
}

// mostChanges bounds the timeline's entries of one change.
const mostChanges = 50
