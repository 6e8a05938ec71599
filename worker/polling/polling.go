// Package polling runs the Temporal workers of one process: one for all
// workflows, one that waits for Ensure workflows, one for the requests of each
// shop of the settings in force, and one for those of each account whose lane the
// process holds.
package polling

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/activities"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// Options of [Start].
type Options struct {
	Client    client.Client
	Namespace string
	Index     *index.Index // of the client
	Settings  *settings.Store
	Logger    *zap.Logger
	// Metrics counts the requests to the services. Nil counts none.
	Metrics activities.Counter
	// Repeated notes workflow tasks that fail again and again; the client was created
	// with it. Nil notes none.
	Repeated *engine.RepeatedTasks
	// Version is the process's of a Worker Deployment. The zero value is none.
	Version worker.WorkerDeploymentVersion
}

// Workers are the running workers of a process.
type Workers struct {
	options    Options
	activities *activities.Activities
	fatal      chan error
	background context.CancelFunc // ends what runs beside the workers

	mu      sync.Mutex
	closed  bool
	applied *settings.Settings       // that everything follows
	shared  []worker.Worker          // of no account and no shop
	own     map[string]worker.Worker // of a shop, by the queue's name
	// ending are the workers that still wait for what is in flight.
	ending sync.WaitGroup

	lanes lanes
}

// mostLanes is more than one process can serve.
const mostLanes = 1000

// Start prepares the namespace, starts polling, and brings everything in line
// with the settings. What the server cannot do is said in the log and done
// without.
func Start(ctx context.Context, o Options) (*Workers, error) {
	if err := engine.RegisterSearchAttributes(ctx, o.Client, o.Namespace); err != nil {
		return nil, fmt.Errorf("prepare namespace %s: %w", o.Namespace, err)
	}
	keepLong(ctx, o)
	w := &Workers{
		options: o, activities: activities.New(o.Settings, o.Client, o.Index),
		fatal: make(chan error, 1), own: map[string]worker.Worker{}, lanes: lanes{held: map[string]*lane{}},
	}
	if o.Metrics != nil {
		w.activities.CountWith(o.Metrics)
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.background = stop
	err := w.startShared()
	if err == nil {
		err = w.Apply(ctx)
	}
	if err != nil {
		w.Stop()
		return nil, err
	}
	w.beside(background)
	return w, nil
}

// startShared starts what all accounts and shops have in common.
func (w *Workers) startShared() error {
	orders := worker.New(w.options.Client, engine.OrdersQueue, w.versioned(w.base()))
	workflows.Register(orders)
	ensure := worker.New(w.options.Client, engine.EnsureQueue, activityOnly(w.base(), 1000))
	holding := activityOnly(w.base(), mostLanes)
	// Where several of them run in one process, as in tests, each counts as one.
	holding.Identity = fmt.Sprintf("%d@%s", os.Getpid(), rand.Text())
	holder := worker.New(w.options.Client, engine.LanesQueue, holding)
	holder.RegisterActivityWithOptions(w.HoldLane, activity.RegisterOptions{Name: workflows.ActivityHoldLane})
	for name, one := range map[string]worker.Worker{engine.OrdersQueue: orders, engine.EnsureQueue: ensure, engine.LanesQueue: holder} {
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
	w.background()
	w.mu.Lock()
	w.closed = true
	for _, one := range w.shared {
		w.end(one)
	}
	for name, one := range w.own {
		w.end(one)
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

// versioned makes a worker one of the process's version. That is for the queue of the
// workflows alone: a version has to poll all queues of its deployment before it can
// become the current one, but an account's queue is polled by one process at a time,
// and a deployment has room for a hundred queues. The activities of the other queues
// are carried out by processes of any version.
func (w *Workers) versioned(base worker.Options) worker.Options {
	if w.options.Version.DeploymentName != "" {
		base.DeploymentOptions = worker.DeploymentOptions{UseVersioning: true, Version: w.options.Version}
	}
	return base
}

func activityOnly(base worker.Options, slots int) worker.Options {
	base.DisableWorkflowWorker = true
	base.MaxConcurrentActivityTaskPollers = 2
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

func keepLong(ctx context.Context, o Options) {
	kept, err := engine.SetRetention(ctx, o.Client, o.Namespace, engine.Retention)
	if err != nil || kept < engine.Retention {
		o.Logger.Warn("closed orders vanish from Temporal sooner than wanted",
			zap.Duration("retention", kept), zap.Duration("wanted", engine.Retention), zap.Error(err))
	}
}
