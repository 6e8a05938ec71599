package order

// LinePair is a line as it stands on both sides.
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
	why := map[LineKey]DifferenceKind{}
	for _, d := range s.Differences() {
		why[d.Key] = d.Kind
	}
	var pairs []LinePair
	inShop := map[LineKey]bool{}
	for _, line := range PricedLines(s.clearest()) {
		inShop[line.Key] = true
		pairs = append(pairs, s.pair(LinePair{
			Key: line.Key, Title: line.Title, Type: line.Type, Shop: &ItemValues{line.Quantity, line.Price}, Difference: why[line.Key],
		}))
	}
	for _, key := range s.lineKeys() {
		if pair := s.pair(LinePair{Key: key, Difference: why[key]}); !inShop[key] && pair.Account != nil {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// pair adds what exists in RO App.
func (s *State) pair(line LinePair) LinePair {
	facts, written := s.Lines[line.Key]
	if written && facts.present() {
		standing := facts.standing()
		line.Account, line.ByStaff = &standing, facts.Theirs != nil
	}
	line.ByStaff = line.ByStaff || written && facts.Deleted && facts.ItemID != 0
	return line
}
