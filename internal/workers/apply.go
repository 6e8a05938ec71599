package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// queue is the polling of one account's or shop's queue.
type queue struct {
	worker worker.Worker
	turns  *turns  // of an account
	rate   float64 // of an account, as the server was told
}

// again is when what could not be done is tried again: Temporal was away.
const again = 5 * time.Second

// Follow brings everything in line with the settings whenever they are replaced,
// until ctx ends.
func (w *Workers) Follow(ctx context.Context) {
	for {
		current, replaced := w.options.Settings.Watch()
		var retry <-chan time.Time
		if err := w.Apply(ctx); err != nil && ctx.Err() == nil {
			w.options.Logger.Error("not everything follows the settings yet; it is tried again",
				zap.String("revision", current.Revision), zap.Error(err))
			retry = time.After(again)
		}
		select {
		case <-ctx.Done():
			return
		case <-replaced:
		case <-retry:
		}
	}
}

// Apply polls for the accounts and the shops of the settings in force and for no
// others, at the pace that they set, and tells the entities. Where all that is
// done it does nothing; what fails for one account does not keep the others
// waiting.
func (w *Workers) Apply(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	current := w.options.Settings.Current()
	if w.closed || w.applied == current {
		return nil
	}
	var problems []error
	for id, account := range current.Accounts {
		problems = append(problems, w.followAccount(ctx, id, account))
	}
	for id := range current.Shops {
		if current.InForce(id) {
			problems = append(problems, w.followShop(id))
		}
	}
	w.endOthers(current)
	problems = append(problems, w.tellEntities(ctx, current))
	if err := errors.Join(problems...); err != nil {
		return err
	}
	w.applied = current
	return nil
}

// followAccount limits an account's queue before it is polled. Polling goes on
// while the pace changes.
func (w *Workers) followAccount(ctx context.Context, id string, account settings.Account) error {
	name := engine.RoappQueue(id)
	q, polled := w.own[name]
	if polled && q.rate == account.RequestsPerSecond {
		return nil
	}
	if err := w.options.limit(ctx, id, account.RequestsPerSecond); err != nil {
		return err
	}
	if polled {
		q.turns.pace(account.RequestsPerSecond)
		q.rate = account.RequestsPerSecond
		return nil
	}
	turns, err := newTurns(account.RequestsPerSecond)
	if err != nil {
		return fmt.Errorf("slots of account %s: %w", id, err)
	}
	options := activityOnly(w.base(), 2, 0)
	options.Tuner = turns
	options.Interceptors = append(slices.Clone(options.Interceptors), turns)
	return w.poll(name, &queue{worker: worker.New(w.options.Client, name, options), turns: turns, rate: account.RequestsPerSecond})
}

// followShop has few pollers and few slots, as an account: a hundred of them
// share one process.
func (w *Workers) followShop(id string) error {
	name := engine.CartumQueue(id)
	if _, polled := w.own[name]; polled {
		return nil
	}
	return w.poll(name, &queue{worker: worker.New(w.options.Client, name, activityOnly(w.base(), 2, 4))})
}

func (w *Workers) poll(name string, q *queue) error {
	if err := w.start(name, q.worker); err != nil {
		return err
	}
	w.own[name] = q
	return nil
}

// endOthers stops polling for what is not in force any more. Its tasks wait in
// the queue, and none is lost.
func (w *Workers) endOthers(current *settings.Settings) {
	wanted := map[string]bool{}
	for id := range current.Accounts {
		wanted[engine.RoappQueue(id)] = true
	}
	for id := range current.Shops {
		wanted[engine.CartumQueue(id)] = current.InForce(id)
	}
	for name, q := range w.own {
		if !wanted[name] {
			w.options.Logger.Info("not polled any more", zap.String("queue", name))
			w.end(q.worker)
			delete(w.own, name)
		}
	}
}
