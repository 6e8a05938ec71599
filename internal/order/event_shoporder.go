package order

import "time"

// SignalShopOrderChanged says that the shop's order may have changed.
const SignalShopOrderChanged = "shop-order-changed"

var _ = defineSignal(SignalShopOrderChanged, func(s *State, n ChangeNotice, now time.Time) {
	older := s.Snapshot != nil && s.Snapshot.SeenAt.After(n.At)
	s.Restarted = s.Restarted || n.HandedOver && s.Order == nil && s.Snapshot == nil
	switch {
	case n.Missing && (older || n.Digest == s.Observed):
		return // seen since then, or reported twice
	case n.Missing:
		s.missPoll(n, now)
		return
	case n.Snapshot != nil:
		s.applySnapshot(n.Snapshot, n.Digest, now)
		return
	case n.Digest != "" && !older:
		s.Observed = n.Digest // what could not be read
	}
	n.Digest = ""
	if n.Who != "" {
		s.noteBy(now, n.Who, msg("import-requested"))
	}
	if n.By == OriginHand {
		s.lift(n.At)
		s.expectUser()
		s.readAccountOrder()
	}
	if s.Notice == nil || s.Notice.At.Before(n.At) {
		s.Notice = &n
	}
})

// ShopAbsence is since when the shop has not shown the order.
type ShopAbsence struct {
	// Missing counts the reads in a row in which the shop did not show the order.
	Missing int `json:",omitempty"`
	// MissedPolls counts the whole polls in a row that did not find the order, since
	// MissedSince.
	MissedPolls int       `json:",omitempty"`
	MissedSince time.Time `json:",omitzero"`
	// GoneNoted is set where the timeline says that the order is gone.
	GoneNoted bool `json:",omitempty"`
}

// gonePolls is how many whole polls must miss an order before it counts as
// deleted in the shop. They must be spread over [Rules.GoneAfter], too: a shop's
// API may show nothing, or a part, for a while.
const gonePolls = 3

func (s *State) missPoll(n ChangeNotice, now time.Time) {
	s.Observed = n.Digest
	s.MissedPolls++
	if s.MissedSince.IsZero() {
		s.MissedSince = now
	}
}

// goneAt is from when the order counts as deleted in the shop, zero where it does
// not.
func (p *planner) goneAt() time.Time {
	if p.s.MissedPolls < gonePolls {
		return time.Time{}
	}
	return p.s.MissedSince.Add(p.r.GoneAfter)
}

// goneInShop tells that the order counts as deleted in the shop.
func (p *planner) goneInShop() bool {
	at := p.goneAt()
	return !at.IsZero() && !p.now.Before(at)
}

// Hint is the former name of [ChangeNotice].
type Hint = ChangeNotice
