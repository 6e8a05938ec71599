package workflows

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
)

// DispatchTimeout bounds how long a caller waits for Temporal with one order.
const DispatchTimeout = 10 * time.Second

// Dispatch sends a change notice of any source, a webhook, a sweep, the initial
// import or a person, to the order's workflow, and starts it where there is none. A workflow that completed is left alone, for its order is done;
// only a person brings it back, or the shop, where it shows an order again that
// was taken for deleted. One that ended badly is started again. Sending it twice
// does no harm.
func Dispatch(ctx context.Context, c client.Client, key order.Key, notice order.ChangeNotice) error {
	ctx, cancel := context.WithTimeout(ctx, DispatchTimeout)
	defer cancel()
	state := order.NewState(key, notice.By, time.Now())
	state.Published.Observed = notice.Digest
	err := signal(ctx, c, state, notice, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
	var done *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &done) {
		// Its earlier life may have created the order, minutes ago.
		state.Restarted = true
		policy := enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
		if notice.By == order.OriginHand || notice.Reappeared {
			policy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
		}
		if err = signal(ctx, c, state, notice, policy); errors.As(err, &done) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("hand %s over to its workflow: %w", key, err)
	}
	return nil
}

// DispatchKnown is [Dispatch] for an order that most likely has a workflow: a signal by
// itself costs Temporal less than one that may start the workflow.
func DispatchKnown(ctx context.Context, c client.Client, key order.Key, notice order.ChangeNotice) error {
	sending, cancel := context.WithTimeout(ctx, DispatchTimeout)
	defer cancel()
	err := c.SignalWorkflow(sending, key.WorkflowID(), "", SignalShopOrderChanged, notice)
	switch {
	case err == nil:
		return nil
	case engine.Missing(err):
		return Dispatch(ctx, c, key, notice)
	default:
		return fmt.Errorf("signal the workflow of %s: %w", key, err)
	}
}

func signal(ctx context.Context, c client.Client, state order.State, notice order.ChangeNotice, reuse enumspb.WorkflowIdReusePolicy) error {
	options := client.StartWorkflowOptions{
		ID: state.Key.WorkflowID(), TaskQueue: engine.OrdersQueue,
		TypedSearchAttributes: startAttributes(state.Key, notice),
		WorkflowIDReusePolicy: reuse,
		StaticSummary:         fmt.Sprintf("Order %d of shop %s", state.Key.Number, state.Key.Shop),
	}
	_, err := c.SignalWithStartWorkflow(ctx, options.ID, SignalShopOrderChanged, notice, options, OrderWorkflow, state)
	return err
}

// startAttributes publish what is known already, so that a sweep before the
// workflow's first task does not report it again.
func startAttributes(key order.Key, notice order.ChangeNotice) temporal.SearchAttributes {
	known := []temporal.SearchAttributeUpdate{
		engine.AttrShop.ValueSet(key.Shop), engine.AttrOrderNumber.ValueSet(fmt.Sprint(key.Number)), engine.AttrSyncState.ValueSet(string(order.SyncImporting)),
	}
	if notice.Digest != "" {
		known = append(known, engine.AttrObserved.ValueSet(notice.Digest))
	}
	if notice.Snapshot != nil && !notice.Snapshot.Created.IsZero() {
		known = append(known, engine.AttrCartumCreated.ValueSet(notice.Snapshot.Created))
	}
	return temporal.NewSearchAttributes(known...)
}
