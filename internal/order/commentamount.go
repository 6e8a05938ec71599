package order

import (
	"strings"

	"github.com/shopspring/decimal"
)

// amount says how the order is paid and how the amount to collect is calculated:
// from the items to Cartum's total, and from there to what is due.
func (c commentary) amount() []string {
	lines, total := []string{c.payment()}, c.linesUnclear
	if !c.linesUnclear {
		changes := c.changes()
		lines, total = append(append(lines, c.sum("Items", c.totals.Items)), changes...), len(changes) > 0
	}
	if total {
		lines = append(lines, c.sum("ShopTotal", c.totals.Sum))
	}
	return append(append(lines, c.extras(false)...), c.toCollect())
}

func (c commentary) sum(id string, amount decimal.Decimal) string {
	return c.say(id, words{"Value": c.money(amount, c.order.Currency)})
}

func (c commentary) payment() string {
	id := "PaymentUnpaid"
	if c.totals.Paid {
		id = "PaymentPaid"
	}
	return c.say(id, words{"Value": Shorten(NormalizeText(c.order.Payment.Method), longestValue)})
}

// changes lead from the items to Cartum's total.
func (c commentary) changes() []string {
	var lines []string
	for _, discount := range c.totals.Discounts {
		lines = append(lines, c.discount(discount))
	}
	lines = append(lines, c.extras(true)...)
	switch {
	case c.totals.Remainder.Round(2).IsZero():
		return lines
	case c.totals.Rounded():
		return append(lines, c.sum("Rounding", c.totals.Remainder))
	default:
		return append(lines, c.sum("Unexplained", c.totals.Remainder))
	}
}

// extras are the prices of delivery and payment, those that Cartum's total holds
// or those that come on top of it.
func (c commentary) extras(included bool) []string {
	var lines []string
	if price := c.totals.Delivery; price != nil && !price.IsZero() && c.totals.DeliveryIncluded == included {
		lines = append(lines, c.sum("DeliveryPrice", *price))
	}
	if !c.totals.PaymentFee.IsZero() && c.totals.PaymentFeeIncluded == included {
		lines = append(lines, c.sum("PaymentFee", c.totals.PaymentFee))
	}
	return lines
}

func (c commentary) discount(d Discount) string {
	ids := map[DiscountKind]string{DiscountCoupon: "DiscountCoupon", DiscountManager: "DiscountManager", DiscountOrder: "DiscountOrder"}
	return c.say(ids[d.Kind], words{
		"Title":   Shorten(NormalizeText(d.Title), longestValue),
		"Percent": c.percentage(d.Percent),
		"Value":   c.money(d.Value.Neg(), c.order.Currency),
	})
}

func (c commentary) toCollect() string {
	switch {
	case c.totals.Paid:
		return c.sum("ToCollectPaid", c.totals.ToCollect)
	case c.order.Delivery.AtCarrierRates:
		return c.sum("ToCollectWithoutDelivery", c.totals.ToCollect)
	default:
		return c.sum("ToCollect", c.totals.ToCollect)
	}
}

// zeroPrices explains the lines whose price 0 would look like a mistake.
func (c commentary) zeroPrices() []string {
	var sets, gifts []string
	for i, priced := range PricedLines(c.order) {
		switch {
		case !priced.Price.Equal(c.order.Lines[i].Price):
			sets = append(sets, priced.Title)
		case priced.Type == LineGift && priced.Price.IsZero():
			gifts = append(gifts, priced.Title)
		}
	}
	return []string{
		c.withValue("SetsAtZero", titles(sets), mostTitles*longestTitle),
		c.withValue("GiftsAtZero", titles(gifts), mostTitles*longestTitle),
	}
}

// titles lists products; of very many only the first.
func titles(all []string) string {
	var listed []string
	for _, title := range all[:min(len(all), mostTitles)] {
		listed = append(listed, Shorten(NormalizeText(title), longestTitle))
	}
	if len(all) > mostTitles {
		listed = append(listed, "…")
	}
	return strings.Join(listed, ", ")
}
