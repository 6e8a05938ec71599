package main

import "errors"

// Exit codes besides 0. A script tells by them whether somebody has to answer.
const (
	exitFailed = 1
	exitHeld   = 3
)

// heldError ends a command that did its work and leaves orders that wait for
// somebody.
type heldError struct{ text string }

func (e *heldError) Error() string { return e.text }

func exitCode(err error) int {
	var held *heldError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &held):
		return exitHeld
	default:
		return exitFailed
	}
}
