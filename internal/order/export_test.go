package order

// Clone is the deep copy that [Advance] works on.
func Clone(s State) State { return clone(s) }

// MatchLines keys the lines of a newer snapshot.
func MatchLines(was, lines []Line) []Line { return matchLines(was, lines) }
