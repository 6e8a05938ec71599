package order

import (
	"slices"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// frozen reports whether quantities, prices and lines are no longer written.
func (p *planner) frozen() bool {
	return p.s.Order.WrittenOff || (!p.s.imported() && p.s.Order.movedOn(p.mappedStatus()))
}

// lineSteps sync what the shop changed since the last sync. Lines whose add has no
// known outcome are looked up before anything else is written: their items may be
// written off, or stand for lines that the shop has taken out since.
func (p *planner) lineSteps() []flow.Step {
	next := p.lineWrites()
	if len(p.s.Items.Adding) == 0 || p.runs(next) {
		return next
	}
	return p.findAdded()
}

// runs reports whether a step for the items runs as it is planned.
func (p *planner) runs(next []flow.Step) bool {
	return slices.ContainsFunc(p.running, func(r flow.Step) bool {
		return slices.ContainsFunc(next, func(n flow.Step) bool { return n.Key == r.Key && n.Fingerprint == r.Fingerprint })
	})
}

// lineWrites are first changed lines, then new ones.
func (p *planner) lineWrites() []flow.Step {
	if p.frozen() {
		return nil
	}
	changes, added := p.changedLines(), p.addItems()
	// Staff may have added the items themselves, or written others off.
	lookFirst := len(added) > 0 && p.s.imported() && p.s.Items.ReadFor != p.s.Digest
	if lookFirst || anyChanged(changes) {
		return []flow.Step{p.writeLines(changes)}
	}
	return added
}
