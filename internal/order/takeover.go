package order

import (
	"fmt"
	"slices"
	"time"
)

// TakeOver is an order in RO App that a person named: it stands for the shop's.
type TakeOver struct {
	OrderID int64
	By      string
	// Hold is what the order waited for; it waits for it again where the named
	// order cannot be taken over.
	Hold Hold
}

// TakeOverOrder takes over the order that a person named.
type TakeOverOrder struct {
	Account     string
	OrderID     int64
	Shop        string
	ShopName    string
	Number      int64
	Created     time.Time
	OrderTypeID int64
	// Products of the lines, by which items that stand there are recognised.
	Products map[LineKey]int64
	Zone     string // the shop's
}

// OrderTakenOver is the answer to TakeOverOrder.
type OrderTakenOver struct {
	Order OrderCreated `json:",omitzero"`
	// Refused says why it cannot be taken over, in words; "" where it was.
	Refused string `json:",omitempty"`
}

// unfitTakeOver says why no order can be taken over now, in words, or "".
func (s *State) unfitTakeOver(d Decision, hold *Hold) string {
	switch {
	case d.OrderID <= 0:
		return "it names no order"
	case s.Snapshot == nil || hold.Reason == HoldUnknownShop:
		return "the shop's order is not known yet"
	case s.Order != nil && hold.Reason != HoldOrderGone:
		return "the order stands in RO App already"
	case hold.Reason == HoldCurrency || hold.Reason == HoldMalformed && !s.acceptable(hold.Field):
		return "the order must be mended in Cartum first"
	}
	return ""
}

// takeOver takes over the order that a person named, once it is known which
// products the lines are: by them the items are recognised. Its customer is the
// one whom staff put there.
func (p *planner) takeOver() Next {
	if h := p.unreadable(); h != nil {
		return p.holdFor(*h)
	}
	if slices.ContainsFunc(p.running, func(s Step) bool { return s.Kind == StepCreateOrder }) {
		return Next{Marks: p.s.Marks} // withdrawn; it ends first
	}
	if reads := p.goods().reads; len(reads) > 0 {
		return Next{Steps: reads, Marks: p.s.Marks}
	}
	id := p.s.TakeOver.OrderID
	return Next{Marks: p.s.Marks, Steps: []Step{p.step(StepTakeOverOrder, SideRoapp, "", fmt.Sprintf("Take over RO App's order %d", id), func(st *Step) {
		st.TakeOverOrder = &TakeOverOrder{
			Account: p.r.Account, OrderID: id, Shop: p.s.Key.Shop, ShopName: p.r.ShopName, Number: p.s.Key.Number,
			Created: p.s.Snapshot.Created, OrderTypeID: p.r.OrderTypeID, Products: p.products(), Zone: p.r.TimeZone,
		}
	})}}
}

func (o *OrderTakenOver) apply(s *State, step Step, now time.Time) {
	in, wanted := step.TakeOverOrder, s.TakeOver
	if wanted == nil || wanted.OrderID != in.OrderID {
		return // a person has decided otherwise meanwhile
	}
	s.TakeOver = nil
	if o.Refused != "" {
		hold := wanted.Hold
		hold.Note = fmt.Sprintf("RO App's order %d was not taken over: %s", in.OrderID, o.Refused)
		s.Tell(now, "", hold.Note)
		s.SetHold(hold, now)
		return
	}
	writtenOff := s.WriteOffTold
	s.forgetOrder()
	s.Again = false
	s.Order = &AccountOrder{
		Account: in.Account, ID: o.Order.ID, Number: o.Order.Number, ContactID: o.Order.ContactID, At: now, TakenOver: true, Named: true,
		StatusID: o.Order.StatusID, InitialStatusID: o.Order.InitialStatusID,
	}
	s.Tell(now, "", fmt.Sprintf("order %s of RO App taken over, as %s decided", o.Order.label(), wanted.By))
	s.takeOverItems(in.Products, o.Order.Items)
	if writtenOff {
		s.freeze("", now)
	}
}
