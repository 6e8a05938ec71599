package order

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepWriteLines reads the order's items and then writes what the shop changed, as
// long as no items of ours are written off. Without changes it only reads.
const StepWriteLines StepKind = "WriteLines"

var _ = define(stepDefinition[WriteLines, LinesWritten]{
	kind: StepWriteLines, side: SideRoapp, mayCommit: true, writesOrder: true,
	fingerprint: func(in WriteLines) string {
		var text strings.Builder
		for _, line := range in.Lines {
			if line.changed() {
				fmt.Fprintf(&text, "%s %s x %s;", line.Key, line.To.Quantity, line.To.Price)
			}
		}
		return KeyedHash(nil, text.String())
	},
	precheck: func(in WriteLines) Precheck { return in.Precheck },
	onStart: func(s *State, in WriteLines, _ time.Time) {
		for _, line := range in.Lines {
			facts := s.Lines[line.Key]
			if line.changed() && !slices.ContainsFunc(facts.Tried, line.To.equal) {
				facts.Tried = append(facts.Tried, line.To)
				s.Lines[line.Key] = facts
			}
		}
	},
	apply: func(s *State, in WriteLines, o LinesWritten, now time.Time) {
		if slices.ContainsFunc(o.Items, func(i Item) bool { return i.WrittenOff && slices.Contains(s.ourItems(everyProduct), i.ID) }) {
			s.freeze("", now)
		}
		s.applyItems(in, o)
		for _, line := range in.Lines {
			if sent, ok := o.Written[line.Key]; ok {
				s.note(now, sent.message(line.Key))
				s.Order.FieldsDue = true
			}
		}
	},
	failed: func(s *State, in WriteLines, _ time.Time) {
		if !anyChanged(in.Lines) {
			s.orderReadFailed()
		}
	},
})

// WriteLines are the lines to compare and write.
type WriteLines struct {
	Account string
	OrderID int64
	// For is the digest of the shop's order that the lines are of.
	For      string
	Lines    []LineWrite
	Precheck Precheck
	// WroteAt is when this workflow last wrote to the order: soon after, an item
	// that is missing is looked up twice.
	WroteAt time.Time `json:",omitzero"`
}

// LinesWritten is the answer to [WriteLines].
type LinesWritten struct {
	At    time.Time
	Items []Item // as they were read
	// Written are the values that were sent afterwards.
	Written map[LineKey]Decided `json:",omitempty"`
}

func anyChanged(lines []LineWrite) bool { return slices.ContainsFunc(lines, LineWrite.changed) }

func (w LineWrite) changed() bool { return w.Quantity || w.Price }

// writeLines reads the items and writes what differs, in one go: between them no
// other request may come.
func (p *planner) writeLines(lines []LineWrite) flow.Step {
	return p.step(StepWriteLines, "", linesSummary(lines), WriteLines{
		Account: p.s.Order.Account, OrderID: p.s.Order.ID, For: p.s.Digest, Lines: lines,
		Precheck: p.precheck(string(StepWriteLines)), WroteAt: p.s.Order.WroteAt,
	})
}

// readLines only reads the items.
func (p *planner) readLines() flow.Step {
	lines := p.changedLines()
	for i := range lines {
		lines[i].Quantity, lines[i].Price = false, false
	}
	return p.writeLines(lines)
}

func linesSummary(lines []LineWrite) string {
	changed := slices.DeleteFunc(slices.Clone(lines), func(l LineWrite) bool { return !l.changed() })
	switch len(changed) {
	case 0:
		return "Read the order's items"
	case 1:
		return fmt.Sprintf("Change %s to %s x %s", changed[0].Key.label(), changed[0].To.Quantity, changed[0].To.Price.StringFixed(2))
	default:
		return fmt.Sprintf("Change lines: %d", len(changed))
	}
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
		write := LineWrite{Key: key, ItemID: facts.ItemID, To: facts.synced(), Ours: append([]ItemValues{facts.written()}, facts.Tried...)}
		if line, ok := wanted[key]; ok && facts.present() && !p.frozen() && !p.lineHeld(line) {
			write.To = ItemValues{line.Quantity, line.Price}
			// What was tried and then revoked may be there all the same.
			for _, known := range append([]ItemValues{facts.synced()}, facts.Tried...) {
				write.Quantity = write.Quantity || !known.Quantity.Equal(line.Quantity)
				write.Price = write.Price || !known.Price.Equal(line.Price)
			}
		}
		writes = append(writes, write)
	}
	return writes
}

// message is the timeline's entry of values that were written.
func (d Decided) message(key LineKey) flow.Message {
	pairs := []string{"sku", key.label()}
	if d.Quantity != nil {
		pairs = append(pairs, "quantity", d.Quantity.String())
	}
	if d.Price != nil {
		pairs = append(pairs, "price", d.Price.StringFixed(2))
	}
	return msg("line-written", pairs...)
}

// applyItems applies the list of the order's items.
func (s *State) applyItems(in WriteLines, o LinesWritten) {
	ours := s.ourItems(everyProduct)
	byID := map[int64]Item{}
	s.Items.Others = nil
	for _, item := range o.Items {
		byID[item.ID] = item
		// As long as the import is not finished, an item may be one that an
		// earlier life added for a line that is yet to be recognised.
		if s.imported() && !slices.Contains(ours, item.ID) {
			s.Items.Others = append(s.Items.Others, item.ID)
		}
	}
	s.Items.OthersTotal = sumOfOthers(o.Items, s.Items.Others)
	for _, line := range in.Lines {
		facts, known := s.Lines[line.Key]
		if !known {
			continue
		}
		item, exists := byID[line.ItemID]
		if exists {
			facts.apply(line, item, o.Written[line.Key])
		} else {
			facts.Deleted, facts.Theirs = true, nil
		}
		facts.Tried = nil
		s.Lines[line.Key] = facts
	}
	s.Items.Due, s.Items.ReadFor = false, in.For
}
