package order

import (
	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Totalling explains how the order's amount is calculated. Amounts are in the
// order's currency; always
//
//	Items - Discounts + Remainder (+ Delivery, + PaymentFee where included) = Sum
type Totalling struct {
	Items     decimal.Decimal // of the priced lines, quantity times price
	Discounts []Discount      // of the whole order, not in the lines' prices
	Remainder decimal.Decimal // what nothing explains, usually rounding
	Sum       decimal.Decimal // Cartum's total_sum

	// Delivery is nil where the price is unknown or at the carrier's rates.
	Delivery *decimal.Decimal
	// DeliveryIncluded is set where Sum holds the delivery's price already.
	DeliveryIncluded   bool
	PaymentFee         decimal.Decimal
	PaymentFeeIncluded bool

	Paid      bool
	ToCollect decimal.Decimal // 0 once paid; without a delivery at the carrier's rates
	Tolerance decimal.Decimal // up to which a remainder is rounding of the lines
}

// DiscountKind is where a discount of the whole order comes from.
type DiscountKind string

// The discounts of a whole order (docs/reference/cartum.md#order-fields).
const (
	DiscountCoupon  DiscountKind = "coupon"
	DiscountManager DiscountKind = "manager" // given by the shop's manager
	DiscountOrder   DiscountKind = "order"   // any other
)

// Discount is one discount of the whole order.
type Discount struct {
	Kind    DiscountKind
	Title   string          // the coupon's code, the manager's title
	Percent decimal.Decimal // 0 where it is not a percentage
	Value   decimal.Decimal // amount taken off
}

// roundedTo is the unit to which shops round the total of a discounted order:
// 799 less 25% is 599 (docs/reference/cartum.md#money).
var roundedTo = decimal.NewFromInt(1)

// Rounded reports whether the remainder is small enough to be rounding.
func (t Totalling) Rounded() bool {
	return within(t.Remainder, t.Tolerance) || t.Remainder.Abs().LessThan(roundedTo)
}

// Explain finds how the order's total is calculated. Documented is that total_sum
// has all discounts of the whole order in it and delivery not
// (docs/reference/cartum.md#money). Where that does not add up, the nearest other
// reading that does is taken: a discount is in the lines' prices already, the
// total holds the delivery's price or the payment's fee.
func Explain(s Snapshot) Totalling {
	t := Totalling{
		Items:     sumOf(PricedLines(s)),
		Sum:       s.Totals.Sum,
		Delivery:  fixedPrice(s.Delivery),
		Paid:      s.Payment.Paid,
		Tolerance: tolerance(len(s.Lines)),
	}
	if s.Payment.Fee != nil {
		t.PaymentFee = *s.Payment.Fee
	}
	t = t.bestReading(namedDiscounts(s.Totals, t.Items))
	t.ToCollect = t.due()
	return t
}

// bestReading tries the documented reading first, then those that leave parts
// out, coupons last. A remainder within the tolerance is better than one below
// the unit that shops round to.
func (t Totalling) bestReading(named []Discount) Totalling {
	readings := t.readings(named)
	for _, reading := range readings {
		if within(reading.Remainder, t.Tolerance) {
			return reading
		}
	}
	for _, reading := range readings {
		if reading.Rounded() {
			return reading
		}
	}
	return readings[0]
}

func (t Totalling) readings(named []Discount) []Totalling {
	deliveries, fees := []bool{false}, []bool{false}
	if t.Delivery != nil && t.Delivery.IsPositive() {
		deliveries = append(deliveries, true)
	}
	if !t.PaymentFee.IsZero() {
		fees = append(fees, true)
	}
	var readings []Totalling
	for chosen := 1<<len(named) - 1; chosen >= 0; chosen-- {
		for _, fee := range fees {
			for _, delivery := range deliveries {
				reading := t
				reading.Discounts = choose(named, chosen)
				reading.DeliveryIncluded, reading.PaymentFeeIncluded = delivery, fee
				reading.Remainder = reading.unexplained()
				readings = append(readings, reading)
			}
		}
	}
	return readings
}

// choose gives the discounts whose bits are set, the first having the highest.
func choose(named []Discount, bits int) []Discount {
	var chosen []Discount
	for i, discount := range named {
		if bits&(1<<(len(named)-1-i)) != 0 {
			chosen = append(chosen, discount)
		}
	}
	return chosen
}

func (t Totalling) unexplained() decimal.Decimal {
	explained := t.Items
	for _, discount := range t.Discounts {
		explained = explained.Sub(discount.Value)
	}
	if t.DeliveryIncluded {
		explained = explained.Add(*t.Delivery)
	}
	if t.PaymentFeeIncluded {
		explained = explained.Add(t.PaymentFee)
	}
	return t.Sum.Sub(explained)
}

func (t Totalling) due() decimal.Decimal {
	if t.Paid {
		return decimal.Zero
	}
	due := t.Sum
	if t.Delivery != nil && !t.DeliveryIncluded {
		due = due.Add(*t.Delivery)
	}
	if !t.PaymentFeeIncluded {
		due = due.Add(t.PaymentFee)
	}
	return decimal.Max(due, decimal.Zero)
}

// namedDiscounts are the discounts that Cartum names, the surest first. A bare
// percentage applies to the items.
func namedDiscounts(totals Totals, items decimal.Decimal) []Discount {
	all := []Discount{
		{Kind: DiscountCoupon, Title: totals.CouponCode, Percent: totals.CouponPercent, Value: totals.CouponValue},
		{Kind: DiscountManager, Title: totals.ManagerDiscountTitle, Value: totals.ManagerDiscount},
		{Kind: DiscountOrder, Percent: totals.DiscountPercent, Value: totals.DiscountValue},
	}
	var named []Discount
	for _, discount := range all {
		if discount.Value.IsZero() {
			discount.Value = items.Mul(discount.Percent).Shift(-2).Round(2)
		}
		if !discount.Value.IsZero() {
			named = append(named, discount)
		}
	}
	return named
}

// fixedPrice is the delivery's price where the shop knows it.
func fixedPrice(d Delivery) *decimal.Decimal {
	if d.AtCarrierRates || d.Price == nil || d.Price.IsNegative() {
		return nil
	}
	return d.Price
}

// tolerance is what rounding may make of a sum: 0.01 for every line.
func tolerance(lines int) decimal.Decimal { return decimal.New(int64(max(lines, 1)), -2) }

func within(difference, slack decimal.Decimal) bool {
	return difference.Abs().LessThanOrEqual(slack)
}

// AmountKind is how RO App's total compares with the order's lines.
type AmountKind string

// The kinds.
const (
	AmountLines   AmountKind = "lines"   // the sum of the lines
	AmountRounded AmountKind = "rounded" // the sum of the lines, but for rounding
	AmountShop    AmountKind = "shop"    // Cartum's total: staff gave the order's discounts, too
	AmountDiffers AmountKind = "differs"
)

// AmountCheck compares RO App's total with the order's.
type AmountCheck struct {
	Kind       AmountKind
	Expected   decimal.Decimal // the sum of the priced lines
	Actual     decimal.Decimal // RO App's total
	Difference decimal.Decimal // Actual - Expected
	Shop       Totalling       // how Cartum's total is calculated
	Currency   string
}

// CheckAmount compares RO App's total with the sum of the order's lines. The
// discounts of the whole order are not in the lines' prices, so RO App's total
// exceeds Cartum's by them; where staff gave them in RO App as well, its total is
// Cartum's.
func CheckAmount(s Snapshot, accountTotal decimal.Decimal) AmountCheck {
	t := Explain(s)
	check := AmountCheck{Kind: AmountDiffers, Expected: t.Items, Actual: accountTotal, Difference: accountTotal.Sub(t.Items), Shop: t, Currency: s.Currency}
	switch {
	case check.Difference.IsZero():
		check.Kind = AmountLines
	case within(check.Difference, t.Tolerance):
		check.Kind = AmountRounded
	case within(accountTotal.Sub(t.Sum), t.Tolerance):
		check.Kind = AmountShop
	}
	return check
}

// Message says how the totals compare.
func (c AmountCheck) Message() flow.Message { return c.message("amount-" + string(c.Kind)) }

func (c AmountCheck) message(code string) flow.Message {
	pairs := []string{"roapp", c.Actual.StringFixed(2), "lines", c.Expected.StringFixed(2), "currency", c.Currency}
	if c.Kind == AmountDiffers {
		pairs = append(pairs, "difference", c.Difference.StringFixed(2))
	}
	if gap := c.Shop.Items.Sub(c.Shop.Sum); !within(gap, c.Shop.Tolerance) {
		pairs = append(pairs, "cartum", c.Shop.Sum.StringFixed(2))
	}
	return msg(code, pairs...)
}
