package order_test

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

// staffSetStatus is an employee at work in RO App. That they choose just what an
// attempt whose answer was lost may have written cannot be distinguished from it.
func (s *simulation) staffSetStatus(to int64) {
	o := s.account.orders[0]
	tried := s.state.Order != nil && slices.ContainsFunc(s.state.Order.Sets.Tried, func(f order.StatusState) bool { return f.Account == to })
	if o.status == to || tried {
		return
	}
	o.status, o.statusAt = to, s.clock
	o.statusChanges++
	if s.account.chosen == nil {
		s.account.chosen = map[int64]bool{}
	}
	s.account.chosen[to] = true
	s.change(o)
}

// drawOurs picks an item of ours that the exchange knows of: what is done to one
// whose add has not been answered yet cannot be distinguished from its absence.
func (s *simulation) drawOurs(o *simulatedOrder) (index int, ok bool) {
	var indexes []int
	for i, item := range o.items {
		if s.known(item) && !item.WrittenOff {
			indexes = append(indexes, i)
		}
	}
	if len(indexes) == 0 {
		return 0, false
	}
	return rapid.SampledFrom(indexes).Draw(s.t, "item"), true
}

// known reports whether an item stands for a line that the exchange knows of.
func (s *simulation) known(item order.Item) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(s.state.Lines)), func(f order.LineState) bool { return f.ItemID == item.ID })
}

// touch notes that staff changed an item.
func (o *simulatedOrder) touch(item order.Item) {
	before := order.ItemValues{Quantity: item.Quantity, Price: item.Price}
	if touched, again := o.touched[item.ID]; again {
		o.touched[item.ID] = touch{written: touched.written, before: before}
	} else {
		o.touched[item.ID] = touch{written: before, before: before}
	}
}

// staffsOwn is a quantity that the shop never has, so that it is known whose it
// is.
const staffsOwn = 11

func (s *simulation) staffChangeQuantity() {
	o := s.account.orders[0]
	i, ok := s.drawOurs(o)
	if !ok {
		return
	}
	o.touch(o.items[i])
	o.items = slices.Clone(o.items)
	o.items[i].Quantity = decimal.NewFromInt(int64(rapid.SampledFrom([]int{1, 2, staffsOwn, staffsOwn + 1}).Draw(s.t, "staff's quantity")))
	s.change(o)
}

func (s *simulation) staffDeleteItem() {
	o := s.account.orders[0]
	i, ok := s.drawOurs(o)
	if !ok {
		return
	}
	o.touch(o.items[i])
	o.items = slices.Delete(slices.Clone(o.items), i, i+1)
	s.change(o)
}

// staffAddItem adds an item of the staff's own, of any product.
func (s *simulation) staffAddItem() {
	o := s.account.orders[0]
	keys := []order.ProductKey{"none"}
	for key := range s.account.products {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	product := s.account.products[rapid.SampledFrom(keys).Draw(s.t, "staff's product")].ID
	item := order.Item{ID: s.newID(), ProductID: product, Quantity: s.quantity(), Price: decimal.NewFromInt(10)}
	o.items = append(slices.Clone(o.items), item)
	o.staffs[item.ID] = true
	s.change(o)
}

// staffWriteOff takes items from stock: of one item, or of all.
func (s *simulation) staffWriteOff() {
	o := s.account.orders[0]
	if len(o.items) == 0 {
		return
	}
	o.items = slices.Clone(o.items)
	which := rapid.IntRange(-1, len(o.items)-1).Draw(s.t, "written off")
	for i := range o.items {
		o.items[i].WrittenOff = o.items[i].WrittenOff || which < 0 || which == i
	}
	s.change(o)
}

// requireOurs holds whenever lines are about to be written: no items of ours are
// written off, and the current value is not the staff's.
func (s *simulation) requireOurs(o *simulatedOrder, item order.Item, send order.Decided) {
	require.False(s.t, o.frozen(), "a line is written after items were written off")
	require.False(s.t, o.staffs[item.ID], "an item that staff added is changed")
	if send.Quantity != nil {
		require.True(s.t, item.Quantity.LessThan(decimal.NewFromInt(staffsOwn)), "the staff's quantity %s is changed", item.Quantity)
	}
}
