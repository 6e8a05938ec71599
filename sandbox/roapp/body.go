package roapp

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Limits of texts in characters. RO App's own are unknown; the first is that of
// many databases' names, the second keeps a mistake from growing without end.
const (
	shortText = 255
	longText  = 10_000
)

// body reads the fields of a JSON object, remembers the first that is wrong,
// and ignores unknown ones (docs/reference/roapp.md#parameters). A reader
// changes its target only if the field is there; null empties it.
type body struct {
	fields  map[string]json.RawMessage
	prefix  string // of a nested object's fields, such as "discount."
	parent  *body
	problem *apiError
}

// jsonBody reads the object that a request of the API must carry.
func jsonBody(r *http.Request) (*body, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, refused("Content-Type must be application/json")
	}
	return looseBody(r)
}

// looseBody does not ask for a Content-Type.
func looseBody(r *http.Request) (*body, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, bodyError(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil, refused("body must be a JSON object")
	}
	return &body{fields: fields}, nil
}

func (b *body) fail(field, format string, args ...any) {
	if b.parent != nil {
		b.parent.fail(b.prefix+field, format, args...)
		return
	}
	if b.problem == nil {
		b.problem = invalid(field, format, args...)
	}
}

// err is the first problem.
func (b *body) err() error {
	if b.problem == nil {
		return nil
	}
	return b.problem
}

func (b *body) has(field string) bool {
	_, there := b.fields[field]
	return there
}

// require refuses a body in which one of the fields is missing, null or blank.
func (b *body) require(fields ...string) {
	for _, field := range fields {
		raw := b.fields[field]
		if isNull(raw) || strings.TrimSpace(strings.Trim(string(raw), `"`)) == "" {
			b.fail(field, "is required")
		}
	}
}

// demand refuses a record whose text is blank once the body was read.
func (b *body) demand(field, text string) {
	if strings.TrimSpace(text) == "" {
		b.fail(field, "is required")
	}
}

func isNull(raw json.RawMessage) bool { return raw == nil || string(raw) == "null" }

// read decodes a field, and empties the target for null.
func read[T any](b *body, field, kind string, into *T) {
	raw, there := b.fields[field]
	if !there {
		return
	}
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		b.fail(field, "must be %s", kind)
		return
	}
	*into = value
}

func (b *body) text(field string, limit int, into *string) {
	read(b, field, "a string", into)
	if utf8.RuneCountInString(*into) > limit {
		b.fail(field, "is longer than %d characters", limit)
	}
}

func (b *body) flag(field string, into *bool) { read(b, field, "true or false", into) }

// reference reads the id of a record, which must exist.
func (b *body) reference(field string, into *int64, exists func(int64) bool) {
	read(b, field, "an integer id", into)
	if !isNull(b.fields[field]) && !exists(*into) {
		b.fail(field, "unknown id %d", *into)
	}
}

// texts reads a list of strings.
func (b *body) texts(field string, into *[]string) {
	read(b, field, "an array of strings", into)
	if slices.ContainsFunc(*into, func(text string) bool { return utf8.RuneCountInString(text) > shortText }) {
		b.fail(field, "holds a string longer than %d characters", shortText)
	}
}

// moment reads a time; dateOnly allows a date without a time too.
func (b *body) moment(field string, dateOnly bool, into *string) {
	read(b, field, "a string", into)
	if *into == "" {
		return
	}
	if _, err := parseTimestamp(*into); err == nil {
		return
	}
	if _, err := time.Parse(time.DateOnly, *into); err == nil && dateOnly {
		return
	}
	b.fail(field, "must be %s", timestampWords)
}

var decimalForm = regexp.MustCompile(`^"?(\d{1,12}(?:\.\d{1,12})?)"?$`)

// decimal reads a number from zero on, or the same as a string, with at most
// the given digits after the point (docs/reference/roapp.md#numbers).
func (b *body) decimal(field string, places int32, into *decimal.Decimal) {
	raw, there := b.fields[field]
	if !there {
		return
	}
	match := decimalForm.FindSubmatch(raw)
	if match == nil {
		b.fail(field, "must be a number or decimal string from 0 on")
		return
	}
	value := decimal.RequireFromString(string(match[1]))
	if !value.Round(places).Equal(value) {
		b.fail(field, "has more than %d digits after the point", places)
		return
	}
	*into = value
}

// object returns the nested object of a field, if it is there.
func (b *body) object(field string) (nested *body, there bool) {
	if isNull(b.fields[field]) {
		return nil, false
	}
	var fields map[string]json.RawMessage
	read(b, field, "an object", &fields)
	return &body{fields: fields, prefix: field + ".", parent: b}, fields != nil
}

// objects returns the nested objects of a field's array.
func (b *body) objects(field string) []*body {
	var rows []map[string]json.RawMessage
	read(b, field, "an array of objects", &rows)
	nested := make([]*body, 0, len(rows))
	for _, fields := range rows {
		nested = append(nested, &body{fields: fields, prefix: field + ".", parent: b})
	}
	return nested
}

// timestampForm is ISO 8601 in UTC without milliseconds
// (docs/reference/roapp.md#times).
const timestampForm = "2006-01-02T15:04:05Z"

const timestampWords = "ISO 8601 in UTC without milliseconds, such as 2026-11-01T09:30:00Z" //nolint:gosec // a format, no secret

func timestamp(at time.Time) string { return at.UTC().Format(timestampForm) }

func parseTimestamp(text string) (time.Time, error) {
	at, err := time.Parse(timestampForm, text)
	if err == nil && timestamp(at) != text {
		return at, refused("has a fraction of a second") // which time.Parse lets pass
	}
	return at, err
}

// orNull is how an empty text or missing reference is read back.
func orNull[T comparable](value T) any {
	var empty T
	if value == empty {
		return nil
	}
	return value
}

// list is how an array is read back, empty rather than null.
func list[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}
