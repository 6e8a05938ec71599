package order

import (
	"fmt"
	"strings"
	"time"
)

// goneAfter is how many whole sweeps must miss an order before it counts as
// deleted in the shop.
const goneAfter = 2

const (
	// windowPassed is added to the sweep's window before an order may close.
	windowPassed = 7 * 24 * time.Hour
	// watchedFor is when an order is given up that never becomes final.
	watchedFor = 180 * 24 * time.Hour
)

// keepInStep carries changes of an imported order from each side to the other.
func (p *planner) keepInStep() Next {
	next := Next{Marks: p.marks(), Wake: p.closesAt()}
	if p.onlyStatus {
		return p.keepStatus(next)
	}
	if h := p.unfit(); h != nil {
		next.Hold = h
		return p.keepStatus(next)
	}
	if reads := p.accountReads(); len(reads) > 0 {
		next.Steps = reads
		return next
	}
	if goods, due := p.lateGoods(); due {
		if goods.Hold != nil {
			next.Hold = goods.Hold
			return p.keepStatus(next)
		}
		goods.Marks = next.Marks
		return goods
	}
	next.Steps = p.lineSteps()
	p.carryStatus(&next)
	if len(next.Steps) > 0 {
		return next
	}
	if step, due := p.nextComment(); due {
		next.Steps = []Step{step}
		return next
	}
	if step, due := p.updateFields(); due {
		next.Steps = []Step{step}
		return next
	}
	next.Synced = true
	if !next.Wake.IsZero() && !p.now.Before(next.Wake) && !p.s.Pressed {
		next.Close = p.whyClosed()
	}
	return next
}

// keepStatus carries over statuses alone. A list that may lag behind has RO
// App's side read first.
func (p *planner) keepStatus(next Next) Next {
	reads := p.orderRead()
	if p.s.Items.Due {
		reads = append(reads, p.readLines()) // what holds the goods is not written
	}
	if len(reads) > 0 {
		next.Steps = reads
		return next
	}
	p.carryStatus(&next)
	return next
}

// carryStatus adds what is due for the statuses.
func (p *planner) carryStatus(next *Next) {
	step, handled, tell := p.statuses()
	next.Handled = handled
	if tell != "" {
		next.Tell = []string{tell}
	}
	if step != nil {
		next.Steps = append(next.Steps, *step)
	}
}

// unfit is what keeps changes of the shop's order from being carried over.
func (p *planner) unfit() *Hold {
	if h := p.deductedAtOnce(); h != nil {
		return h
	}
	return p.unreadable()
}

// closesAt is when the order is done for good: final on both sides and out of
// the sweeps' sight, or watched for long enough.
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
		return "final on both sides"
	}
	return "given up watching after 180 days"
}

func (p *planner) goneInShop() bool { return p.s.GoneSweeps >= goneAfter }

// marks are what the row warns of.
func (p *planner) marks() []Mark {
	marks := p.statusMarks()
	if texts := p.warnings(); len(texts) > 0 {
		marks = append(marks, Mark{MarkUnusualValue, Shorten(strings.Join(texts, " "), longestRemark)})
	}
	if text := p.missingLines(); text != "" {
		marks = append(marks, Mark{MarkLinesMissing, text})
	}
	if p.goneInShop() {
		marks = append(marks, Mark{MarkGoneInShop, "Cartum does not show the order any more; it is left as it is in RO App."})
	}
	var texts []string
	for _, d := range p.s.Differences() {
		texts = append(texts, d.brief())
	}
	if len(texts) > 0 {
		marks = append(marks, Mark{MarkNotCarried, "Not carried over: " + Shorten(strings.Join(texts, "; "), longestRemark)})
	}
	// A total from before our last write says nothing yet.
	if total := p.s.Order.Total; total != nil && !p.s.Order.SeenAt.Before(p.s.Order.WroteAt) {
		if check := CheckAmount(*p.s.Snapshot, *total); !check.Explained {
			marks = append(marks, Mark{MarkAmount, check.Why})
		}
	}
	return marks
}

// missingLines tells of lines that were left out since staff were at work on the
// order already when it was taken over.
func (p *planner) missingLines() string {
	missing := 0
	for _, line := range p.s.Snapshot.Lines {
		facts, known := p.s.Lines[line.Key]
		if (known && facts.ItemID == 0) || (!known && !p.s.settled() && p.frozen()) {
			missing++
		}
	}
	if missing == 0 {
		return ""
	}
	return fmt.Sprintf("Lines of the shop's order that were not added, since staff were already at work on it in RO App: %d.", missing)
}

// warnings tell what of the shop's order was not understood for sure and stops
// nothing, or was accepted.
func (p *planner) warnings() []string {
	var texts []string
	for _, problem := range p.s.Snapshot.Problems {
		if !problem.Acceptable || p.s.Accepted[problem.Field] {
			texts = append(texts, problem.Text())
		}
	}
	return texts
}
