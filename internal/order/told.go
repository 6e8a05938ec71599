package order

import (
	"strconv"
	"strings"
)

// told joins values to one text that is the same as long as they are.
func told(values ...string) string { return strings.Join(values, "\x1f") }

// deliveryTold is what comments tell of the delivery. The tracking number is in
// them, but alone it is no reason for another one; the carrier's own texts and
// dates are not.
func deliveryTold(s Snapshot) string {
	d := s.Delivery
	return told(NormalizeText(d.Method), optional(d.Price), strconv.FormatBool(d.AtCarrierRates),
		NormalizeText(d.Recipient), NormalizeText(d.Phone), NormalizeText(d.City), NormalizeText(d.Address), NormalizeText(d.Branch))
}

// paymentTold is what comments tell of the payment: how it is paid, whether it
// is paid, and what is deducted. Values that only follow the goods are left out.
func paymentTold(s Snapshot) string {
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
	return told(values...)
}

// differencesTold is what comments tell of the lines that are not carried over.
func differencesTold(differences []Difference) string {
	var values []string
	for _, d := range differences {
		values = append(values, string(d.Key), string(d.Kind), d.Shop.Quantity.String(), d.Shop.Price.String(), d.Account.Quantity.String(), d.Account.Price.String())
	}
	return told(values...)
}
