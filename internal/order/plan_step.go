package order

import (
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

func (p *planner) links() Links {
	links := Links{ShopName: p.r.ShopName, Shop: p.r.AdminURL}
	if p.s.Order != nil && p.r.WebURL != "" {
		links.Order = p.r.WebURL + "/orders/table/" + strconv.FormatInt(p.s.Order.ID, 10)
	}
	return links
}

// step fills what all steps share. An empty key is the kind itself.
func (p *planner) step(kind StepKind, side Side, key, summary string, input func(*Step)) Step {
	if key == "" {
		key = string(kind)
	}
	st := Step{Kind: kind, Key: key, Side: side, Summary: summary, Queue: p.r.Account, Pause: 2 * time.Second}
	if side == SideCartum {
		st.Queue = p.s.Key.Shop
	}
	st.Urgency = p.urgency(kind)
	st.Timeout = p.r.RequestTimeout + p.r.Settle
	if st.creates() {
		st.Pause = p.r.Settle
		// The looks after a lost answer are several requests and a wait.
		st.Timeout = 2 * (p.r.RequestTimeout + p.r.Settle)
	}
	if side == SideEnsure {
		st.Timeout = ensureTimeout
	}
	input(&st)
	st.Essence = st.essence()
	return st
}

// ensureTimeout is how long an order waits for an Ensure workflow, which itself
// may wait for a long backlog.
const ensureTimeout = 12 * time.Hour

// essence is what makes a planned step another than the one that runs under the
// same key.
func (s Step) essence() string {
	text := fmt.Sprintf("%s %s %d", s.Key, s.Queue, s.Urgency)
	switch {
	case s.AddItem != nil:
		text += fmt.Sprintf(" %d %s x %s", s.AddItem.ProductID, canonical(s.AddItem.Quantity), canonical(s.AddItem.Price))
	case s.SetStatus != nil:
		text += fmt.Sprintf(" %d", s.SetStatus.To)
	case s.CreateOrder != nil:
		text += fmt.Sprintf(" %d", s.CreateOrder.ContactID)
	case s.WriteLines != nil:
		for _, line := range s.WriteLines.Lines {
			if line.changed() {
				text += fmt.Sprintf(" %s %s x %s", line.Key, canonical(line.To.Quantity), canonical(line.To.Price))
			}
		}
	case s.PushStatus != nil:
		text += fmt.Sprintf(" %d for %d", s.PushStatus.To, s.PushStatus.Account)
	case s.PostComment != nil:
		text += " " + s.PostComment.About
	case s.TakeOverOrder != nil:
		text += fmt.Sprintf(" %d", s.TakeOverOrder.OrderID)
	case s.RememberChoice != nil:
		text += fmt.Sprintf(" %s %d", s.RememberChoice.Record, s.RememberChoice.Choice.ID)
	case s.RecallChoice != nil:
		text += " " + s.RecallChoice.Record
	case s.FindContact != nil:
		text += fmt.Sprintf(" %t %s", s.FindContact.Organizations, s.FindContact.Phone)
	}
	return text
}

func canonical(d decimal.Decimal) string { return d.String() }

// urgency is the order's urgency: a person's wish first, then what has begun.
// The items of an imported order are read and written in one go, as urgent as
// what has begun: a write-off must not overtake what was read.
func (p *planner) urgency(kind StepKind) Urgency {
	switch {
	case p.s.Pressed:
		return UrgencyPerson
	case p.s.settled() && kind != StepWriteLines && kind != StepAddItem:
		return UrgencyChange
	case p.s.Customer.People != nil || p.s.Order != nil || p.goodsAsked():
		return UrgencyBegun
	case p.s.Origin == OriginImport:
		return UrgencyImport
	default:
		return UrgencyNew
	}
}

// goodsAsked tells whether RO App was asked for goods already.
func (p *planner) goodsAsked() bool {
	for _, facts := range p.s.Goods {
		if !facts.LookedAt.IsZero() {
			return true
		}
	}
	return false
}
