// Package workers runs the Temporal workers of one process: one for all
// workflows, one that waits for Ensure workflows, and one for the requests of
// each account and each shop of the settings in force.
package workers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/activities"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// Options of [Start].
type Options struct {
	Client    client.Client
	Namespace string
	Settings  *settings.Store
	Logger    *zap.Logger
	// Metrics counts the requests to the services. Nil counts none.
	Metrics activities.Counter
	// Repeated notes workflow tasks that fail again and again; the client was made
	// with it. Nil notes none.
	Repeated *engine.RepeatedTasks
}

// Workers are the running workers of a process.
type Workers struct {
	options    Options
	activities *activities.Activities
	fatal      chan error

	mu      sync.Mutex
	closed  bool
	applied *settings.Settings // that everything follows
	shared  []worker.Worker    // of no account and no shop
	own     map[string]*queue  // of an account or a shop, by the queue's name
	// ending are the workers that still wait for what is in flight.
	ending     sync.WaitGroup
	stopBeside context.CancelFunc
}

// Start prepares the namespace, starts polling, and brings everything in line
// with the settings. What the server cannot do is said in the log and done
// without.
func Start(ctx context.Context, o Options) (*Workers, error) {
	if err := engine.RegisterSearchAttributes(ctx, o.Client, o.Namespace); err != nil {
		return nil, fmt.Errorf("prepare namespace %s: %w", o.Namespace, err)
	}
	keepLong(ctx, o)
	w := &Workers{
		options: o, activities: activities.New(o.Settings, o.Client),
		fatal: make(chan error, 1), own: map[string]*queue{},
	}
	if o.Metrics != nil {
		w.activities.CountWith(o.Metrics)
	}
	err := w.startShared()
	if err == nil {
		err = w.Apply(ctx)
	}
	if err != nil {
		w.Stop()
		return nil, err
	}
	w.beside(ctx)
	return w, nil
}

// startShared starts what all accounts and shops have in common.
func (w *Workers) startShared() error {
	orders := worker.New(w.options.Client, engine.OrdersQueue, w.base())
	workflows.Register(orders)
	ensure := worker.New(w.options.Client, engine.EnsureQueue, activityOnly(w.base(), 2, 1000))
	for name, one := range map[string]worker.Worker{engine.OrdersQueue: orders, engine.EnsureQueue: ensure} {
		if err := w.start(name, one); err != nil {
			return err
		}
		w.shared = append(w.shared, one)
	}
	return nil
}

func (w *Workers) start(queue string, one worker.Worker) error {
	w.activities.Register(one)
	if err := one.Start(); err != nil {
		return fmt.Errorf("start polling %s: %w", queue, err)
	}
	return nil
}

// Fatal brings the error that ended a worker by itself.
func (w *Workers) Fatal() <-chan error { return w.fatal }

// Stop takes no new work and waits for what is in flight.
func (w *Workers) Stop() {
	w.mu.Lock()
	w.closed = true
	if w.stopBeside != nil {
		w.stopBeside()
	}
	for _, one := range w.shared {
		w.end(one)
	}
	for name, q := range w.own {
		w.end(q.worker)
		delete(w.own, name)
	}
	w.shared = nil
	w.mu.Unlock()
	w.ending.Wait()
}

// end lets a worker finish what is in flight, which may take a while.
func (w *Workers) end(one worker.Worker) { w.ending.Go(one.Stop) }

// base are the options that all workers have.
func (w *Workers) base() worker.Options {
	return worker.Options{
		Interceptors:      []interceptor.WorkerInterceptor{engine.NewLoggingInterceptor()},
		WorkerStopTimeout: longestCall(w.options.Settings.Current()),
		OnFatalError:      w.fail,
		// Temporal's own timeout of a workflow task. Below it, a machine under load would
		// pass for a deadlock.
		DeadlockDetectionTimeout: 10 * time.Second,
	}
}

func activityOnly(base worker.Options, pollers, slots int) worker.Options {
	base.DisableWorkflowWorker = true
	base.MaxConcurrentActivityTaskPollers = pollers
	base.MaxConcurrentActivityExecutionSize = slots
	return base
}

func (w *Workers) fail(err error) {
	select {
	case w.fatal <- err:
	default: // the first one is enough
	}
}

// longestCall is how long a request in flight may take to end.
func longestCall(s *settings.Settings) time.Duration {
	longest := time.Minute
	for _, account := range s.Accounts {
		longest = max(longest, account.RequestTimeout)
	}
	return longest + 5*time.Second
}

// budgetShare keeps the server's limit a little below the account's: exactly the
// limit, with the jitter of a network, is refused for ever by a sliding window.
const budgetShare = 2.95 / 3

func (o Options) limit(ctx context.Context, account string, perSecond float64) error {
	queue := engine.RoappQueue(account)
	log := o.Logger.With(zap.String("account", account))
	err := engine.LimitQueue(ctx, o.Client, o.Namespace, queue, perSecond*budgetShare, "RO App allows so many requests a second")
	if errors.Is(err, engine.ErrNoQueueLimit) {
		log.Warn("Temporal cannot limit the account's queue, so only this process keeps to the budget: run one worker", zap.Error(err))
		return nil
	}
	if err != nil {
		return fmt.Errorf("limit the requests of account %s: %w", account, err)
	}
	partitions, err := engine.Partitions(ctx, o.Client, o.Namespace, queue)
	switch {
	case err != nil:
		log.Warn("it is not known how many partitions the account's queue has", zap.Error(err))
	case partitions > 1:
		log.Warn("the account's queue has several partitions: the budget holds, but urgent requests may wait; "+
			"set matching.numTaskqueueReadPartitions and matching.numTaskqueueWritePartitions to 1", zap.Int("partitions", partitions))
	}
	return nil
}

func keepLong(ctx context.Context, o Options) {
	kept, err := engine.SetRetention(ctx, o.Client, o.Namespace, engine.Retention)
	if err != nil || kept < engine.Retention {
		o.Logger.Warn("closed orders vanish from Temporal sooner than wanted",
			zap.Duration("retention", kept), zap.Duration("wanted", engine.Retention), zap.Error(err))
	}
}
