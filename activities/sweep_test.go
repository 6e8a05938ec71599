package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// fakeTemporal takes hints and lists runs as the test says.
type fakeTemporal struct {
	client.Client
	take func(id string) error
	runs func(query string) []*workflowpb.WorkflowExecutionInfo

	// query answers queries; without it no workflow runs that could be asked.
	query func(workflow, query string) (any, error)
	// signal refuses a signal.
	signal func(id string) error
	// counted is how many workflows each count finds.
	counted int64

	mu      sync.Mutex
	took    map[string]order.ChangeNotice
	signals []signaled
}

// signaled is a signal that a workflow received.
type signaled struct {
	ID, Name string
	Value    any
}

func (f *fakeTemporal) SignalWorkflow(_ context.Context, id, _, name string, value any) error {
	if f.signal != nil {
		if err := f.signal(id); err != nil {
			return err
		}
	}
	if notice, ok := value.(order.ChangeNotice); ok {
		_, err := f.SignalWithStartWorkflow(context.Background(), id, name, notice, client.StartWorkflowOptions{}, nil)
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signals = append(f.signals, signaled{id, name, value})
	return nil
}

func (f *fakeTemporal) QueryWorkflow(_ context.Context, id, _, query string, _ ...any) (converter.EncodedValue, error) {
	if f.query == nil {
		return noAnswer{}, nil
	}
	answer, err := f.query(id, query)
	if err != nil {
		return nil, err
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(answer)
	return client.NewValue(payloads), err
}

func (f *fakeTemporal) CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{Count: f.counted}, nil
}

func (f *fakeTemporal) SignalWithStartWorkflow(
	_ context.Context, id, _ string, notice any, _ client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	if f.take != nil {
		if err := f.take(id); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.took == nil {
		f.took = map[string]order.ChangeNotice{}
	}
	f.took[id], _ = notice.(order.ChangeNotice)
	return nil, nil
}

func (f *fakeTemporal) ListWorkflow(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if f.runs == nil {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: f.runs(in.GetQuery())}, nil
}

// inActivity runs what needs an activity's context.
func inActivity(t *testing.T, do func(context.Context) error) error {
	t.Helper()
	env := enginetest.ActivityEnvironment()
	env.RegisterActivity(do)
	_, err := env.ExecuteActivity(do)
	return err
}

// sweepOf is a sweep at a moment, of a shop that is set so.
func sweepOf(temporal client.Client, at time.Time, set settings.Sweep) *sweeping {
	return &sweeping{
		a: &Activities{temporal: temporal, index: index.New(temporal)}, at: at, in: workflows.SweepInput{Shop: "demo"},
		shop: &shop{settings: settings.Shop{Sweep: set}}, known: map[int64]knownOrder{}, shown: map[int64]bool{},
	}
}

func TestSweepSetsAsideWhatTemporalDoesNotTake(t *testing.T) {
	t.Parallel()
	refused := serviceerror.NewInvalidArgument("Blob data size exceeds limit.")
	away := errors.New("deadline exceeded")
	for name, one := range map[string]struct {
		failing int
		err     error
		fails   bool
		found   int
	}{
		"one for good":          {1, refused, false, 1},
		"hundred for good":      {100, refused, false, workflows.FindingsKept},
		"some do not answer":    {refusalsBorne, away, false, refusalsBorne},
		"Temporal is away":      {refusalsBorne + 1, away, true, 0},
		"all are handed over":   {0, nil, false, 0},
		"one that is not there": {1, away, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failing := map[string]bool{}
			for number := range one.failing {
				failing[order.Key{Shop: "demo", Number: int64(number) + 1}.WorkflowID()] = true
			}
			temporal := &fakeTemporal{take: func(id string) error {
				if failing[id] {
					return one.err
				}
				return nil
			}}
			s := sweepOf(temporal, time.Now(), settings.Sweep{})
			const orders = 120
			err := inActivity(t, func(ctx context.Context) error {
				for number := int64(1); number <= orders; number++ {
					if err := s.tell(ctx, number, order.ChangeNotice{Digest: "1:a"}); err != nil {
						return err
					}
				}
				return nil
			})
			if one.fails {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			swept := s.answer()
			assert.Len(t, temporal.took, orders-one.failing, "all others go on")
			assert.Equal(t, orders-one.failing, swept.Started)
			assert.Len(t, swept.Found, one.found)
			for i, finding := range swept.Found {
				assert.Equal(t, workflows.FindingSetAside, finding.Kind)
				assert.Equal(t, int64(i)+1, finding.Number)
			}
		})
	}
}

// An order is told that it is missing only once that has lasted, and then twice.
func TestSweepConfirmsWhatIsMissing(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	temporal := new(fakeTemporal)
	var absent map[int64]workflows.Absence
	observed := "1:abc"
	told := map[time.Duration]order.ChangeNotice{}
	poll := func(after time.Duration, missing []int64, open int) workflows.Swept {
		t.Helper()
		s := sweepOf(temporal, begin.Add(after), settings.Sweep{MissingAfter: time.Hour})
		s.in.Absent = absent
		s.known[1] = knownOrder{open: true, observed: observed}
		temporal.took = nil
		require.NoError(t, inActivity(t, func(ctx context.Context) error { return s.confirm(ctx, missing, open, s.at) }))
		if notice, ok := temporal.took["order:demo:1"]; ok {
			told[after], observed = notice, notice.Digest
		}
		swept := s.answer()
		absent = swept.Absent
		return swept
	}
	one := []int64{1}
	poll(0, one, 10)
	poll(5*time.Minute, one, 10)
	poll(10*time.Minute, nil, 10) // it is shown again, so all begins again
	assert.Empty(t, absent)
	for minute := 15; minute <= 105; minute += 5 {
		poll(time.Duration(minute)*time.Minute, one, 10)
	}
	require.Len(t, told, 2)
	first := told[75*time.Minute]
	assert.True(t, first.Missing)
	assert.Equal(t, begin.Add(15*time.Minute), first.MissingSince)
	assert.Equal(t, 13, first.MissingPolls)
	assert.Equal(t, "missing:2", told[80*time.Minute].Digest)

	// Most orders at once are a fault of the shop's API for a day.
	absent, observed = nil, "1:abc"
	clear(told)
	all := []int64{1, 2, 3, 4, 5, 6}
	for hour := range 24 {
		swept := poll(time.Duration(hour)*time.Hour, all, 10)
		require.Len(t, swept.Found, 1)
		assert.Equal(t, workflows.FindingNotShown, swept.Found[0].Kind)
		assert.Contains(t, swept.Found[0].Problem, "6 of 10")
	}
	assert.Empty(t, told)
	poll(24*time.Hour, all, 10)
	assert.Len(t, told, 1)
}

// Whatever the shop shows again is told, also to an order that was closed meanwhile.
func TestSweepTellsAnOrderThatIsShownAgain(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		known knownOrder
		told  bool
	}{
		"open, told that it is missing":       {knownOrder{open: true, observed: "missing:1"}, true},
		"closed, taken for deleted":           {knownOrder{observed: "missing:2"}, true},
		"closed in order":                     {knownOrder{observed: "1:abc"}, false},
		"missing, but not told for so short":  {knownOrder{open: true, observed: "1:other"}, true},
		"as it was before it was not shown":   {knownOrder{open: true, observed: "1:abc"}, false},
		"closed as changed since, or so told": {knownOrder{observed: "1:other"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := new(fakeTemporal)
			s := sweepOf(temporal, time.Now(), settings.Sweep{})
			s.known[1] = one.known
			require.Equal(t, one.told, s.news(1, "2026-03-02 10:00:00", "1:abc"))
			require.NoError(t, inActivity(t, func(ctx context.Context) error { return s.tell(ctx, 1, order.ChangeNotice{Digest: "1:abc"}) }))
			assert.Equal(t, one.known.missing(), temporal.took["order:demo:1"].Reappeared)
		})
	}
}

func TestAbsentOrdersAreBounded(t *testing.T) {
	t.Parallel()
	s := sweepOf(new(fakeTemporal), time.Now(), settings.Sweep{MissingAfter: time.Hour})
	var numbers []int64
	for number := range int64(5000) {
		numbers = append(numbers, number+1)
	}
	require.NoError(t, inActivity(t, func(ctx context.Context) error { return s.confirm(ctx, numbers, 5000, s.at) }))
	assert.Len(t, s.answer().Absent, workflows.AbsentKept)
	assert.Equal(t, 5000, s.answer().Missing)
}

// What a snapshot takes is bounded, whatever the shop shows.
func TestSnapshotIsBounded(t *testing.T) {
	t.Parallel()
	endless := strings.Repeat("Ж", 1_000_000)
	line := func(text string) order.Line {
		return order.Line{Article: text, Title: text, Quantity: decimal.NewFromInt(1), Price: decimal.NewFromInt(1)}
	}
	remark := bound(order.Snapshot{BuyerComment: endless, ManagerComment: endless, Customer: order.Customer{Name: endless}, Lines: []order.Line{line(endless)}})
	assert.Len(t, []rune(remark.BuyerComment), longText)
	assert.Len(t, []rune(remark.Customer.Name), shortText)
	assert.Len(t, []rune(remark.Lines[0].Title), shortText)
	assert.Empty(t, tooLarge(&remark))

	var known order.Snapshot
	for i := range 900 {
		known.Lines = append(known.Lines, line(fmt.Sprintf("Róża czerwona, długa, numer %d", i)))
	}
	known = bound(known)
	assert.Len(t, known.Lines, 900)
	assert.Empty(t, tooLarge(&known))

	var poison order.Snapshot
	for range 20_000 {
		poison.Lines = append(poison.Lines, line("Róża"))
	}
	poison = bound(poison)
	assert.Empty(t, poison.Lines)
	assert.Contains(t, tooLarge(&poison), "20000 items")
	assert.False(t, poison.Problems[0].Acceptable, "nobody can have it imported without its items")
}

func ran(id string, status enumspb.WorkflowExecutionStatus, began, ended time.Time) *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id}, Status: status, StartTime: timestamppb.New(began),
	}
	if !ended.IsZero() {
		info.CloseTime = timestamppb.New(ended)
	}
	return info
}

// Orders that ended badly are found until they are started again; one that failed
// is found a while longer, for it may fail again.
func TestOrdersThatEndedBadlyAreFound(t *testing.T) {
	t.Parallel()
	const failed, terminated, running = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	now := time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	temporal := &fakeTemporal{runs: func(query string) []*workflowpb.WorkflowExecutionInfo {
		if strings.Contains(query, "WorkflowId") {
			return []*workflowpb.WorkflowExecutionInfo{
				ran("order:demo:2", running, ago(5), time.Time{}),
				ran("order:demo:3", enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, ago(100), ago(90)), // before it was terminated
				ran("order:demo:4", running, ago(5), time.Time{}),
				ran("order:demo:5", running, ago(30), time.Time{}),
			}
		}
		return []*workflowpb.WorkflowExecutionInfo{
			ran("order:demo:1", terminated, ago(60), ago(10)),
			ran("order:demo:2", terminated, ago(60), ago(6)), // brought back
			ran("order:demo:3", terminated, ago(60), ago(6)),
			ran("order:demo:4", failed, ago(60), ago(6)), // brought back, and may fail again
			ran("order:demo:5", failed, ago(60), ago(40)),
			ran("not an order", failed, ago(60), ago(6)),
		}
	}}
	found, err := (&Activities{temporal: temporal, index: index.New(temporal)}).endedBadly(t.Context(), "demo", now)
	require.NoError(t, err)
	numbers := map[int64]string{}
	for _, finding := range found {
		numbers[finding.Number] = finding.Problem
	}
	assert.Len(t, numbers, 3)
	assert.Contains(t, numbers[1], "terminated")
	assert.Contains(t, numbers[3], "terminated")
	assert.Contains(t, numbers[4], "started again")
}
