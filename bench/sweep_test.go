package bench

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/cartumsync/cartumsync/activities"
	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// sweptDays is the window, over which the orders are spread.
	sweptDays = 60
	// sweepRounds alternate with mere reading.
	sweepRounds = 3
	// sweptAtOnce is how many orders a sweep asks for.
	sweptAtOnce = 500
	// shopAnswers is how many orders the shop gives at once, whatever is asked for.
	shopAnswers = 100
	// startedAtOnce is how many orders a sweep starts well within the ten minutes that the
	// SDK's test environment gives an activity.
	startedAtOnce = 20_000
	// ordersGet is the shop's function that lists orders.
	ordersGet = "orders/get"
)

// openOrders is how many orders a shop has at the most.
var openOrders = flag.Int("open-orders", 10_000, "open orders of the shop that is swept last")

// BenchmarkSweep is what it costs to poll orders of which none changed, on PostgreSQL: what
// it writes to them, what it asks Temporal and the shop, the memory that it takes, and how
// long that takes against reading the same pieces of the same list and throwing them away.
// The orders are those that a first sweep started; nobody works on them. The figures of the
// larger shop are also given for each order as ratios to those of the smaller one.
func BenchmarkSweep(b *testing.B) {
	var few sweepCost
	for _, count := range []int{1000, *openOrders} {
		b.Run(fmt.Sprintf("%d-orders", count), func(b *testing.B) {
			cost := sweepUnchanged(b, count)
			if few == (sweepCost{}) {
				few = cost
				return
			}
			report(b, cost.seconds/few.seconds, "s/order-to-1000", toKnow) // the fake takes longer for each page
			report(b, cost.requests/few.requests, "temporal-requests/order-to-1000", atMost(1.1))
		})
	}
}

// sweepCost is that of each order of a sweep.
type sweepCost struct{ seconds, requests float64 }

func sweepUnchanged(b *testing.B, count int) sweepCost {
	b.Helper()
	database := enginetest.StartOnPostgres(b)
	w := testenv.New(b, testenv.Options{
		Server: database.Server, Idle: true, Unlimited: true, WindowDays: sweptDays, Logger: quiet(b),
		CartumSwitches: map[string]string{"tokens": "several"}, // mere reading logs in for itself
	})
	empty := databaseSize(b, database)
	s := newSweeper(w)
	for i := range count {
		created := time.Now().Add(-time.Duration(i) * (sweptDays * 24 * time.Hour / time.Duration(count)))
		w.Cartum.PutOrder(int64(i+1), testenv.J{"stat_created": created.Format(time.DateTime)})
		if (i+1)%startedAtOnce == 0 || i+1 == count {
			s.sweep(true)
		}
	}
	w.Eventually(drained, func() string {
		if seen := countOrders(w, "ExecutionStatus = 'Running' AND Observed IS NOT NULL"); seen < int64(count) {
			return fmt.Sprintf("%d of %d orders are listed", seen, count)
		}
		return ""
	})
	before := events(w, count)

	var ratios, seconds []float64
	requests := 0
	unused := inUse()
	for range sweepRounds {
		s.asked.reset()
		asked := w.Cartum.Seen(ordersGet)
		swept := s.sweep(true)
		if swept.Seen != count || swept.Told+swept.Started != 0 {
			b.Fatalf("the sweep saw %d orders, notified %d and started %d", swept.Seen, swept.Told, swept.Started)
		}
		if done := w.Cartum.Seen(ordersGet) - asked; done != swept.Requests {
			b.Fatalf("the shop was asked %d times, not %d", done, swept.Requests)
		}
		seconds = append(seconds, swept.Took.Seconds())
		ratios = append(ratios, swept.Took.Seconds()/readPieces(w).Seconds())
		requests = swept.Requests
	}
	report(b, float64(requests), "shop-requests", toKnow)
	report(b, float64(requests)/max(1, float64(count/shopAnswers)), "shop-requests/fewest", toKnow)
	report(b, float64(events(w, count)-before), "events", atMost(0))
	report(b, float64(s.asked.total()), "temporal-requests", toKnow)
	report(b, float64(s.asked.total()-s.asked.of("ListWorkflowExecutions")), "temporal-requests-besides-lists", atMost(0))
	report(b, median(seconds), "s", toKnow)
	report(b, median(ratios), "sweep/reading", atMost(2))
	report(b, (inUse()-unused)/1024, "KiB-kept", toKnow)
	report(b, (databaseSize(b, database)-empty)/float64(count)/1024, "database-KiB/order", toKnow)
	return sweepCost{median(seconds) / float64(count), float64(s.asked.total()) / float64(count)}
}

// sweeper runs sweeps in this process, without the shop's entity.
type sweeper struct {
	w     *testenv.Env
	env   *testsuite.TestActivityEnvironment
	asked *asked
	run   func(context.Context, workflows.SweepInput) (workflows.Swept, error)
}

func newSweeper(w *testenv.Env) *sweeper {
	w.T.Helper()
	codec, err := payload.Codec(w.Settings)
	fatal(w.T, err)
	counted := new(asked)
	c, err := client.NewLazyClient(client.Options{
		HostPort: w.Server.Address(), Namespace: w.Namespace, Logger: engine.TemporalLogger(zap.NewNop()),
		DataConverter: engine.DataConverter(codec), FailureConverter: engine.FailureConverter(codec),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(counted.count)}},
	})
	fatal(w.T, err)
	w.T.Cleanup(c.Close)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(engine.TemporalLogger(zap.NewNop()))
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(drained)
	run := activities.New(settings.NewStore(w.Settings), c, index.New(c)).SweepShop
	env.RegisterActivity(run)
	return &sweeper{w: w, env: env, asked: counted, run: run}
}

func (s *sweeper) sweep(whole bool) (swept workflows.Swept) {
	s.w.T.Helper()
	answer, err := s.env.ExecuteActivity(s.run, workflows.SweepInput{Shop: s.w.Shop, Whole: whole})
	fatal(s.w.T, err)
	fatal(s.w.T, answer.Get(&swept))
	return swept
}

// asked counts requests to Temporal by method.
type asked struct {
	mu      sync.Mutex
	methods map[string]int
}

func (a *asked) count(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, o ...grpc.CallOption) error {
	a.mu.Lock()
	if a.methods == nil {
		a.methods = map[string]int{}
	}
	a.methods[method]++
	a.mu.Unlock()
	return invoke(ctx, method, request, reply, cc, o...)
}

func (a *asked) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.methods)
}

func (a *asked) total() (all int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, times := range a.methods {
		all += times
	}
	return all
}

func (a *asked) of(method string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.methods["/temporal.api.workflowservice.v1.WorkflowService/"+method]
}

// events are those of all the orders' histories together. Visibility does not
// know them of orders that run, so each is asked.
func events(w *testenv.Env, count int) int64 {
	w.T.Helper()
	var sum atomic.Int64
	var group errgroup.Group
	group.SetLimit(senders)
	for i := range count {
		group.Go(func() error {
			described, err := w.Temporal.DescribeWorkflow(w.T.Context(), w.Key(int64(i+1)).WorkflowID(), "")
			if err == nil {
				sum.Add(described.RawResponse.GetWorkflowExecutionInfo().GetHistoryLength())
			}
			return err
		})
	}
	fatal(w.T, group.Wait())
	return sum.Load()
}

// readPieces reads what a sweep reads and gives the time.
func readPieces(w *testenv.Env) time.Duration {
	w.T.Helper()
	shop := w.Settings.Shops[w.Shop]
	start := time.Now()
	list := cartum.NewSlices(cartum.New(cartum.Config{
		URL: shop.URL, Login: shop.Login.Reveal(), Password: shop.Password.Reveal(), RequestsPerSecond: -1,
	}).Orders, sweptAtOnce)
	to := start.AddDate(0, 0, 2)
	for oldest := start.AddDate(0, 0, -sweptDays-2); to.After(oldest); {
		piece, err := list.Last(w.T.Context(), oldest, to)
		fatal(w.T, err)
		to = piece.From
	}
	return time.Since(start)
}
