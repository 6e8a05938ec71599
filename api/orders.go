package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// Orders hands news of orders to their workflows.
type Orders struct{ temporal client.Client }

// NewOrders makes the way to the workflows.
func NewOrders(temporal client.Client) *Orders { return &Orders{temporal: temporal} }

// handOver bounds how long the caller waits for Temporal.
const handOver = 10 * time.Second

// Changed tells the order's workflow to read the shop's order, and starts it
// where there is none. A workflow that completed is left alone, for its order
// is done; only a person brings it back.
func (o *Orders) Changed(ctx context.Context, key order.Key, by order.Origin) error {
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	state := order.NewState(key, by, time.Now())
	err := o.signal(ctx, state, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
	var done *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &done) {
		// Its earlier life may have made the order, minutes ago.
		state.Again = true
		policy := enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
		if by == order.OriginHand {
			policy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
		}
		if err = o.signal(ctx, state, policy); errors.As(err, &done) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("hand %s over to its workflow: %w", key, err)
	}
	return nil
}

func (o *Orders) signal(ctx context.Context, state order.State, reuse enumspb.WorkflowIdReusePolicy) error {
	options := client.StartWorkflowOptions{
		ID: state.Key.WorkflowID(), TaskQueue: engine.OrdersQueue,
		TypedSearchAttributes: workflows.StartAttributes(state.Key),
		WorkflowIDReusePolicy: reuse,
	}
	_, err := o.temporal.SignalWithStartWorkflow(ctx, options.ID, workflows.SignalShopOrderChanged,
		order.Hint{At: state.StartedAt, By: state.Origin}, options, workflows.OrderWorkflow, state)
	return err
}

// View asks the order's workflow for the whole order.
func (o *Orders) View(ctx context.Context, key order.Key) (workflows.OrderView, error) {
	var view workflows.OrderView
	answer, err := o.query(ctx, key.WorkflowID(), workflows.QueryOrder)
	if err != nil {
		return view, fmt.Errorf("ask the workflow of %s: %w", key, err)
	}
	if err := answer.Get(&view); err != nil {
		return view, fmt.Errorf("read the view of %s: %w", key, err)
	}
	return view, nil
}

// notReadyFor is how long a run that has just begun may need to answer queries.
const notReadyFor = 3 * time.Second

// query asks a workflow. A run that was begun a moment ago, by a start or by
// continue-as-new, refuses queries until its first task is scheduled.
func (o *Orders) query(ctx context.Context, id, query string) (converter.EncodedValue, error) {
	began := time.Now()
	for {
		answer, err := o.temporal.QueryWorkflow(ctx, id, "", query)
		var notReady *serviceerror.WorkflowNotReady
		if !errors.As(err, &notReady) || time.Since(began) > notReadyFor {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Decide brings a person's answer to the order's workflow.
func (o *Orders) Decide(ctx context.Context, key order.Key, decision order.Decision) error {
	if err := o.temporal.SignalWorkflow(ctx, key.WorkflowID(), "", workflows.SignalDecide, decision); err != nil {
		return fmt.Errorf("bring the decision to %s: %w", key, err)
	}
	return nil
}

// Webhooks asks the shop's entity to have Cartum's events sent to the public
// URL. It remembers the subscriptions, for Cartum lists none.
func (o *Orders) Webhooks(ctx context.Context, shop, publicURL string) error {
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	return o.signalShop(ctx, shop, workflows.SignalWebhooks, workflows.WebhooksWanted{PublicURL: publicURL})
}

// WebhookRemoved tells the shop's entity that somebody removed a subscription
// in Cartum.
func (o *Orders) WebhookRemoved(ctx context.Context, shop, event string) error {
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	return o.signalShop(ctx, shop, workflows.SignalWebhookRemoved, event)
}

func (o *Orders) signalShop(ctx context.Context, shop, signal string, payload any) error {
	id := workflows.ShopID(shop)
	options := client.StartWorkflowOptions{ID: id, TaskQueue: engine.OrdersQueue}
	_, err := o.temporal.SignalWithStartWorkflow(ctx, id, signal, payload, options, workflows.ShopWorkflow, workflows.ShopState{Shop: shop})
	if err != nil {
		return fmt.Errorf("tell %s: %w", id, err)
	}
	return nil
}
