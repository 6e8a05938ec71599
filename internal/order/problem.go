package order

import (
	"slices"
)

// Problem is a value of the shop's order that is not written as expected. The
// snapshot has what was understood of it.
type Problem struct {
	Code  ProblemCode
	Field string // as Cartum calls it: "products[1].quantity"
	// Subject is the part of the order that it is about; what is about another
	// part need not wait for it.
	Subject Subject
	Line    LineKey `json:",omitempty"` // of a problem of one line that is in the snapshot
	// Value is what the shop wrote, shortened; it may be personal data. Empty
	// where the shop wrote nothing.
	Value string `json:",omitempty"`
	// Understood is what the snapshot has in its place; empty where that is
	// nothing.
	Understood string `json:",omitempty"`
	// Acceptable is set where the subject waits until a person accepts what was
	// understood. Others only warn.
	Acceptable bool `json:",omitempty"`
}

// ProblemCode says what is wrong with a value.
type ProblemCode string

// The codes.
const (
	ProblemSpelling    ProblemCode = "spelling"   // unusual, but leaves no doubt
	ProblemAmbiguous   ProblemCode = "ambiguous"  // can be read in several ways
	ProblemUnreadable  ProblemCode = "unreadable" // says nothing usable
	ProblemMissing     ProblemCode = "missing"    // there is nothing where something must be
	ProblemNegative    ProblemCode = "negative"   // a quantity or a price below zero
	ProblemPrecision   ProblemCode = "precision"  // more decimals than RO App keeps
	ProblemNoName      ProblemCode = "no-name"    // a line with neither SKU nor title
	ProblemNoSuchTime  ProblemCode = "no-such-time"
	ProblemTooLarge    ProblemCode = "too-large"   // more items than one order can have; nobody can accept it
	ProblemImplausible ProblemCode = "implausible" // a time at which no shop sold anything
)

// Subject is a part of an order.
type Subject string

// The subjects.
const (
	SubjectItems    Subject = "items"
	SubjectCustomer Subject = "customer"
	SubjectDelivery Subject = "delivery"
	SubjectPayment  Subject = "payment"
	SubjectAmount   Subject = "amount" // totals and discounts
	SubjectStatus   Subject = "status"
	SubjectCreated  Subject = "created"
	SubjectComments Subject = "comments"
	SubjectCurrency Subject = "currency"
)

// ID names the problem: it is the same as long as the shop writes the same.
func (p Problem) ID() string { return p.Field + ":" + string(p.Code) + ":" + p.Value }

// Holding are the problems that a person has to accept, in their order.
func Holding(problems []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p Problem) bool { return !p.Acceptable && p.Code != ProblemTooLarge })
}
