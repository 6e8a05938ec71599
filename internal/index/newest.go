package index

import (
	"cmp"
	"context"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
)

const (
	// sliceHolds is how many orders a slice may hold: they are sorted here.
	sliceHolds = 500
	// A slice starts with a day and grows where that has too few orders. One that
	// cannot be narrowed further is read whole, however much it holds.
	firstSlice     = 24 * time.Hour
	narrowestSlice = time.Second
	slicesGrow     = 4
	slicesShrink   = 8
)

// Position is where an order is in a list, newest first: by when it was placed;
// while nobody has read it, by when its workflow started.
type Position struct {
	At     time.Time `json:"t"`
	Number int64     `json:"n"`
	Shop   string    `json:"s"`
}

// Compare puts newer orders first.
func (p Position) Compare(other Position) int {
	return cmp.Or(other.At.Compare(p.At), cmp.Compare(other.Number, p.Number), cmp.Compare(p.Shop, other.Shop))
}

// Position is the order's in a list.
func (o Order) Position() Position {
	at := o.Placed()
	if at.IsZero() {
		at = o.Started
	}
	return Position{At: at, Number: o.Key.Number, Shop: o.Key.Shop}
}

// NewestFirst lists up to size orders after a position, newest first; nil is the
// start. Last is where they end, nil where there are no more. Visibility cannot sort by
// when an order was placed, so slices of time are listed and sorted here: as
// narrow as busy days need it, as wide as quiet ones allow.
func (i *Index) NewestFirst(ctx context.Context, query Condition, after *Position, size int) (page []Order, last *Position, err error) {
	s := slicing{index: i, query: All(Orders(), query), width: firstSlice, after: after, before: "<"}
	if after != nil {
		s.upTo, s.before = after.At, "<="
	}
	for len(s.rows) <= size && !s.done {
		if err := s.next(ctx); err != nil {
			return nil, nil, err
		}
	}
	if len(s.rows) > size {
		s.rows = s.rows[:size]
		at := s.rows[size-1].Position()
		last = &at
	}
	page, err = i.newestRuns(ctx, slices.Clone(s.rows))
	return page, last, err
}

type slicing struct {
	index *Index
	query Condition
	after *Position
	rows  []Order

	// The next slice ends at upTo, zero for no end, and is so wide.
	upTo   time.Time
	before string // the operator of its end: "<=" where orders placed right then belong to it
	width  time.Duration
	// triedRest is set once all older orders were too many for one slice.
	triedRest bool
	sliced    bool // a slice was read
	done      bool
}

// next reads one slice, or narrows it.
func (s *slicing) next(ctx context.Context) error {
	end := s.upTo
	if end.IsZero() {
		end = time.Now()
	}
	from := end.Add(-s.width)
	// Few or old orders need no more than one further look.
	rest := s.sliced && !s.triedRest || from.Year() < 2000
	if rest {
		from = time.Time{}
	}
	query := All(s.query, within(from, s.upTo, s.before))
	listed, token, err := s.index.page(ctx, query, sliceHolds, nil)
	if err != nil {
		return err
	}
	if len(token) > 0 {
		switch {
		case rest && !s.triedRest:
			s.triedRest = true
			return nil
		case s.width > narrowestSlice && !from.IsZero():
			s.width = max(s.width/slicesShrink, narrowestSlice)
			return nil
		}
		for len(token) > 0 {
			more, next, err := s.index.page(ctx, query, sliceHolds, token)
			if err != nil {
				return err
			}
			listed, token = append(listed, more...), next
		}
	}
	s.take(listed)
	s.upTo, s.before, s.sliced, s.done = from, "<", true, from.IsZero()
	s.width *= slicesGrow
	return nil
}

// take adds a slice's orders. Of several runs of one order the newest counts.
func (s *slicing) take(listed []*workflowpb.WorkflowExecutionInfo) {
	for _, info := range listed {
		if row, ok := orderOf(info); ok && (s.after == nil || row.Position().Compare(*s.after) > 0) {
			s.rows = append(s.rows, row)
		}
	}
	s.rows = oneOfEach(s.rows)
}

// newestRuns leaves out ended runs of orders whose workflow was started again:
// those are elsewhere in the list.
func (i *Index) newestRuns(ctx context.Context, rows []Order) ([]Order, error) {
	var ended []string
	for _, row := range rows {
		if !row.Running() {
			ended = append(ended, row.ID)
		}
	}
	if len(ended) == 0 {
		return rows, nil
	}
	newest, err := i.byID(ctx, ended)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(row Order) bool {
		later, known := newest[row.ID]
		return known && later.Started.After(row.Started)
	}), nil
}

// Newest lists the orders that a condition selects, newest first, each by its
// newest run.
func (i *Index) Newest(ctx context.Context, query Condition) ([]Order, error) {
	rows, err := i.Orders(ctx, query, 0)
	if err != nil {
		return nil, err
	}
	return i.newestRuns(ctx, oneOfEach(rows))
}

// oneOfEach keeps the newest run of each order, newest order first.
func oneOfEach(rows []Order) []Order {
	slices.SortFunc(rows, func(a, b Order) int { return b.Started.Compare(a.Started) })
	seen := map[string]bool{}
	rows = slices.DeleteFunc(rows, func(row Order) bool {
		again := seen[row.ID]
		seen[row.ID] = true
		return again
	})
	slices.SortFunc(rows, func(a, b Order) int { return a.Position().Compare(b.Position()) })
	return rows
}
