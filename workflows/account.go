package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// AccountState is what an account's entity remembers.
type AccountState struct {
	Account string
	// Cursor is up to when changes of the account's orders were handed over.
	Cursor time.Time
	// Told is what was last handed over of recent orders, by RO App's order id.
	Told map[int64]string `json:",omitempty"`

	Health   Health   `json:",omitzero"`
	Alerting Alerting `json:",omitzero"`
}

// CollectInput is what the activity CollectChanges works from.
type CollectInput struct {
	Account string
	Cursor  time.Time
	Told    map[int64]string
}

// Collected is the answer of CollectChanges; its cursor moves only over what
// was handed over.
type Collected struct {
	Cursor time.Time
	Told   map[int64]string // what changed in it
	Seen   int              // orders of ours
}

const (
	// collectEvery is how often an account's changes are collected: one request
	// of its budget, for all orders together.
	collectEvery = time.Minute
	// collectRounds bounds one run; six hours make about 4,000 events.
	collectRounds = 360
	// toldLimit bounds what is remembered; an order that is told twice the same
	// ignores it.
	toldLimit = 1000
)

// Account is the entity of an account. It collects what changed in RO App and
// hands it to the orders: their totals and statuses.
func Account(ctx workflow.Context, state AccountState) error {
	if err := state.Alerting.watch(ctx, Owner{Account: state.Account}, &state.Health); err != nil {
		return err
	}
	look := workflow.GetSignalChannel(ctx, SignalLook)
	for round := 0; round < collectRounds && !workflow.GetInfo(ctx).GetContinueAsNewSuggested(); round++ {
		state.await(ctx, look)
		state.collect(ctx)
	}
	for look.ReceiveAsync(nil) {
		state.collect(ctx) // asked for while the last round ran
	}
	return workflow.NewContinueAsNewError(ctx, AccountWorkflow, state)
}

// await waits for the next round, or for somebody who asks for one. A hundred
// who ask at once get one.
func (s *AccountState) await(ctx workflow.Context, look workflow.ReceiveChannel) {
	timerCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(workflow.NewTimer(timerCtx, collectEvery), func(workflow.Future) {})
	selector.AddReceive(look, func(workflow.ReceiveChannel, bool) {})
	selector.Select(ctx)
	for look.ReceiveAsync(nil) {
		continue
	}
}

func (s *AccountState) collect(ctx workflow.Context) {
	options := requestOptions(engine.RoappQueue(s.Account), "Collect what changed", order.UrgencyBegun, 5*time.Minute, 5*time.Second)
	began := workflow.Now(ctx)
	var collected Collected
	in := CollectInput{Account: s.Account, Cursor: s.Cursor, Told: s.Told}
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), ActivityCollectChanges, in).Get(ctx, &collected)
	if err != nil {
		s.Health.failed(workflow.Now(ctx), err)
		workflow.GetLogger(ctx).Warn("changes in RO App were not collected; the next round catches up", "account", s.Account, "error", err)
		return
	}
	s.Health.succeeded(began)
	s.Cursor = collected.Cursor
	if s.Told == nil || len(s.Told)+len(collected.Told) > toldLimit {
		s.Told = map[int64]string{}
	}
	for _, id := range workflow.DeterministicKeys(collected.Told) {
		s.Told[id] = collected.Told[id]
	}
}
