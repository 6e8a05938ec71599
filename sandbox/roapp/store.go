package roapp

import (
	"fmt"
	"slices"
	"time"
)

// version is a record's state from a moment on.
type version[T any] struct {
	at    time.Time
	value T
	gone  bool
}

// table keeps records with their recent history, because lists show an earlier
// state than reads by id. A record is replaced as a whole and never changed in
// place: lists that were read before may still be in use.
type table[T any] struct {
	rows map[int64][]version[T]
	ids  []int64 // in order of creation
}

func newTable[T any]() *table[T] { return &table[T]{rows: map[int64][]version[T]{}} }

func (t *table[T]) put(id int64, at time.Time, value T) {
	if _, known := t.rows[id]; !known {
		t.ids = append(t.ids, id)
	}
	t.add(id, version[T]{at: at, value: value})
}

// remove ends a record. Its last value stays readable by last, since other
// records refer to it.
func (t *table[T]) remove(id int64, at time.Time) {
	value, _ := t.last(id)
	t.add(id, version[T]{at: at, value: value, gone: true})
}

func (t *table[T]) add(id int64, next version[T]) {
	versions := slices.Concat(t.rows[id], []version[T]{next})
	for len(versions) > 1 && next.at.Sub(versions[1].at) > maxSearchLag {
		versions = versions[1:]
	}
	t.rows[id] = versions
}

func (t *table[T]) get(id int64) (value T, found bool) {
	versions := t.rows[id]
	if len(versions) == 0 || versions[len(versions)-1].gone {
		return value, false
	}
	return versions[len(versions)-1].value, true
}

// last returns the record even if it was removed.
func (t *table[T]) last(id int64) (value T, found bool) {
	versions := t.rows[id]
	if len(versions) == 0 {
		return value, false
	}
	return versions[len(versions)-1].value, true
}

func (t *table[T]) has(id int64) bool {
	_, found := t.get(id)
	return found
}

// all returns the present records in order of creation.
func (t *table[T]) all() []T {
	rows := []T{}
	for _, id := range t.ids {
		if value, found := t.get(id); found {
			rows = append(rows, value)
		}
	}
	return rows
}

// at returns the records as they were at a moment, in order of creation.
func (t *table[T]) at(moment time.Time) []T {
	rows := []T{}
	for _, id := range t.ids {
		if shown, found := versionAt(t.rows[id], moment); found && !shown.gone {
			rows = append(rows, shown.value)
		}
	}
	return rows
}

func versionAt[T any](versions []version[T], moment time.Time) (shown version[T], found bool) {
	for _, candidate := range versions {
		if candidate.at.After(moment) {
			break
		}
		shown, found = candidate, true
	}
	return shown, found
}

// keptEvents is how many of the last events the feed holds.
const keptEvents = 10_000

// event is one line of the sandbox's feed.
type event struct {
	Seq  int    `json:"seq"`
	At   string `json:"at"`
	Text string `json:"text"`
}

// store is the account's data.
type store struct {
	directories directories
	contacts    *table[contact]
	orders      *table[order]
	products    *table[product]
	categories  *table[category]
	events      []event
	nextID      map[string]int64
}

// First ids differ widely between kinds of records, so that a client that mixes
// them up is detected.
func newStore(options Options) *store {
	s := &store{
		directories: seededDirectories(options),
		contacts:    newTable[contact](),
		orders:      newTable[order](),
		products:    newTable[product](),
		categories:  newTable[category](),
		nextID:      map[string]int64{"order": 1001, "contact": 20001, "product": 7001, "category": 301, "item": 500001},
	}
	fallback := category{id: fallbackCategory, title: "Other"}
	s.categories.put(fallback.id, time.Time{}, fallback)
	return s
}

func (s *store) newID(kind string) int64 {
	id := s.nextID[kind]
	s.nextID[kind]++
	return id
}

// tell adds a line to the sandbox's feed.
func (s *store) tell(at time.Time, format string, args ...any) {
	seq := 1
	if n := len(s.events); n > 0 {
		seq = s.events[n-1].Seq + 1
	}
	s.events = append(s.events, event{Seq: seq, At: timestamp(at), Text: fmt.Sprintf(format, args...)})
	if len(s.events) > keptEvents {
		s.events = s.events[1:]
	}
}
