package order_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

func requireAmount(t require.TestingT, want string, got decimal.Decimal) {
	require.Equal(t, amount(want).String(), got.String())
}

// couponOrder is the test order that Cartum's documentation explains.
func couponOrder() order.Snapshot {
	s := sold("799", "599", products(order.LineProduct, "Róża", "1", "799"))
	s.Totals.CouponCode, s.Totals.CouponPercent, s.Totals.CouponValue = "LATO", amount("25"), amount("200")
	return s
}

func TestR12_AmountIsTheTotalOfTheGoods(t *testing.T) {
	t.Parallel()
	s := sold("31849", "31849", products(order.LineProduct, "MacBook", "1", "31799"), products(order.LineProduct, "Etui", "2", "25"))
	told := order.Explain(s)
	requireAmount(t, "31849", told.Items)
	requireAmount(t, "31849", told.ToCollect)
	requireAmount(t, "0", told.Remainder)
	assert.Empty(t, told.Discounts)
	assert.Nil(t, told.Delivery)

	check := order.CheckAmount(s, amount("31849.00"))
	assert.Equal(t, order.AmountLines, check.Kind)
	assert.Equal(t, params("roapp", "31849.00", "lines", "31849.00", "currency", "PLN"), check.Message().Params)

	short := order.CheckAmount(s, amount("31799"))
	assert.Equal(t, order.AmountDiffers, short.Kind)
	requireAmount(t, "31849", short.Expected)
	requireAmount(t, "31799", short.Actual)
	requireAmount(t, "-50", short.Difference)
	assert.Equal(t, "-50.00", short.Message().Params["difference"])
}

func TestF33_CouponIsExplained(t *testing.T) {
	t.Parallel()
	told := order.Explain(couponOrder())
	require.Len(t, told.Discounts, 1)
	assert.Equal(t, order.DiscountCoupon, told.Discounts[0].Kind)
	assert.Equal(t, "LATO", told.Discounts[0].Title)
	requireAmount(t, "25", told.Discounts[0].Percent)
	requireAmount(t, "200", told.Discounts[0].Value)
	requireAmount(t, "799", told.Items)
	requireAmount(t, "0", told.Remainder)
	requireAmount(t, "599", told.ToCollect)

	check := order.CheckAmount(couponOrder(), amount("799"))
	assert.Equal(t, order.AmountLines, check.Kind, "line prices have no coupon in them")
	assert.Equal(t, params("roapp", "799.00", "lines", "799.00", "currency", "PLN", "cartum", "599.00"), check.Message().Params)

	givenThere := order.CheckAmount(couponOrder(), amount("599"))
	assert.Equal(t, order.AmountShop, givenThere.Kind, "staff gave the coupon's discount in RO App")
	requireAmount(t, "-200", givenThere.Difference)

	assert.Equal(t, order.AmountDiffers, order.CheckAmount(couponOrder(), amount("700")).Kind)
}

func TestF33_EveryDiscountOfTheOrderIsNamed(t *testing.T) {
	t.Parallel()
	s := sold("200", "145", products(order.LineProduct, "Róża", "2", "100"))
	s.Totals.CouponCode, s.Totals.CouponValue = "START", amount("30")
	s.Totals.DiscountPercent, s.Totals.DiscountValue = amount("5"), amount("10")
	s.Totals.ManagerDiscount, s.Totals.ManagerDiscountTitle = amount("15"), "Stały klient"
	told := order.Explain(s)
	assert.Equal(t, []order.Discount{
		{Kind: order.DiscountCoupon, Title: "START", Value: amount("30")},
		{Kind: order.DiscountManager, Title: "Stały klient", Value: amount("15")},
		{Kind: order.DiscountOrder, Percent: amount("5"), Value: amount("10")},
	}, told.Discounts)
	requireAmount(t, "0", told.Remainder)
}

func TestF33_BarePercentageIsCalculatedAndTheRestIsRounding(t *testing.T) {
	t.Parallel()
	s := couponOrder()
	s.Totals.CouponValue = decimal.Zero
	told := order.Explain(s)
	requireAmount(t, "199.75", told.Discounts[0].Value)
	requireAmount(t, "-0.25", told.Remainder)
	assert.True(t, told.Rounded())
	requireAmount(t, "599", told.ToCollect)
}

func TestF33_DiscountAlreadyInThePricesIsNotCountedTwice(t *testing.T) {
	t.Parallel()
	card := sold("180", "180", products(order.LineProduct, "Róża", "2", "90"))
	card.Totals.DiscountPercent, card.Totals.DiscountValue = amount("10"), amount("20")
	told := order.Explain(card)
	assert.Empty(t, told.Discounts)
	requireAmount(t, "0", told.Remainder)

	twiceNamed := couponOrder()
	twiceNamed.Totals.DiscountValue = amount("200")
	told = order.Explain(twiceNamed)
	require.Len(t, told.Discounts, 1)
	assert.Equal(t, order.DiscountCoupon, told.Discounts[0].Kind)
	requireAmount(t, "0", told.Remainder)
}

func TestF33_WhatNothingExplainsIsTold(t *testing.T) {
	t.Parallel()
	s := sold("200", "150", products(order.LineProduct, "Róża", "2", "100"))
	told := order.Explain(s)
	requireAmount(t, "-50", told.Remainder)
	assert.False(t, told.Rounded())
	check := order.CheckAmount(s, amount("200"))
	assert.Equal(t, order.AmountLines, check.Kind)
	assert.Equal(t, "150.00", check.Message().Params["cartum"])
}

func TestF34_RoundingIsToleratedAndTold(t *testing.T) {
	t.Parallel()
	s := sold("100", "100", products(order.LineProduct, "Róża", "3", "33.33"))
	told := order.Explain(s)
	requireAmount(t, "99.99", told.Items)
	requireAmount(t, "0.01", told.Remainder)
	requireAmount(t, "0.01", told.Tolerance)
	assert.True(t, told.Rounded())
	requireAmount(t, "100", told.ToCollect)

	assert.Equal(t, order.AmountLines, order.CheckAmount(s, amount("99.99")).Kind)
	assert.Equal(t, order.AmountRounded, order.CheckAmount(s, amount("100")).Kind)
	assert.Equal(t, order.AmountDiffers, order.CheckAmount(s, amount("100.02")).Kind)
}

func TestF34_TenthsAddUpExactly(t *testing.T) {
	t.Parallel()
	s := sold("0.3", "0.3", products(order.LineProduct, "a", "1", "0.1"), products(order.LineProduct, "b", "1", "0.2"))
	requireAmount(t, "0", order.Explain(s).Remainder)
	requireAmount(t, "0.3", order.Explain(s).Items)
}

func TestF36_DeliveryAtCarrierRatesIsNoAmount(t *testing.T) {
	t.Parallel()
	s := sold("200", "200", products(order.LineProduct, "Róża", "0.5", "400"))
	s.Delivery = order.Delivery{AtCarrierRates: true, Price: amountOf("-1")}
	told := order.Explain(s)
	assert.Nil(t, told.Delivery)
	assert.False(t, told.DeliveryIncluded)
	requireAmount(t, "200", told.ToCollect)

	s.Delivery = order.Delivery{Price: amountOf("-1")}
	assert.Nil(t, order.Explain(s).Delivery)
}

func TestR28_DeliveryAndFeeAreCollectedOnTop(t *testing.T) {
	t.Parallel()
	s := sold("200", "200", products(order.LineProduct, "Róża", "2", "100"))
	s.Delivery.Price, s.Payment.Fee = amountOf("15.50"), amountOf("3")
	told := order.Explain(s)
	requireAmount(t, "15.5", *told.Delivery)
	assert.False(t, told.DeliveryIncluded)
	requireAmount(t, "218.5", told.ToCollect)

	s.Payment.Paid = true
	requireAmount(t, "0", order.Explain(s).ToCollect)
}

func TestR28_DeliveryInTheTotalIsNotCollectedTwice(t *testing.T) {
	t.Parallel()
	s := sold("200", "215.50", products(order.LineProduct, "Róża", "2", "100"))
	s.Delivery.Price = amountOf("15.50")
	told := order.Explain(s)
	assert.True(t, told.DeliveryIncluded)
	requireAmount(t, "0", told.Remainder)
	requireAmount(t, "215.5", told.ToCollect)
	check := order.CheckAmount(s, amount("200"))
	assert.Equal(t, order.AmountLines, check.Kind)
	assert.Equal(t, "215.50", check.Message().Params["cartum"])

	discounted := couponOrder()
	discounted.Totals.Sum, discounted.Delivery.Price = amount("614"), amountOf("15")
	told = order.Explain(discounted)
	assert.True(t, told.DeliveryIncluded)
	assert.Len(t, told.Discounts, 1)
	requireAmount(t, "0", told.Remainder)

	withFee := s
	withFee.Totals.Sum, withFee.Payment.Fee = amount("203"), amountOf("3")
	told = order.Explain(withFee)
	assert.True(t, told.PaymentFeeIncluded)
	assert.False(t, told.DeliveryIncluded)
	requireAmount(t, "218.5", told.ToCollect)
}

func TestF30_GiftsAndSetsKeepTheSumRight(t *testing.T) {
	t.Parallel()
	s := sold("140", "140",
		products(order.LineSetMain, "Zestaw", "1", "100"), products(order.LineSetItem, "Wazon", "1", "60"),
		products(order.LineSetItem, "Kwiat", "2", "20"), products(order.LineProduct, "Kwiat", "1", "25"),
		products(order.LineProduct, "Kwiat", "1", "15"), products(order.LineGift, "Kwiat", "1", "0"))
	told := order.Explain(s)
	requireAmount(t, "140", told.Items)
	requireAmount(t, "0", told.Remainder)
	assert.Equal(t, order.AmountLines, order.CheckAmount(s, amount("140")).Kind)
	assert.Equal(t, order.AmountDiffers, order.CheckAmount(s, amount("240")).Kind)
}

func TestR12_OrderWithoutLinesHasNoAmount(t *testing.T) {
	t.Parallel()
	told := order.Explain(order.Snapshot{})
	requireAmount(t, "0", told.Items)
	requireAmount(t, "0", told.ToCollect)
	assert.Equal(t, order.AmountLines, order.CheckAmount(order.Snapshot{}, decimal.Zero).Kind)
}

func TestF33_ExplanationAlwaysAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawOrder(t)
		told := order.Explain(s)
		sum := told.Items.Add(told.Remainder)
		for _, discount := range told.Discounts {
			sum = sum.Sub(discount.Value)
		}
		if told.DeliveryIncluded {
			sum = sum.Add(*told.Delivery)
		}
		if told.PaymentFeeIncluded {
			sum = sum.Add(told.PaymentFee)
		}
		requireAmount(t, s.Totals.Sum.String(), sum)
		require.False(t, told.ToCollect.IsNegative())
		require.Equal(t, order.AmountLines, order.CheckAmount(s, told.Items).Kind)
	})
}

func TestF34_DocumentedTotalsLeaveOnlyRounding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawOrder(t)
		told := order.Explain(s)
		s.Totals.Sum = told.Items.Sub(s.Totals.CouponValue).Sub(s.Totals.DiscountValue).Round(2)
		s.Totals.Default = told.Items
		require.True(t, order.Explain(s).Rounded())
	})
}

// drawOrder is any order without sets, sensible or not.
func drawOrder(t *rapid.T) order.Snapshot {
	cents := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.New(rapid.Int64Range(0, 100_000).Draw(t, "cents"), -2)
	})
	lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) order.Line {
		return order.Line{Quantity: decimal.New(rapid.Int64Range(1, 99).Draw(t, "tenths"), -1), Price: cents.Draw(t, "price")}
	}), 1, 8).Draw(t, "lines")
	s := order.Snapshot{Lines: lines}
	s.Totals.Default, s.Totals.Sum = cents.Draw(t, "before"), cents.Draw(t, "after")
	s.Totals.CouponValue, s.Totals.DiscountValue = cents.Draw(t, "coupon"), cents.Draw(t, "discount")
	if rapid.Bool().Draw(t, "delivered") {
		price := cents.Draw(t, "delivery")
		s.Delivery.Price = &price
	}
	if rapid.Bool().Draw(t, "charged") {
		fee := cents.Draw(t, "fee")
		s.Payment.Fee = &fee
	}
	s.Payment.Paid = rapid.Bool().Draw(t, "paid")
	return s
}
