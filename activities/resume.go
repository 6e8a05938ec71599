package activities

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// resumedAtOnce is how many held orders are resumed before it is asked whether
// the service is still well.
const resumedAtOnce = 100

// resumedAgainAfter is when held orders are listed once more: some were about to be
// held when the service answered again, and lists lag.
const resumedAgainAfter = 20 * time.Second

// errWorkerEnds has another worker begin again, and pages nobody.
var errWorkerEnds = temporal.NewApplicationErrorWithOptions("the worker ends before held orders were listed once more", "WorkerEnds",
	temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})

// ResumeHeld signals held orders, each once, that what holds them may be over: those
// that exist in RO App already first, then the oldest. What they ask for then waits
// in the queue of its service by its urgency, within the budget. It stops where the
// service refuses the credentials again.
func (a *Activities) ResumeHeld(ctx context.Context, in workflows.ResumeInput) (resumed int, err error) {
	stop := beat(ctx)
	defer stop()
	signaled := map[string]bool{}
	if err := a.resumeHeld(ctx, in, signaled); err != nil || len(in.Reasons) == 0 {
		return len(signaled), err // with other settings, all look at their cause anyway
	}
	lists := time.NewTimer(resumedAgainAfter)
	defer lists.Stop()
	select {
	case <-lists.C:
	case <-ctx.Done():
		return len(signaled), ctx.Err()
	case <-activity.GetWorkerStopChannel(ctx):
		return len(signaled), errWorkerEnds
	}
	err = a.resumeHeld(ctx, in, signaled)
	return len(signaled), err
}

func (a *Activities) resumeHeld(ctx context.Context, in workflows.ResumeInput, signaled map[string]bool) error {
	shops := []string{in.Shop}
	if in.Shop == "" {
		shops = a.settings.Current().ShopsOf(in.Account)
	}
	held, err := a.heldOrders(ctx, shops, in.Reasons)
	if err != nil {
		return err
	}
	held = slices.DeleteFunc(held, func(one heldOrder) bool { return signaled[one.id] })
	for some := range slices.Chunk(held, resumedAtOnce) {
		if a.refusing(ctx, in) {
			return nil
		}
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(signalsAtOnce)
		for _, one := range some {
			group.Go(func() error { return a.signalOpen(groupCtx, one.id, workflows.SignalSettings, in.Revision) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for _, one := range some {
			signaled[one.id] = true
		}
	}
	return nil
}

// heldOrder is an order that is held.
type heldOrder struct {
	id      string
	begun   bool // it exists in RO App
	created time.Time
}

// heldOrders lists the held orders of shops, the most urgent first; no reasons
// are all.
func (a *Activities) heldOrders(ctx context.Context, shops []string, reasons []order.HoldReason) ([]heldOrder, error) {
	if len(shops) == 0 {
		return nil, nil
	}
	query := index.InState(order.SyncHeld)
	if len(reasons) > 0 {
		query = index.HeldFor(reasons...)
	}
	orders, err := a.index.Orders(ctx, index.All(index.OfShops(shops...), query), 0)
	held := make([]heldOrder, 0, len(orders))
	for _, one := range orders {
		held = append(held, heldOrder{id: one.ID, begun: one.RoappOrder() != 0, created: one.Placed()})
	}
	slices.SortFunc(held, func(x, y heldOrder) int {
		if x.begun != y.begun {
			if x.begun {
				return -1
			}
			return 1
		}
		return cmp.Or(x.created.Compare(y.created), cmp.Compare(x.id, y.id))
	})
	return held, err
}

// refusing tells whether the service that is said to answer again refuses its
// credentials.
func (a *Activities) refusing(ctx context.Context, in workflows.ResumeInput) bool {
	if in.Shop != "" {
		s, err := a.shop(in.Shop)
		return err == nil && len(in.Reasons) > 0 && a.standing(ctx, &s.breaker, workflows.ShopID(in.Shop)) != nil
	}
	acc, err := a.account(in.Account)
	return err == nil && a.standing(ctx, &acc.breaker, workflows.AccountID(in.Account)) != nil
}
