package order_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/order"
)

// products is a line that has what totals are made of.
func goods(kind order.LineType, title, quantity, price string) order.Line {
	return order.Line{
		Title: title, Type: kind,
		Quantity: decimal.RequireFromString(quantity), Price: decimal.RequireFromString(price),
	}
}

func amount(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func amountOf(text string) *decimal.Decimal {
	value := amount(text)
	return &value
}

// sold is an order of the lines with Cartum's totals before and after discounts.
func sold(before, after string, lines ...order.Line) order.Snapshot {
	return order.Snapshot{
		Number: 115, Currency: "PLN", Lines: lines,
		Totals: order.Totals{Default: amount(before), Sum: amount(after)},
	}
}

func prices(lines []order.Line) []string {
	var all []string
	for _, line := range lines {
		all = append(all, line.Price.String())
	}
	return all
}

func TestF30_LinesOfOneArticleKeepApart(t *testing.T) {
	t.Parallel()
	lines := []order.Line{
		{Article: "A-12", Title: "Róża"},
		{Article: " A-12 ", Title: "Róża, gratis"},
		{Article: "a-12", Title: "Róża"},
		{Article: "A-12#1", Title: "Róża"},
	}
	order.KeyLines(lines)
	assert.Equal(t, order.LineKey("a:A-12#1"), lines[0].Key)
	assert.Equal(t, order.LineKey("a:A-12#2"), lines[1].Key)
	assert.Equal(t, order.LineKey("a:a-12#1"), lines[2].Key)
	assert.Equal(t, order.LineKey("a:A-12#1#1"), lines[3].Key)
}

func TestF27_LineWithoutArticleIsNamedByItsTitle(t *testing.T) {
	t.Parallel()
	lines := []order.Line{{Title: " Bukiet  ślubny"}, {Article: " ", Title: "Bukiet ślubny"}, {Article: "Bukiet ślubny"}, {}}
	order.KeyLines(lines)
	assert.Equal(t, order.LineKey("t:Bukiet ślubny#1"), lines[0].Key)
	assert.Equal(t, order.LineKey("t:Bukiet ślubny#2"), lines[1].Key)
	assert.Equal(t, order.LineKey("a:Bukiet ślubny#1"), lines[2].Key)
	assert.Equal(t, order.LineKey("t:#1"), lines[3].Key)
}

func TestF30_SetsDoNotCountTwice(t *testing.T) {
	t.Parallel()
	set := []order.Line{
		goods(order.LineSetMain, "Zestaw", "1", "100"),
		goods(order.LineSetItem, "Wazon", "1", "60"),
		goods(order.LineSetItem, "Kwiat", "2", "20"),
		goods(order.LineProduct, "Kartka", "1", "5"),
		goods(order.LineGift, "Wstążka", "1", "0"),
	}
	asWritten := []string{"100", "60", "20", "5", "0"}
	setAtZero := []string{"0", "60", "20", "5", "0"}
	itemsFree := []order.Line{
		goods(order.LineSetMain, "Zestaw", "1", "100"), goods(order.LineSetItem, "Wazon", "1", "0"),
	}

	assert.Equal(t, setAtZero, prices(order.PricedLines(sold("105", "105", set...))))
	assert.Equal(t, asWritten, prices(order.PricedLines(sold("205", "205", set...))), "the total holds the set as well")
	assert.Equal(t, asWritten, prices(order.PricedLines(sold("150", "150", set...))), "a difference of another amount is no set")
	assert.Equal(t, []string{"100", "0"}, prices(order.PricedLines(sold("100", "100", itemsFree...))))
	assert.Equal(t, setAtZero, prices(order.PricedLines(sold("0", "105", set...))), "no total before discounts")
	assert.Equal(t, "100", set[0].Price.String(), "the snapshot is left alone")

	coupon := sold("105", "84", set...)
	coupon.Totals.CouponPercent, coupon.Totals.CouponValue = amount("20"), amount("21")
	assert.Equal(t, setAtZero, prices(order.PricedLines(coupon)))

	roundedCoupon := sold("105", "84", set...)
	roundedCoupon.Totals.CouponPercent = amount("19.7")
	assert.Equal(t, setAtZero, prices(order.PricedLines(roundedCoupon)), "total before discounts decides")

	delivered := sold("0", "120", set...)
	delivered.Delivery.Price = amountOf("15")
	assert.Equal(t, setAtZero, prices(order.PricedLines(delivered)), "delivery in the total")
}

func TestF34_SetsAreRecognisedDespiteRounding(t *testing.T) {
	t.Parallel()
	thirds := sold("100", "100",
		goods(order.LineSetMain, "Zestaw", "1", "100"),
		goods(order.LineSetItem, "Kwiat", "3", "33.33"),
	)
	assert.Equal(t, []string{"0", "33.33"}, prices(order.PricedLines(thirds)))
}
