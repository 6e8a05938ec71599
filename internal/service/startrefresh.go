package service

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/order"
)

// startTimeout bounds the wait until an order's workflow has taken a refresh.
const startTimeout = 15 * time.Second

// StartRefresh has both sides of an order compared, and does not wait for the end: ask
// [Orders.RefreshEnd] for it. Where one runs already, it is the one that is told
// of. Errors are those of [Orders.Refresh].
func (o *Orders) StartRefresh(ctx context.Context, key order.Key, by string) (Refreshed, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	view, err := o.openView(ctx, key)
	if err != nil {
		return Refreshed{}, err
	}
	// What is refused anyway needs no update; a row that is clicked twice asks it.
	if view.NextRefresh.After(time.Now()) {
		return Refreshed{State: RefreshTooSoon, ID: view.RefreshID, Next: view.NextRefresh}, nil
	}
	if _, err = o.update(ctx, key, view.RefreshID, by, client.WorkflowUpdateStageAccepted); err == nil {
		// It may have ended already, or have been refused; where nobody tells, it
		// runs all the same.
		return o.sinceThen(ctx, key, Refreshed{State: RefreshRunning, ID: view.RefreshID}), nil
	}
	if ctx.Err() != nil {
		return Refreshed{}, fmt.Errorf("begin to refresh %s: %w", key, ctx.Err())
	}
	return o.refused(ctx, key, view.RefreshID, err)
}

// StartedRefresh is what became of one of several refreshes. A closed order, one that is
// not known and one that did not answer have no Refreshed but an error.
type StartedRefresh struct {
	Key order.Key
	Refreshed
	Err error // as of [Orders.StartRefresh]
}

// StartRefreshes begins the refreshes of up to [MostAtOnce] orders. Each answers for
// itself, in the order of the keys.
func (o *Orders) StartRefreshes(ctx context.Context, keys []order.Key, by string) ([]StartedRefresh, error) {
	return each(ctx, keys, func(ctx context.Context, key order.Key) StartedRefresh {
		answer, err := o.StartRefresh(ctx, key, by)
		return StartedRefresh{Key: key, Refreshed: answer, Err: err}
	})
}
