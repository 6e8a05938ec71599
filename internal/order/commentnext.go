package order

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// News is what a later comment tells.
type News struct {
	Delivery, Payment, Differences bool
	// Lines are all lines that are not carried over now, where Differences is set.
	Lines []Difference
	// Gone is set where the shop does not show the order any more.
	Gone bool
}

// Nothing tells that there is nothing to write.
func (n News) Nothing() bool { return !n.Delivery && !n.Payment && !n.Differences && !n.Gone }

// NextComment is the text that tells staff of a change in the shop after the
// import: the present delivery, the present payment with the amount to collect,
// or what is not carried over. It names the moment it reports.
func NextComment(s Snapshot, r Rules, news News, at time.Time) string {
	c := commentary{voice: newVoice(r.Language), order: s, totals: Explain(s)}
	sections := [][]string{{c.changeHeading(r, at)}}
	if news.Gone {
		sections = append(sections, []string{c.say("GoneInShop", nil)})
	}
	if news.Differences {
		sections = append(sections, c.differences(news.Lines))
	}
	if news.Delivery {
		sections = append(sections, c.delivery())
	}
	if news.Payment {
		sections = append(sections, c.amount())
	}
	return joinSections(sections)
}

func (c commentary) changeHeading(r Rules, at time.Time) string {
	return c.say("ChangeHeading", words{
		"Number": strconv.FormatInt(c.order.Number, 10),
		"Shop":   Shorten(NormalizeText(r.ShopName), longestValue),
		"At":     at.In(r.Zone()).Format(commentTime),
	})
}

// differences lists what the shop has otherwise than RO App.
func (c commentary) differences(all []Difference) []string {
	if len(all) == 0 {
		return []string{c.say("NoDifference", nil)}
	}
	lines := []string{c.say("Differences", nil)}
	for _, d := range all {
		values := words{"Line": d.Key.label(), "Shop": c.values(d.Shop), "Account": c.values(d.Account)}
		switch d.Kind {
		case DifferenceNew:
			lines = append(lines, c.say("DifferenceNew", values))
		case DifferenceRemoved:
			lines = append(lines, c.say("DifferenceRemoved", values))
		case DifferenceValues:
			lines = append(lines, c.say("DifferenceValues", values))
		}
	}
	return lines
}

// values reads "3 × 10,00 PLN".
func (c commentary) values(v ItemValues) string {
	return c.quantity(v.Quantity) + " × " + c.money(v.Price, c.order.Currency)
}

func (c commentary) quantity(q decimal.Decimal) string { return c.figure(q.String()) }
