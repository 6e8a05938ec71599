package activities

import (
	"context"
	"math/rand/v2"
	"time"

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
	if days := set.InitialImport.Days; days > 0 {
		in.InitialImport = &workflows.InitialImportWanted{
			From: set.Since.AddDate(0, 0, -days).Format(time.DateOnly), To: set.Since.AddDate(0, 0, -1).Format(time.DateOnly),
			SkipStatuses: set.InitialImport.SkipStatuses, By: "the settings",
		}
	}
	return in, nil
}
