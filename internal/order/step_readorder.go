package order

import (
	"cmp"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepReadOrder reads the order as RO App has it.
const StepReadOrder StepKind = "ReadOrder"

var _ = define(stepDefinition[ReadOrder, OrderRead]{
	kind: StepReadOrder, side: SideRoapp,
	apply: func(s *State, _ ReadOrder, o OrderRead, now time.Time) {
		s.OrderDue = false
		s.applyAccountOrder(o, now)
	},
	failed: func(s *State, _ ReadOrder, _ time.Time) { s.orderReadFailed() },
})

// ReadOrder names the order to read.
type ReadOrder struct {
	Account string
	OrderID int64
}

// OrderRead is RO App's side of the order.
type OrderRead struct {
	Account  string    `json:",omitempty"`
	At       time.Time // when the request was sent
	OrderID  int64
	Number   string `json:",omitempty"` // as staff see it; empty where not shown
	StatusID int64
	Total    decimal.Decimal
	// ModifiedAt is RO App's own time of the last change, zero where not shown.
	ModifiedAt time.Time `json:",omitzero"`
	// DeductionRequired is false once all items are written off; nil where not shown.
	DeductionRequired *bool `json:",omitempty"`
	// Listed is set where it comes from a list, which may lag behind.
	Listed bool `json:",omitempty"`
}

// orderRead reads RO App's order where somebody asked for it.
func (p *planner) orderRead() []flow.Step {
	if !p.s.OrderDue {
		return nil
	}
	return []flow.Step{p.step(StepReadOrder, "", "Read the order from RO App", ReadOrder{Account: p.s.Order.Account, OrderID: p.s.Order.ID})}
}

const (
	// ownEcho is for how long after a write of ours a list that may lag behind is
	// not believed by itself: the order is read before its status counts as news.
	ownEcho = 2 * time.Minute
	// sameTime is by how much RO App's clock may differ from ours before a
	// change made by staff is taken for ours, or the other way round.
	sameTime = 10 * time.Second
)

// applyAccountOrder applies RO App's side of the order.
func (s *State) applyAccountOrder(o OrderRead, now time.Time) {
	at := s.Order
	if at == nil || at.ID != o.OrderID || o.Account != "" && o.Account != at.Account || o.At.Before(at.SeenAt) {
		return
	}
	if o.Listed && o.ModifiedAt.Before(at.ModifiedAt) {
		return // a list that lags behind what was seen already
	}
	at.SeenAt, at.Number = o.At, cmp.Or(o.Number, at.Number)
	if s.Hold != nil && s.Hold.Reason == HoldUnreachable && s.Hold.Side == SideRoapp {
		s.retry(now) // it answers again
	}
	if !o.ModifiedAt.IsZero() {
		at.ModifiedAt = o.ModifiedAt
	}
	if s.imported() && o.Listed {
		s.noticeItems(o)
	}
	total := o.Total
	at.Total = &total
	own, ours := at.Sets.find(func(f StatusState) bool { return f.Account == o.StatusID })
	ours = ours && o.StatusID != at.StatusID
	at.Sets.settle(ours, o.At)
	if o.StatusID == 0 || o.StatusID == at.StatusID {
		return
	}
	if ours {
		s.seeOwnStatus(own)
		return
	}
	if s.imported() && (o.At.Before(at.WroteAt) || o.Listed && o.At.Sub(at.WroteAt) < ownEcho) {
		s.OrderDue = true // it may show what was before our own write
		return
	}
	s.note(now, msg("roapp-status-changed", "roappStatus", num(o.StatusID), "wasRoappStatus", numOrNone(at.StatusID)))
	if at.StatusID != 0 && !s.imported() {
		// Somebody has gone on with it; the import does not put it back.
		put(&s.Refused, StepSetStatus, StatusRefuse{ByStaff: true})
	}
	s.forgetRefusal()
	at.StatusID = o.StatusID
	s.Unsettled = true
}

func numOrNone(n int64) string {
	if n == 0 {
		return ""
	}
	return num(n)
}

// forgetRefusal lets rest a status that RO App refused: what staff chose since is
// not overwritten with it when a person asks. It is news to the shop, even where
// staff come back to the status that was there when it was refused.
func (s *State) forgetRefusal() {
	if _, refused := s.Refused[StepSetStatus]; refused && s.imported() {
		delete(s.Refused, StepSetStatus)
		s.SyncedStatuses.Account = 0
	}
}

// seeOwnStatus applies a status that we wrote, though the answer was lost. It is
// no news.
func (s *State) seeOwnStatus(own StatusState) {
	s.Order.StatusID, s.Order.OwnStatusID = own.Account, own.Account
	if s.imported() {
		s.SyncedStatuses = own
	}
}

// noticeItems asks for the items where somebody else has changed the order: only
// they show a write-off.
func (s *State) noticeItems(o OrderRead) {
	deducted := o.DeductionRequired != nil && !*o.DeductionRequired
	turned := deducted && !s.Items.Deducted
	s.Items.Deducted = deducted
	if !s.Order.WrittenOff && (turned || o.ModifiedAt.After(s.Order.WroteAt.Add(sameTime))) {
		s.Items.Due = true
	}
}
