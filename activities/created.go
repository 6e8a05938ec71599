package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// createdAnswer is how long an account's entity may take to answer; one that does
	// not costs a look in RO App.
	createdAnswer = 5 * time.Second
	// createdFresh is how long its answer is kept, so that many orders at once cost one question. What it learns meanwhile,
	// it learns from a collection by this process, which remembers it itself.
	createdFresh = 10 * time.Second
)

// createdBefore tells what is known of an earlier create of a young order, whose
// workflow may be gone: what this process did or collected, and what the account's
// entity has seen in RO App. It asks Temporal only.
func (a *Activities) createdBefore(ctx context.Context, acc *account, key order.Key) (earlier workflows.CreatedOrder, known bool) {
	if earlier, known = acc.attempted.get(key); known {
		return earlier, true
	}
	created, err := a.allCreated(ctx, acc)
	if err != nil {
		activity.GetLogger(ctx).Warn("it is not known whether the order was created before; it is looked for", "order", key, "error", err)
		return workflows.CreatedOrder{}, true
	}
	earlier, known = created[key.WorkflowID()]
	return earlier, known
}

// allCreated are the orders that the account's entity has seen created of late.
func (a *Activities) allCreated(ctx context.Context, acc *account) (created map[string]workflows.CreatedOrder, err error) {
	if created, known := acc.created.get(acc.id); known {
		return created, nil
	}
	ctx, cancel := context.WithTimeout(ctx, createdAnswer)
	defer cancel()
	answer, err := a.temporal.QueryWorkflow(ctx, workflows.AccountID(acc.id), "", workflows.QueryCreated)
	if err == nil {
		err = answer.Get(&created)
	}
	if err == nil {
		acc.created.put(acc.id, created)
	}
	return created, err
}

// takeEarlier links the order that an earlier life of the workflow created, or
// completes the look for it where it is not found at once.
func (a *Activities) takeEarlier(ctx context.Context, acc *account, in *order.CreateOrder, fields orderFields) (taken order.OrderCreated, found bool, err error) {
	if in.Precheck.Needed() {
		return taken, false, nil
	}
	earlier, known := a.createdBefore(ctx, acc, order.Key{Shop: in.Shop, Number: in.Number})
	switch {
	case !known:
		return taken, false, nil
	case earlier.OrderID == 0:
		in.Precheck.Old = true
		if !earlier.At.IsZero() {
			in.Precheck.Lost = &earlier.At
		}
		return taken, false, nil
	}
	row, err := acc.client.Order(ctx, earlier.OrderID)
	switch {
	case roapp.KindOf(err) == roapp.NotFound:
		return taken, false, nil // staff deleted it
	case err != nil:
		return taken, false, acc.roappFailed(ctx, err, asks, false)
	case !fields.standFor(*row, *in):
		in.Precheck.Old = true // staff changed its fields
		return taken, false, nil
	}
	taken, err = a.link(ctx, acc, *in, row.ID)
	return taken, true, err
}
