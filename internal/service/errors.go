package service

import (
	"errors"
	"fmt"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// Code says what an [Error] means. Pages and API answer with its [Code.Status];
// commands map the codes once, in a table.
type Code string

// The codes.
const (
	Unanswered   Code = "unanswered"    // Temporal or a worker did not answer: try again
	NotConnected Code = "not-connected" // not connected to Temporal yet: try again
	Invalid      Code = "invalid"       // the request is wrong, Field says where
	NoShop       Code = "no-shop"       // the settings do not have the shop
	NoAccount    Code = "no-account"    // the settings do not have the account
	ShopOff      Code = "shop-off"      // the shop is switched off
	NoOrder      Code = "no-order"      // no workflow knows the order
	NotInShop    Code = "not-in-shop"   // the shop does not show the order
	NoRefresh    Code = "no-refresh"    // the order has no such refresh, or a later one took its place
	NotImported  Code = "not-imported"  // the order does not exist in RO App yet
	Closed       Code = "closed"        // the order is closed or failed, Why says why
	Unfit        Code = "unfit"         // the decision does not answer what the order waits for
	LookupFailed Code = "lookup-failed" // a service did not say whether a record exists: try again
	ImportRuns   Code = "import-runs"   // an initial import of other days runs
	StillReading Code = "still-reading" // the answer is not there yet: ask again
	NotRead      Code = "not-read"      // a service could not be read
)

// Codes are all codes.
func Codes() []Code {
	return []Code{
		Unanswered, NotConnected, Invalid, NoShop, NoAccount, ShopOff, NoOrder, NotInShop, NoRefresh, NotImported, Closed, Unfit,
		LookupFailed, ImportRuns, StillReading, NotRead,
	}
}

// Error is what pages, API and commands get where something cannot be done.
type Error struct {
	Code Code
	Text string // what is wrong and what to do, in English
	// Field is the field of the request that is wrong or missing, as the API
	// names it, "" where none is.
	Field string
	// Why says why an order is closed, nil where its workflow failed or was ended
	// from outside.
	Why *flow.Message
	// Unfit says why a decision does not fit, see [wording.Words.WhyUndecided];
	// Params are the values in its text, and Contact is the one that was named,
	// where it needs a confirmation.
	Unfit   string
	Params  map[string]string
	Contact *NamedContact
	Err     error // the cause, for the log; nil where there is none
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// As gives what an error of this package means; any other error is that Temporal
// or a worker did not answer.
func As(err error) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	return &Error{Code: Unanswered, Text: "Temporal or a worker did not answer", Err: err}
}

// Has tells whether an error has the code. No error has none.
func Has(err error, code Code) bool { return err != nil && As(err).Code == code }

func invalid(field, text string) *Error {
	return &Error{Code: Invalid, Field: field, Text: field + ": " + text}
}

func noOrder(key order.Key) *Error {
	return &Error{Code: NoOrder, Text: fmt.Sprintf("%s is not known here", key)}
}

// closed is the error of an order that takes no more wishes.
func closed(key order.Key, why *flow.Message) *Error {
	if why == nil {
		return &Error{Code: Closed, Text: fmt.Sprintf("the workflow of %s has ended; import the order by hand to bring it back", key)}
	}
	return &Error{
		Code: Closed, Why: why,
		Text: fmt.Sprintf("%s is closed (%s); import it by hand to bring it back", key, wording.English().Message(*why)),
	}
}

func unfit(key order.Key, kind order.DecisionKind, why string, params map[string]string) *Error {
	return &Error{
		Code: Unfit, Unfit: why, Params: params,
		Text: fmt.Sprintf("the decision %s does not fit %s: %s", kind, key, wording.English().WhyUndecided(why, params)),
	}
}

func notConnected() *Error {
	return &Error{Code: NotConnected, Text: "not connected to Temporal yet"}
}
