package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Advance has the rules of orders answer to what happened, by the settings in
// force. It runs as a local activity: its answer is recorded, the rules are not.
func (a *Activities) Advance(ctx context.Context, in flow.AdvanceInput) (flow.AdvanceResult, error) {
	var state order.State
	if err := json.Unmarshal(in.State, &state); err != nil {
		return flow.AdvanceResult{}, fmt.Errorf("read the state of an order: %w", err)
	}
	events := in.Events
	if in.Run != in.OriginalRun && state.ResetRun != in.Run {
		events = append([]flow.Event{resetEvent(in.Run, in.Now)}, events...)
	}
	rules := a.rulesOf(&state)
	rules.Run = in.Run
	next, commands := order.Advance(state, events, in.Running, rules, in.Now)
	a.learn(rules.Account, next.Products)
	for i, step := range commands.Start {
		commands.Start[i].TaskQueue = queueOf(step)
	}
	if hold := next.Hold; hold != nil && hold.Reason == order.HoldInternalError && (state.Hold == nil || state.Hold.Reason != hold.Reason) {
		activity.GetLogger(ctx).Error("an order is held for a defect", "order", state.Key.WorkflowID(), "error", hold.Params["message"])
	}
	for _, entry := range next.EntriesAfter(state.LastEntry) {
		if entry.Code == order.NoteUndecodable {
			a.counter.UndecodableSignal(state.Key.Shop)
		}
	}
	return recorded(in.State, next, commands)
}

// learnWithin is how fresh must be what an order has found for others to go by it.
const learnWithin = time.Minute

// learn remembers the products that an order has just found: the process that
// asked for them may be another one, for one at a time sends the account's requests.
func (a *Activities) learn(account string, products map[order.ProductKey]order.ProductState) {
	acc, err := a.account(account)
	if err != nil {
		return // the shop has no rules, or its account is gone
	}
	for key, facts := range products {
		_, known := acc.products.get(key)
		if !known && len(facts.Found) == 1 && time.Since(facts.LookedUpAt) < learnWithin {
			acc.products.put(key, facts.Found[0])
		}
	}
}

// queueOf is the task queue of a step's activity.
func queueOf(step flow.Step) string {
	switch order.Side(step.Side) {
	case order.SideCartum:
		return engine.CartumQueue(step.Queue)
	case order.SideEnsure:
		return engine.EnsureQueue
	default:
		return engine.RoappQueue(step.Queue)
	}
}

func resetEvent(run string, now time.Time) flow.Event {
	payload, _ := json.Marshal(flow.Reset{RunID: run}) // a string cannot fail
	return flow.Event{Kind: flow.EventReset, At: now, Payload: payload}
}

// recorded is the rules' answer as it stands in the history: what changed of the
// state, not all of it.
func recorded(was json.RawMessage, next order.State, commands flow.Commands) (flow.AdvanceResult, error) {
	is, err := json.Marshal(next)
	if err != nil {
		return flow.AdvanceResult{}, fmt.Errorf("encode the state of an order: %w", err)
	}
	patch, err := jsonpatch.CreateMergePatch(was, is)
	if err != nil {
		return flow.AdvanceResult{}, fmt.Errorf("compare two states of an order: %w", err)
	}
	if string(patch) == "{}" {
		patch = nil
	}
	return flow.AdvanceResult{Patch: patch, Commands: commands}, nil
}

// rulesOf are the rules for an order: those of its shop, with the account in which
// the order was created.
func (a *Activities) rulesOf(state *order.State) order.Rules {
	current := a.settings.Current()
	account := ""
	if state.Order != nil {
		account = state.Order.Account
	}
	rules, ok := current.RulesIn(state.Key.Shop, account)
	if !ok {
		return order.Rules{Absent: current.Absence(state.Key.Shop)}
	}
	if acc, err := a.account(rules.Account); err == nil {
		rules.KnownProduct = acc.products.get
	}
	return rules
}
