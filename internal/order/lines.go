package order

import (
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// KeyLines gives every line its key, see [LineKey]: "a:" and the article, or
// "t:" and the title where the article is empty, both normalised, and "#" and
// the occurrence in the order of the lines.
func KeyLines(lines []Line) {
	seen := map[string]int{}
	for i := range lines {
		name := "a:" + NormalizeText(lines[i].Article)
		if name == "a:" {
			name = "t:" + NormalizeText(lines[i].Title)
		}
		seen[name]++
		lines[i].Key = LineKey(name + "#" + strconv.Itoa(seen[name]))
	}
}

// PricedLines are the order's lines with the prices to be written. Where the
// order's total holds only the parts of its sets, the lines that stand for
// whole sets (LineSetMain) get the price 0, lest the set count twice. Gifts keep
// the price they have.
func PricedLines(s Snapshot) []Line {
	lines := slices.Clone(s.Lines)
	if !setsCountTwice(s) {
		return lines
	}
	for i := range lines {
		if lines[i].Type == LineSetMain {
			lines[i].Price, lines[i].Total = decimal.Zero, decimal.Zero
		}
	}
	return lines
}

// setsCountTwice tells whether the lines exceed the total by just the lines of
// whole sets. Which of Cartum's totals says so is not documented, so the first
// that fits the lines with or without them decides.
func setsCountTwice(s Snapshot) bool {
	all, sets := sumOf(s.Lines), sumOf(linesOf(s.Lines, LineSetMain))
	slack := tolerance(len(s.Lines))
	if sets.LessThanOrEqual(slack) {
		return false
	}
	for _, total := range totalsOfGoods(s, all) {
		switch {
		case within(all.Sub(total), slack):
			return false
		case within(all.Sub(sets).Sub(total), slack):
			return true
		}
	}
	return false
}

// totalsOfGoods are Cartum's totals without what concerns the whole order, the
// most trustworthy first.
func totalsOfGoods(s Snapshot, goods decimal.Decimal) []decimal.Decimal {
	undiscounted := s.Totals.Sum
	for _, discount := range namedDiscounts(s.Totals, goods) {
		undiscounted = undiscounted.Add(discount.Value)
	}
	totals := []decimal.Decimal{undiscounted, s.Totals.Default}
	if price := fixedPrice(s.Delivery); price != nil {
		totals = append(totals, undiscounted.Sub(*price))
	}
	return totals
}

func linesOf(lines []Line, kind LineType) []Line {
	return slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return l.Type != kind })
}

// sumOf is what RO App makes of the lines: quantity times price. Cartum's own
// total of a line may be rounded.
func sumOf(lines []Line) decimal.Decimal {
	sum := decimal.Zero
	for _, line := range lines {
		sum = sum.Add(line.Quantity.Mul(line.Price))
	}
	return sum
}
