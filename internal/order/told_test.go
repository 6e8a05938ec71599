package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// F47: one comment for each real change of delivery and payment, none for an
// equal one; a tracking number alone is none.
func TestF47_OnlyARealChangeIsTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*order.Snapshot)
		told   string
	}{
		"another address":       {change: func(o *order.Snapshot) { o.Delivery.Address = "ul. Długa 2" }, told: "ul. Długa 2"},
		"another recipient":     {change: func(o *order.Snapshot) { o.Delivery.Recipient = "Ola" }, told: "Ola"},
		"another price":         {change: func(o *order.Snapshot) { p := decimal.NewFromInt(7); o.Delivery.Price = &p }, told: "7,00"},
		"paid":                  {change: func(o *order.Snapshot) { o.Payment.Paid = true }, told: "PLN"},
		"a tracking number":     {change: func(o *order.Snapshot) { o.Delivery.Tracking = "PL1" }},
		"spaces in the address": {change: func(o *order.Snapshot) { o.Delivery.Address = " ul.  Krótka 1 " }},
		"a quantity":            {change: func(o *order.Snapshot) { o.Lines[0].Quantity = decimal.NewFromInt(2) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
			shopHas(&s, at, test.change)
			steps := plan(&s, r, at).Steps
			if test.told == "" {
				assert.Empty(t, steps)
				return
			}
			require.Len(t, steps, 1)
			require.NotNil(t, steps[0].PostComment)
			assert.Contains(t, steps[0].PostComment.Text, test.told)
			s.Begin(steps[0], at)
			s.Apply(steps[0], &order.CommentPosted{}, at)
			shopHas(&s, at.Add(time.Minute), func(*order.Snapshot) {})
			assert.Empty(t, plan(&s, r, at.Add(time.Minute)).Steps, "told again")
		})
	}
}

func TestF47_DeliveryChangedTwiceIsToldTwice(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	for _, address := range []string{"ul. Długa 2", "ul. Prosta 3", "ul. Długa 2"} {
		at = at.Add(time.Minute)
		shopHas(&s, at, func(o *order.Snapshot) { o.Delivery.Address = address })
		steps := plan(&s, r, at).Steps
		require.Len(t, steps, 1)
		assert.Contains(t, steps[0].PostComment.Text, address)
		s.Begin(steps[0], at)
		s.Apply(steps[0], &order.CommentPosted{}, at)
	}
}
