package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepLinkOrder links an order in RO App that a person named.
const StepLinkOrder StepKind = "LinkOrder"

var _ = define(stepDefinition[LinkOrder, OrderLinked]{
	kind: StepLinkOrder, side: SideRoapp, writesOrder: true,
	fingerprint: func(in LinkOrder) string { return num(in.OrderID) },
	apply:       func(s *State, in LinkOrder, o OrderLinked, now time.Time) { s.applyLinked(in, o, now) },
})

// Linking is an order in RO App that a person named: it stands for the shop's.
type Linking struct {
	OrderID int64
	By      string
	// Hold is what the order waited for; it waits for it again where the named
	// order cannot be linked.
	Hold Hold
}

// LinkOrder names the order to link.
type LinkOrder struct {
	Account     string
	OrderID     int64
	Shop        string
	ShopName    string
	Number      int64
	Created     time.Time
	OrderTypeID int64
	// Products of the lines, by which items that exist are recognised.
	Products map[LineKey]int64
	Zone     string // the shop's
}

// OrderLinked is the answer to [LinkOrder].
type OrderLinked struct {
	Order OrderCreated `json:",omitzero"`
	// Refused is the code of why it cannot be linked; "" where it was.
	Refused string `json:",omitempty"`
	// Holder is the order that has it, where it is another one's.
	Holder string `json:",omitempty"`
}

// link links the order that a person named, once it is known which products the
// lines are: by them the items are recognised. Its customer is the one whom staff
// put there.
func (p *planner) link() plan {
	if h := p.unreadable(); h != nil {
		return plan{hold: h}
	}
	if slices.ContainsFunc(p.running, func(s flow.Step) bool { return s.Kind == string(StepCreateOrder) }) {
		return plan{} // withdrawn; it ends first
	}
	if reads := p.resolveProducts().reads; len(reads) > 0 {
		return plan{steps: reads}
	}
	id := p.s.Linking.OrderID
	return plan{steps: []flow.Step{p.step(StepLinkOrder, "", fmt.Sprintf("Link RO App's order %d", id), LinkOrder{
		Account: p.r.Account, OrderID: id, Shop: p.s.Key.Shop, ShopName: p.r.ShopName, Number: p.s.Key.Number,
		Created: p.s.Snapshot.Created, OrderTypeID: p.r.OrderTypeID, Products: p.products(), Zone: p.r.TimeZone,
	})}}
}

func (s *State) applyLinked(in LinkOrder, o OrderLinked, now time.Time) {
	wanted := s.Linking
	if wanted == nil || wanted.OrderID != in.OrderID {
		return // a person has decided otherwise meanwhile
	}
	s.Linking = nil
	if o.Refused != "" {
		hold := wanted.Hold
		note := msg("not-linked", "roappOrder", num(in.OrderID), "why", o.Refused, "holder", o.Holder)
		hold.Note = &note
		s.note(now, note)
		s.setHold(&hold, now)
		return
	}
	writtenOff := s.WriteOffSeen
	s.ImportState, s.Restarted = ImportState{}, false
	s.Order = &AccountOrder{
		Account: in.Account, ID: o.Order.ID, Number: o.Order.Number, ContactID: o.Order.ContactID, At: now, Linked: true, Named: true,
		StatusID: o.Order.StatusID, OwnStatusID: o.Order.InitialStatusID,
	}
	s.noteBy(now, wanted.By, msg("order-linked", "roappOrder", o.Order.label()))
	s.linkItems(in.Products, o.Order.Items)
	if writtenOff {
		s.freeze("", now)
	}
}
