package roapp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind says what an error asks of the caller.
type Kind string

const (
	// Unavailable: no usable answer. The connection failed, the time ran out, or what came was a 5xx, 408, 425, a
	// redirect, or not JSON. It may pass by itself.
	Unavailable Kind = "Unavailable"
	// Throttled: too many requests (429) or a locked record (423). It passes after RetryAfter.
	Throttled Kind = "Throttled"
	// Credentials: the key is missing, wrong or no longer valid.
	Credentials Kind = "Credentials"
	// Forbidden: the key's employee lacks a right for this request.
	Forbidden Kind = "Forbidden"
	// NotFound: there is no such record. A search never fails so for want of a match.
	NotFound Kind = "NotFound"
	// Missing: the service does not offer the endpoint (404 or 410 where no record is named, or 405). It says nothing of
	// what was asked for, and concerns the whole account, or its address is wrong.
	Missing Kind = "Missing"
	// Rejected: the service understood and refused; Message says why.
	Rejected Kind = "Rejected"
	// Malformed: the answer was JSON of another form than expected (Err names the field), or the request could not be
	// built.
	Malformed Kind = "Malformed"
)

const (
	maxMessage = 300
	// maxNesting bounds how deep a validation object is read.
	maxNesting = 6
	// maxRetryAfter bounds what a wrong header can hold the account up.
	maxRetryAfter = time.Hour

	// codeTokenExpired is the old API's code beside a 403
	// (docs/reference/roapp.md#errors).
	codeTokenExpired = "101"
	wordsBadToken    = "invalid token"
)

// Error is what every method returns when it fails.
type Error struct {
	Kind Kind
	// Endpoint is the method and the path's pattern, "POST /v2/orders/{id}/items". It has no values.
	Endpoint string
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Message is the service's own words, at most 300 runes, "" when it had none. They may repeat personal data, so
	// Error does not show them.
	Message string
	// Field is the path of the field that a refusal is about, "custom_fields.f12"; the first one where there are
	// several, "" where the service names none.
	Field string
	// RetryAfter is the service's wish, at most an hour; 0 when it named none.
	RetryAfter time.Duration
	// MayHaveCommitted says that a write was sent and no definite refusal came back:
	// look the record up before repeating it. It is false for reads.
	MayHaveCommitted bool
	Err              error
}

// Error names the request, the kind and the cause. It has no personal data and no key.
func (e *Error) Error() string {
	text := "roapp: " + e.Endpoint + ": " + string(e.Kind)
	if e.Status != 0 {
		text += ", status " + strconv.Itoa(e.Status)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// kind is "" of no error.
func (e *Error) kind() Kind {
	if e == nil {
		return ""
	}
	return e.Kind
}

// Path is the endpoint without its method.
func (e *Error) Path() string {
	_, path, _ := strings.Cut(e.Endpoint, " ")
	return path
}

// Writes reports whether the request would have changed something.
func (e *Error) Writes() bool { return !strings.HasPrefix(e.Endpoint, http.MethodGet+" ") }

// KindOf returns the kind of the Error in err's chain, "" when there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// neverSent is the error of a request that did not get its turn.
func neverSent(r request, err error) *Error {
	if paused, ok := errors.AsType[*pausedError](err); ok {
		return &Error{Kind: Throttled, Endpoint: r.endpoint(), RetryAfter: paused.left, Err: err}
	}
	if errors.Is(err, errHandedOver) {
		return &Error{Kind: Throttled, Endpoint: r.endpoint(), RetryAfter: handOverPause, Err: err}
	}
	return &Error{Kind: Unavailable, Endpoint: r.endpoint(), Err: err}
}

// handOverPause is how long another process needs until it sends an account's requests.
const handOverPause = time.Second

// noAnswer is the error of a request whose answer did not come, or not whole.
func (c *Client) noAnswer(r request, status int, err error, sent bool) *Error {
	return &Error{
		Kind:             Unavailable,
		Endpoint:         r.endpoint(),
		Status:           status,
		MayHaveCommitted: sent && r.writes(),
		Err:              &cause{text: c.withoutKey(causeText(err)), err: err},
	}
}

// cause replaces the transport's error. That one's text may show the URL, whose
// query has phones and names, so it can be compared with but not reached.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }

func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }

// causeText knows the errors whose text has nothing of the request; of others it gives the type.
func causeText(err error) string {
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return context.Canceled.Error()
	case errors.As(err, &op):
		return op.Error()
	case errors.As(err, &certificate):
		return certificate.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed before the answer's end"
	}
	for {
		wrapped, ok := errors.AsType[*url.Error](err)
		if !ok {
			return fmt.Sprintf("connection failed (%T)", err)
		}
		err = wrapped.Err
	}
}

// judge decides what an answer means: its decoded value, or an error.
func (c *Client) judge(r request, a answer) (any, *Error) {
	if a.status < 200 || a.status > 299 {
		return nil, c.refusal(r, a)
	}
	if a.tooLong {
		return nil, malformed(r, a.status, errors.New("answer is longer than 16 MiB"))
	}
	if len(bytes.TrimSpace(a.body)) == 0 {
		if r.emptyAnswer {
			return nil, nil
		}
		return nil, c.unusable(r, a, "empty answer")
	}
	value, err := parse(a.body)
	if err != nil {
		return nil, c.unusable(r, a, "answer is not JSON")
	}
	if object, ok := value.(map[string]any); ok && object["success"] == false {
		return nil, c.refusal(r, a)
	}
	return value, nil
}

func (c *Client) unusable(r request, a answer, why string) *Error {
	return &Error{
		Kind:             Unavailable,
		Endpoint:         r.endpoint(),
		Status:           a.status,
		Message:          c.message(readWords(a.body)),
		MayHaveCommitted: r.writes(),
		Err:              errors.New(why),
	}
}

// malformed is the error of an answer that says yes in a form that cannot be read.
func malformed(r request, status int, err error) *Error {
	return &Error{Kind: Malformed, Endpoint: r.endpoint(), Status: status, MayHaveCommitted: r.writes(), Err: err}
}

// refusal is the error of an answer that says no, by its status or by {"success": false}.
func (c *Client) refusal(r request, a answer) *Error {
	said := readWords(a.body)
	e := &Error{
		Kind:       kindOf(r, a.status, said),
		Endpoint:   r.endpoint(),
		Status:     a.status,
		Message:    c.message(said),
		Field:      said.field,
		RetryAfter: retryAfter(a.header, time.Now()),
	}
	if e.Kind == Unavailable {
		e.MayHaveCommitted = r.writes()
	}
	if isRedirect(a.status) {
		e.Err = errors.New("redirected elsewhere")
	}
	return e
}

func isRedirect(status int) bool { return status >= 300 && status <= 399 }

func kindOf(r request, status int, said words) Kind {
	switch status {
	case http.StatusUnauthorized:
		return Credentials
	case http.StatusForbidden:
		if said.badToken() || said.code == codeTokenExpired {
			return Credentials
		}
		return Forbidden
	case http.StatusNotFound, http.StatusGone:
		if r.collection() {
			return Missing
		}
		return NotFound
	case http.StatusMethodNotAllowed:
		return Missing
	case http.StatusLocked, http.StatusTooManyRequests:
		return Throttled
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return Unavailable
	}
	if status >= 500 || status < 200 || isRedirect(status) {
		return Unavailable
	}
	if said.badToken() {
		return Credentials
	}
	return Rejected
}

// retryAfter reads the header's two forms, seconds and a date; 0 when there is none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	var wait time.Duration
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// message is the service's words, shortened, without the key should it echo that.
func (c *Client) message(said words) string {
	text := []rune(strings.Join(strings.Fields(c.withoutKey(said.text)), " "))
	if len(text) > maxMessage {
		text = append(text[:maxMessage-1], '…')
	}
	return string(text)
}

func (c *Client) withoutKey(text string) string {
	if c.key == "" {
		return text
	}
	return strings.ReplaceAll(text, c.key, "[key]")
}

// words is what the service said about a refusal.
type words struct {
	text  string
	code  string
	field string
}

// badToken recognises the old API's way to refuse a key, which may come with several statuses.
func (w words) badToken() bool { return strings.Contains(strings.ToLower(w.text), wordsBadToken) }

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// readWords finds the service's words. The form of errors is not documented, so
// several are known and what is none of them is taken as it is
// (docs/reference/roapp.md#errors).
func readWords(body []byte) words {
	if value, err := parse(body); err == nil {
		object, _ := value.(map[string]any)
		return words{text: wordsIn(value, maxNesting), code: scalarText(object["code"]), field: fieldIn(value, maxNesting)}
	}
	text := strings.TrimSpace(string(body))
	if !strings.HasPrefix(text, "<") {
		return words{text: text}
	}
	if title := htmlTitle.FindStringSubmatch(text); title != nil {
		return words{text: html.UnescapeString(title[1])}
	}
	return words{}
}

// wordsIn are the words in a value that is at most so deep.
func wordsIn(value any, depth int) string {
	object, ok := value.(map[string]any)
	if depth < 0 {
		return ""
	}
	if !ok {
		return flat(value, depth)
	}
	summary := firstWords(object, depth, "message", "error", "detail")
	details := firstWords(object, depth, detailKeys...)
	switch {
	case summary == "" && details == "":
		return flat(object, depth)
	case summary == "":
		return details
	case details == "" || details == summary:
		return summary
	default:
		return summary + ": " + details
	}
}

// detailKeys name the fields at fault, in the account's language.
var detailKeys = []string{"errors", "validation"}

func firstWords(object map[string]any, depth int, keys ...string) string {
	for _, key := range keys {
		if text := wordsIn(object[key], depth-1); text != "" {
			return text
		}
	}
	return ""
}

// fieldIn is the path of the first field that details name: {"errors": {"custom_fields": {"f12": ["..."]}}}.
func fieldIn(value any, depth int) string {
	object, _ := value.(map[string]any)
	if depth == 0 {
		return ""
	}
	for _, key := range detailKeys {
		if path := pathIn(object[key], depth-1); path != "" {
			return path
		}
	}
	for _, key := range []string{"message", "error", "detail"} {
		if path := fieldIn(object[key], depth-1); path != "" {
			return path
		}
	}
	return ""
}

func pathIn(value any, depth int) string {
	object, _ := value.(map[string]any)
	if depth == 0 || len(object) == 0 {
		return ""
	}
	key := slices.Min(slices.Collect(maps.Keys(object)))
	if below := pathIn(object[key], depth-1); below != "" {
		return key + "." + below
	}
	return key
}

// flat writes a value in one line: "phone: is not valid; email: is taken".
func flat(value any, depth int) string {
	switch v := value.(type) {
	case []any:
		var parts []string
		for _, element := range v {
			if text := wordsIn(element, depth-1); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, "; ")
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text := wordsIn(v[key], depth-1); text != "" && key != "success" {
				parts = append(parts, key+": "+text)
			}
		}
		return strings.Join(parts, "; ")
	}
	return scalarText(value)
}
