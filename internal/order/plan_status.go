package order

import (
	"slices"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// mappedStatus is the RO App status that the shop's stands for, 0 for none.
func (p *planner) mappedStatus() int64 { return p.r.ImportStatuses[p.s.Snapshot.Status] }

// syncStatus brings a change of one side's status to the other side. RO App wins
// where both changed, except against the shop's cancellation, which cannot be
// undone there.
func (p *planner) syncStatus(next *plan) {
	now := StatusState{Shop: p.s.Snapshot.Status, Account: p.s.Order.StatusID}
	shopChanged := now.Shop != p.s.SyncedStatuses.Shop || p.tryStatusAgain()
	accountChanged := now.Account != p.s.SyncedStatuses.Account || p.tryPushAgain()
	if !shopChanged && !accountChanged || p.goneInShop() {
		return // what is gone may be shown again
	}
	var write []flow.Step
	switch both := shopChanged && accountChanged && now.Shop != CancelledStatus; {
	case p.standFor(now):
	case both || accountChanged && !shopChanged:
		write = p.pushStatus()
		if both {
			next.notes = append(next.notes, msg("status-changed-on-both-sides", "roappStatus", num(now.Account), "cartumStatus", num(now.Shop)))
		}
		if both && len(write) > 0 {
			// Noted once: whatever RO App has by then is news until it is pushed.
			next.statuses = &StatusState{Shop: now.Shop}
		}
	case p.mappedStatus() != 0:
		write = []flow.Step{p.setStatus(p.mappedStatus())}
	}
	if len(write) == 0 {
		next.statuses = &now
	}
	next.steps = append(next.steps, write...)
}

// standFor reports whether one side's status already stands for the other's. Of
// many-to-one mappings each way counts, so that none is turned back.
func (p *planner) standFor(s StatusState) bool {
	if to, mapped := p.r.ImportStatuses[s.Shop]; mapped && to == s.Account {
		return true
	}
	to, mapped := p.r.ExportStatuses[s.Account]
	return mapped && to == s.Shop
}

// tryStatusAgain reports whether a person asks for a status that RO App refused.
func (p *planner) tryStatusAgain() bool {
	refused, ok := p.s.Refused[StepSetStatus]
	return ok && !refused.ByStaff && p.askedAgain(refused) && refused.StatusID == p.mappedStatus() && p.s.Order.StatusID == p.s.SyncedStatuses.Account
}

// askedAgain reports whether a person asks for a status since it was refused.
func (p *planner) askedAgain(refused StatusRefuse) bool { return p.s.UserWaiting && !refused.Asked }

func (p *planner) tryPushAgain() bool {
	refused, ok := p.s.Refused[StepPushStatus]
	return ok && p.askedAgain(refused) && refused.StatusID == int64(p.r.ExportStatuses[p.s.Order.StatusID])
}

// statusWarnings warn of statuses that are not synced.
func (p *planner) statusWarnings() []flow.Message {
	var warnings []flow.Message
	warn := func(code string, pairs ...string) { warnings = append(warnings, msg(code, pairs...)) }
	now := StatusState{Shop: p.s.Snapshot.Status, Account: p.s.Order.StatusID}
	if p.mappedStatus() == 0 {
		warn(WarnUnmappedStatus, "cartumStatus", num(now.Shop))
	}
	if refused, ok := p.s.Refused[StepSetStatus]; ok && refused.StatusID != 0 && refused.StatusID == p.mappedStatus() {
		warn(WarnStatusRefused, "roappStatus", num(refused.StatusID), "message", refused.Text, "byStaff", yes(refused.ByStaff))
	}
	to, mapped := p.r.ExportStatuses[now.Account]
	if refused, ok := p.s.Refused[StepPushStatus]; ok && mapped && refused.StatusID == int64(to) && to != now.Shop {
		warn(WarnNotPushed, "cartumStatus", num(to), "message", refused.Text, "notShown", yes(refused.NotShown))
	}
	if p.s.imported() && now.Shop == CancelledStatus && mapped && !p.standFor(now) {
		warn(WarnNotPushed, "roappStatus", num(now.Account), "cancelled", "true")
	}
	if p.s.Order.Linked && p.mappedStatus() != 0 && now.Account != p.mappedStatus() && !p.s.imported() {
		warn(WarnStatusRefused, "existed", "true")
	}
	return warnings
}

// yes is a parameter that is only there where it is so.
func yes(so bool) string {
	if so {
		return "true"
	}
	return ""
}

// final reports whether neither side expects anything more.
func (p *planner) final() bool {
	shop := slices.Contains(p.r.FinalShop, p.s.Snapshot.Status) || p.goneInShop()
	return shop && slices.Contains(p.r.FinalRoapp, p.s.Order.StatusID)
}
