package order

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// SignalDecide brings a person's answer to what the order waits for.
const SignalDecide = "decide"

// An answer that fits nothing that the order waits for changes nothing, and the
// timeline says why.
var _ = defineSignal(SignalDecide, func(s *State, d Decision, now time.Time) {
	if s.Decided(d) {
		return // sent twice
	}
	if why := s.cannotDecide(d); why != "" {
		s.noteBy(now, d.By, msg("decision-changed-nothing", "decision", string(d.Kind), "why", why))
		return
	}
	s.noteBy(now, d.By, d.message())
	s.LastDecision = &d
	s.remember(d, now)
	if d.Kind != DecideRetry && d.Kind != DecideAccept {
		s.Linking = nil
	}
	s.decide(d, now)
	s.expectUser()
	s.retry(now)
})

func (s *State) decide(d Decision, now time.Time) {
	switch d.Kind {
	case DecideContact:
		s.Customer.Chosen, s.Customer.Create = &Contact{ID: d.ContactID, Organization: d.Organization}, false
	case DecideCreateContact:
		s.Customer.Chosen, s.Customer.Create = nil, true
	case DecideProduct:
		s.chooseProduct(d.ProductKey, func(f *ProductState) { f.Chosen, f.Create = &Product{ID: d.ProductID}, false })
	case DecideCreateProduct:
		s.chooseProduct(d.ProductKey, func(f *ProductState) { f.Chosen, f.Create = nil, true })
	case DecideAccept:
		put(&s.Accepted, s.waitsFor().Problem, true)
	case DecideCreateAgain:
		s.ImportState = ImportState{}
	case DecideLink:
		s.Linking = &Linking{OrderID: d.OrderID, By: d.By, Hold: *s.waitsFor()}
		s.OrderDue, s.Items.Due, s.OrderReadFailed = false, false, false // of the one that is gone
	case DecideSkip:
		if s.Order != nil && s.waitsFor().Reason == HoldOrderGone {
			s.Order.Gone = true
		}
		s.close(Closed{Message: msg("skipped", "by", d.By, "reason", d.Reason)}, now)
	case DecideRetry:
		if s.Order == nil {
			s.Notice = &ChangeNotice{At: now, By: OriginHand} // what was wrong may be corrected in the shop
		}
	case DecideNewOrder:
		s.startNewOrder(now)
	case DecideSameOrder:
		reused := s.Reused
		s.Reused, s.Snapshot.Created = nil, reused.Snapshot.Created
		s.applySnapshot(reused.Snapshot, reused.Digest, now)
	}
}

// message is the decision's entry in the timeline.
func (d Decision) message() flow.Message {
	id := cmp.Or(d.ContactID, d.ProductID, d.OrderID)
	return msg("decided", "decision", string(d.Kind), "id", numOrNone(id), "organization", yes(d.Organization),
		"product", d.ProductKey.value(), "reason", d.Reason)
}

// Decided reports whether this very answer was the last one and has ended the
// wait: repeating it would change nothing.
func (s *State) Decided(d Decision) bool {
	return s.Hold == nil && s.LastDecision != nil && *s.LastDecision == d
}

func (s *State) chooseProduct(key ProductKey, choose func(*ProductState)) {
	if key == "" {
		key = s.waitsFor().ProductKey
	}
	facts := s.Products[key]
	choose(&facts)
	put(&s.Products, key, facts)
}

// waitsFor is the hold that a person answers. While its cause is checked again it
// is lifted, yet an answer may be pending.
func (s *State) waitsFor() *Hold { return cmp.Or(s.Hold, s.LastHold) }

// Unfit is the code of why a decision does not answer what the order waits for, or
// "". A mistyped id would put the order on a stranger's card, so where there are
// choices it must be one of them, or one that the person was shown.
func (s *State) Unfit(d Decision) string {
	if why := s.cannotDecide(d); why != "" {
		return why
	}
	hold := s.waitsFor()
	switch {
	case d.choosesFrom(hold) && !d.Found:
		return hold.notAmong(d.choice())
	case d.Kind == DecideSkip && strings.TrimSpace(d.Reason) == "":
		return "reason-missing"
	}
	if _, known := s.Products[d.ProductKey]; d.ProductKey != "" && d.ProductKey != hold.ProductKey && !known {
		return "no-such-product-in-order"
	}
	return ""
}

// choosesFrom reports whether a decision is for one of the records that fit what the order waits for.
func (d Decision) choosesFrom(hold *Hold) bool {
	return d.Kind == DecideContact && hold.Reason == HoldAmbiguousContact ||
		d.Kind == DecideProduct && hold.Reason == HoldAmbiguousProduct && (d.ProductKey == "" || d.ProductKey == hold.ProductKey)
}

// choice is the record that a decision for a contact or a product names.
func (d Decision) choice() Choice {
	return Choice{ID: cmp.Or(d.ContactID, d.ProductID), Organization: d.Organization}
}

func (h *Hold) notAmong(chosen Choice) string {
	offered := func(organization bool) bool {
		return slices.ContainsFunc(h.Choices, func(c Choice) bool { return c.ID == chosen.ID && c.Organization == organization })
	}
	switch {
	case offered(chosen.Organization):
		return ""
	case offered(!chosen.Organization) && !chosen.Organization:
		return "is-an-organization"
	default:
		return "not-among-choices"
	}
}

// OtherPhone reports whether none of a contact's phones is one of the order's, so
// that it may be somebody else's. An order without a usable phone is not checked.
func (s *State) OtherPhone(phones []string, region string) bool {
	if s.Snapshot == nil {
		return false
	}
	wanted := Phones(s.Snapshot.Customer.Phone, region)
	return len(wanted) > 0 && !slices.ContainsFunc(phones, func(raw string) bool {
		return slices.ContainsFunc(Phones(raw, region), func(phone string) bool { return slices.Contains(wanted, phone) })
	})
}

// AccountIn is the RO App account of the order: the one in which it was created,
// whatever the settings say by now.
func (s *State) AccountIn(rules Rules) string {
	if s.Order != nil {
		return s.Order.Account
	}
	return rules.Account
}

// cannotDecide is the code of why a decision cannot be taken now, or "".
func (s *State) cannotDecide(d Decision) string {
	hold := s.waitsFor()
	switch {
	case hold == nil || s.Closed != nil:
		return "waits-for-nothing"
	case !slices.Contains(s.answersTo(hold), d.Kind):
		return "not-offered"
	case d.Kind == DecideContact && d.ContactID <= 0:
		return "contact-missing"
	case d.Kind == DecideProduct && d.ProductID <= 0:
		return "product-missing"
	case d.Kind == DecideLink && d.OrderID <= 0:
		return "order-missing"
	default:
		return ""
	}
}

// Answers are the kinds of decision that what the order waits for offers, the
// likeliest first.
func (s *State) Answers() []DecisionKind {
	if s.Hold == nil || s.Closed != nil {
		return nil
	}
	return s.answersTo(s.Hold)
}

// answersTo are all decisions that can end a hold.
func (s *State) answersTo(hold *Hold) []DecisionKind {
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
	case HoldNumberReused:
		return []DecisionKind{DecideNewOrder, DecideSameOrder, DecideSkip}
	case HoldRejected:
		// What a person chose may be what the service refuses.
		if s.Order == nil && s.Snapshot != nil {
			kinds = append(kinds, DecideContact, DecideCreateContact)
		}
		if hold.ProductKey != "" {
			kinds = append(kinds, DecideProduct)
		}
	default:
	}
	if hold.Problem != "" {
		kinds = append(kinds, DecideAccept)
	}
	if hold.Reason != HoldOrderGone {
		kinds = append(kinds, DecideRetry)
	}
	if s.linkable(hold) {
		kinds = append(kinds, DecideLink)
	}
	return append(kinds, DecideSkip)
}

// linkable reports whether an order in RO App can be linked now.
func (s *State) linkable(hold *Hold) bool {
	switch {
	case s.Snapshot == nil, hold.Reason == HoldUnknownShop, hold.Reason == HoldCurrency:
		return false
	case s.Order != nil:
		return hold.Reason == HoldOrderGone
	default:
		return true
	}
}
