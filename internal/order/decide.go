package order

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Decide takes a person's answer. What fits nothing that the order waits for
// changes nothing, and the timeline says why.
func (s *State) Decide(d Decision, now time.Time) {
	if s.Decided(d) {
		return // sent twice
	}
	if text := s.unfit(d); text != "" {
		s.Tell(now, d.By, "decision "+string(d.Kind)+" changes nothing: "+text)
		return
	}
	s.Tell(now, d.By, d.text())
	s.remember(d, now)
	if d.Kind != DecideTryAgain && d.Kind != DecideAccept {
		s.TakeOver = nil
	}
	switch d.Kind {
	case DecideContact:
		s.Customer.Chosen, s.Customer.Create = &Contact{ID: d.ContactID, Organization: d.Organization}, false
	case DecideCreateContact:
		s.Customer.Chosen, s.Customer.Create = nil, true
	case DecideProduct:
		s.chooseGoods(d.Goods, func(f *GoodsFacts) { f.Chosen, f.Create = &Product{ID: d.ProductID}, false })
	case DecideCreateProduct:
		s.chooseGoods(d.Goods, func(f *GoodsFacts) { f.Chosen, f.Create = nil, true })
	case DecideAccept:
		if s.Accepted == nil {
			s.Accepted = map[string]bool{}
		}
		s.Accepted[s.waitsFor().Field] = true
	case DecideCreateAgain:
		s.forgetOrder()
	case DecideTakeOver:
		s.TakeOver = &TakeOver{OrderID: d.OrderID, By: d.By, Hold: *s.waitsFor()}
		s.OrderDue, s.Items.Due, s.LookDue = false, false, false // of the one that is gone
	case DecideLeave:
		if s.Order != nil && s.waitsFor().Reason == HoldOrderGone {
			s.Order.Gone = true
		}
		s.Closed = "left by " + d.By + ": " + d.Reason
	case DecideTryAgain:
		if s.Order == nil {
			s.Hint = &Hint{At: now, By: OriginHand} // what was wrong may be mended in the shop
		}
	}
	s.press()
	s.TryAgain(now)
}

// decidedPrefix begins the timeline's lines that tell a decision.
const decidedPrefix = "decided: "

// text is the decision's line in the timeline.
func (d Decision) text() string {
	text := decidedPrefix + string(d.Kind)
	switch {
	case d.ContactID != 0 && d.Organization:
		text += fmt.Sprintf(" (organization %d)", d.ContactID)
	case d.ContactID != 0:
		text += fmt.Sprintf(" %d", d.ContactID)
	case d.ProductID != 0:
		text += fmt.Sprintf(" %d", d.ProductID)
	case d.OrderID != 0:
		text += fmt.Sprintf(" %d", d.OrderID)
	}
	if d.Goods != "" {
		text += " for " + d.Goods.value()
	}
	if d.Reason != "" {
		text += " (" + d.Reason + ")"
	}
	return text
}

// Decided tells that this very answer was the last one and has ended the wait:
// once more would change nothing.
func (s *State) Decided(d Decision) bool {
	if s.Hold != nil {
		return false
	}
	for _, event := range slices.Backward(s.Timeline) {
		if strings.HasPrefix(event.Text, decidedPrefix) {
			return event.By == d.By && event.Text == d.text()
		}
	}
	return false
}

func (s *State) chooseGoods(key GoodsKey, choose func(*GoodsFacts)) {
	if key == "" {
		key = s.waitsFor().Goods
	}
	facts := s.Goods[key]
	choose(&facts)
	s.setGoods(key, facts)
}

// waitsFor is the hold that a person answers. While its cause is looked at
// again it is lifted, yet an answer may be on its way.
func (s *State) waitsFor() *Hold { return cmp.Or(s.Hold, s.LastHold) }

// Unfit says why a decision does not answer what the order waits for, in words
// for a person, or "". A mistyped id would put the order on a stranger's card,
// so where there are choices it must be one of them.
func (s *State) Unfit(d Decision) string {
	if text := s.unfit(d); text != "" {
		return text
	}
	hold := s.waitsFor()
	switch {
	case d.Kind == DecideContact && hold.Reason == HoldAmbiguousContact:
		return hold.notAmong(Choice{ID: d.ContactID, Organization: d.Organization})
	case d.Kind == DecideProduct && hold.Reason == HoldAmbiguousProduct && (d.Goods == "" || d.Goods == hold.Goods):
		return hold.notAmong(Choice{ID: d.ProductID})
	}
	if d.Kind == DecideLeave && strings.TrimSpace(d.Reason) == "" {
		return "say why it is left: a reason is needed"
	}
	if _, known := s.Goods[d.Goods]; d.Goods != "" && d.Goods != hold.Goods && !known {
		return fmt.Sprintf("the order has no goods %q; it has: %s", d.Goods, s.goodsText())
	}
	return ""
}

func (h *Hold) notAmong(chosen Choice) string {
	offered := func(organization bool) bool {
		return slices.ContainsFunc(h.Choices, func(c Choice) bool { return c.ID == chosen.ID && c.Organization == organization })
	}
	switch {
	case offered(chosen.Organization):
		return ""
	case offered(!chosen.Organization) && !chosen.Organization:
		return fmt.Sprintf("%d is an organization, and was not named as one", chosen.ID)
	default:
		return fmt.Sprintf("%d is not among the choices; what was made meanwhile is found by try-again", chosen.ID)
	}
}

func (s *State) goodsText() string {
	keys := make([]string, 0, len(s.Goods))
	for key := range s.Goods {
		keys = append(keys, fmt.Sprintf("%q", key))
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// unfit says why a decision cannot be taken now, in words, or "".
func (s *State) unfit(d Decision) string {
	hold := s.waitsFor()
	if hold == nil || s.Closed != "" {
		return "the order waits for nothing"
	}
	switch d.Kind {
	case DecideContact:
		if d.ContactID <= 0 {
			return "it names no contact"
		}
	case DecideProduct:
		if d.ProductID <= 0 {
			return "it names no product"
		}
		if d.Goods == "" && hold.Goods == "" {
			return "it does not name the goods"
		}
	case DecideCreateProduct:
		if d.Goods == "" && hold.Goods == "" {
			return "it does not name the goods"
		}
		if hold.Reason == HoldAmbiguousProduct {
			return "several products fit already; one more would not help"
		}
	case DecideAccept:
		if hold.Field == "" || !s.acceptable(hold.Field) {
			return "what the order waits for cannot be accepted as it is"
		}
	case DecideCreateAgain:
		if s.Hold == nil || hold.Reason != HoldOrderGone {
			return "the order is not gone"
		}
	case DecideTakeOver:
		return s.unfitTakeOver(d, hold)
	case DecideCreateContact, DecideTryAgain, DecideLeave:
	default:
		return "there is no such decision"
	}
	return ""
}

func (s *State) acceptable(field string) bool {
	return s.Snapshot != nil && slices.ContainsFunc(s.Snapshot.Problems, func(p Problem) bool {
		return p.Field == field && p.Acceptable
	})
}

// Answers are the kinds of decision that what the order waits for offers, the
// likeliest first.
func (s *State) Answers() []DecisionKind {
	hold := s.Hold
	if hold == nil || s.Closed != "" {
		return nil
	}
	var kinds []DecisionKind
	switch hold.Reason {
	case HoldAmbiguousContact, HoldNoCustomer:
		kinds = append(kinds, DecideContact, DecideCreateContact)
	case HoldAmbiguousProduct:
		kinds = append(kinds, DecideProduct)
	case HoldNoArticle:
		kinds = append(kinds, DecideCreateProduct, DecideProduct)
	case HoldProductNotCreated:
		kinds = append(kinds, DecideProduct)
	case HoldOrderGone:
		kinds = append(kinds, DecideCreateAgain)
	default:
	}
	if hold.Field != "" && s.acceptable(hold.Field) {
		kinds = append(kinds, DecideAccept)
	}
	if hold.Reason != HoldOrderGone {
		kinds = append(kinds, DecideTryAgain)
	}
	if s.unfitTakeOver(Decision{OrderID: 1}, hold) == "" {
		kinds = append(kinds, DecideTakeOver)
	}
	return append(kinds, DecideLeave)
}
