// Package handover brings news of a shop's orders to the orders' workflows,
// whoever has them: a webhook, a sweep, the initial import or a person.
package handover

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// Timeout bounds how long a caller waits for Temporal with one order.
const Timeout = 10 * time.Second

// Tell gives the change notice to the order's workflow, and starts it where there
// is none. A workflow that completed is left alone, for its order is done; only a
// person brings it back, or the shop, where it shows an order again that was taken
// for deleted. One that ended badly is started again. Telling twice does no harm.
func Tell(ctx context.Context, c client.Client, key order.Key, hint order.ChangeNotice) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	state := order.NewState(key, hint.By, time.Now())
	state.Published.Observed = hint.Digest
	err := signal(ctx, c, state, hint, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
	var done *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &done) {
		// Its earlier life may have created the order, minutes ago.
		state.Restarted = true
		policy := enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
		if hint.By == order.OriginHand || hint.Reappeared {
			policy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
		}
		if err = signal(ctx, c, state, hint, policy); errors.As(err, &done) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("hand %s over to its workflow: %w", key, err)
	}
	return nil
}

func signal(ctx context.Context, c client.Client, state order.State, hint order.ChangeNotice, reuse enumspb.WorkflowIdReusePolicy) error {
	options := client.StartWorkflowOptions{
		ID: state.Key.WorkflowID(), TaskQueue: engine.OrdersQueue,
		TypedSearchAttributes: startAttributes(state.Key, hint),
		WorkflowIDReusePolicy: reuse,
	}
	_, err := c.SignalWithStartWorkflow(ctx, options.ID, workflows.SignalShopOrderChanged, hint, options, workflows.OrderWorkflow, state)
	return err
}

// startAttributes report what is known already, so that a sweep that comes before
// the workflow's first task does not tell the same again.
func startAttributes(key order.Key, hint order.ChangeNotice) temporal.SearchAttributes {
	known := []temporal.SearchAttributeUpdate{
		engine.AttrShop.ValueSet(key.Shop), engine.AttrOrderNumber.ValueSet(fmt.Sprint(key.Number)), engine.AttrSyncState.ValueSet(string(order.SyncImporting)),
	}
	if hint.Digest != "" {
		known = append(known, engine.AttrObserved.ValueSet(hint.Digest))
	}
	if hint.Snapshot != nil && !hint.Snapshot.Created.IsZero() {
		known = append(known, engine.AttrCartumCreated.ValueSet(hint.Snapshot.Created))
	}
	return temporal.NewSearchAttributes(known...)
}
