package roapp

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pageSize is the number of rows on a page (docs/reference/roapp.md#paging).
const pageSize = 50

// query reads a list's parameters, remembers the first that is wrong, and
// ignores unknown ones.
type query struct {
	values  url.Values
	problem *apiError
}

func queryOf(r *http.Request) *query { return &query{values: r.URL.Query()} }

func (q *query) err() error {
	if q.problem == nil {
		return nil
	}
	return q.problem
}

func (q *query) fail(name, format string, args ...any) {
	if q.problem == nil {
		q.problem = invalid(name, format, args...)
	}
}

// texts reads a repeated parameter, with or without brackets
// (docs/reference/roapp.md#parameters). Values joined with commas are one
// value.
func (q *query) texts(name string) []string {
	return slices.Concat(q.values[name], q.values[name+"[]"])
}

func (q *query) ids(name string) []int64 {
	ids := []int64{}
	for _, text := range q.texts(name) {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			q.fail(name, "must be an integer id, got %q", text)
		}
		ids = append(ids, id)
	}
	return ids
}

func (q *query) page() int {
	text := q.values.Get("page")
	if text == "" {
		return 1
	}
	page, err := strconv.ParseInt(text, 10, 32)
	if err != nil || page < 1 {
		q.fail("page", "must be a number from 1 on, got %q", text)
		return 1
	}
	return int(page)
}

// span is the time between two moments, both included; a zero to is open.
type span struct {
	set      bool
	from, to time.Time
}

// includes compares in whole seconds, as times are shown.
func (p span) includes(at time.Time) bool {
	at = at.Truncate(time.Second)
	return !p.set || !at.Before(p.from) && (p.to.IsZero() || !at.After(p.to))
}

// includesText is includes for a time kept as text, which may be a date only or
// empty.
func (p span) includesText(text string) bool {
	if !p.set {
		return true
	}
	at, err := parseTimestamp(text)
	if err != nil {
		at, err = time.Parse(time.DateOnly, text)
	}
	return err == nil && p.includes(at)
}

// span reads a parameter with one time, from it on, or two, between them.
func (q *query) span(name string) span {
	texts := q.texts(name)
	if len(texts) == 0 {
		return span{}
	}
	if len(texts) > 2 {
		q.fail(name, "takes one or two times, got %d", len(texts))
	}
	times := make([]time.Time, 0, len(texts))
	for _, text := range texts {
		at, err := parseTimestamp(text)
		if err != nil {
			q.fail(name, "must be %s, got %q", timestampWords, text)
		}
		times = append(times, at)
	}
	return span{set: true, from: times[0], to: append(times, time.Time{})[1]}
}

// sortRows sorts rows by one of the named orders; "-" reverses. Equal rows stay
// in order of their ids. Without the parameter the newest come first.
func sortRows[T any](q *query, rows []T, orders map[string]func(a, b T) int) {
	name := q.values.Get("sort")
	if name == "" {
		name = "-id"
	}
	field, descending := strings.CutPrefix(name, "-")
	compare, known := orders[field]
	if !known {
		q.fail("sort", "unknown order %q", name)
		return
	}
	slices.SortStableFunc(rows, func(a, b T) int {
		if descending {
			a, b = b, a
		}
		return compare(a, b)
	})
}

// keep returns the rows for which want is true.
func keep[T any](rows []T, want func(T) bool) []T {
	return slices.DeleteFunc(rows, func(row T) bool { return !want(row) })
}

// anyOf is true if nothing is wanted or value is among what is.
func anyOf[T comparable](wanted []T, value T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

// anyNamed is true if no name is wanted or name contains one of them.
func anyNamed(wanted []string, name string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(part string) bool { return containsFold(name, part) })
}

func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// pageOf returns the rows of a page as they are shown.
func pageOf[T any](rows []T, page int, show func(T) any) []any {
	shown := []any{}
	start := min((page-1)*pageSize, len(rows))
	for _, row := range rows[start:min(start+pageSize, len(rows))] {
		shown = append(shown, show(row))
	}
	return shown
}

// paged is a list of /v2; count is of all pages
// (docs/reference/roapp.md#paging).
func paged[T any](rows []T, page int, show func(T) any) any {
	return map[string]any{
		"data": pageOf(rows, page, show),
		"paging": map[string]any{
			"page":        page,
			"total_pages": (len(rows) + pageSize - 1) / pageSize,
			"count":       len(rows),
		},
	}
}

// oldPaged is a list of the unversioned API (docs/reference/roapp.md#paging).
func oldPaged[T any](rows []T, page int, show func(T) any) any {
	return map[string]any{
		"data":    pageOf(rows, page, show),
		"page":    page,
		"count":   len(rows),
		"success": true,
	}
}

// showAll shows rows without pages.
func showAll[T any](rows []T, show func(T) any) []any {
	shown := make([]any, 0, len(rows))
	for _, row := range rows {
		shown = append(shown, show(row))
	}
	return shown
}
