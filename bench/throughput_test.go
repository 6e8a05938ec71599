package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// throughputOrders come at once in each round.
	throughputOrders = 50
	// throughputRounds alternate and are short, so that whatever else the machine
	// does falls on both; the ratio is that of the median round.
	throughputRounds = 13
	// senders hand orders over side by side.
	senders = 8
)

// BenchmarkThroughput is imported orders a second without any limit, against the
// same engine doing nothing: the same workers and queues on the same server, the
// same start of each order, and a workflow that calls as many activities, local
// ones included, one after the other, which do nothing and answer nothing. What
// the product adds is its requests to both services, its data, encrypted, and
// what it publishes.
func BenchmarkThroughput(b *testing.B) {
	imports := countingEnv(b, false)
	importFirst(imports)
	nothing := testenv.New(b, testenv.Options{Unlimited: true, Idle: true, Logger: quiet(b)})

	// The first round fills caches and connections, and shows an order's shape.
	run(imports, 0, imported)
	startWorkers(nothing, &doNothing{shape: shapeOf(imports, firstOf(0))})
	run(nothing, 0, ended)
	var rates, ratios []float64
	for round := range throughputRounds {
		importing, idling := run(imports, round+1, imported), run(nothing, round+1, ended)
		rates = append(rates, throughputOrders/importing.Seconds())
		ratios = append(ratios, idling.Seconds()/importing.Seconds())
	}
	report(b, median(rates), "imports/s", toKnow)
	report(b, slices.Min(ratios), "least-imports/do-nothings", toKnow)
	report(b, median(ratios), "imports/do-nothings", atLeast(0.85))
	report(b, slices.Max(ratios), "most-imports/do-nothings", toKnow)
}

func median(values []float64) float64 {
	values = slices.Clone(values)
	slices.Sort(values)
	return values[len(values)/2]
}

// What visibility shows of orders that are done.
const (
	imported = "SyncState = 'synced'"
	ended    = "ExecutionStatus = 'Completed'"
)

// firstOf is the number of a round's first order.
func firstOf(round int) int64 { return int64(100 + round*throughputOrders) }

// run hands a round of orders over and gives the time until visibility shows
// that they are done.
func run(w *testenv.Env, round int, done string) time.Duration {
	w.T.Helper()
	for i := range throughputOrders {
		w.Cartum.PutOrder(firstOf(round)+int64(i), testenv.J{"delivery_phone": knownPhone(i), "products": lines(0, 1)})
	}
	want := countOrders(w, done) + throughputOrders
	start := time.Now()
	var group errgroup.Group
	group.SetLimit(senders)
	for i := range throughputOrders {
		group.Go(func() error {
			return w.Orders.Changed(w.T.Context(), w.Key(firstOf(round)+int64(i)), order.OriginWebhook)
		})
	}
	fatal(w.T, group.Wait())
	w.Eventually(drained, func() string {
		if finished := countOrders(w, done); finished < want {
			return fmt.Sprintf("%d of %d are done", finished, want)
		}
		return ""
	})
	return time.Since(start)
}

func countOrders(w *testenv.Env, condition string) int64 {
	w.T.Helper()
	query := fmt.Sprintf("WorkflowType = '%s' AND %s", workflows.OrderWorkflow, condition)
	count, err := w.Temporal.CountWorkflow(w.T.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	fatal(w.T, err)
	return count.GetCount()
}

// step is one activity of an order's history; the local ones have no queue.
type step struct {
	activity, queue string
	priority        int
}

// shapeOf reads which activities an imported order called.
func shapeOf(w *testenv.Env, number int64) []step {
	w.T.Helper()
	var shape []step
	history := w.Temporal.GetWorkflowHistory(w.T.Context(), w.Key(number).WorkflowID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		fatal(w.T, err)
		shape = append(shape, stepOf(event)...)
	}
	return shape
}

func stepOf(event *historypb.HistoryEvent) []step {
	if scheduled := event.GetActivityTaskScheduledEventAttributes(); scheduled != nil {
		return []step{{scheduled.GetActivityType().GetName(), scheduled.GetTaskQueue().GetName(), int(scheduled.GetPriority().GetPriorityKey())}}
	}
	if event.GetMarkerRecordedEventAttributes().GetMarkerName() == "LocalActivity" {
		return []step{{activity: workflows.ActivityAdvance}}
	}
	return nil
}

// doNothing keeps the shape of orders and does none of their work.
type doNothing struct {
	interceptor.InterceptorBase
	shape []step
}

// InterceptWorkflow implements [interceptor.WorkerInterceptor].
func (d *doNothing) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	i := &idleWorkflow{shape: d.shape}
	i.Next = next
	return i
}

// InterceptActivity implements [interceptor.WorkerInterceptor].
func (*doNothing) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	i := &idleActivity{}
	i.Next = next
	return i
}

type idleWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
	shape []step
}

// ExecuteWorkflow calls an order's activities; other workflows live as ever.
func (i *idleWorkflow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	if workflow.GetInfo(ctx).WorkflowType.Name != workflows.OrderWorkflow {
		return i.Next.ExecuteWorkflow(ctx, in)
	}
	for _, s := range i.shape {
		if err := s.execute(ctx).Get(ctx, nil); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (s step) execute(ctx workflow.Context) workflow.Future {
	const timeout = time.Minute
	if s.queue == "" {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: timeout})
		return workflow.ExecuteLocalActivity(ctx, s.activity, struct{}{})
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: s.queue, StartToCloseTimeout: timeout, Priority: temporal.Priority{PriorityKey: s.priority},
	})
	return workflow.ExecuteActivity(ctx, s.activity, struct{}{})
}

type idleActivity struct {
	interceptor.ActivityInboundInterceptorBase
}

// ExecuteActivity answers nothing.
func (i *idleActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	if activity.GetInfo(ctx).WorkflowType.Name != workflows.OrderWorkflow {
		return i.Next.ExecuteActivity(ctx, in)
	}
	return nil, nil
}
