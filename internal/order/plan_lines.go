package order

import "github.com/cartumsync/cartumsync/internal/order/flow"

// frozen reports whether quantities, prices and lines are no longer written.
func (p *planner) frozen() bool {
	return p.s.Order.WrittenOff || (!p.s.imported() && p.s.Order.movedOn(p.mappedStatus()))
}

// lineSteps sync what the shop has otherwise than when it was last synced: first
// what changed, then what is new.
func (p *planner) lineSteps() []flow.Step {
	if p.frozen() {
		return nil
	}
	changes, added := p.changedLines(), p.addItems()
	// Staff may have added the items by themselves, or written others off.
	lookFirst := len(added) > 0 && p.s.imported() && p.s.Items.ReadFor != p.s.Digest
	if lookFirst || anyChanged(changes) {
		return []flow.Step{p.writeLines(changes)}
	}
	return added
}
