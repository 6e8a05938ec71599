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
// under its number. An order keeps the time at which it was placed. The shop may
// write that time differently later; then the customer and some of the lines are
// those that they were.
func (s *State) otherOrder(snapshot *Snapshot) bool {
	if s.Snapshot == nil || s.Order == nil && len(s.InFlight) == 0 {
		return false
	}
	was, is := s.Snapshot, snapshot
	shared := is.linesUnclear(nil) || was.linesUnclear(nil) || slices.ContainsFunc(is.Lines, func(line Line) bool {
		return slices.ContainsFunc(was.Lines, func(before Line) bool { return lineGroup(line) == lineGroup(before) })
	})
	sameCustomer := customerContent(*was) == customerContent(*is)
	switch {
	case was.createdUnclear() || is.createdUnclear():
		return !sameCustomer && !shared
	case was.Created.Equal(is.Created) || was.CreatedAsWritten == is.CreatedAsWritten:
		return false
	default:
		return !sameCustomer || !shared || !rewritten(was.Created, is.Created)
	}
}

// createdUnclear tells that the time of the creation is none that the shop wrote.
func (s Snapshot) createdUnclear() bool {
	return s.Created.IsZero() || slices.ContainsFunc(Holding(s.Problems), func(p Problem) bool { return p.Subject == SubjectCreated })
}

// widestZones is the most by which the clocks of two zones differ.
const widestZones = 26 * time.Hour

// rewritten tells that two times may be one that a shop wrote on the clocks of two
// zones, which differ by quarters of an hour, or once without its seconds.
func rewritten(was, is time.Time) bool {
	apart := was.Sub(is).Abs()
	return apart <= widestZones && apart%(15*time.Minute) < time.Minute
}

// numberReused is the hold of an order whose number the shop has given to another
// order.
func (p *planner) numberReused() *Hold {
	other := p.s.Reused
	if other == nil {
		return nil
	}
	return holdFor(HoldNumberReused, "placed", stamp(other.Snapshot.Created), "wasPlaced", stamp(p.s.Snapshot.Created),
		"amount", other.Snapshot.Totals.Sum.StringFixed(2), "currency", other.Snapshot.Currency, "lines", num(len(other.Snapshot.Lines)))
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
