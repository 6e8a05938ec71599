package order

import (
	"fmt"
	"slices"
)

// Changes tells in words what differs between two states of a shop's order, for
// the timeline and for who asked for a refresh. Addresses and names are not
// repeated.
func Changes(was, is Snapshot) []string {
	var texts []string
	say := func(changed bool, format string, args ...any) {
		if changed {
			texts = append(texts, fmt.Sprintf(format, args...))
		}
	}
	say(was.Status != is.Status, "status %d to %d", was.Status, is.Status)
	texts = append(texts, lineChanges(PricedLines(was), PricedLines(is))...)
	say(deliveryTold(was) != deliveryTold(is), "delivery changed")
	say(was.Delivery.Tracking != is.Delivery.Tracking, "tracking number %s", orNone(is.Delivery.Tracking))
	say(!was.Payment.Paid && is.Payment.Paid, "paid")
	say(was.Payment.Paid && !is.Payment.Paid, "no longer paid")
	say(was.Payment.Method != is.Payment.Method, "payment method changed")
	say(!was.Totals.Sum.Equal(is.Totals.Sum), "total %s to %s %s", was.Totals.Sum.StringFixed(2), is.Totals.Sum.StringFixed(2), is.Currency)
	say(was.Customer != is.Customer, "customer changed")
	say(was.BuyerComment != is.BuyerComment || was.ManagerComment != is.ManagerComment || was.DoNotCall != is.DoNotCall, "comments changed")
	if len(texts) == 0 {
		texts = append(texts, "details changed")
	}
	return texts
}

func orNone(text string) string {
	if text == "" {
		return "removed"
	}
	return text
}

func lineChanges(was, is []Line) []string {
	var texts []string
	for _, line := range is {
		i := slices.IndexFunc(was, func(l Line) bool { return l.Key == line.Key })
		if i < 0 {
			texts = append(texts, fmt.Sprintf("%s added: %s x %s", line.Key.label(), line.Quantity, line.Price.StringFixed(2)))
			continue
		}
		if before := was[i]; !before.Quantity.Equal(line.Quantity) {
			texts = append(texts, fmt.Sprintf("quantity of %s: %s to %s", line.Key.label(), before.Quantity, line.Quantity))
		}
		if before := was[i]; !before.Price.Equal(line.Price) {
			texts = append(texts, fmt.Sprintf("price of %s: %s to %s", line.Key.label(), before.Price.StringFixed(2), line.Price.StringFixed(2)))
		}
	}
	for _, line := range was {
		if !slices.ContainsFunc(is, func(l Line) bool { return l.Key == line.Key }) {
			texts = append(texts, line.Key.label()+" removed")
		}
	}
	return texts
}
