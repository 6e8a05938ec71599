package order

import (
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepReadShopOrder reads the order as Cartum has it.
const StepReadShopOrder StepKind = "ReadShopOrder"

var _ = define(stepDefinition[ReadShopOrder, ShopOrderRead]{
	kind: StepReadShopOrder, side: SideCartum, eager: true, // what the shop says now may withdraw what still runs
	onStart: func(s *State, _ ReadShopOrder, now time.Time) { s.ReadAt = now },
	apply:   func(s *State, _ ReadShopOrder, o ShopOrderRead, now time.Time) { s.applyShopOrder(o, now) },
	failed:  func(s *State, _ ReadShopOrder, _ time.Time) { s.readFailed() },
})

// ReadShopOrder names the order to read.
type ReadShopOrder struct {
	Shop   string
	Number int64
}

// ShopOrderRead is the answer to [ReadShopOrder]; Snapshot is nil where the shop
// has no such order.
type ShopOrderRead struct {
	Snapshot *Snapshot `json:",omitempty"`
	Digest   string    `json:",omitempty"`
}

func (p *planner) readShopOrder() flow.Step {
	return p.step(StepReadShopOrder, "", "Read the order from Cartum", ReadShopOrder{Shop: p.s.Key.Shop, Number: p.s.Key.Number})
}

func (s *State) applyShopOrder(o ShopOrderRead, now time.Time) {
	s.ReadDue = false
	if o.Snapshot == nil {
		s.Missing++
		s.Notice = nil
		if s.imported() {
			s.note(now, msg("not-shown-in-shop"))
		}
		return
	}
	// A read that was asked for after this one was sent is still due.
	if s.Notice != nil && !s.Notice.At.After(o.Snapshot.SeenAt) {
		s.Notice = nil
	}
	s.applySnapshot(o.Snapshot, o.Digest, now)
}

// applySnapshot applies the order as the shop has it, unless a newer one is known.
func (s *State) applySnapshot(snapshot *Snapshot, digest string, now time.Time) {
	if s.Snapshot != nil && s.Snapshot.SeenAt.After(snapshot.SeenAt) {
		return
	}
	if s.otherOrder(snapshot) {
		s.Reused = &Reused{Snapshot: snapshot, Digest: digest}
		s.Observed = digest
		return
	}
	if s.Reused != nil {
		s.Reused = nil
		s.lift(now)
	}
	if !s.GoneSince.IsZero() || s.Missing > 0 {
		s.shownAgain(now)
	}
	was, changed := s.Snapshot, s.Digest != digest
	if was != nil {
		before := s.clearest()
		was = &before
	}
	known := s.everyLine()
	snapshot.Lines = matchLines(known, snapshot.Lines)
	s.LastLines = nil
	if snapshot.linesUnclear(s.Accepted) {
		s.LastLines = known
	}
	s.Snapshot, s.Digest, s.Observed = snapshot, digest, ""
	s.seeOwnPush(snapshot)
	if !changed {
		return
	}
	if was == nil {
		s.note(now, msg("seen-in-shop", "cartumStatus", num(snapshot.Status), "lines", num(len(snapshot.Lines)),
			"amount", snapshot.Totals.Sum.StringFixed(2), "currency", snapshot.Currency))
	} else {
		for _, change := range Changes(*was, *snapshot) {
			s.note(now, change)
		}
	}
	s.Unsettled = true
	s.lift(now)
}

// shownAgain forgets that the shop did not show the order for a while.
func (s *State) shownAgain(now time.Time) {
	if _, refused := s.Refused[StepPushStatus]; refused && s.imported() {
		// What could not be pushed meanwhile is pushed now.
		delete(s.Refused, StepPushStatus)
		s.SyncedStatuses.Account = 0
	}
	if !s.GoneSince.IsZero() {
		s.note(now, msg("shown-again"))
	}
	s.ShopAbsence = ShopAbsence{}
}

// seeOwnPush recognises a status that we wrote to the shop, though the answer was
// lost. It is no news.
func (s *State) seeOwnPush(snapshot *Snapshot) {
	own, ours := s.Pushes.find(func(p StatusState) bool { return p.Shop == snapshot.Status })
	ours = ours && s.SyncedStatuses.Shop != snapshot.Status
	if ours {
		s.SyncedStatuses = own
	}
	s.Pushes.settle(ours, snapshot.SeenAt)
}
