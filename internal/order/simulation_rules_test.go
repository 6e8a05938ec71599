package order_test

import (
	"cmp"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// requireNoDoubles holds at every moment.
func (s *simulation) requireNoDoubles() {
	require.LessOrEqual(s.t, len(s.account.orders), 1, "orders")
	for _, o := range s.account.orders {
		for goods, product := range s.account.products {
			items := 0
			for _, item := range o.items {
				if item.ProductID == product.ID && !o.staffs[item.ID] {
					items++
				}
			}
			require.LessOrEqual(s.t, items, s.linesEver(goods), "items of %s", goods)
		}
		s.requireNoRepeatedComment(o)
	}
}

// requireNoRepeatedComment allows one that tells the same as the one before only
// after a lost answer, or in another life of the workflow.
func (s *simulation) requireNoRepeatedComment(o *simulatedOrder) {
	comments := slices.Clone(o.comments)
	slices.SortFunc(comments, func(x, y simulatedComment) int { return cmp.Compare(x.sent, y.sent) })
	for i := 1; i < len(comments); i++ {
		before, this := comments[i-1], comments[i]
		if before.life == this.life && before.losses == this.losses && before.Last {
			require.NotEqual(s.t, before.Delivers, this.Delivers, "a comment tells again what the one before told")
		}
	}
}

// difference reports what a line is known to have otherwise in RO App.
func (s *simulation) difference(key order.LineKey) (order.Difference, bool) {
	all := s.state.Differences()
	i := slices.IndexFunc(all, func(d order.Difference) bool { return d.Key == key })
	if i < 0 {
		return order.Difference{}, false
	}
	return all[i], true
}

// marked reports whether the order's row warns of something.
func (s *simulation) marked(codes ...string) bool {
	return slices.ContainsFunc(s.state.Warnings, func(m flow.Message) bool { return slices.Contains(codes, m.Code) })
}

// mapped is the RO App status that stands for the shop's.
func (s *simulation) mapped() int64 { return s.rules.ImportStatuses[s.shop.Status] }
