package index

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// run is one run of an order's workflow as a test's visibility knows it.
type run struct {
	key     order.Key
	created time.Time // zero while nobody has read the order
	started time.Time
	running bool
	failed  bool
}

// visibility lists runs as Temporal does: in no order that helps, in pages.
type visibility struct {
	runs     []run
	requests int
}

var (
	bound = regexp.MustCompile(`(CartumCreated|StartTime) (>=|<=|<) '([^']+)'`)
	ids   = regexp.MustCompile(`'(order:[^']+)'`)
)

func (v *visibility) ListWorkflow(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	v.requests++
	size, token := int(in.GetPageSize()), in.GetNextPageToken()
	wanted := parse(in.GetQuery())
	var fitting []run
	for _, r := range v.runs {
		if r.fits(wanted) {
			fitting = append(fitting, r)
		}
	}
	at, _ := strconv.Atoi(string(token))
	until := min(at+size, len(fitting))
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, r := range fitting[at:until] {
		answer.Executions = append(answer.Executions, r.info())
	}
	if until < len(fitting) {
		answer.NextPageToken = strconv.AppendInt(nil, int64(until), 10)
	}
	return answer, nil
}

func (v *visibility) CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return nil, errors.New("nobody counts here")
}

// asked is a query as it was written.
type asked struct {
	ids    []string
	failed bool
	bounds []limit
}

type limit struct {
	field, operator string
	at              time.Time
}

func parse(query string) (q asked) {
	q.failed = strings.Contains(query, "Terminated")
	for _, match := range ids.FindAllStringSubmatch(query, -1) {
		q.ids = append(q.ids, match[1])
	}
	for _, match := range bound.FindAllStringSubmatch(query, -1) {
		at, err := time.Parse(time.RFC3339Nano, match[3])
		if err != nil {
			panic(err)
		}
		q.bounds = append(q.bounds, limit{match[1], match[2], at})
	}
	return q
}

func (r run) fits(q asked) bool {
	if q.ids != nil {
		return slices.Contains(q.ids, r.key.WorkflowID())
	}
	if q.failed && !r.failed {
		return false
	}
	field, at := "CartumCreated", r.created
	if r.created.IsZero() {
		field, at = "StartTime", r.started
	}
	return !slices.ContainsFunc(q.bounds, func(l limit) bool { return l.field == field && l.excludes(at) })
}

func (l limit) excludes(at time.Time) bool {
	switch l.operator {
	case ">=":
		return at.Before(l.at)
	case "<=":
		return at.After(l.at)
	default:
		return !at.Before(l.at)
	}
}

func (r run) info() *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: r.key.WorkflowID()}, StartTime: timestamppb.New(r.started),
		Status:           enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}},
	}
	switch {
	case r.failed:
		info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	case r.running:
		info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	if !r.created.IsZero() {
		payload, err := converter.GetDefaultDataConverter().ToPayload(r.created)
		if err != nil {
			panic(err)
		}
		info.SearchAttributes.IndexedFields[engine.AttrCartumCreated.GetName()] = payload
	}
	return info
}

// pages reads a whole list, page by page.
func pages(t require.TestingT, v *visibility, size int) (all []Order, requestsOfPages []int) {
	var from *Position
	for {
		before := v.requests
		page, last, err := (&Index{visibility: v}).NewestFirst(context.Background(), "", from, size)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), size)
		all, requestsOfPages = append(all, page...), append(requestsOfPages, v.requests-before)
		if last == nil {
			return all, requestsOfPages
		}
		from = last
	}
}

// However orders lie in time and however large a page is, each is shown once,
// the newest first.
func TestEveryOrderIsListedOnceNewestFirst(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	rapid.Check(t, func(t *rapid.T) {
		v := &visibility{}
		orders := rapid.IntRange(0, 60).Draw(t, "orders")
		// Some lie close together, some at one moment, some years apart.
		spread := rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour, 24 * time.Hour, 30 * 24 * time.Hour, 3000 * 24 * time.Hour}).Draw(t, "spread")
		var want []order.Key
		at := map[order.Key]time.Time{}
		for number := range orders {
			key := order.Key{Shop: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "shop"), Number: int64(number/2 + 1)}
			if _, twice := at[key]; twice {
				continue
			}
			ago := time.Duration(rapid.Int64Range(int64(-spread/8), int64(spread)).Draw(t, "ago")).Truncate(time.Millisecond)
			newest := run{key: key, created: now.Add(-ago), started: now, running: rapid.Bool().Draw(t, "running")}
			at[key] = newest.created
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0: // nobody has read it yet
				newest.started, newest.created = newest.created, time.Time{}
			case 1: // its workflow ended before, and was started again
				v.runs = append(v.runs, run{key: key, created: newest.created, started: now.Add(-time.Hour)})
			case 2: // the shop did not show it at first
				v.runs = append(v.runs, run{key: key, started: now.Add(-2 * time.Hour)})
			}
			v.runs = append(v.runs, newest)
			want = append(want, key)
		}
		slices.SortFunc(want, func(a, b order.Key) int {
			return Position{at[a], a.Number, a.Shop}.Compare(Position{at[b], b.Number, b.Shop})
		})
		got, _ := pages(t, v, rapid.IntRange(1, 60).Draw(t, "size"))
		var keys []order.Key
		for _, row := range got {
			keys = append(keys, row.Key)
		}
		require.Equal(t, want, keys)
	})
}

func TestPagesOfManyOrdersTakeFewQuestions(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, apart := range map[string]time.Duration{"a busy shop": 30 * time.Second, "a usual shop": 6 * time.Minute, "a quiet shop": 26 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &visibility{}
			for number := range 3000 {
				at := now.Add(-time.Duration(number) * apart)
				v.runs = append(v.runs, run{key: order.Key{Shop: "a", Number: int64(number + 1)}, created: at, started: at, running: true})
			}
			all, requests := pages(t, v, 50)
			assert.Len(t, all, 3000)
			assert.LessOrEqual(t, slices.Max(requests), 7)
		})
	}
}

func TestManyOrdersOfOneMomentAreAllListed(t *testing.T) {
	t.Parallel()
	v := &visibility{}
	at := time.Now().Add(-time.Hour)
	for number := range sliceHolds + 1 {
		v.runs = append(v.runs, run{key: order.Key{Shop: "a", Number: int64(number + 1)}, created: at, started: at, running: true})
	}
	all, _ := pages(t, v, 100)
	assert.Len(t, all, sliceHolds+1, "one more than a slice lists at once")
}
