package order

import (
	"fmt"
	"time"
)

// firstComment is written once the goods are there, for every order; one that
// an earlier life finished has it already.
func (p *planner) firstComment() (Step, bool) {
	if !p.s.Comment.FirstAt.IsZero() || (p.finishedBefore() && !p.s.Order.Named) {
		return Step{}, false
	}
	return p.postComment("first comment", "", FirstComment(*p.s.Snapshot, p.r, p.now), p.s.toldNow()), true
}

// toldNow is what a comment about everything would tell.
func (s *State) toldNow() Told {
	return Told{Delivery: deliveryTold(*s.Snapshot), Payment: paymentTold(*s.Snapshot), Difference: differencesTold(s.Differences()), Gone: s.GoneSweeps >= goneAfter}
}

// nextComment tells what is new since the last one: one comment for each real
// change of delivery, payment or of what is not carried over.
func (p *planner) nextComment() (Step, bool) {
	was, is := p.s.Comment.Told, p.s.toldNow()
	if was.Delivery == "" {
		was.Delivery, was.Payment = is.Delivery, is.Payment // what was told is not known
	}
	if was == is {
		return Step{}, false
	}
	news := News{
		Delivery: was.Delivery != is.Delivery, Payment: was.Payment != is.Payment,
		Differences: was.Difference != is.Difference, Lines: p.s.Differences(),
		Gone: is.Gone && !was.Gone,
	}
	if news.Nothing() {
		return Step{}, false
	}
	about := KeyedHash(nil, fmt.Sprintf("%+v %+v", was, is))
	return p.postComment("comment", about, NextComment(*p.s.Snapshot, p.r, news, p.now), is), true
}

// postComment posts the next part of a text. A text whose beginning told of
// something older is posted from its start.
func (p *planner) postComment(name, about, text string, told Told) Step {
	parts := SplitComment(text)
	part := 0
	if p.s.Comment.About == about {
		part = min(p.s.Comment.Parts, len(parts)-1) // a shorter order has fewer
	}
	key := fmt.Sprintf("%s %d", StepPostComment, part+1)
	return p.step(StepPostComment, SideRoapp, key, "Write the "+name, func(st *Step) {
		st.PostComment = &PostComment{
			Account: p.s.Order.Account, OrderID: p.s.Order.ID, Text: parts[part], Last: part == len(parts)-1,
			About: about, Told: told,
		}
	})
}

// updateFields brings RO App's field Last updated up to date, after something
// was written or when a person asks, never alone for a look that found nothing.
func (p *planner) updateFields() (Step, bool) {
	if !p.s.Order.FieldsDue || !p.r.LastUpdatedField {
		return Step{}, false
	}
	return p.step(StepUpdateFields, SideRoapp, "", "Update the field Last updated", func(st *Step) {
		st.UpdateFields = &UpdateFields{
			Account: p.s.Order.Account, OrderID: p.s.Order.ID, Shop: p.s.Key.Shop, ShopName: p.r.ShopName, Number: p.s.Key.Number,
			Created: p.s.Snapshot.Created, LastUpdated: p.now.Truncate(time.Second), Zone: p.r.TimeZone,
		}
	}), true
}
