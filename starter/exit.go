package main

// exitHeld tells a script that somebody has to answer; any other failure ends
// with 1.
const exitHeld = 3

// heldError ends a command that did its work and leaves orders that wait for
// somebody.
type heldError struct{ text string }

func (e *heldError) Error() string { return e.text }

// errRed ends a command where something is red.
var errRed = &heldError{"something is red: act on it"}

// ExitCode is the code that the process ends with.
func (*heldError) ExitCode() int { return exitHeld }
