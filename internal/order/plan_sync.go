package order

import (
	"cmp"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

const (
	// windowPassed is added to the polls' window before an order may close.
	windowPassed = 7 * 24 * time.Hour
	// watchedFor is when an order is given up that never becomes final.
	watchedFor = 180 * 24 * time.Hour
)

// sync carries changes of an imported order from each side to the other. A hold
// stops only what it is about.
func (p *planner) sync() plan {
	next := plan{wake: p.closesAt()}
	hold, writable := p.heldItems()
	next.hold = hold
	if next.steps = p.ready(p.accountReads(writable)); len(next.steps) > 0 {
		return next
	}
	if writable {
		products, due := p.lateProducts()
		if due {
			next.hold = cmp.Or(next.hold, products.hold)
		}
		if next.steps = p.ready(products.steps); len(next.steps) > 0 {
			return next
		}
		next.steps = p.ready(p.lineSteps())
	}
	p.syncStatus(&next)
	if next.steps = p.ready(next.steps); len(next.steps) > 0 {
		return next
	}
	for _, due := range []func() []flow.Step{p.nextComment, p.updateFields} {
		if next.steps = p.ready(due()); len(next.steps) > 0 {
			return next
		}
	}
	next.synced = next.hold == nil && p.s.Hold == nil && len(p.putOff) == 0
	if next.synced && !p.now.Before(p.closesAt()) && !p.s.UserWaiting {
		next.close = &Closed{Message: msg(p.whyClosed())}
	}
	return next
}

// heldItems is what keeps items of the order from being written. One line may be
// held while the others are writable.
func (p *planner) heldItems() (hold *Hold, writable bool) {
	if h := cmp.Or(p.deductedAtOnce(), p.otherCurrency()); h != nil {
		return h, false
	}
	for _, problem := range p.openProblems() {
		switch {
		case problem.Subject != SubjectItems:
		case problem.Line == "":
			return problem.hold(), false
		default:
			hold = cmp.Or(hold, problem.hold())
		}
	}
	return hold, true
}

// closesAt is when the order is done for good: final on both sides and out of
// the polls' sight, or watched for long enough.
func (p *planner) closesAt() time.Time {
	created := p.s.Snapshot.Created
	if p.final() {
		return created.Add(p.r.Window + windowPassed)
	}
	if p.s.StartedAt.After(created) {
		created = p.s.StartedAt
	}
	return created.Add(watchedFor)
}

func (p *planner) whyClosed() string {
	if p.final() {
		return "final-on-both-sides"
	}
	return "watched-long-enough"
}

// warnings are what the row warns of.
func (p *planner) warnings() []flow.Message {
	if p.s.Snapshot == nil {
		return nil
	}
	var warnings []flow.Message
	for _, problem := range p.s.Snapshot.Problems {
		if !problem.Acceptable && problem.Code != ProblemTooLarge || p.s.Accepted[problem.ID()] {
			warnings = append(warnings, msg(WarnUnclear, "field", problem.Field, "problem", string(problem.Code), "value", problem.Value, "understood", problem.Understood))
		}
	}
	if p.s.Order == nil {
		return warnings
	}
	warnings = append(warnings, p.statusWarnings()...)
	if missing := p.missingLines(); missing > 0 {
		warnings = append(warnings, msg(WarnLinesMissing, "lines", num(missing)))
	}
	if p.goneInShop() {
		warnings = append(warnings, msg(WarnGoneInShop))
	}
	for _, d := range p.s.Differences() {
		if len(warnings) == mostWarnings {
			break
		}
		warnings = append(warnings, d.message())
	}
	// A total from before our last write says nothing yet.
	if total := p.s.Order.Total; total != nil && !p.s.linesUnclear() && !p.s.Order.SeenAt.Before(p.s.Order.WroteAt) && !p.s.Items.Due {
		if check := CheckAmount(*p.s.Snapshot, total.Sub(p.s.Items.OthersTotal)); check.Kind == AmountDiffers {
			warnings = append(warnings, check.message(WarnAmount))
		}
	}
	return warnings
}

// mostWarnings bounds the warnings of a row.
const mostWarnings = 20

// missingLines counts lines that were left out since staff were at work on the
// order already when it was linked.
func (p *planner) missingLines() int {
	missing := 0
	for _, line := range p.s.Snapshot.Lines {
		facts, known := p.s.Lines[line.Key]
		if (known && facts.ItemID == 0) || (!known && !p.s.imported() && p.frozen()) {
			missing++
		}
	}
	return missing
}
