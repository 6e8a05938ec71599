package order

import (
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// KeyLines gives every line its key, see [LineKey]: "a:" and the SKU, or "t:" and
// the title where the SKU is empty, both normalised, and "#" and the occurrence in
// the order of the lines.
func KeyLines(lines []Line) {
	seen := map[string]int{}
	for i := range lines {
		group := lineGroup(lines[i])
		seen[group]++
		lines[i].Key = LineKey(group + "#" + strconv.Itoa(seen[group]))
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

// setsCountTwice reports whether the lines exceed the total by just the lines of
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

// matchLines gives the lines of a newer snapshot the keys of the lines that they
// were before. Lines of one SKU are distinguished by what agrees best: the shop's
// own id, then price and quantity, then one of them; never by their place in the
// list.
func matchLines(was, lines []Line) []Line {
	if len(was) == 0 {
		return lines
	}
	lines = slices.Clone(lines)
	before := map[string][]Line{}
	for _, line := range was {
		before[lineGroup(line)] = append(before[lineGroup(line)], line)
	}
	groups := map[string][]int{}
	for i, line := range lines {
		groups[lineGroup(line)] = append(groups[lineGroup(line)], i)
	}
	for group, indexes := range groups {
		matchGroup(group, before[group], lines, indexes)
	}
	return lines
}

// agreements are the ways in which a line may be the one that it was, best first:
// among those of one id of the shop, which lines may share, and then among all.
var agreements = slices.Concat(sharing(sameStorage), sharing(func(_, _ Line) bool { return true }))

func sameStorage(was, is Line) bool { return was.StorageID != "" && was.StorageID == is.StorageID }

// sharing are the agreements of lines that share something.
func sharing(shared func(was, is Line) bool) []func(was, is Line) bool {
	var ways []func(was, is Line) bool
	for _, agree := range contents {
		ways = append(ways, func(was, is Line) bool { return shared(was, is) && agree(was, is) })
	}
	return ways
}

// contents are the ways in which the contents of two lines may agree, best first.
var contents = []func(was, is Line) bool{
	sameContent,
	func(was, is Line) bool { return was.Price.Equal(is.Price) && was.Quantity.Equal(is.Quantity) },
	func(was, is Line) bool { return was.Title == is.Title && was.Price.Equal(is.Price) },
	func(was, is Line) bool { return was.Title == is.Title && was.Quantity.Equal(is.Quantity) },
	func(was, is Line) bool { return was.Price.Equal(is.Price) },
	func(was, is Line) bool { return was.Quantity.Equal(is.Quantity) },
	func(_, _ Line) bool { return true },
}

func sameContent(was, is Line) bool {
	return was.Title == is.Title && was.Type == is.Type && was.Price.Equal(is.Price) && was.Quantity.Equal(is.Quantity)
}

// matchGroup keys the lines of one SKU, those at the indexes.
func matchGroup(group string, before, lines []Line, indexes []int) {
	used, keyed := map[LineKey]bool{}, map[int]bool{}
	for _, agree := range agreements {
		for _, was := range before {
			if used[was.Key] {
				continue
			}
			at := slices.IndexFunc(indexes, func(i int) bool { return !keyed[i] && agree(was, lines[i]) })
			if at < 0 {
				continue
			}
			i := indexes[at]
			lines[i].Key, used[was.Key], keyed[i] = was.Key, true, true
		}
	}
	occurrence := 0
	for _, i := range indexes {
		for !keyed[i] {
			occurrence++
			key := LineKey(group + "#" + strconv.Itoa(occurrence))
			if !used[key] {
				lines[i].Key, used[key], keyed[i] = key, true, true
			}
		}
	}
}

// lineGroup is what lines have in common that only their content tells apart.
func lineGroup(line Line) string {
	if article := NormalizeText(line.Article); article != "" {
		return "a:" + article
	}
	return "t:" + NormalizeText(line.Title)
}
