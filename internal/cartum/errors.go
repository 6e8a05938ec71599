package cartum

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Kind sorts failures by what a caller can do about them.
type Kind string

const (
	// Unavailable: the shop did not answer as itself. Try again later.
	Unavailable Kind = "Unavailable"
	// Throttled: the shop asks for a slower pace. Try again after RetryAfter, or a little later where it is 0.
	Throttled Kind = "Throttled"
	// Credentials: the login is refused, or its fresh token is. Trying again helps only after somebody acted.
	Credentials Kind = "Credentials"
	// NotFound: the shop answered well and has no such record.
	NotFound Kind = "NotFound"
	// Rejected: the shop understood the request and refuses it, in its own words.
	Rejected Kind = "Rejected"
	// Malformed: the answer is a success, but a value in it cannot be read.
	Malformed Kind = "Malformed"
)

// maxWords bounds the service's words in an error, in runes.
const maxWords = 300

// Error is every failure of this package. It holds no password, no token and, in words of ours, no personal data.
type Error struct {
	Kind     Kind
	Function string // as in the API, such as "orders/get"
	// HTTPStatus is that of a failed answer; 0 where none came, or where it is the contents that fail.
	// The API answers most failures with 200 (docs/reference/cartum.md#transport).
	HTTPStatus int
	Status     string // of the envelope, such as "EXCEPTION"; empty where there was none
	Message    string // the service's own words, at most 300 runes
	Field      string // of Malformed: where in the record, such as "products[1].price"
	// RetryAfter is the wait that the shop asked for; 0 where it did not.
	RetryAfter time.Duration
	// MayHaveCommitted says that a change was sent and may have been made all the same.
	MayHaveCommitted bool
	Err              error // the cause, where there is one
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cartum %s: %s", e.Function, e.Kind)
	if e.HTTPStatus != 0 && e.HTTPStatus != http.StatusOK {
		fmt.Fprintf(&b, ", HTTP %d", e.HTTPStatus)
	}
	if e.Status != "" {
		fmt.Fprintf(&b, ", status %s", e.Status)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, ", field %s", e.Field)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// kind is "" of no error.
func (e *Error) kind() Kind {
	if e == nil {
		return ""
	}
	return e.Kind
}

// KindOf gives the kind of the first *Error in the chain, and "" where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

var (
	errTooLarge    = fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)
	errEmptyBody   = errors.New("the answer is empty")
	errNotJSON     = errors.New("the answer is not JSON")
	errNotEnvelope = errors.New("the answer has no status")
	errNoReason    = errors.New("the shop gives no reason")
)

// unsent: the request never left.
func (f function) unsent(err error) *Error {
	return &Error{Kind: Unavailable, Function: f.name, Err: withoutURL(err)}
}

// unreachable: the request or its answer was lost on the way.
func (f function) unreachable(err error) *Error {
	failure := f.unsent(err)
	failure.MayHaveCommitted = f.writes && !neverArrived(err)
	return failure
}

// malformed: a success with a value that cannot be read.
func (f function) malformed(field, reason string) *Error {
	return &Error{Kind: Malformed, Function: f.name, Field: field, MayHaveCommitted: f.writes, Err: errors.New(reason)}
}

// failure: an answer that is none. Whether a change was made all the same is open, unless the kind settles it.
func (f function) failure(kind Kind, a answer, cause error) *Error {
	open := kind == Unavailable || kind == Malformed
	return &Error{
		Kind:             kind,
		Function:         f.name,
		HTTPStatus:       a.code,
		Message:          words(a.body),
		RetryAfter:       a.retryAfter,
		MayHaveCommitted: f.writes && open,
		Err:              cause,
	}
}

// failureOfCode judges by the HTTP code alone; nil means that the body decides.
func failureOfCode(f function, a answer) *Error {
	switch {
	case a.code == http.StatusUnauthorized:
		return f.failure(Credentials, a, nil)
	case a.code == http.StatusTooManyRequests, a.code == http.StatusLocked:
		return f.failure(Throttled, a, nil)
	case a.code == http.StatusTooEarly:
		failure := f.failure(Unavailable, a, nil)
		failure.MayHaveCommitted = false // the code means that the request was not processed
		return failure
	case a.code == http.StatusRequestTimeout, a.code < 200, a.code >= 300 && a.code < 400, a.code >= 500:
		return f.failure(Unavailable, a, nil)
	}
	return nil
}

// failureOfStatus judges an envelope whose status is no answer of the function
// (docs/reference/cartum.md#answers-and-errors).
func failureOfStatus(f function, a answer, status string) *Error {
	failure := f.failure(Unavailable, a, nil)
	failure.Status = clip(status, maxWords)
	switch status {
	case statusUnauthorized, statusAuthorizationError:
		failure.Kind = Credentials
	case statusError:
		failure.Kind = Rejected
		if aboutToken(failure.Message) {
			failure.Kind = Credentials
		}
	case statusException, statusHTTPError:
	case statusUndefinedFunction:
		failure.MayHaveCommitted = false
	default:
		// A 404 is what a shop answers whose API is off (docs/reference/cartum.md#transport), not a word about
		// a record.
		if a.code >= 400 && a.code != http.StatusNotFound {
			failure.Kind = Rejected
		}
		if status == "" {
			failure.Err = errNotEnvelope
		}
	}
	if failure.Kind != Unavailable {
		failure.MayHaveCommitted = false
	}
	return failure
}

// tokenWords are in the shop's language: English, Ukrainian, Polish.
var tokenWords = []string{"token", "authori", "токен", "авториз", "autoryz"}

// aboutToken recognises an expired token that is reported as a plain ERROR
// (docs/reference/cartum.md#answers-and-errors).
func aboutToken(message string) bool {
	message = strings.ToLower(message)
	return slices.ContainsFunc(tokenWords, func(word string) bool { return strings.Contains(message, word) })
}

// neverArrived recognises failures before the request reached the function.
func neverArrived(err error) bool {
	if errors.Is(err, errRedirect) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// withoutURL takes off the address that net/http puts around a cause: the
// function's name is in the error already.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// withoutSecrets blots out what the service may repeat of our request, and shortens its words.
func withoutSecrets(failure *Error, secrets ...string) *Error {
	if failure == nil {
		return nil
	}
	for _, secret := range secrets {
		if secret != "" {
			failure.Message = strings.ReplaceAll(failure.Message, secret, "***")
		}
	}
	failure.Message = clip(failure.Message, maxWords)
	return failure
}

// clip shortens a text to one line of so many runes at most.
func clip(text string, most int) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > most {
		line = append(line[:most-1], '…')
	}
	return string(line)
}
