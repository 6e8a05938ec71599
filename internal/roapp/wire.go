package roapp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

const (
	// pageSize is the documented number of rows of a full page
	// (docs/reference/roapp.md#paging).
	pageSize = 50
	// searchPages bounds a search, which asks for a few records: more than a thousand rows mean that the service
	// ignores the filter.
	searchPages = 20
	// directoryPages bounds a list that is read whole.
	directoryPages = 200

	// timeLayout is the only form of time that the service accepts: UTC without milliseconds
	// (docs/reference/roapp.md#times).
	timeLayout = "2006-01-02T15:04:05Z"

	maxDecimalText     = 40
	maxDecimalExponent = 20
)

// parse decodes one JSON document and nothing after it. Numbers keep their digits.
func parse(body []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errors.New("not JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not one JSON document")
	}
	return value, nil
}

// node is one place in an answer. It knows its path, so that a problem names the field; it never shows the value,
// which may be personal. The first problem is kept for all nodes that come from one root, and reading goes on with
// zero values.
type node struct {
	value   any
	path    string
	problem *error
}

func newNode(value any) node { return node{value: value, problem: new(error)} }

// apart is the same place with a problem of its own.
func (n node) apart() node { return node{value: n.value, path: n.path, problem: new(error)} }

func (n node) err() error { return *n.problem }

func (n node) fail(problem string) {
	if *n.problem != nil {
		return
	}
	path := cmp.Or(n.path, "answer")
	*n.problem = errors.New(path + ": " + problem)
}

func (n node) null() bool { return n.value == nil }

// object is the node's fields. PHP writes an empty map as an empty list.
func (n node) object() map[string]any {
	switch v := n.value.(type) {
	case nil:
		return nil
	case map[string]any:
		return v
	case []any:
		if len(v) == 0 {
			return nil
		}
	}
	n.fail("not an object")
	return nil
}

// at is a field of an object; a missing one is null.
func (n node) at(key string) node {
	path := key
	if n.path != "" {
		path = n.path + "." + key
	}
	return node{value: n.object()[key], path: path, problem: n.problem}
}

// first is the first of several fields that is not null.
func (n node) first(keys ...string) node {
	for _, key := range keys {
		if field := n.at(key); !field.null() {
			return field
		}
	}
	return n.at(keys[0])
}

// record is the object that an answer is about: the answer itself, or its "data"
// (docs/reference/roapp.md#create-contacts).
func (n node) record() node {
	object, _ := n.value.(map[string]any)
	if object["id"] != nil {
		return n
	}
	if _, wrapped := object["data"].(map[string]any); wrapped {
		return n.at("data")
	}
	return n
}

func (n node) rows() []node {
	list, ok := n.value.([]any)
	if !ok {
		n.fail("not a list")
		return nil
	}
	rows := make([]node, len(list))
	for i, value := range list {
		rows[i] = node{value: value, path: n.path + "[" + strconv.Itoa(i) + "]", problem: n.problem}
	}
	return rows
}

// row fails unless the node is an object with at least one field: a null among rows is not an empty record.
func (n node) row() node {
	if len(n.object()) == 0 {
		n.fail("not a record")
	}
	return n
}

// id is a record's id: a positive number, or its digits as a string.
func (n node) id() int64 {
	id, ok := n.integer()
	if !ok {
		return 0
	}
	if id <= 0 {
		n.fail("not an id")
		return 0
	}
	return id
}

// optionalID is 0 for null, 0 and "".
func (n node) optionalID() int64 {
	if n.null() || n.value == "" || scalarText(n.value) == "0" {
		return 0
	}
	return n.id()
}

// integerOr is fallback for null.
func (n node) integerOr(fallback int64) int64 {
	if n.null() {
		return fallback
	}
	value, _ := n.integer()
	return value
}

func (n node) integer() (int64, bool) {
	switch n.value.(type) {
	case nil:
		n.fail("missing")
		return 0, false
	case json.Number, string:
		if value, err := strconv.ParseInt(scalarText(n.value), 10, 64); err == nil {
			return value, true
		}
	}
	n.fail("not a whole number")
	return 0, false
}

// text is a string or a number; "" for null.
func (n node) text() string {
	switch n.value.(type) {
	case nil, string, json.Number:
		return scalarText(n.value)
	}
	n.fail("not a text")
	return ""
}

var decimalForm = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$`)

// decimal is a number or its digits as a string, never with a comma
// (docs/reference/roapp.md#numbers).
func (n node) decimal() decimal.Decimal {
	if n.null() {
		n.fail("missing")
		return decimal.Zero
	}
	text := scalarText(n.value)
	if _, flag := n.value.(bool); flag || len(text) > maxDecimalText || !decimalForm.MatchString(text) {
		n.fail("not a decimal number")
		return decimal.Zero
	}
	value, err := decimal.NewFromString(text)
	// A huge exponent is a small text and a huge number.
	if err != nil || value.Exponent() > maxDecimalExponent || value.Exponent() < -maxDecimalExponent {
		n.fail("not a decimal number")
		return decimal.Zero
	}
	return value
}

// optionalDecimal is 0 for null.
func (n node) optionalDecimal() decimal.Decimal {
	if n.null() {
		return decimal.Zero
	}
	return n.decimal()
}

// time is zero for null. The service writes UTC without milliseconds; milliseconds, another zone, and no zone (UTC)
// are read too.
func (n node) time() time.Time {
	if n.null() {
		return time.Time{}
	}
	text, _ := n.value.(string)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	n.fail("not a time")
	return time.Time{}
}

// flag is nil for null.
func (n node) flag() *bool {
	switch scalarText(n.value) {
	case "true", "1":
		return new(true)
	case "false", "0":
		return new(false)
	}
	if !n.null() {
		n.fail("not true or false")
	}
	return nil
}

// yes is false for null.
func (n node) yes() bool {
	flag := n.flag()
	return flag != nil && *flag
}

// filled reports whether a list or an object has anything in it.
func (n node) filled() bool {
	switch v := n.value.(type) {
	case nil:
		return false
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	n.fail("not a list")
	return false
}

// texts is an object's fields as text, whatever their type.
func (n node) texts() map[string]string {
	texts := make(map[string]string)
	for key, value := range n.object() {
		texts[key] = anyText(value)
	}
	return texts
}

// anyText writes a list's elements with commas between them, and what is deeper as JSON.
func anyText(value any) string {
	elements, ok := value.([]any)
	if !ok {
		return elementText(value)
	}
	parts := make([]string, len(elements))
	for i, element := range elements {
		parts[i] = elementText(element)
	}
	return strings.Join(parts, ", ")
}

func elementText(value any) string {
	switch value.(type) {
	case []any, map[string]any:
		encoded, _ := json.Marshal(value) // it was decoded from JSON
		return string(encoded)
	}
	return scalarText(value)
}

// scalarText is "" for null, lists and objects.
func scalarText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// wireTime never sends milliseconds, which the service refuses
// (docs/reference/roapp.md#times).
func wireTime(at time.Time) string { return at.UTC().Format(timeLayout) }

// wireNumber is a JSON number with the decimal's own digits.
func wireNumber(value decimal.Decimal) json.Number { return json.Number(value.String()) }

// page is one answer of a list: {"data": [...], "paging": {...}} of v2, {"data": [...], "page", "count"} of the older
// family, or a bare list (docs/reference/roapp.md#paging).
type page struct {
	rows []node
	// number is the page's number as answered, total the number of pages, count the number of rows on all pages; -1
	// when the answer does not say.
	number, total, count int64
	// whole says that there are no pages: a bare list.
	whole bool
}

func readPage(n node) page {
	if _, bare := n.value.([]any); bare {
		return page{rows: n.rows(), number: -1, total: -1, count: -1, whole: true}
	}
	paging := n.at("paging")
	if paging.null() {
		paging = n
	}
	return page{
		rows:   n.at("data").rows(),
		number: paging.at("page").integerOr(-1),
		total:  paging.at("total_pages").integerOr(-1),
		count:  paging.at("count").integerOr(-1),
	}
}

// promisesMore says that the answer itself speaks of pages after this one. asked is the page's number, which the
// answer's own overrules: a service that ignores the parameter repeats its first page.
func (p page) promisesMore(asked, seen int) bool {
	if p.total < 0 {
		return p.count > int64(seen)
	}
	if p.number > 0 {
		return p.total > p.number
	}
	return p.total > int64(asked)
}

// mayHaveMore says that the answer does not say and is full.
func (p page) mayHaveMore() bool {
	return !p.whole && p.total < 0 && p.count < 0 && len(p.rows) >= pageSize
}

// list reads all pages. One row that cannot be read fails the list: its record
// would be taken for absent. So does a list that breaks its own promise of more
// rows.
func list[T any](ctx context.Context, c *Client, r request, maxPages int, decode func(node) T) ([]T, error) {
	var all []T
	seen := make(map[string]bool)
	for number := 1; number <= maxPages; number++ {
		answer, err := c.do(ctx, r.onPage(number))
		if err != nil {
			return nil, err
		}
		p := readPage(answer.node)
		before := len(seen)
		for _, row := range p.rows {
			record := decode(row.row())
			// Pages move under the reader when records are added.
			if key := row.at("id").text(); !seen[key] {
				seen[key] = true
				all = append(all, record)
			}
		}
		if err := answer.check(); err != nil {
			return nil, err
		}
		more := p.promisesMore(number, len(seen))
		if len(seen) == before {
			if more || p.count > int64(len(seen)) {
				return nil, answer.malformed(errors.New("data: fewer rows than the list says it has"))
			}
			return all, nil
		}
		if !more && !p.mayHaveMore() {
			return all, nil
		}
	}
	return nil, malformed(r, 0, errors.New("data: more pages than such a list has; the filter seems to be ignored"))
}

// firstPage reads the first page of a list, one request.
func firstPage[T any](ctx context.Context, c *Client, r request, decode func(node) T) ([]T, error) {
	answer, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	p := readPage(answer.node)
	if len(p.rows) == 0 && p.count > 0 {
		answer.at("data").fail("fewer rows than the list says it has")
	}
	records := make([]T, 0, len(p.rows))
	for _, row := range p.rows {
		records = append(records, decode(row.row()))
	}
	return records, answer.check()
}

// onPage asks for a page; the first needs no parameter.
func (r request) onPage(number int) request {
	if number <= 1 {
		return r
	}
	query := url.Values{}
	maps.Copy(query, r.query)
	query.Set("page", strconv.Itoa(number))
	r.query = query
	return r
}
