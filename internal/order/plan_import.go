package order

import (
	"cmp"
	"slices"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// fillOrder brings the order that was just created to where the import ends.
func (p *planner) fillOrder() plan {
	if h := cmp.Or(p.deductedAtOnce(), p.unreadable()); h != nil {
		return plan{hold: h}
	}
	if next, due := p.lateProducts(); due {
		return next
	}
	reads := func() []flow.Step { return p.accountReads(true) }
	for _, due := range []func() []flow.Step{p.lineSteps, p.firstComment, p.firstStatus, reads} {
		if steps := due(); len(steps) > 0 {
			return plan{steps: steps}
		}
	}
	return plan{imported: true}
}

func (p *planner) deductedAtOnce() *Hold {
	if !p.s.Order.DeductedAtOnce {
		return nil
	}
	return holdFor(HoldDeductedAtOnce)
}

// finishedBefore reports whether a linked order was complete: the status is the
// last thing that an import writes.
func (p *planner) finishedBefore() bool {
	o := p.s.Order
	return o.Linked && o.StatusID != 0 && o.OwnStatusID != 0 && o.StatusID != o.OwnStatusID
}

// firstStatus is set at the end of the import, unless staff were faster.
func (p *planner) firstStatus() []flow.Step {
	to := p.mappedStatus()
	if to == 0 || p.s.Order.StatusID == to || p.s.Order.statusMayBeStaffs() {
		return nil
	}
	if refused, ok := p.s.Refused[StepSetStatus]; ok && (refused.ByStaff || refused.StatusID == to && !p.askedAgain(refused)) {
		return nil
	}
	return []flow.Step{p.setStatus(to)}
}

// lateProducts finds the products of lines that came into the order after the
// others, so that none is left out in silence.
func (p *planner) lateProducts() (next plan, due bool) {
	products := p.products()
	lacking := slices.ContainsFunc(p.s.Snapshot.Lines, func(line Line) bool {
		_, written := p.s.Lines[line.Key]
		return !written && products[line.Key] == 0
	})
	if !lacking || p.frozen() {
		return plan{}, false
	}
	resolved := p.resolveProducts()
	switch {
	case len(resolved.reads) > 0:
		return plan{steps: resolved.reads}, true
	case resolved.hold != nil:
		return plan{hold: resolved.hold}, true
	default:
		return plan{steps: resolved.creates}, true
	}
}

// accountReads are reads of RO App's side that somebody asked for.
func (p *planner) accountReads(writable bool) []flow.Step {
	steps := p.orderRead()
	if p.s.Items.Due {
		steps = append(steps, p.dueLines(writable))
	}
	return steps
}

// dueLines reads the items; what the shop changed is written in the same go,
// which reads them anyway, unless an add has no known outcome, see [planner.lineSteps].
func (p *planner) dueLines(writable bool) flow.Step {
	if changes := p.changedLines(); writable && len(p.s.Items.Adding) == 0 && anyChanged(changes) {
		return p.writeLines(changes)
	}
	return p.readLines()
}

// finishImport records what the import has synced: anything that comes afterwards
// is a change.
func (s *State) finishImport(p *planner) {
	s.note(p.now, msg("imported"))
	s.Synced, s.Unsettled = p.now, true
	s.leaveLines()
	s.SyncedStatuses = StatusState{Shop: s.Snapshot.Status, Account: s.Order.StatusID}
	if refused, ok := s.Refused[StepSetStatus]; ok && refused.ByStaff {
		// Staff moved the order on meanwhile, which the shop is yet to hear.
		s.SyncedStatuses.Account = s.Order.OwnStatusID
		delete(s.Refused, StepSetStatus)
	}
	if s.Comment.Delivered == (Delivered{}) {
		s.Comment.Delivered = p.deliversNow()
	}
}
