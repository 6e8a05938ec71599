package cartum

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// The envelope's statuses (reference, cartum-api 1.3).
const (
	statusOK                 = "OK"
	statusEmpty              = "EMPTY"
	statusWarning            = "WARNING"
	statusError              = "ERROR"
	statusException          = "EXCEPTION"
	statusUnauthorized       = "UNAUTHORIZED"
	statusAuthorizationError = "AUTHORIZATION_ERROR"
	statusUndefinedFunction  = "UNDEFINED_FUNCTION"
	statusHTTPError          = "HTTP_ERROR"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// readEnvelope reads {"status": ..., "response": ...}, the form of all answers but those of hooks/*.
func readEnvelope(f function, a answer) (reply, *Error) {
	if failure := failureOfCode(f, a); failure != nil {
		return reply{}, failure
	}
	body := bytes.TrimSpace(bytes.TrimPrefix(a.body, byteOrderMark))
	if len(body) == 0 {
		return reply{}, f.failure(Unavailable, a, errEmptyBody)
	}
	if !json.Valid(body) {
		return reply{}, f.failure(Unavailable, a, errNotJSON)
	}
	fields, _ := asObject(body)
	status := strings.ToUpper(strings.TrimSpace(asString(fields["status"])))
	if a.code >= 300 || !slices.Contains(f.accepts, status) {
		return reply{}, failureOfStatus(f, a, status)
	}
	return reply{status: status, response: fields["response"]}, nil
}

// rows gives the elements of a list in the response. The status EMPTY means none in whatever shape, and so does PHP's
// empty [] in place of the response; anything else that is not a list is an error, never "none".
func rows(f function, r reply, name string) ([]json.RawMessage, *Error) {
	if empty, ok := asArray(r.response); ok && len(empty) == 0 {
		return nil, nil
	}
	fields, _ := asObject(r.response)
	list, ok := asArray(fields[name])
	if !ok && r.status != statusEmpty {
		return nil, f.malformed(flaw{name, "is not a list"})
	}
	return list, nil
}

// words collects the service's own words from wherever a failure carries them; "" where the body is not JSON.
func words(body []byte) string {
	var v any
	if json.Unmarshal(bytes.TrimPrefix(body, byteOrderMark), &v) != nil {
		return ""
	}
	return strings.Join(phrases(v), "; ")
}

func phrases(v any) []string {
	var found []string
	switch v := v.(type) {
	case string:
		found = append(found, v)
	case []any:
		for _, element := range v {
			found = append(found, phrases(element)...)
		}
	case map[string]any:
		for _, key := range []string{"message", "messages", "error", "response"} {
			found = append(found, phrases(v[key])...)
		}
	}
	return found
}

// flaw is the first value of a record that cannot be read. It names the value's place, never the value.
type flaw struct{ field, reason string }

func (f *flaw) note(field, reason string) {
	if !f.found() {
		*f = flaw{field, reason}
	}
}

func (f *flaw) found() bool { return f.reason != "" }

// object reads the fields of a JSON object. What cannot be read becomes the zero value and is noted as the flaw.
type object struct {
	fields map[string]json.RawMessage
	path   string // of the object itself, with the dot; empty for a record
	bad    *flaw
}

// objectOf takes null, "", false and PHP's empty [] for an empty object.
func objectOf(raw json.RawMessage, path string, bad *flaw) object {
	fields, ok := asObject(raw)
	if !ok && !isVacant(raw) {
		bad.note(path, "is not an object")
	}
	if path != "" {
		path += "."
	}
	return object{fields: fields, path: path, bad: bad}
}

func (o object) object(name string) object { return objectOf(o.fields[name], o.path+name, o.bad) }

func (o object) note(name, reason string) { o.bad.note(o.path+name, reason) }

// text is a string, or a number as written.
func (o object) text(name string) string {
	raw := o.fields[name]
	if text, ok := asLiteral(raw); ok {
		return text
	}
	if !isVacant(raw) {
		o.note(name, "is not a text")
	}
	return ""
}

// texts is a text by language. A plain text, as older functions give it, stands under the empty language.
func (o object) texts(name string) map[string]string {
	raw := o.fields[name]
	if text := asString(raw); text != "" {
		return map[string]string{"": text}
	}
	byLanguage := o.object(name)
	if len(byLanguage.fields) == 0 {
		return nil
	}
	texts := make(map[string]string, len(byLanguage.fields))
	for language := range byLanguage.fields {
		texts[language] = byLanguage.text(language)
	}
	return texts
}

// amount is a number or a numeric string that must be there: an absent amount is not zero.
func (o object) amount(name string) decimal.Decimal {
	value, ok := asNumber(o.fields[name])
	if !ok {
		o.note(name, "is not a number")
	}
	return value
}

// optionalAmount is nil where the field is absent, null or "".
func (o object) optionalAmount(name string) *decimal.Decimal {
	if isVacant(o.fields[name]) {
		return nil
	}
	value := o.amount(name)
	return &value
}

// amountOrZero is for amounts that are absent where they do not apply.
func (o object) amountOrZero(name string) decimal.Decimal {
	if value := o.optionalAmount(name); value != nil {
		return *value
	}
	return decimal.Zero
}

// integer is a whole number; 0 where the field is absent, null or "".
func (o object) integer(name string) int64 {
	if isVacant(o.fields[name]) {
		return 0
	}
	value, ok := asInteger(o.fields[name])
	if !ok {
		o.note(name, "is not a whole number")
	}
	return value
}

// id is a whole number above 0.
func (o object) id(name string) int64 {
	value, ok := asInteger(o.fields[name])
	if !ok || value <= 0 {
		o.note(name, "is not a whole number above 0")
		return 0
	}
	return value
}

// flag is a bool in any of PHP's spellings; absent means no.
func (o object) flag(name string) bool {
	raw := o.fields[name]
	if isVacant(raw) {
		return false
	}
	text, _ := asLiteral(raw)
	if text == "" {
		text = string(raw)
	}
	value, err := strconv.ParseBool(strings.TrimSpace(text))
	if err != nil {
		o.note(name, "is not a yes or no")
	}
	return value
}

func (o object) option(name string) Option {
	option := o.object(name)
	return Option{ID: option.integer("id"), Title: option.text("title")}
}

func asObject(raw json.RawMessage) (map[string]json.RawMessage, bool) {
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields)
	return fields, err == nil && fields != nil
}

func asArray(raw json.RawMessage) ([]json.RawMessage, bool) {
	var elements []json.RawMessage
	err := json.Unmarshal(raw, &elements)
	return elements, err == nil && elements != nil
}

// asString gives the contents of a JSON string, and "" of everything else.
func asString(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// asLiteral gives the contents of a string, or a number as written.
func asLiteral(raw json.RawMessage) (string, bool) {
	var text string
	var number json.Number
	switch {
	case isAbsent(raw):
		return "", false
	case json.Unmarshal(raw, &text) == nil:
		return text, true
	case json.Unmarshal(raw, &number) == nil:
		return number.String(), true
	}
	return "", false
}

// A bound on digits and exponent: a number like 1e999999999 is valid JSON and takes gigabytes to write out.
var numeric = regexp.MustCompile(`^[+-]?\d{0,20}\.?\d{1,20}([eE][+-]?\d{1,2})?$`)

func asNumber(raw json.RawMessage) (decimal.Decimal, bool) {
	text, _ := asLiteral(raw)
	text = strings.TrimSpace(text)
	if !numeric.MatchString(text) {
		return decimal.Zero, false
	}
	value, err := decimal.NewFromString(text)
	return value, err == nil
}

func asInteger(raw json.RawMessage) (int64, bool) {
	value, ok := asNumber(raw)
	if !ok || !value.IsInteger() || !value.BigInt().IsInt64() {
		return 0, false
	}
	return value.IntPart(), true
}

func isAbsent(raw json.RawMessage) bool {
	return len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null"
}

// isVacant recognises the ways in which PHP writes "nothing here".
func isVacant(raw json.RawMessage) bool {
	if isAbsent(raw) {
		return true
	}
	switch string(bytes.TrimSpace(raw)) {
	case `""`, "false":
		return true
	}
	elements, ok := asArray(raw)
	return ok && len(elements) == 0
}
