package polling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// healEvery is how often it is checked that the entities run, by one list.
	healEvery = 30 * time.Second
	// rememberTime is how long an entity that was ended may take to say what it knew.
	rememberTime = 10 * time.Second
)

// beside starts what goes on beside the workers until ctx ends: it starts entities
// and lanes that an operator canceled, terminated or deleted, deletes what reads
// left, and passes on whose workflow tasks fail.
func (w *Workers) beside(ctx context.Context) {
	w.every(ctx, healEvery, "it is not sure that all shops and accounts are taken care of; it is checked again", w.check)
	w.every(ctx, forgetEvery, "what lists and searches left is not deleted yet; it is tried again", func(ctx context.Context) error {
		return w.forgetBefore(ctx, time.Now().Add(-forgetAfter))
	})
	if w.options.Repeated != nil {
		w.ending.Go(func() { w.passOnRepeated(ctx) })
	}
}

// every does something again and again until ctx ends; the text says what an error means.
func (w *Workers) every(ctx context.Context, period time.Duration, failed string, do func(context.Context) error) {
	w.ending.Go(func() {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := do(ctx); err != nil && ctx.Err() == nil {
				w.options.Logger.Warn(failed, zap.Error(err))
			}
		}
	})
}

// check starts the entities that do not run and sends them the settings' revision.
func (w *Workers) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	current := w.options.Settings.Current()
	_, started, err := w.startMissing(ctx, current)
	problems := []error{err}
	for _, id := range started {
		w.options.Logger.Warn("started again, for it did not run", zap.String("workflow", id))
		problems = append(problems, w.notify(ctx, id, current.Revision))
	}
	for account := range current.Accounts {
		// What changed in RO App meanwhile need not wait for the account's next round.
		if id := workflows.AccountID(account); slices.Contains(started, id) {
			problems = append(problems, w.options.Client.SignalWorkflow(ctx, id, "", workflows.SignalPoll, nil))
		}
	}
	return errors.Join(problems...)
}

// startMissing starts the lanes of the settings that do not run, and the entities,
// with what they knew when they were ended. It gives the ids of the entities that run
// and of those that it started.
func (w *Workers) startMissing(ctx context.Context, current *settings.Settings) (running, started []string, err error) {
	if running, err = w.running(ctx, workflows.ShopWorkflow, workflows.AccountWorkflow); err != nil {
		return nil, nil, err
	}
	problems := []error{w.startLanes(ctx, current)}
	start := func(id, workflow string, fresh any) {
		if slices.Contains(running, id) {
			return
		}
		state, err := w.remembered(ctx, id, fresh)
		if err == nil {
			err = w.startEntity(ctx, id, workflow, state)
		}
		if err != nil {
			problems = append(problems, err)
			return
		}
		started = append(started, id)
	}
	for account := range current.Accounts {
		start(workflows.AccountID(account), workflows.AccountWorkflow, workflows.AccountState{Account: account})
	}
	for shop := range current.Shops {
		if current.InForce(shop) {
			start(workflows.ShopID(shop), workflows.ShopWorkflow, workflows.ShopState{Shop: shop})
		}
	}
	return running, started, errors.Join(problems...)
}

// startLanes starts the lanes of the settings that do not run.
func (w *Workers) startLanes(ctx context.Context, current *settings.Settings) error {
	running, err := w.running(ctx, workflows.LaneWorkflow)
	problems := []error{err}
	for account := range current.Accounts {
		if !slices.Contains(running, workflows.LaneID(account)) {
			problems = append(problems, w.startLane(ctx, account))
		}
	}
	return errors.Join(problems...)
}

// remembered is what the entity knew that ran last under the id, or the fresh
// state: where none ran, it was deleted, or this release cannot read it. What was
// encrypted with a key that is missing here is not forgotten for that: the entity
// starts once the key is there, or in a process that has it.
func (w *Workers) remembered(ctx context.Context, id string, fresh any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, rememberTime)
	defer cancel()
	answer, err := w.options.Client.QueryWorkflow(ctx, id, "", workflows.QueryState)
	if engine.Missing(err) {
		return fresh, nil
	}
	if err == nil {
		switch fresh := fresh.(type) {
		case workflows.AccountState:
			if err = answer.Get(&fresh); err == nil {
				return fresh, nil
			}
		case workflows.ShopState:
			if err = answer.Get(&fresh); err == nil {
				return fresh, nil
			}
		}
	}
	if engine.UnknownKey(err) {
		return nil, fmt.Errorf("read what %s knew: %w", id, err)
	}
	w.options.Logger.Warn("it is not known what it knew, so it finds that out again", zap.String("workflow", id), zap.Error(err))
	return fresh, nil
}

// passOnRepeated notifies a shop of its orders, and an account of what orders wait
// for, whose workflow task this process was given again and again.
func (w *Workers) passOnRepeated(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-w.options.Repeated.Noted():
			to := ownerOf(id)
			if to == "" {
				// Health shows an entity, and who asked for any other sees that no answer comes.
				w.options.Logger.Error("no worker can carry out a workflow's task so far", zap.String("workflow", id))
				continue
			}
			ctx, cancel := context.WithTimeout(ctx, rememberTime)
			err := w.options.Client.SignalWorkflow(ctx, to, "", workflows.SignalTaskRepeated, id)
			cancel()
			if err != nil {
				w.options.Logger.Warn("a workflow task fails again and again, and its shop or account was not notified; its next attempt notifies it",
					zap.String("workflow", id), zap.Error(err))
			}
		}
	}
}

// ownerOf is the entity whose health shows that a workflow cannot go on, "" where none does.
func ownerOf(id string) string {
	if key, err := order.ParseWorkflowID(id); err == nil {
		return workflows.ShopID(key.Shop)
	}
	kind, rest, _ := strings.Cut(id, ":")
	account, _, found := strings.Cut(rest, ":")
	if found && slices.Contains([]string{"contact", "product", "category"}, kind) {
		return workflows.AccountID(account)
	}
	return ""
}
