package exchange

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

const (
	// sliceHolds is how many orders a slice may hold: they are sorted here.
	sliceHolds = 500
	// A slice begins with a day and grows where that has too few orders. One that
	// cannot be narrowed further is read whole, however much it holds.
	firstSlice     = 24 * time.Hour
	narrowestSlice = time.Second
	slicesGrow     = 4
	slicesShrink   = 8
)

// found is one run of an order's workflow, as visibility lists it.
type found struct {
	position
	id      string
	started time.Time
	running bool
	info    *workflowpb.WorkflowExecutionInfo
}

// foundOf reads a listed run. An order stands where it was placed; while nobody
// has read it, where its workflow began.
func foundOf(info *workflowpb.WorkflowExecutionInfo) (found, bool) {
	key, err := order.ParseWorkflowID(info.GetExecution().GetWorkflowId())
	f := found{
		position: position{Number: key.Number, Shop: key.Shop}, id: info.GetExecution().GetWorkflowId(), info: info,
		started: info.GetStartTime().AsTime(), running: info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}
	f.At = searchAttribute[time.Time](info.GetSearchAttributes().GetIndexedFields(), engine.AttrCartumCreated.GetName()).UTC()
	if f.At.IsZero() {
		f.At = f.started
	}
	return f, err == nil
}

// lister lists what fits a query: up to size, from the token on.
type lister func(ctx context.Context, query string, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error)

// newestFirst lists up to size orders that stand after a position, newest first.
// Last is where they end, nil where there are no more. Visibility cannot sort by
// when an order was placed, so slices of time are listed and sorted here: as
// narrow as busy days need it, as wide as quiet ones allow.
func (list lister) newestFirst(ctx context.Context, where string, after *position, size int) (page []found, last *position, err error) {
	s := slicing{list: list, where: where, width: firstSlice, after: after}
	if after != nil {
		s.upTo, s.including = after.At, true
	}
	for len(s.rows) <= size && !s.done {
		if err := s.next(ctx); err != nil {
			return nil, nil, err
		}
	}
	if len(s.rows) > size {
		s.rows = s.rows[:size]
		last = &s.rows[size-1].position
	}
	page, err = list.newestRuns(ctx, slices.Clone(s.rows))
	return page, last, err
}

type slicing struct {
	list  lister
	where string
	after *position
	rows  []found

	// The next slice ends at upTo, zero for no end, and is so wide.
	upTo      time.Time
	including bool // orders placed right then as well
	width     time.Duration
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
	answer, err := s.list(ctx, s.where+within(from, s.upTo, s.including), sliceHolds, nil)
	if err != nil {
		return err
	}
	listed := answer.GetExecutions()
	if token := answer.GetNextPageToken(); len(token) > 0 {
		switch {
		case rest && !s.triedRest:
			s.triedRest = true
			return nil
		case s.width > narrowestSlice && !from.IsZero():
			s.width = max(s.width/slicesShrink, narrowestSlice)
			return nil
		}
		for len(token) > 0 {
			answer, err := s.list(ctx, s.where+within(from, s.upTo, s.including), sliceHolds, token)
			if err != nil {
				return err
			}
			listed = append(listed, answer.GetExecutions()...)
			token = answer.GetNextPageToken()
		}
	}
	s.take(listed)
	s.upTo, s.including, s.sliced, s.done = from, false, true, from.IsZero()
	s.width *= slicesGrow
	return nil
}

// take adds a slice's orders. Of several runs of one order the newest counts.
func (s *slicing) take(listed []*workflowpb.WorkflowExecutionInfo) {
	for _, info := range listed {
		if row, ok := foundOf(info); ok && (s.after == nil || row.compare(*s.after) > 0) {
			s.rows = append(s.rows, row)
		}
	}
	s.rows = oneOfEach(s.rows)
}

// within selects orders placed from a time on and before another, zero for no
// bound; those that nobody has read by when their workflow began.
func within(from, to time.Time, including bool) string {
	var bounds []string
	if !from.IsZero() {
		bounds = append(bounds, "%[1]s >= '"+from.UTC().Format(time.RFC3339Nano)+"'")
	}
	if !to.IsZero() {
		before := "<"
		if including {
			before = "<="
		}
		bounds = append(bounds, "%[1]s "+before+" '"+to.UTC().Format(time.RFC3339Nano)+"'")
	}
	if len(bounds) == 0 {
		return ""
	}
	created, inBounds := engine.AttrCartumCreated.GetName(), strings.Join(bounds, " AND ")
	return fmt.Sprintf(" AND ((%s) OR (%s IS NULL AND %s))",
		fmt.Sprintf(inBounds, created), created, fmt.Sprintf(inBounds, "StartTime"))
}

// newestRuns leaves out ended runs of orders whose workflow was begun again:
// those stand elsewhere in the table.
func (list lister) newestRuns(ctx context.Context, rows []found) ([]found, error) {
	var ended []string
	for _, row := range rows {
		if !row.running {
			ended = append(ended, row.id)
		}
	}
	if len(ended) == 0 {
		return rows, nil
	}
	runs, err := list.all(ctx, ours+" AND "+among("WorkflowId", ended))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(row found) bool {
		return slices.ContainsFunc(runs, func(run found) bool { return run.id == row.id && run.started.After(row.started) })
	}), nil
}

// all lists everything that fits, which is known to be little.
func (list lister) all(ctx context.Context, query string) ([]found, error) {
	var rows []found
	var token []byte
	for {
		answer, err := list(ctx, query, sliceHolds, token)
		if err != nil {
			return nil, err
		}
		for _, info := range answer.GetExecutions() {
			if row, ok := foundOf(info); ok {
				rows = append(rows, row)
			}
		}
		if token = answer.GetNextPageToken(); len(token) == 0 {
			return rows, nil
		}
	}
}

// oneOfEach keeps the newest run of each order, newest order first.
func oneOfEach(rows []found) []found {
	slices.SortFunc(rows, func(a, b found) int { return b.started.Compare(a.started) })
	seen := map[string]bool{}
	rows = slices.DeleteFunc(rows, func(row found) bool {
		again := seen[row.id]
		seen[row.id] = true
		return again
	})
	slices.SortFunc(rows, func(a, b found) int { return a.compare(b.position) })
	return rows
}
