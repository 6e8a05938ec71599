package order

import "github.com/cartumsync/cartumsync/internal/order/flow"

// DifferenceKind says why a line is not in RO App as it is in the shop.
type DifferenceKind string

// The kinds of differences.
const (
	DifferenceNew     DifferenceKind = "new"     // the shop has a line that RO App has not
	DifferenceRemoved DifferenceKind = "removed" // RO App still has a line that the shop took out
	DifferenceValues  DifferenceKind = "values"  // quantity or price differ
)

// Difference is one line that is not synced, since items were written off or since
// staff's own values stay.
type Difference struct {
	Key     LineKey
	Kind    DifferenceKind
	Shop    ItemValues // zero where removed
	Account ItemValues // zero where new
}

// Differences are the lines where RO App differs from the shop, because of a
// change in the shop that is not synced. What staff changed by themselves is no
// difference.
func (s *State) Differences() []Difference {
	var all []Difference
	for _, pair := range s.LinePairs() {
		if pair.Difference == "" {
			continue
		}
		d := Difference{Key: pair.Key, Kind: pair.Difference}
		if pair.Shop != nil {
			d.Shop = *pair.Shop
		}
		if pair.Account != nil {
			d.Account = *pair.Account
		}
		all = append(all, d)
	}
	return all
}

// difference says why a line of the shop differs from RO App, "" where it does not.
func (s *State) difference(line Line) DifferenceKind {
	shop := ItemValues{line.Quantity, line.Price}
	facts, written := s.Lines[line.Key]
	changed := facts.Kept || !shop.equal(facts.synced())
	switch {
	case !written && s.Order.WrittenOff, written && !facts.present() && changed:
		return DifferenceNew
	case facts.present() && (facts.Kept || s.Order.WrittenOff && changed) && !shop.equal(facts.current()):
		return DifferenceValues
	default:
		return ""
	}
}

// message is the difference as a warning.
func (d Difference) message() flow.Message {
	pairs := []string{"difference", string(d.Kind), "sku", d.Key.label()}
	if d.Kind != DifferenceRemoved {
		pairs = append(pairs, "quantity", d.Shop.Quantity.String(), "price", d.Shop.Price.StringFixed(2))
	}
	if d.Kind != DifferenceNew {
		pairs = append(pairs, "roappQuantity", d.Account.Quantity.String(), "roappPrice", d.Account.Price.StringFixed(2))
	}
	return msg(WarnNotSynced, pairs...)
}
