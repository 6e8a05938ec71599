package order

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// LineState are a line as it was last written, and what the shop and the staff
// changed since.
type LineState struct {
	ItemID    int64 // 0 where the line was left out for good
	ProductID int64
	// Quantity and Price are what we wrote last.
	Quantity decimal.Decimal
	Price    decimal.Decimal
	// ShopQuantity and ShopPrice are the shop's values that were last synced, or
	// reported where staff's own values stay; nil where they are what we wrote.
	ShopQuantity *decimal.Decimal `json:",omitempty"`
	ShopPrice    *decimal.Decimal `json:",omitempty"`
	// Tried are values that may have been written by requests whose answer is
	// not known: they are ours when they are seen.
	Tried []ItemValues `json:",omitempty"`
	// Theirs are RO App's values where staff changed them.
	Theirs *ItemValues `json:",omitempty"`
	// Kept is set where the shop changed the line and the staff's value stays.
	Kept bool `json:",omitempty"`
	// Deleted is set where staff took the line out. It is never added again.
	Deleted bool `json:",omitempty"`
}

// ItemValues are what an item has.
type ItemValues struct{ Quantity, Price decimal.Decimal }

func (v ItemValues) equal(other ItemValues) bool {
	return v.Quantity.Equal(other.Quantity) && v.Price.Equal(other.Price)
}

// ItemsState are what is known of the items of RO App's order that are not ours.
type ItemsState struct {
	// Due asks to read them.
	Due bool `json:",omitempty"`
	// Deducted is set where RO App said that all items are written off, which was a
	// reason to read them once: they need not be ours.
	Deducted bool `json:",omitempty"`
	// ReadFor is the digest of the shop's order for which they were last read.
	ReadFor string `json:",omitempty"`
	// Others are the ids of items that staff added, OthersTotal is their sum.
	Others      []int64         `json:",omitempty"`
	OthersTotal decimal.Decimal `json:",omitzero"`
	// Adding are the lines whose add was started and has no known outcome, as they were
	// to be added.
	Adding map[LineKey]AddItem `json:",omitempty"`
}

// written are the values that we wrote last.
func (f LineState) written() ItemValues { return ItemValues{f.Quantity, f.Price} }

// synced are the shop's values that were last synced or reported.
func (f LineState) synced() ItemValues {
	values := f.written()
	if f.ShopQuantity != nil {
		values.Quantity = *f.ShopQuantity
	}
	if f.ShopPrice != nil {
		values.Price = *f.ShopPrice
	}
	return values
}

// current are RO App's values as far as they are known.
func (f LineState) current() ItemValues {
	if f.Theirs != nil {
		return *f.Theirs
	}
	return f.written()
}

// present reports whether the line exists in RO App, as far as is known.
func (f LineState) present() bool { return f.ItemID != 0 && !f.Deleted }

// LineWrite is one line of ours: what its item may have by us, and what it
// should have.
type LineWrite struct {
	Key    LineKey
	ItemID int64
	// To are the shop's values; Quantity and Price say which of them changed since
	// they were last synced.
	To              ItemValues
	Quantity, Price bool
	// Ours are all values that we wrote or may have written.
	Ours []ItemValues
}

// Decided are the values of a line to send, nil where one stays as it is.
type Decided struct{ Quantity, Price *decimal.Decimal }

// Nothing says that nothing is to be written.
func (d Decided) Nothing() bool { return d.Quantity == nil && d.Price == nil }

// Decide compares three ways: a value is written only where the shop changed it
// and RO App still has what we wrote.
func (w LineWrite) Decide(item Item) Decided {
	var d Decided
	quantity, price := w.ours(item)
	if w.Quantity && !item.Quantity.Equal(w.To.Quantity) && quantity {
		d.Quantity = &w.To.Quantity
	}
	if w.Price && !item.Price.Equal(w.To.Price) && price {
		d.Price = &w.To.Price
	}
	return d
}

// ours reports which of an item's values are ours.
func (w LineWrite) ours(item Item) (quantity, price bool) {
	for _, known := range w.Ours {
		quantity, price = quantity || known.Quantity.Equal(item.Quantity), price || known.Price.Equal(item.Price)
	}
	return quantity, price
}

// apply applies an item as it was read, and what was written to it afterwards.
func (f *LineState) apply(w LineWrite, item Item, sent Decided) {
	carried := f.synced()
	stands := ItemValues{item.Quantity, item.Price}
	ourQuantity, ourPrice := w.ours(item)
	f.Quantity, f.ShopQuantity = carrying{
		written: f.Quantity, carried: carried.Quantity, to: w.To.Quantity, stands: stands.Quantity,
		changed: w.Quantity, ours: ourQuantity, sent: sent.Quantity != nil,
	}.done()
	f.Price, f.ShopPrice = carrying{
		written: f.Price, carried: carried.Price, to: w.To.Price, stands: stands.Price,
		changed: w.Price, ours: ourPrice, sent: sent.Price != nil,
	}.done()
	if sent.Quantity != nil {
		stands.Quantity = w.To.Quantity
	}
	if sent.Price != nil {
		stands.Price = w.To.Price
	}
	f.Deleted, f.Theirs = false, nil
	if !stands.equal(f.written()) {
		f.Theirs = &stands
	}
	f.Kept = f.Theirs != nil && (f.Kept || w.Quantity || w.Price)
}

// carrying is one value of a line being synced from the shop to RO App.
type carrying struct {
	written, carried, to, stands decimal.Decimal
	changed, ours, sent          bool
}

// done records what we have written, and the shop's value that was synced where
// that differs.
func (c carrying) done() (written decimal.Decimal, shop *decimal.Decimal) {
	switch {
	case c.sent, c.changed && c.stands.Equal(c.to):
		return c.to, nil
	case c.ours:
		// RO App has what was synced. Where the shop has another value, that is yet to be
		// written: one go writes few lines, and staff may have taken back a value of their
		// own.
		return c.stands, nil
	case c.changed:
		return c.written, different(c.to, c.written)
	default:
		return c.written, different(c.carried, c.written)
	}
}

func different(value, from decimal.Decimal) *decimal.Decimal {
	if value.Equal(from) {
		return nil
	}
	return &value
}

// everyProduct stands for the items of any product.
const everyProduct = 0

// ourItems are the ids of the items of a product that stand for lines, sorted.
func (s *State) ourItems(product int64) []int64 {
	var ids []int64
	for _, facts := range s.Lines {
		if facts.ItemID != 0 && (product == everyProduct || facts.ProductID == product) {
			ids = append(ids, facts.ItemID)
		}
	}
	slices.Sort(ids)
	return ids
}

// sumOfOthers is the sum of the items with the ids.
func sumOfOthers(items []Item, ids []int64) decimal.Decimal {
	sum := decimal.Zero
	for _, item := range items {
		if slices.Contains(ids, item.ID) {
			sum = sum.Add(item.Quantity.Mul(item.Price))
		}
	}
	return sum
}

// leaveLines gives up the lines that were not added, once the import is done: they
// are reported, and not added behind the staff's back later.
func (s *State) leaveLines() {
	for _, line := range PricedLines(*s.Snapshot) {
		if _, written := s.Lines[line.Key]; !written {
			put(&s.Lines, line.Key, LineState{Quantity: line.Quantity, Price: line.Price, Deleted: true})
		}
	}
}

// lineKeys are the keys of all lines that were ever written, sorted.
func (s *State) lineKeys() []LineKey { return slices.Sorted(maps.Keys(s.Lines)) }
