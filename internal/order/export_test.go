package order

// Clone is the deep copy that [Advance] works on.
func Clone(s State) State { return clone(s) }
