package order

import (
	"fmt"
	"slices"
)

// frozen tells that quantities, prices and lines are no longer written.
func (p *planner) frozen() bool {
	return p.s.Order.WrittenOff || (!p.s.settled() && p.s.Order.movedOn(p.mappedStatus()))
}

// lineSteps carry over what the shop has otherwise than when it was last
// carried over: first what changed, then what is new.
func (p *planner) lineSteps() []Step {
	if p.frozen() {
		return nil
	}
	changes, added := p.changedLines(), p.addItems()
	// Staff may have added the goods by themselves, or written others off.
	lookFirst := len(added) > 0 && p.s.settled() && p.s.Items.ReadFor != p.s.Digest
	if lookFirst || anyChanged(changes) {
		return []Step{p.writeLines(changes)}
	}
	return added
}

// changedLines are all lines of ours, each with what the shop wants of it.
func (p *planner) changedLines() []LineWrite {
	wanted := map[LineKey]Line{}
	for _, line := range PricedLines(*p.s.Snapshot) {
		wanted[line.Key] = line
	}
	var writes []LineWrite
	for _, key := range p.s.lineKeys() {
		facts := p.s.Lines[key]
		if facts.ItemID == 0 {
			continue
		}
		write := LineWrite{Key: key, ItemID: facts.ItemID, To: facts.carried(), Ours: append([]ItemValues{facts.written()}, facts.Tried...)}
		if line, ok := wanted[key]; ok && facts.present() && !p.frozen() {
			write.To = ItemValues{line.Quantity, line.Price}
			// What was tried and then revoked may stand there all the same.
			for _, known := range append([]ItemValues{facts.carried()}, facts.Tried...) {
				write.Quantity = write.Quantity || !known.Quantity.Equal(line.Quantity)
				write.Price = write.Price || !known.Price.Equal(line.Price)
			}
		}
		writes = append(writes, write)
	}
	return writes
}

// writes tells that something may be written, not only read.
func (in WriteLines) writes() bool { return anyChanged(in.Lines) }

func anyChanged(lines []LineWrite) bool { return slices.ContainsFunc(lines, LineWrite.changed) }

func (w LineWrite) changed() bool { return w.Quantity || w.Price }

// writeLines reads the items and writes what differs, in one go: between them no
// other request may come.
func (p *planner) writeLines(lines []LineWrite) Step {
	key := string(StepWriteLines)
	return p.step(StepWriteLines, SideRoapp, key, linesSummary(lines), func(st *Step) {
		st.WriteLines = &WriteLines{
			Account: p.s.Order.Account, OrderID: p.s.Order.ID, For: p.s.Digest, Lines: lines,
			Look: p.look(key), WroteAt: p.s.Order.WroteAt,
		}
	})
}

// readLines only reads the items.
func (p *planner) readLines() Step {
	lines := p.changedLines()
	for i := range lines {
		lines[i].Quantity, lines[i].Price = false, false
	}
	return p.writeLines(lines)
}

func linesSummary(lines []LineWrite) string {
	var changed []LineWrite
	for _, line := range lines {
		if line.changed() {
			changed = append(changed, line)
		}
	}
	switch len(changed) {
	case 0:
		return "Read the order's goods"
	case 1:
		return fmt.Sprintf("Change %s to %s x %s", changed[0].Key.label(), changed[0].To.Quantity, changed[0].To.Price.StringFixed(2))
	default:
		return fmt.Sprintf("Change lines: %d", len(changed))
	}
}

// addItems adds the lines that are missing, at once; lines of one product one
// after the other, so that a lost one can be told from its twin.
func (p *planner) addItems() []Step {
	var steps []Step
	products := p.products()
	inProgress := map[int64]bool{}
	for _, line := range PricedLines(*p.s.Snapshot) {
		product := products[line.Key]
		if _, written := p.s.Lines[line.Key]; written || product == 0 || inProgress[product] {
			continue
		}
		inProgress[product] = true
		steps = append(steps, p.addItem(line, product))
	}
	return steps
}

func (p *planner) addItem(line Line, product int64) Step {
	key := string(StepAddItem) + " " + string(line.Key)
	summary := fmt.Sprintf("Add %s x %s", line.Quantity.String(), lineName(line))
	return p.step(StepAddItem, SideRoapp, key, summary, func(st *Step) {
		st.AddItem = &AddItem{
			Account: p.s.Order.Account, OrderID: p.s.Order.ID, Line: line.Key, ProductID: product,
			AssigneeID: p.r.Manager(p.s.Key.Number), Quantity: line.Quantity, Price: line.Price,
			Known: p.s.ourItems(), Before: p.s.itemsBefore(line.Key), Look: p.look(key),
		}
	})
}

func lineName(line Line) string {
	if line.Article != "" {
		return Shorten(line.Article, 40)
	}
	return Shorten(NormalizeText(line.Title), 40)
}
