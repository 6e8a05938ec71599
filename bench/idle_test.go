package bench

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/activities"
	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// idleOrders are open and have nothing to do.
	idleOrders = 3_000
	// cachedOrders is how many of them a worker keeps in memory by default.
	cachedOrders = 1_000
	// sdkCache is what the SDK's cache holds where nobody says anything.
	sdkCache = 10_000
	// idlePatience is how long they may take to be synced.
	idlePatience = 20 * time.Minute
)

// BenchmarkIdleOrders is what open orders cost a worker that have nothing to do:
// its memory for each, and the time after a restart until all of them have applied
// something that came meanwhile and changes nothing. That is what happens where a
// new version checks more of an order than the last one: every order is replayed,
// notified of the same again, planned, and published. The orders are of one that
// was really imported, after their histories were started again.
func BenchmarkIdleOrders(b *testing.B) {
	b.Cleanup(func() { worker.SetStickyWorkflowCacheSize(sdkCache) })
	w := testenv.New(b, testenv.Options{Idle: true, Unlimited: true, RoappSwitches: prompt, Logger: quiet(b)})
	stock(w)
	o := importedState(w)

	without := inUse()
	one := startOrders(w, cachedOrders)
	start := time.Now()
	o.startAll(w)
	o.awaitObserved(w, "started")
	started := time.Since(start)
	few := inUse() - without
	one.Stop()

	o.notifyAll(w, "again")
	without = inUse()
	start = time.Now()
	one = startOrders(w, idleOrders)
	o.awaitObserved(w, "again")
	restarted := time.Since(start)
	all := inUse() - without
	one.Stop()

	report(b, few/cachedOrders/1024, "KiB/cached-order", atMost(40))
	report(b, few/idleOrders/1024, "KiB/open-order", toKnow)
	report(b, all/idleOrders/1024, "KiB/order-all-cached", atMost(40))
	report(b, restarted.Seconds(), "restart-s", toKnow)
	report(b, idleOrders/restarted.Seconds(), "orders/s", toKnow)
	report(b, restarted.Seconds()/started.Seconds(), "restart/start", atMost(1))
}

// inUse is the memory of everything that is still needed, in bytes.
func inUse() float64 {
	runtime.GC()
	runtime.GC() // what had finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// startOrders starts a worker for the orders' workflows alone, which keeps so
// many of them in memory. No other worker of the process may run.
func startOrders(w *testenv.Env, cached int) worker.Worker {
	w.T.Helper()
	worker.SetStickyWorkflowCacheSize(cached)
	one := worker.New(w.Temporal, engine.OrdersQueue, worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{engine.NewLoggingInterceptor()},
	})
	workflows.Register(one)
	activities.New(settings.NewStore(w.Settings), w.Temporal, index.New(w.Temporal)).Register(one)
	fatal(w.T, one.Start())
	return one
}

// idleOrder is the state of a synced order, as data, so that each gets one of its
// own.
type idleOrder []byte

func importedState(w *testenv.Env) idleOrder {
	w.T.Helper()
	running := w.StartWorker()
	const number = idleOrders + 1
	w.Place(number, testenv.J{"delivery_phone": knownPhone(0), "products": lines(0, 3)})
	w.AwaitSynced(number)
	passage{w: w}.rest(number)
	answer, err := w.Temporal.QueryWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "", workflows.QueryOrder)
	fatal(w.T, err)
	var view workflows.OrderView
	fatal(w.T, answer.Get(&view))
	running.Stop()
	return idleOrder(view.State)
}

func (o idleOrder) of(w *testenv.Env, number int64) (state order.State, err error) {
	if err := json.Unmarshal(o, &state); err != nil {
		return state, err
	}
	state.Key = w.Key(number)
	state.Snapshot.Number = number
	return state, nil
}

// startAll starts the orders; their first task publishes that they have seen
// "started".
func (o idleOrder) startAll(w *testenv.Env) {
	w.T.Helper()
	eachIdle(w, func(number int64) error {
		state, err := o.of(w, number)
		if err != nil {
			return err
		}
		state.Digest = "started"
		options := client.StartWorkflowOptions{
			ID: state.Key.WorkflowID(), TaskQueue: engine.OrdersQueue,
			TypedSearchAttributes: temporal.NewSearchAttributes(
				engine.AttrShop.ValueSet(w.Shop), engine.AttrOrderNumber.ValueSet(fmt.Sprint(number)),
				engine.AttrSyncState.ValueSet(string(order.SyncSynced)),
			),
		}
		_, err = w.Temporal.ExecuteWorkflow(w.T.Context(), options, workflows.OrderWorkflow, state)
		return err
	})
}

// notifyAll sends the orders what they know already, under another digest.
func (o idleOrder) notifyAll(w *testenv.Env, digest string) {
	w.T.Helper()
	eachIdle(w, func(number int64) error {
		state, err := o.of(w, number)
		if err != nil {
			return err
		}
		state.Snapshot.SeenAt = time.Now()
		notice := order.ChangeNotice{At: time.Now(), By: order.OriginSweep, Snapshot: state.Snapshot, Digest: digest}
		return w.Temporal.SignalWorkflow(w.T.Context(), state.Key.WorkflowID(), "", workflows.SignalShopOrderChanged, notice)
	})
}

func eachIdle(w *testenv.Env, do func(number int64) error) {
	w.T.Helper()
	var group errgroup.Group
	group.SetLimit(senders)
	for i := range idleOrders {
		group.Go(func() error { return do(int64(i + 1)) })
	}
	fatal(w.T, group.Wait())
}

func (idleOrder) awaitObserved(w *testenv.Env, digest string) {
	w.T.Helper()
	w.Eventually(idlePatience, func() string {
		if seen := countOrders(w, fmt.Sprintf("Observed = '%s'", digest)); seen < idleOrders {
			return fmt.Sprintf("%d of %d orders have seen %q", seen, idleOrders, digest)
		}
		return ""
	})
}
