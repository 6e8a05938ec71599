package service

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// Problem is what is missing on a page of a table, and why.
type Problem struct {
	Code    ProblemCode
	Account string
	Count   int    // of orders, of [ProblemUnreadable]
	Why     string // what RO App or Temporal said, of [ProblemNotRead]
}

// ProblemCode says why orders are missing.
type ProblemCode string

// Why orders are missing.
const (
	ProblemBusy       ProblemCode = "busy"       // the user asks for more than the account answers
	ProblemSlow       ProblemCode = "slow"       // the account did not answer in time
	ProblemNotRead    ProblemCode = "not-read"   // the account could not be read
	ProblemUnreadable ProblemCode = "unreadable" // some of its orders cannot be read
)

// String says it in English.
func (p Problem) String() string {
	switch p.Code {
	case ProblemBusy:
		return fmt.Sprintf("You ask for more lists and searches than RO App's account %s can answer, so its own orders are missing here. Try again in a moment.", p.Account)
	case ProblemSlow:
		return fmt.Sprintf("RO App's account %s did not answer in time, so its own orders are missing here. Try again in a moment.", p.Account)
	case ProblemUnreadable:
		return "Orders of account " + p.Account + " that cannot be read and are missing here: " + strconv.Itoa(p.Count) + "."
	default:
		return fmt.Sprintf("RO App's account %s could not be read, so its own orders are missing here: %s", p.Account, p.Why)
	}
}

// problemOf says why an account's own orders are missing.
func problemOf(account string, err error) Problem {
	switch {
	case errors.Is(err, errManyReads):
		return Problem{Code: ProblemBusy, Account: account}
	case errors.Is(err, context.DeadlineExceeded):
		return Problem{Code: ProblemSlow, Account: account}
	}
	return Problem{Code: ProblemNotRead, Account: account, Why: plainly(err)}
}

// Sentences are problems in English.
func Sentences(problems []Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
	}
	return all
}
