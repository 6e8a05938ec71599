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

// Differences are the lines that RO App has otherwise than the shop, because of a
// change in the shop that is not synced. What staff changed by themselves is no
// difference.
func (s *State) Differences() []Difference {
	if s.Snapshot == nil || s.Order == nil || !s.imported() {
		return nil
	}
	shop := s.clearest()
	if s.linesUnclear() && len(shop.Lines) == 0 {
		return nil
	}
	var all []Difference
	inShop := map[LineKey]bool{}
	for _, line := range PricedLines(shop) {
		inShop[line.Key] = true
		if d, differs := s.difference(line); differs {
			all = append(all, d)
		}
	}
	for _, key := range s.lineKeys() {
		if facts := s.Lines[key]; !inShop[key] && facts.present() {
			all = append(all, Difference{Key: key, Kind: DifferenceRemoved, Account: facts.standing()})
		}
	}
	return all
}

func (s *State) difference(line Line) (Difference, bool) {
	shop := ItemValues{line.Quantity, line.Price}
	facts, written := s.Lines[line.Key]
	d := Difference{Key: line.Key, Kind: DifferenceValues, Shop: shop, Account: facts.standing()}
	changed := !shop.equal(facts.carried())
	switch {
	case !written:
		d.Kind, d.Account = DifferenceNew, ItemValues{}
		return d, s.Order.WrittenOff
	case !facts.present():
		d.Kind, d.Account = DifferenceNew, ItemValues{}
		return d, changed || facts.Kept
	case s.Order.WrittenOff:
		return d, (changed || facts.Kept) && !shop.equal(facts.standing())
	default:
		return d, facts.Kept && !shop.equal(facts.standing())
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
