package order

import (
	"fmt"
	"slices"
)

// mappedStatus is the RO App status that the shop's stands for, 0 for none.
func (p *planner) mappedStatus() int64 { return p.r.ImportStatuses[p.s.Snapshot.Status] }

// statuses brings a change of one side's status to the other side. RO App wins
// where both changed, except against the shop's cancellation, which cannot be
// undone there.
func (p *planner) statuses() (step *Step, handled *StatusFacts, tell string) {
	now := StatusFacts{Shop: p.s.Snapshot.Status, Account: p.s.Order.StatusID}
	shopChanged := now.Shop != p.s.Handled.Shop || p.tryStatusAgain()
	accountChanged := now.Account != p.s.Handled.Account || p.tryPushAgain()
	switch {
	case !shopChanged && !accountChanged:
		return nil, nil, ""
	case p.goneInShop():
		return nil, nil, "" // it may be shown again
	case p.standFor(now):
		return nil, &now, ""
	case shopChanged && accountChanged && now.Shop != CancelledStatus:
		tell = fmt.Sprintf("the status changed on both sides: RO App's %d wins over the shop's %d", now.Account, now.Shop)
		if step := p.pushStatus(); step != nil {
			// Told once: whatever RO App has by then is news until it is pushed.
			return step, &StatusFacts{Shop: now.Shop}, tell
		}
		return nil, &now, tell
	case shopChanged:
		if to := p.mappedStatus(); to != 0 {
			step := p.setStatus(to)
			return &step, nil, ""
		}
		return nil, &now, ""
	default:
		if step := p.pushStatus(); step != nil {
			return step, nil, ""
		}
		return nil, &now, ""
	}
}

// standFor tells whether one side's status already stands for the other's. Of
// many-to-one mappings each way counts, so that none is turned back.
func (p *planner) standFor(s StatusFacts) bool {
	if to, mapped := p.r.ImportStatuses[s.Shop]; mapped && to == s.Account {
		return true
	}
	to, mapped := p.r.ExportStatuses[s.Account]
	return mapped && to == s.Shop
}

// tryStatusAgain tells that a person asks for a status that RO App refused.
func (p *planner) tryStatusAgain() bool {
	refused, ok := p.s.Refused[StepSetStatus]
	return ok && !refused.ByStaff && p.askedAnew(refused) && refused.StatusID == p.mappedStatus() && p.s.Order.StatusID == p.s.Handled.Account
}

// askedAnew tells that a person asks for a status since it was refused.
func (p *planner) askedAnew(refused StatusRefuse) bool { return p.s.Pressed && !refused.Asked }

func (p *planner) tryPushAgain() bool {
	refused, ok := p.s.Refused[StepPushStatus]
	return ok && p.askedAnew(refused) && refused.StatusID == int64(p.r.ExportStatuses[p.s.Order.StatusID])
}

func (p *planner) setStatus(to int64) Step {
	key := string(StepSetStatus)
	return p.step(StepSetStatus, SideRoapp, key, fmt.Sprintf("Set status %d", to), func(st *Step) {
		st.SetStatus = &SetStatus{
			Account: p.s.Order.Account, OrderID: p.s.Order.ID, From: p.s.Order.StatusID, To: to, Shop: p.s.Snapshot.Status,
			Comment: fmt.Sprintf("Cartum #%d", p.s.Key.Number), Look: p.look(key),
		}
	})
}

// pushStatus gives nothing where RO App's status stands for none of the shop's,
// and where the shop's order is cancelled: it takes no status any more.
func (p *planner) pushStatus() *Step {
	to, mapped := p.r.ExportStatuses[p.s.Order.StatusID]
	if !mapped || p.s.Snapshot.Status == CancelledStatus {
		return nil
	}
	key := string(StepPushStatus)
	step := p.step(StepPushStatus, SideCartum, key, fmt.Sprintf("Set status %d in the shop", to), func(st *Step) {
		st.PushStatus = &PushStatus{
			Shop: p.s.Key.Shop, Number: p.s.Key.Number, From: p.s.Snapshot.Status, To: to,
			Account: p.s.Order.StatusID, Look: p.look(key),
		}
	})
	return &step
}

// statusMarks warn of statuses that are not carried over.
func (p *planner) statusMarks() []Mark {
	var marks []Mark
	now := StatusFacts{Shop: p.s.Snapshot.Status, Account: p.s.Order.StatusID}
	if p.mappedStatus() == 0 {
		marks = append(marks, Mark{MarkUnmappedStatus, fmt.Sprintf("Cartum's status %d is in no mapping; RO App's status is left as it is.", now.Shop)})
	}
	if refused, ok := p.s.Refused[StepSetStatus]; ok && refused.StatusID == p.mappedStatus() {
		marks = append(marks, Mark{MarkStatusRefused, fmt.Sprintf("Status %d was not set: %s", refused.StatusID, refused.Text)})
	}
	to, mapped := p.r.ExportStatuses[now.Account]
	if refused, ok := p.s.Refused[StepPushStatus]; ok && mapped && refused.StatusID == int64(to) && to != now.Shop {
		marks = append(marks, Mark{MarkNotPushed, fmt.Sprintf("The shop did not take status %d: %s", to, refused.Text)})
	}
	if p.s.settled() && now.Shop == CancelledStatus && mapped && !p.standFor(now) {
		marks = append(marks, Mark{MarkNotPushed, fmt.Sprintf("The order is cancelled in the shop, which cannot be undone there; RO App's status %d is not carried over.", now.Account)})
	}
	if p.s.Order.TakenOver && p.mappedStatus() != 0 && now.Account != p.mappedStatus() && !p.s.settled() {
		marks = append(marks, Mark{MarkStatusRefused, "The order stood in RO App already; its status may be the staff's and was left as it is."})
	}
	return marks
}

// final tells that neither side expects anything more.
func (p *planner) final() bool {
	shop := slices.Contains(p.r.FinalShop, p.s.Snapshot.Status) || p.goneInShop()
	return shop && slices.Contains(p.r.FinalRoapp, p.s.Order.StatusID)
}
