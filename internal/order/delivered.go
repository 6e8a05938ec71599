package order

import (
	"strconv"
	"strings"
)

// content joins values to one text that is the same as long as they are.
func content(values ...string) string { return strings.Join(values, "\x1f") }

// deliveryContent is what comments say of the delivery. The tracking number is in
// them, but alone it is no reason for another one; the carrier's own texts and
// dates are not.
func deliveryContent(s Snapshot) string {
	d := s.Delivery
	return content(NormalizeText(d.Method), optional(d.Price), strconv.FormatBool(d.AtCarrierRates),
		NormalizeText(d.Recipient), NormalizeText(d.Phone), NormalizeText(d.City), NormalizeText(d.Address), NormalizeText(d.Branch))
}

// paymentContent is what comments say of the payment: how it is paid, whether it
// is paid, and what is deducted. Values that only follow the items are left out.
func paymentContent(s Snapshot) string {
	t := s.Totals
	values := []string{
		NormalizeText(s.Payment.Method), strconv.FormatBool(s.Payment.Paid), optional(s.Payment.Fee),
		t.CouponCode, t.CouponPercent.String(), t.DiscountPercent.String(), t.ManagerDiscount.String(), t.ManagerDiscountTitle,
	}
	if t.CouponPercent.IsZero() {
		values = append(values, t.CouponValue.String())
	}
	if t.DiscountPercent.IsZero() {
		values = append(values, t.DiscountValue.String())
	}
	return content(values...)
}

// differencesContent is what comments say of the lines that are not synced.
func differencesContent(differences []Difference) string {
	var values []string
	for _, d := range differences {
		values = append(values, string(d.Key), string(d.Kind), d.Shop.Quantity.String(), d.Shop.Price.String(), d.Account.Quantity.String(), d.Account.Price.String())
	}
	return content(values...)
}

// amountContent is the amount to collect as comments say it. It changes with the
// items as well as with delivery and discounts.
func amountContent(s Snapshot) string {
	t := Explain(s)
	return content(t.ToCollect.StringFixed(2), t.Sum.StringFixed(2), s.Currency)
}

// remarksContent is what buyer and shop wrote to the order.
func remarksContent(s Snapshot) string {
	return content(NormalizeText(s.BuyerComment), strconv.FormatBool(s.DoNotCall), NormalizeText(s.ManagerComment))
}

// customerContent is the customer as written.
func customerContent(s Snapshot) string {
	return content(NormalizeText(s.Customer.Name), NormalizeText(s.Customer.Phone), NormalizeText(s.Customer.Email))
}
