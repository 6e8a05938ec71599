package order

import (
	"fmt"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// firstComment is posted once the items are there, for every order; one that an
// earlier life finished has it already.
func (p *planner) firstComment() []flow.Step {
	if !p.s.Comment.FirstAt.IsZero() || (p.finishedBefore() && !p.s.Order.Named) {
		return nil
	}
	return p.postComment("first comment", "", FirstComment(*p.s.Snapshot, p.r, p.now), p.deliversNow())
}

// deliversNow is what staff would have read with a comment about everything.
func (p *planner) deliversNow() Delivered {
	snapshot := p.s.clearest()
	d := Delivered{
		Delivery: deliveryContent(snapshot), Payment: paymentContent(snapshot), Amount: amountContent(snapshot),
		Remarks: remarksContent(snapshot), Customer: customerContent(snapshot),
		Difference: differencesContent(p.s.Differences()), Gone: p.goneInShop(),
	}
	if p.otherCurrency() != nil {
		d.Amount = p.s.Comment.Delivered.Amount // the hold says what is wrong
	}
	return d
}

// nextComment says what is new since the last one: one comment for each real
// change of delivery, payment, the amount to collect, remarks, the customer, or of
// what is not synced.
func (p *planner) nextComment() []flow.Step {
	was, is := p.s.Comment.Delivered, p.deliversNow()
	if was.Delivery == "" {
		was = is // what an earlier life has said is not known
		was.Difference, was.Gone = p.s.Comment.Delivered.Difference, p.s.Comment.Delivered.Gone
	}
	if was == is {
		return nil
	}
	news := News{
		Delivery: was.Delivery != is.Delivery, Payment: was.Payment != is.Payment || was.Amount != is.Amount,
		Remarks: was.Remarks != is.Remarks, Customer: was.Customer != is.Customer,
		Differences: was.Difference != is.Difference, Lines: p.s.Differences(),
		Gone: is.Gone && !was.Gone, ShownAgain: was.Gone && !is.Gone, LinesUnclear: p.s.linesUnclear(),
	}
	about := KeyedHash(nil, fmt.Sprintf("%+v %+v", was, is))
	return p.postComment("comment", about, NextComment(p.s.clearest(), p.r, news, p.now), is)
}
