package order

import (
	"maps"
	"slices"
)

// finishOrder brings the order that was just made to where the import ends.
func (p *planner) finishOrder() Next {
	marks := p.marks()
	if h := p.unfit(); h != nil {
		return Next{Hold: h, Marks: marks}
	}
	if next, due := p.lateGoods(); due {
		next.Marks = marks
		return next
	}
	if steps := p.lineSteps(); len(steps) > 0 {
		return Next{Steps: steps, Marks: marks}
	}
	if step, due := p.firstComment(); due {
		return Next{Steps: []Step{step}, Marks: marks}
	}
	if step, due := p.firstStatus(); due {
		return Next{Steps: []Step{step}, Marks: marks}
	}
	if steps := p.accountReads(); len(steps) > 0 {
		return Next{Steps: steps, Marks: marks}
	}
	return p.imported()
}

// imported ends the import, and goes on with what changed meanwhile.
func (p *planner) imported() Next {
	after := *p.s
	after.Lines, after.Refused, after.Catalogue = maps.Clone(p.s.Lines), maps.Clone(p.s.Refused), maps.Clone(p.s.Catalogue)
	after.finishImport(p.now)
	next := (&planner{s: &after, r: p.r, now: p.now}).keepInStep()
	next.Imported = true
	return next
}

func (p *planner) deductedAtOnce() *Hold {
	if !p.s.Order.DeductedAtOnce {
		return nil
	}
	h := holdOf(Step{}, Failure{Kind: FailDeducts, Side: SideRoapp})
	return &h
}

// finishedBefore tells whether an order taken over was complete: the status is
// the last thing that an import writes.
func (p *planner) finishedBefore() bool {
	o := p.s.Order
	return o.TakenOver && o.StatusID != 0 && o.InitialStatusID != 0 && o.StatusID != o.InitialStatusID
}

// firstStatus is set at the end of the import, unless staff were faster.
func (p *planner) firstStatus() (Step, bool) {
	to := p.mappedStatus()
	if to == 0 || p.s.Order.StatusID == to || p.s.Order.statusMayBeStaffs() {
		return Step{}, false
	}
	if refused, ok := p.s.Refused[StepSetStatus]; ok && (refused.ByStaff || refused.StatusID == to && !p.askedAnew(refused)) {
		return Step{}, false
	}
	return p.setStatus(to), true
}

// lateGoods finds the products of lines that came into the order after the
// others, so that none is left out in silence.
func (p *planner) lateGoods() (next Next, due bool) {
	products := p.products()
	lacking := slices.ContainsFunc(p.s.Snapshot.Lines, func(line Line) bool {
		_, written := p.s.Lines[line.Key]
		return !written && products[line.Key] == 0
	})
	if !lacking || p.frozen() {
		return Next{}, false
	}
	goods := p.goods()
	switch {
	case len(goods.reads) > 0:
		return Next{Steps: goods.reads}, true
	case goods.hold != nil:
		return Next{Hold: goods.hold}, true
	default:
		return Next{Steps: goods.creates}, true
	}
}

// accountReads are reads of RO App's side that somebody asked for.
func (p *planner) accountReads() []Step {
	steps := p.orderRead()
	if p.s.Items.Due {
		steps = append(steps, p.dueLines())
	}
	return steps
}

// orderRead reads RO App's order where somebody asked for it.
func (p *planner) orderRead() []Step {
	if !p.s.OrderDue {
		return nil
	}
	return []Step{p.step(StepReadOrder, SideRoapp, "", "Read the order from RO App", func(st *Step) {
		st.ReadOrder = &ReadOrder{Account: p.s.Order.Account, OrderID: p.s.Order.ID}
	})}
}

// dueLines reads the items; what the shop changed is written in the same go,
// which reads them anyway.
func (p *planner) dueLines() Step {
	if changes := p.changedLines(); anyChanged(changes) {
		return p.writeLines(changes)
	}
	return p.readLines()
}
