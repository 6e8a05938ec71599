package order

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepSetStatus moves RO App's order to a status.
const StepSetStatus StepKind = "SetStatus"

var _ = define(stepDefinition[SetStatus, StatusSet]{
	kind: StepSetStatus, side: SideRoapp, mayCommit: true, writesOrder: true,
	fingerprint: func(in SetStatus) string { return num(in.To) },
	precheck:    func(in SetStatus) Precheck { return in.Precheck },
	onStart: func(s *State, in SetStatus, _ time.Time) {
		s.Order.Sets.start(StatusState{Shop: in.Shop, Account: in.To})
	},
	apply: func(s *State, in SetStatus, o StatusSet, now time.Time) { s.applyStatusSet(in, o, now) },
	unknown: func(s *State, _ SetStatus, now time.Time) {
		if s.Order != nil {
			s.Order.Sets.EndedAt = now
		}
	},
	nothing: func(s *State, _ SetStatus, _ time.Time) {
		if s.Order != nil {
			s.Order.Sets = OwnStatuses{}
		}
	},
	refused: func(s *State, in SetStatus, f Failure, now time.Time) bool {
		put(&s.Refused, StepSetStatus, StatusRefuse{StatusID: in.To, Text: f.Text, Asked: s.UserWaiting})
		if s.imported() {
			s.SyncedStatuses.Shop = in.Shop
		}
		s.note(now, msg("roapp-refused-status", "roappStatus", num(in.To), "message", f.Text))
		return true
	},
})

// SetStatus is the status to set.
type SetStatus struct {
	Account  string
	OrderID  int64
	From     int64 `json:",omitempty"` // status before, 0 where unknown
	To       int64
	Shop     int    `json:",omitempty"` // the shop's status that it stands for
	Comment  string // some statuses demand one, so one is always sent
	Precheck Precheck
}

// StatusSet is the answer to [SetStatus]; StatusID differs from what was asked
// where staff had moved the order on in between.
type StatusSet struct {
	StatusID int64
}

func (p *planner) setStatus(to int64) flow.Step {
	return p.step(StepSetStatus, "", fmt.Sprintf("Set status %d", to), SetStatus{
		Account: p.s.Order.Account, OrderID: p.s.Order.ID, From: p.s.Order.StatusID, To: to, Shop: p.s.Snapshot.Status,
		Comment: fmt.Sprintf("Cartum #%d", p.s.Key.Number), Precheck: p.precheck(string(StepSetStatus)),
	})
}

func (s *State) applyStatusSet(in SetStatus, o StatusSet, now time.Time) {
	own, ours := s.Order.Sets.find(func(f StatusState) bool { return f.Account == o.StatusID })
	s.Order.Sets = OwnStatuses{}
	if is := s.Order.StatusID; s.imported() && o.StatusID == in.To && is != in.From && is != in.To {
		// Staff's change was seen while ours was in progress: which came last?
		s.SyncedStatuses = StatusState{Shop: in.Shop, Account: in.To}
		s.OrderDue = true
		return
	}
	if o.StatusID == in.To {
		s.Order.StatusID, s.Order.OwnStatusID = o.StatusID, o.StatusID
		s.note(now, msg("roapp-status-set", "roappStatus", num(o.StatusID)))
		delete(s.Refused, StepSetStatus)
		if s.imported() {
			s.SyncedStatuses = StatusState{Shop: in.Shop, Account: in.To}
			s.Order.FieldsDue = true
		}
		return
	}
	if ours {
		s.seeOwnStatus(own) // of an attempt for another status
		return
	}
	// Staff were faster; what they chose stays.
	s.forgetRefusal()
	s.Order.StatusID = o.StatusID
	s.note(now, msg("roapp-status-by-staff", "roappStatus", num(o.StatusID)))
	if !s.imported() {
		put(&s.Refused, StepSetStatus, StatusRefuse{StatusID: in.To, ByStaff: true})
	}
}
