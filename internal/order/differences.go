package order

import "fmt"

// DifferenceKind says why a line is not in RO App as it is in the shop.
type DifferenceKind string

// The kinds of differences.
const (
	DifferenceNew     DifferenceKind = "new"     // the shop has a line that RO App has not
	DifferenceRemoved DifferenceKind = "removed" // RO App still has a line that the shop took out
	DifferenceValues  DifferenceKind = "values"  // quantity or price differ
)

// Difference is one line that is not carried over, since goods were written off
// or since staff's own values stay.
type Difference struct {
	Key     LineKey
	Kind    DifferenceKind
	Shop    ItemValues // zero where removed
	Account ItemValues // zero where new
}

// Differences are the lines that RO App has otherwise than the shop, because of
// a change in the shop that is not carried over. What staff changed by
// themselves is no difference.
func (s *State) Differences() []Difference {
	if s.Snapshot == nil || s.Order == nil || !s.settled() {
		return nil
	}
	var all []Difference
	inShop := map[LineKey]bool{}
	for _, line := range PricedLines(*s.Snapshot) {
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

// brief is the difference in one line, for the row's mark.
func (d Difference) brief() string {
	switch d.Kind {
	case DifferenceNew:
		return fmt.Sprintf("%s: %s x %s in the shop, not in RO App", d.Key.label(), d.Shop.Quantity, d.Shop.Price.StringFixed(2))
	case DifferenceRemoved:
		return fmt.Sprintf("%s: removed in the shop, %s x %s in RO App", d.Key.label(), d.Account.Quantity, d.Account.Price.StringFixed(2))
	case DifferenceValues:
	}
	return fmt.Sprintf("%s: %s x %s in the shop, %s x %s in RO App", d.Key.label(),
		d.Shop.Quantity, d.Shop.Price.StringFixed(2), d.Account.Quantity, d.Account.Price.StringFixed(2))
}
