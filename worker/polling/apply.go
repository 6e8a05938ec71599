package polling

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/settings"
)

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

// Apply polls for the shops of the settings in force and for no others, sends the
// requests of the accounts whose lanes this process holds at the pace that they
// set, and notifies the entities. Where all that is done it does nothing; what
// fails for one does not keep the others waiting.
func (w *Workers) Apply(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	current := w.options.Settings.Current()
	if w.closed || w.applied == current {
		return nil
	}
	var problems []error
	w.followLanes(current)
	for id := range current.Shops {
		if current.InForce(id) {
			problems = append(problems, w.followShop(id))
		}
	}
	w.endOthers(current)
	problems = append(problems, w.notifyEntities(ctx, current))
	if err := errors.Join(problems...); err != nil {
		return err
	}
	w.applied = current
	return nil
}

// followLanes keeps to what the settings say of the accounts whose requests this process sends.
func (w *Workers) followLanes(current *settings.Settings) {
	w.lanes.mu.Lock()
	defer w.lanes.mu.Unlock()
	for account, l := range w.lanes.held {
		set, known := current.Accounts[account]
		if !known {
			w.options.Logger.Info("not polled any more", zap.String("queue", engine.RoappQueue(account)))
			delete(w.lanes.held, account)
			close(l.given)
			continue
		}
		l.limiter.SetRate(set.RequestsPerSecond)
	}
}

// followShop has few pollers and few slots: a hundred of them
// share one process.
func (w *Workers) followShop(id string) error {
	name := engine.CartumQueue(id)
	if _, polled := w.own[name]; polled {
		return nil
	}
	one := worker.New(w.options.Client, name, activityOnly(w.base(), 4))
	if err := w.start(name, one); err != nil {
		return err
	}
	w.own[name] = one
	return nil
}

// endOthers stops polling for what is not in force any more. Its tasks wait in
// the queue, and none is lost.
func (w *Workers) endOthers(current *settings.Settings) {
	wanted := map[string]bool{}
	for id := range current.Shops {
		wanted[engine.CartumQueue(id)] = current.InForce(id)
	}
	for name, one := range w.own {
		if !wanted[name] {
			w.options.Logger.Info("not polled any more", zap.String("queue", name))
			w.end(one)
			delete(w.own, name)
		}
	}
}
