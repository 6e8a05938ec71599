package order

import "time"

// News is what a later comment says.
type News struct {
	Delivery, Payment, Remarks, Customer, Differences bool
	// Lines are all lines that are not synced now, where Differences is set.
	Lines []Difference
	// Gone is set where the shop does not show the order any more, ShownAgain where
	// it does again.
	Gone, ShownAgain bool
	// LinesUnclear is set where it is not known which lines the shop's order has, so
	// that nothing is said of their sum.
	LinesUnclear bool
}

// NextComment is the text that informs staff of a change in the shop after the
// import: the present delivery, the present payment with the amount to collect, or
// what is not synced. It names the moment it reports.
func NextComment(s Snapshot, r Rules, news News, at time.Time) string {
	c := commentary{voice: newVoice(r.Language), order: s, totals: Explain(s), linesUnclear: news.LinesUnclear}
	sections := [][]string{c.heading("ChangeHeading", r, at)}
	add := func(due bool, lines func() []string) {
		if due {
			sections = append(sections, lines())
		}
	}
	add(news.Gone, func() []string { return []string{c.say("GoneInShop", nil)} })
	add(news.ShownAgain, func() []string { return []string{c.say("ShownAgain", nil)} })
	add(news.Differences, func() []string { return c.differences(news.Lines) })
	add(news.Customer, c.customer)
	add(news.Delivery, c.delivery)
	add(news.Remarks, c.presentRemarks)
	add(news.Payment, c.amount)
	return joinSections(sections...)
}

// presentRemarks says so where there are none any more.
func (c commentary) presentRemarks() []string {
	if remarks := filled(c.remarks()); len(remarks) > 0 {
		return remarks
	}
	return []string{c.say("NoRemarks", nil)}
}

// differences lists what the shop has otherwise than RO App.
func (c commentary) differences(all []Difference) []string {
	if len(all) == 0 {
		return []string{c.say("NoDifference", nil)}
	}
	ids := map[DifferenceKind]string{DifferenceNew: "DifferenceNew", DifferenceRemoved: "DifferenceRemoved", DifferenceValues: "DifferenceValues"}
	lines := []string{c.say("Differences", nil)}
	for _, d := range all {
		lines = append(lines, c.say(ids[d.Kind], words{"Line": d.Key.label(), "Shop": c.values(d.Shop), "Account": c.values(d.Account)}))
	}
	return lines
}

// values reads "3 × 10,00 PLN".
func (c commentary) values(v ItemValues) string {
	return c.figure(v.Quantity.String()) + " × " + c.money(v.Price, c.order.Currency)
}
