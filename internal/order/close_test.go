package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/order"
)

func TestAnOrderIsClosedOnceNothingMoreIsExpected(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		shop    int
		account int64
		age     time.Duration
		closed  string
	}{
		"final on both sides, out of sight":          {shop: 3, account: 103, age: 67 * day, closed: "final on both sides"},
		"final on both sides, within the window":     {shop: 3, account: 103, age: 66 * day},
		"final in the shop only":                     {shop: 4, account: 106, age: 100 * day},
		"open for long":                              {shop: 2, account: 102, age: 179 * day},
		"never final, given up after half a year":    {shop: 2, account: 102, age: 180 * day, closed: "given up watching after 180 days"},
		"final at last, after more than half a year": {shop: 3, account: 103, age: 300 * day, closed: "final on both sides"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := imported(), keepingRules()
			s.Snapshot.Status, s.Order.StatusID = test.shop, test.account
			s.Handled = order.StatusFacts{Shop: test.shop, Account: test.account}
			s.Snapshot.Created = noon
			s.StartedAt = noon
			next := plan(&s, r, noon.Add(test.age))
			assert.Equal(t, test.closed, next.Close)
			assert.Equal(t, test.closed, s.Closed)
			if test.closed == "" {
				assert.True(t, next.Wake.After(noon.Add(test.age)), "it is looked at again at %s", next.Wake)
			}
		})
	}
}

func TestAnOrderWithSomethingToDoIsNotClosed(t *testing.T) {
	t.Parallel()
	s, r := imported(), keepingRules()
	s.Snapshot.Created, s.StartedAt = noon, noon
	at := noon.Add(200 * 24 * time.Hour)
	accountHas(&s, at, 103)
	assert.Empty(t, plan(&s, r, at).Close)
}
