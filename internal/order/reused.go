package order

import (
	"slices"
	"time"
)

// Reused is another order that the shop shows under a number that it has used
// before.
type Reused struct {
	Snapshot *Snapshot
	Digest   string
}

// otherOrder reports whether the shop's order is not the one that was imported
// under its number. An order keeps the time at which it was placed, as the shop
// writes it; one that was only edited also keeps its customer and some of its
// lines.
func (s *State) otherOrder(snapshot *Snapshot) bool {
	if s.Snapshot == nil || s.Order == nil && len(s.InFlight) == 0 {
		return false
	}
	was, is := s.Snapshot, snapshot
	if was.Created.IsZero() || is.Created.IsZero() || was.Created.Equal(is.Created) || was.CreatedAsWritten == is.CreatedAsWritten {
		return false
	}
	shared := is.linesUnclear(nil) || was.linesUnclear(nil) || slices.ContainsFunc(is.Lines, func(line Line) bool {
		return slices.ContainsFunc(was.Lines, func(before Line) bool { return lineGroup(line) == lineGroup(before) })
	})
	return customerContent(*was) != customerContent(*is) || !shared
}

// numberReused is the hold of an order whose number the shop has given to another
// order.
func (p *planner) numberReused() *Hold {
	other := p.s.Reused
	if other == nil {
		return nil
	}
	h := holdFor(HoldNumberReused, "placed", stamp(other.Snapshot.Created), "wasPlaced", stamp(p.s.Snapshot.Created),
		"amount", other.Snapshot.Totals.Sum.StringFixed(2), "currency", other.Snapshot.Currency, "lines", num(len(other.Snapshot.Lines)))
	return &h
}

// stamp writes a moment as a parameter; it is shown in the reader's time zone.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// startNewOrder forgets the order that had the number before.
func (s *State) startNewOrder(now time.Time) {
	if s.Order != nil {
		s.FormerOrders = append(s.FormerOrders, s.Order.ID)
	}
	other := s.Reused
	s.ShopState = ShopState{FormerOrders: s.FormerOrders}
	s.ImportState, s.ProductsState, s.Customer = ImportState{}, ProductsState{}, CustomerState{}
	s.Accepted, s.Backoffs, s.Restarted, s.Warnings = nil, nil, false, nil
	s.applySnapshot(other.Snapshot, other.Digest, now)
}
