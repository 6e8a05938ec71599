package order

import "time"

// SignalStatusChanged brings RO App's side of the order, as a list showed it.
const SignalStatusChanged = "status-changed"

var _ = defineSignal(SignalStatusChanged, func(s *State, o OrderRead, now time.Time) { s.applyAccountOrder(o, now) })

// SignalWrittenOff says that items of the order were taken from stock in RO App.
const SignalWrittenOff = "written-off"

// WriteOff says that items of the order were taken from stock in RO App.
type WriteOff struct {
	At time.Time
	By string `json:",omitempty"` // who said so; empty: cartumsync saw it
}

var _ = defineSignal(SignalWrittenOff, func(s *State, w WriteOff, now time.Time) {
	if s.Order == nil {
		s.WriteOffSeen = true
		return
	}
	s.freeze(w.By, now)
})
