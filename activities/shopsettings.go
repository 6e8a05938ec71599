package activities

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// ShopSettings tells what is in force for a shop. It runs as a local activity.
func (a *Activities) ShopSettings(_ context.Context, shop string) (workflows.ShopInForce, error) {
	current := a.settings.Current()
	set, known := current.Shops[shop]
	if !known {
		return workflows.ShopInForce{Revision: current.Revision, Paused: "the settings have no such shop"}, nil
	}
	in := workflows.ShopInForce{
		Revision: current.Revision, RecentEvery: set.Sweep.RecentEvery, WholeEvery: set.Sweep.WholeEvery,
		Jitter: rand.Float64(), //nolint:gosec // spreads requests, guards nothing
	}
	if !set.Enabled {
		in.Paused = "the shop is switched off in the settings"
	}
	if days := set.FirstImport.Days; days > 0 {
		in.FirstImport = &workflows.FirstImportWanted{
			From: set.Since.AddDate(0, 0, -days).Format(time.DateOnly), To: set.Since.AddDate(0, 0, -1).Format(time.DateOnly),
			SkipStatuses: set.FirstImport.SkipStatuses, By: "the settings",
		}
	}
	return in, nil
}

// TellHeld tells the shop's held orders that other settings are in force; what
// holds them may be gone.
func (a *Activities) TellHeld(ctx context.Context, in workflows.TellHeldInput) (told int, err error) {
	stop := beat(ctx)
	defer stop()
	query := ordersOf(in.Shop) + fmt.Sprintf(" AND ExecutionStatus = 'Running' AND %s = '%s'", engine.AttrSyncState.GetName(), order.SyncHeld)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(toldAtOnce)
	err = a.eachExecution(ctx, query, func(execution *workflowpb.WorkflowExecutionInfo) {
		told++
		group.Go(func() error {
			return a.signalOpen(groupCtx, execution.GetExecution().GetWorkflowId(), workflows.SignalSettings, in.Revision)
		})
	})
	if failed := group.Wait(); err == nil {
		err = failed
	}
	return told, err
}
