// Package workers runs the Temporal workers of one process: one for all
// workflows, one that waits for Ensure workflows, and one for the requests of
// each account and each shop.
package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
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
}

// Workers are the running workers of a process.
type Workers struct {
	running []worker.Worker
	fatal   chan error
}

// Start prepares the namespace, sets the accounts' budgets and starts polling.
// What the server cannot do is said in the log and done without.
func Start(ctx context.Context, o Options) (*Workers, error) {
	if err := engine.RegisterSearchAttributes(ctx, o.Client, o.Namespace); err != nil {
		return nil, fmt.Errorf("prepare namespace %s: %w", o.Namespace, err)
	}
	keepLong(ctx, o)
	current := o.Settings.Current()
	for id, account := range current.Accounts {
		if err := o.limit(ctx, id, account.RequestsPerSecond); err != nil {
			return nil, err
		}
	}
	w := &Workers{fatal: make(chan error, 1)}
	acts := activities.New(o.Settings, o.Client)
	if o.Metrics != nil {
		acts.CountWith(o.Metrics)
	}
	queues, err := w.plan(current)
	if err != nil {
		return nil, err
	}
	for _, set := range queues {
		one := worker.New(o.Client, set.queue, set.options)
		if set.workflows {
			workflows.Register(one)
		}
		acts.Register(one)
		if err := one.Start(); err != nil {
			w.Stop()
			return nil, fmt.Errorf("start polling %s: %w", set.queue, err)
		}
		w.running = append(w.running, one)
	}
	for id := range current.Accounts {
		if err := startEntity(ctx, o.Client, id); err != nil {
			w.Stop()
			return nil, err
		}
	}
	return w, nil
}

// startEntity starts the account's entity, which lives on from worker to worker.
func startEntity(ctx context.Context, c client.Client, account string) error {
	state := workflows.AccountState{Account: account, Cursor: time.Now().Add(-collectFrom)}
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.AccountID(account), TaskQueue: engine.OrdersQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, workflows.AccountWorkflow, state)
	if err != nil {
		return fmt.Errorf("start the entity of account %s: %w", account, err)
	}
	return nil
}

// collectFrom is where a new account's collecting begins: nothing of ours is
// older than its first worker.
const collectFrom = time.Hour

// Fatal brings the error that ended a worker by itself.
func (w *Workers) Fatal() <-chan error { return w.fatal }

// Stop takes no new work and waits for what is in flight.
func (w *Workers) Stop() {
	done := make(chan struct{}, len(w.running))
	for _, one := range w.running {
		go func() {
			one.Stop()
			done <- struct{}{}
		}()
	}
	for range w.running {
		<-done
	}
}

type queueWorker struct {
	queue     string
	workflows bool
	options   worker.Options
}

// plan lists the queues of this process. A service's queue has few pollers and
// few slots: a hundred accounts share one process, and none sends more than its
// budget anyway.
func (w *Workers) plan(s *settings.Settings) ([]queueWorker, error) {
	base := worker.Options{
		Interceptors:      []interceptor.WorkerInterceptor{engine.NewLoggingInterceptor()},
		WorkerStopTimeout: longestCall(s),
		OnFatalError:      w.fail,
	}
	orders := queueWorker{queue: engine.OrdersQueue, workflows: true, options: base}
	ensure := queueWorker{queue: engine.EnsureQueue, options: activityOnly(base, 2, 1000)}
	all := []queueWorker{orders, ensure}
	for id, account := range s.Accounts {
		options, err := takingTurns(base, account.RequestsPerSecond)
		if err != nil {
			return nil, fmt.Errorf("slots of account %s: %w", id, err)
		}
		all = append(all, queueWorker{queue: engine.RoappQueue(id), options: options})
	}
	for id := range s.Shops {
		all = append(all, queueWorker{queue: engine.CartumQueue(id), options: activityOnly(base, 2, 4)})
	}
	return all, nil
}

// takingTurns are the options of an account's queue.
func takingTurns(base worker.Options, requestsPerSecond float64) (worker.Options, error) {
	turns, err := newTurns(requestsPerSecond)
	options := activityOnly(base, 2, 0)
	options.Tuner = turns
	options.Interceptors = append(slices.Clone(base.Interceptors), turns)
	return options, err
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
