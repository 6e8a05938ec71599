package order

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepAddItems adds lines to the order, undeducted, or looks up what was added.
const StepAddItems StepKind = "AddItems"

var _ = define(stepDefinition[AddItems, ItemsAdded]{
	kind: StepAddItems, side: SideRoapp, mayCommit: true, writesOrder: true,
	requests: func(in AddItems) int { return len(in.Lines) },
	fingerprint: func(in AddItems) string {
		var text strings.Builder
		fmt.Fprintf(&text, "%t;", in.OnlyFind)
		for _, line := range in.Lines {
			fmt.Fprintf(&text, "%s %d %s x %s;", line.Line, line.ProductID, line.Quantity, line.Price)
		}
		return KeyedHash(nil, text.String())
	},
	precheck: func(in AddItems) Precheck { return in.Precheck },
	onStart: func(s *State, in AddItems, _ time.Time) {
		for _, line := range in.Lines {
			put(&s.Items.Adding, line.Line, line)
		}
	},
	nothing: func(s *State, in AddItems, _ time.Time) {
		for _, line := range in.Lines {
			delete(s.Items.Adding, line.Line)
		}
	},
	apply: func(s *State, in AddItems, o ItemsAdded, now time.Time) { s.applyAdded(in, o, now) },
	doubt: func(s *State, in AddItems, _ time.Time) {
		// Staff may have merged or deleted the product since.
		for key, facts := range s.Products {
			product := facts.product()
			if facts.Chosen == nil && product != nil && slices.ContainsFunc(in.Lines, func(l AddItem) bool { return l.ProductID == product.ID }) {
				s.Products[key] = ProductState{Create: facts.Create}
			}
		}
	},
})

// itemsAtOnce is how many lines one step adds: more in one go would keep a
// write-off waiting, fewer would make the history of a long order long.
const itemsAtOnce = 10

// AddItems are lines to add, one request each.
type AddItems struct {
	Account    string
	OrderID    int64
	AssigneeID int64
	Lines      []AddItem
	// Known are items that stand for other lines. Once one of them is written
	// off, nothing is added any more. Nil before the import is finished: then any
	// item that is not of the staff counts.
	Known    []int64 `json:",omitempty"`
	Precheck Precheck
	// OnlyFind adds nothing: what a lost attempt may have added is looked up, no more.
	OnlyFind bool `json:",omitempty"`
}

// AddItem is one line to add.
type AddItem struct {
	Line      LineKey
	ProductID int64
	Quantity  decimal.Decimal
	Price     decimal.Decimal
	// Taken are items of the same product that stand for other lines.
	Taken []int64 `json:",omitempty"`
	// Before are other items that existed before the line's add was first started:
	// the staff's, unless they are just what is to be added.
	Before []int64 `json:",omitempty"`
}

// Find is the item that stands for the line already, added by an attempt whose
// answer was lost or before the engine's database was restored.
func (in AddItem) Find(items []Item) (Item, bool) {
	taken := map[int64]bool{}
	for _, id := range slices.Concat(in.Taken, in.Before) {
		taken[id] = true
	}
	if item, ok := matchItem(items, in.ProductID, in.Quantity, in.Price, taken); ok {
		return item, true
	}
	i := slices.IndexFunc(items, func(i Item) bool {
		return slices.Contains(in.Before, i.ID) && i.ProductID == in.ProductID && i.Quantity.Equal(in.Quantity) && i.Price.Equal(in.Price)
	})
	if i < 0 {
		return Item{}, false
	}
	return items[i], true
}

// WrittenOff reports whether an item that counts as ours is written off.
func (in AddItems) WrittenOff(items []Item) bool {
	return slices.ContainsFunc(items, func(i Item) bool {
		if !i.WrittenOff {
			return false
		}
		if in.Known != nil {
			return slices.Contains(in.Known, i.ID)
		}
		return !slices.ContainsFunc(in.Lines, func(l AddItem) bool { return slices.Contains(l.Before, i.ID) })
	})
}

// ItemsAdded is the answer to [AddItems]: an answer for each line that was added.
// Lines that are not in it are added by the next step.
type ItemsAdded struct {
	Added map[LineKey]ItemAdded `json:",omitempty"`
	// WrittenOff is set where lines were not added, since staff have written off items
	// of the order.
	WrittenOff bool `json:",omitempty"`
}

// ItemAdded is one line that was added.
type ItemAdded struct {
	ID int64
	// Found is set where an attempt before this one had added it, with the
	// quantity and the price of that time.
	Found *Item `json:",omitempty"`
	// DeductedAtOnce is set where RO App wrote the items off as they were added.
	DeductedAtOnce bool `json:",omitempty"`
}

// Item is a line of an order in RO App.
type Item struct {
	ID         int64
	ProductID  int64
	Quantity   decimal.Decimal
	Price      decimal.Decimal
	WrittenOff bool `json:",omitempty"`
}

// matchItem finds the item that stands for a line among those not taken: the
// same product, and rather one with the same quantity and price.
func matchItem(items []Item, productID int64, quantity, price decimal.Decimal, taken map[int64]bool) (Item, bool) {
	candidates := slices.DeleteFunc(slices.Clone(items), func(i Item) bool {
		return i.ProductID != productID || taken[i.ID]
	})
	for _, item := range candidates {
		if item.Quantity.Equal(quantity) && item.Price.Equal(price) {
			return item, true
		}
	}
	if len(candidates) == 0 {
		return Item{}, false
	}
	return candidates[0], true
}

// addItems adds the next lines that are missing; lines of one product one step
// after the other, so that a lost one can be distinguished from its twin.
func (p *planner) addItems() []flow.Step {
	in := AddItems{}
	products, inStep := p.products(), map[int64]bool{}
	var names []string
	for _, line := range PricedLines(*p.s.Snapshot) {
		product := products[line.Key]
		if _, written := p.s.Lines[line.Key]; written || product == 0 || inStep[product] || len(in.Lines) == itemsAtOnce || p.lineHeld(line) {
			continue
		}
		inStep[product] = true
		names = append(names, line.Quantity.String()+" x "+lineName(line))
		in.Lines = append(in.Lines, AddItem{
			Line: line.Key, ProductID: product, Quantity: line.Quantity, Price: line.Price,
			Taken: p.s.ourItems(product), Before: p.s.itemsBefore(line.Key),
		})
	}
	if len(in.Lines) == 0 {
		return nil
	}
	summary := "Add " + names[0]
	if more := len(names) - 1; more > 0 {
		summary += fmt.Sprintf(" and %d more", more)
	}
	return []flow.Step{p.itemsStep(summary, in)}
}

// findAdded looks up the lines whose add has no known outcome.
func (p *planner) findAdded() []flow.Step {
	in := AddItems{OnlyFind: true}
	for _, key := range slices.Sorted(maps.Keys(p.s.Items.Adding)) {
		line := p.s.Items.Adding[key]
		line.Taken, line.Before = p.s.ourItems(line.ProductID), p.s.itemsBefore(key)
		in.Lines = append(in.Lines, line)
	}
	return []flow.Step{p.itemsStep("Look up items that may have been added", in)}
}

func (p *planner) itemsStep(summary string, in AddItems) flow.Step {
	in.Account, in.OrderID, in.AssigneeID = p.s.Order.Account, p.s.Order.ID, p.r.Manager(p.s.Key.Number)
	in.Precheck = p.precheck(string(StepAddItems))
	if p.s.imported() {
		in.Known = p.s.ourItems(everyProduct)
	}
	return p.step(StepAddItems, "", summary, in)
}

func lineName(line Line) string { return Shorten(cmp.Or(line.Article, NormalizeText(line.Title)), 40) }

// itemsBefore are the items that existed before the line's add was first started
// and stand for no other line.
func (s *State) itemsBefore(line LineKey) []int64 {
	before := s.Items.Others
	if adding, started := s.Items.Adding[line]; started {
		before = adding.Before
	}
	if len(before) == 0 {
		return nil
	}
	ours := s.ourItems(everyProduct)
	return slices.DeleteFunc(slices.Clone(before), func(id int64) bool { return slices.Contains(ours, id) })
}

func (s *State) applyAdded(in AddItems, o ItemsAdded, now time.Time) {
	for _, line := range in.Lines {
		delete(s.Items.Adding, line.Line)
		added, ok := o.Added[line.Line]
		if !ok {
			continue
		}
		facts := LineState{ItemID: added.ID, ProductID: line.ProductID, Quantity: line.Quantity, Price: line.Price}
		if added.Found != nil {
			facts.Quantity, facts.Price = added.Found.Quantity, added.Found.Price
		}
		put(&s.Lines, line.Line, facts)
		if s.imported() {
			s.note(now, msg("item-added", "sku", line.Line.label(), "quantity", facts.Quantity.String(), "price", facts.Price.StringFixed(2)))
			s.Order.FieldsDue = true
		}
		if added.DeductedAtOnce {
			s.Order.DeductedAtOnce = true
			s.note(now, msg("item-deducted-at-once", "sku", line.Line.label()))
		}
	}
	if o.WrittenOff {
		s.freeze("", now)
	}
}
