package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// One comment for each real change, none for an equal one; a tracking number alone
// is none.
func TestF47_EachRealChangeIsOneComment(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(*life)
		change func(*order.Snapshot)
		said   string // "" for no comment
	}{
		"another address":   {change: func(o *order.Snapshot) { o.Delivery.Address = "ul. Długa 2" }, said: "ul. Długa 2"},
		"another recipient": {change: func(o *order.Snapshot) { o.Delivery.Recipient = "Ola" }, said: "Ola"},
		"another delivery price": {
			change: func(o *order.Snapshot) { o.Delivery.Price = amountOf("25") },
			before: func(l *life) { l.shop.Delivery.Price = amountOf("15") }, said: "Do pobrania: 45,00 PLN",
		},
		"paid": {change: func(o *order.Snapshot) { o.Payment.Paid = true }, said: "opłacone"},
		"a quantity, with a coupon": {
			before: func(l *life) {
				l.shop.Totals.CouponCode, l.shop.Totals.CouponPercent = "LATO", amount("20")
				l.shop.Totals.Sum = amount("16")
			},
			change: func(o *order.Snapshot) {
				o.Lines[0].Quantity, o.Totals.Default, o.Totals.Sum = decimal.NewFromInt(1), amount("10"), amount("8")
			}, said: "Do pobrania: 8,00 PLN",
		},
		"a paid order whose total grows": {
			before: func(l *life) { l.shop.Payment.Paid = true },
			change: func(o *order.Snapshot) { setQuantity(o, 3) }, said: "30,00 PLN",
		},
		"a total of nothing": {change: func(o *order.Snapshot) { o.Totals.Sum = decimal.Zero }, said: "Do pobrania: 0,00 PLN"},
		"a coupon taken back": {
			before: func(l *life) { l.shop.Totals.CouponPercent, l.shop.Totals.Sum = amount("20"), amount("16") },
			change: func(o *order.Snapshot) { o.Totals.CouponPercent, o.Totals.Sum = decimal.Zero, amount("20") }, said: "Do pobrania: 20,00 PLN",
		},
		"a price, with a coupon": {
			before: func(l *life) { l.shop.Totals.CouponPercent, l.shop.Totals.Sum = amount("20"), amount("16") },
			change: func(o *order.Snapshot) {
				o.Lines[0].Price, o.Totals.Default, o.Totals.Sum = decimal.NewFromInt(20), amount("40"), amount("32")
			}, said: "Do pobrania: 32,00 PLN",
		},
		"a fee":        {change: func(o *order.Snapshot) { o.Payment.Fee = amountOf("3") }, said: "Do pobrania: 23,00 PLN"},
		"paid no more": {before: func(l *life) { l.shop.Payment.Paid = true }, change: func(o *order.Snapshot) { o.Payment.Paid = false }, said: "Do pobrania: 20,00 PLN"},
		"the carrier's own rates": {
			before: func(l *life) { l.shop.Delivery.Price = amountOf("15") },
			change: func(o *order.Snapshot) { o.Delivery.Price, o.Delivery.AtCarrierRates = nil, true }, said: "Do pobrania: 20,00 PLN",
		},
		"the delivery price of a paid order": {
			before: func(l *life) { l.shop.Payment.Paid, l.shop.Delivery.Price = true, amountOf("15") },
			change: func(o *order.Snapshot) { o.Delivery.Price = amountOf("25") }, said: "25,00 PLN",
		},
		"a second phone":           {change: func(o *order.Snapshot) { o.Customer.Phone += " / 601222333" }, said: "601222333"},
		"the manager's comment":    {change: func(o *order.Snapshot) { o.ManagerComment = "kruche" }, said: "kruche"},
		"the buyer's comment":      {change: func(o *order.Snapshot) { o.BuyerComment = "po 18:00" }, said: "po 18:00"},
		"do not call":              {change: func(o *order.Snapshot) { o.DoNotCall = true }, said: "Nie dzwonić"},
		"another e-mail":           {change: func(o *order.Snapshot) { o.Customer.Email = "ola@poczta.example" }, said: "ola@poczta.example"},
		"another phone":            {change: func(o *order.Snapshot) { o.Customer.Phone = "+48601222333" }, said: "+48601222333"},
		"a tracking number":        {change: func(o *order.Snapshot) { o.Delivery.Tracking = "PL1" }},
		"spaces in the address":    {change: func(o *order.Snapshot) { o.Delivery.Address = " ul.  Krótka 1 " }},
		"invisible signs in names": {change: func(o *order.Snapshot) { o.Customer.Name = "Anna\u200b Nowak" }},
		"nothing":                  {change: func(*order.Snapshot) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.before == nil {
				test.before = func(*life) {}
			}
			l := imported(t, test.before)
			l.account.comments = nil
			l.now = noon.Add(time.Hour)
			l.changed(test.change)
			l.settle()
			if test.said == "" {
				assert.Empty(t, l.account.comments)
				return
			}
			require.Len(t, l.account.comments, 1)
			assert.Contains(t, l.account.comments[0], test.said)
			l.now = l.now.Add(time.Minute)
			l.polled()
			l.settle()
			assert.Len(t, l.account.comments, 1, "said again")
		})
	}
}

func TestF47_DeliveryChangedTwiceIsTwoComments(t *testing.T) {
	t.Parallel()
	l := imported(t)
	for i, address := range []string{"ul. Długa 2", "ul. Prosta 3", "ul. Długa 2"} {
		l.now = l.now.Add(time.Minute)
		l.changed(func(o *order.Snapshot) { o.Delivery.Address = address })
		l.settle()
		require.Len(t, l.account.comments, i+2)
		assert.Contains(t, l.account.comments[i+1], address)
	}
}

func TestManyChangesAtOnceAreOneComment(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.account.comments = nil
	l.changed(func(o *order.Snapshot) {
		o.ManagerComment, o.BuyerComment, o.DoNotCall, o.Customer.Email, o.Payment.Paid = "kruche", "po 18:00", true, "ola@poczta.example", true
	})
	l.settle()
	require.Len(t, l.account.comments, 1)
	for _, said := range []string{"kruche", "po 18:00", "Nie dzwonić", "ola@poczta.example", "opłacone"} {
		assert.Contains(t, l.account.comments[0], said)
	}
}

// That polls have missed the order for long is one comment, and so is that it is
// shown again.
func TestOrderThatIsGoneIsOneCommentAndAnotherWhenItIsBack(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.account.comments = nil
	l.now = noon.Add(time.Hour)
	l.missed("missing:1")
	l.settle()
	l.missed("missing:2")
	l.settle()
	require.Len(t, l.account.comments, 1)
	assert.Contains(t, l.warns(), order.WarnGoneInShop)
	assert.Len(t, l.noted("gone-in-shop"), 1)
	assert.Nil(t, l.state.Closed)

	l.now = l.now.Add(time.Hour)
	l.polled()
	l.settle()
	require.Len(t, l.account.comments, 2, "it is shown again")
	assert.NotContains(t, l.warns(), order.WarnGoneInShop)
	assert.Len(t, l.noted("shown-again"), 1)
	assert.True(t, l.state.GoneSince.IsZero())
}

// A poll that was reported twice counts once, and one that is older than what was
// seen since counts nothing.
func TestPollThatMissesTheOrderCountsOnce(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	late := l.now
	l.missed("missing:1")
	l.now = l.now.Add(time.Second)
	l.missed("missing:1")
	assert.Equal(t, late, l.state.GoneSince)
	assert.Len(t, l.noted("gone-in-shop"), 1)
	assert.Equal(t, "missing:1", l.state.Published.Observed)

	l.now = l.now.Add(5 * time.Minute)
	l.polled()
	assert.True(t, l.state.GoneSince.IsZero())
	l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: late, By: order.OriginSweep, Missing: true, Digest: "missing:1"})
	assert.True(t, l.state.GoneSince.IsZero(), "it was seen since")
	l.settle()
	assert.Equal(t, l.state.Digest, l.state.Published.Observed)
}

// An order that is gone before it was imported is closed, and started again as soon
// as the shop shows it.
func TestHeldOrderThatIsGoneIsStartedAgainWhenItIsBack(t *testing.T) {
	t.Parallel()
	l := phoneless(t)
	l.missed("missing:1")
	l.holds(order.HoldNoCustomer)
	l.wait(l.now.Add(2 * time.Hour))
	if l.state.Closed != nil {
		assert.True(t, l.state.Closed.Reopens)
		assert.Equal(t, "NotInShop", l.last.Close.Failure)
		return
	}
	l.shop.Customer.Phone = "+48501234567"
	l.polled()
	l.settle()
	assert.Equal(t, order.SyncSynced, l.state.SyncState())
}

// A snapshot that came late is not published as what was observed: polls would
// believe it known once the shop is so again.
func TestT10_LateSnapshotIsNotPublished(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	first, _ := l.read()
	first.SeenAt = l.now.Add(-time.Minute)
	l.changed(func(o *order.Snapshot) { o.BuyerComment = "newer" })
	digest := l.state.Digest
	l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: first.SeenAt, By: order.OriginSweep, Snapshot: first, Digest: "late"})
	l.settle()
	assert.Equal(t, digest, l.state.Published.Observed)
}
