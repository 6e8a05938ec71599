package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// choiceWithin bounds one look at what an account remembers.
const choiceWithin = 5 * time.Second

// RememberChoice has a person's choice remembered by the account's entity.
// Twice is as good as once.
func (a *Activities) RememberChoice(ctx context.Context, in order.RememberChoice) (order.ChoiceRemembered, error) {
	ctx, cancel := context.WithTimeout(ctx, choiceWithin)
	defer cancel()
	id := workflows.AccountID(in.Account)
	options := client.StartWorkflowOptions{ID: id, TaskQueue: engine.OrdersQueue}
	made := workflows.RememberChoice{Record: in.Record, Choice: in.Choice}
	_, err := a.temporal.SignalWithStartWorkflow(ctx, id, workflows.SignalRememberChoice, made, options, workflows.AccountWorkflow, workflows.AccountState{Account: in.Account})
	if err != nil {
		return order.ChoiceRemembered{}, engineFailed("have a choice remembered", err)
	}
	return order.ChoiceRemembered{}, nil
}

// RecallChoice asks the account's entity for an earlier choice; an account
// without one remembers nothing.
func (a *Activities) RecallChoice(ctx context.Context, in order.RecallChoice) (order.ChoiceRecalled, error) {
	ctx, cancel := context.WithTimeout(ctx, choiceWithin)
	defer cancel()
	answer, err := a.temporal.QueryWorkflow(ctx, workflows.AccountID(in.Account), "", workflows.QueryChoice, in.Record)
	if engine.Missing(err) {
		return order.ChoiceRecalled{}, nil
	}
	var recalled order.ChoiceRecalled
	if err == nil {
		err = answer.Get(&recalled.Choice)
	}
	if err != nil {
		return order.ChoiceRecalled{}, engineFailed("look up an earlier choice", err)
	}
	return recalled, nil
}
