package api

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/handover"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// Orders hands news of orders to their workflows.
type Orders struct{ temporal client.Client }

// NewOrders makes the way to the workflows.
func NewOrders(temporal client.Client) *Orders { return &Orders{temporal: temporal} }

// Changed tells the order's workflow to read the shop's order, and starts it
// where there is none. A workflow that completed is left alone, for its order
// is done; only a person brings it back.
func (o *Orders) Changed(ctx context.Context, key order.Key, by order.Origin) error {
	return handover.Tell(ctx, o.temporal, key, order.Hint{At: time.Now(), By: by})
}

// View asks the order's workflow for the whole order.
func (o *Orders) View(ctx context.Context, key order.Key) (workflows.OrderView, error) {
	var view workflows.OrderView
	answer, err := o.temporal.QueryWorkflow(ctx, key.WorkflowID(), "", workflows.QueryOrder)
	if err != nil {
		return view, fmt.Errorf("ask the workflow of %s: %w", key, err)
	}
	if err := answer.Get(&view); err != nil {
		return view, fmt.Errorf("read the view of %s: %w", key, err)
	}
	return view, nil
}

// Decide brings a person's answer to the order's workflow.
func (o *Orders) Decide(ctx context.Context, key order.Key, decision order.Decision) error {
	if err := o.temporal.SignalWorkflow(ctx, key.WorkflowID(), "", workflows.SignalDecide, decision); err != nil {
		return fmt.Errorf("bring the decision to %s: %w", key, err)
	}
	return nil
}
