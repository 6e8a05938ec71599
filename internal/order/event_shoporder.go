package order

import (
	"cmp"
	"time"
)

// SignalShopOrderChanged says that the shop's order may have changed.
const SignalShopOrderChanged = "shop-order-changed"

var _ = defineSignal(SignalShopOrderChanged, func(s *State, n ChangeNotice, now time.Time) {
	older := s.Snapshot != nil && s.Snapshot.SeenAt.After(n.At)
	switch {
	case n.Missing && (older || n.Digest == s.Observed):
		return // seen since then, or reported twice
	case n.Missing:
		s.Observed = n.Digest
		if s.GoneSince.IsZero() {
			s.GoneSince = cmp.Or(n.MissingSince, now)
			s.note(now, msg("gone-in-shop"))
		}
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
	// GoneSince is since when polls have not found the order. It is set once they
	// have missed it so often and for so long that it counts as deleted in the shop:
	// its API may show nothing, or a part, for a while.
	GoneSince time.Time `json:",omitzero"`
}

// goneInShop reports whether the order counts as deleted in the shop.
func (p *planner) goneInShop() bool { return !p.s.GoneSince.IsZero() }
