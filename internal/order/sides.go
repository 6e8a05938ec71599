package order

// LinePair is a line on both sides.
type LinePair struct {
	Key   LineKey
	Title string // "" of a line that the shop took out
	Type  LineType
	// Shop is what the shop has, with a set's own price as it is synced; Account is
	// what RO App has as far as it is known. Nil where there is none.
	Shop, Account *ItemValues
	// Difference says why a change of the shop is not synced, "" where all is.
	Difference DifferenceKind
	// ByStaff is set where staff changed the line in RO App, or took it out.
	ByStaff bool
}

// Label is what people call the line: its SKU or its title.
func (l LinePair) Label() string { return l.Key.label() }

// LinePairs are the order's lines side by side: the shop's, then those that exist
// in RO App only.
func (s *State) LinePairs() []LinePair {
	if s.Snapshot == nil {
		return nil
	}
	shop := s.clearest()
	compared := s.imported() && (!s.linesUnclear() || len(shop.Lines) > 0)
	var pairs []LinePair
	inShop := map[LineKey]bool{}
	for _, line := range PricedLines(shop) {
		inShop[line.Key] = true
		pair := s.pair(LinePair{Key: line.Key, Title: line.Title, Type: line.Type, Shop: &ItemValues{line.Quantity, line.Price}})
		if compared {
			pair.Difference = s.difference(line)
		}
		pairs = append(pairs, pair)
	}
	for _, key := range s.lineKeys() {
		pair := s.pair(LinePair{Key: key})
		if inShop[key] || pair.Account == nil {
			continue
		}
		if compared {
			pair.Difference = DifferenceRemoved
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

// pair adds what exists in RO App.
func (s *State) pair(line LinePair) LinePair {
	facts := s.Lines[line.Key]
	if facts.present() {
		standing := facts.current()
		line.Account, line.ByStaff = &standing, facts.Theirs != nil
	}
	line.ByStaff = line.ByStaff || facts.Deleted && facts.ItemID != 0
	return line
}
