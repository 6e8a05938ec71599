package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// ReconcileSlice reads the newest orders of a span, as many as one answer of the
// shop holds, and keeps of each what a comparison needs.
func (a *Activities) ReconcileSlice(ctx context.Context, in workflows.ReconcileSliceInput) (workflows.ReconciledSlice, error) {
	s, err := a.openShop(ctx, in.Shop)
	if err != nil {
		return workflows.ReconciledSlice{}, err
	}
	piece, err := s.slices.Last(ctx, in.From, in.Before)
	if err != nil {
		return workflows.ReconciledSlice{}, s.cartumFailed(ctx, err)
	}
	s.breaker.accepted()
	out := workflows.ReconciledSlice{Before: piece.From}
	for _, row := range piece.Page.Orders {
		out.Orders = append(out.Orders, workflows.ShopOrder{
			Number: row.Number, Day: dayOf(row.CreatedRaw, piece.To), Sum: &row.TotalSum, Status: row.Status,
		})
	}
	for _, row := range piece.Page.Failed {
		if row.Number == 0 {
			out.Unnumbered++
			activity.GetLogger(ctx).Warn("a row of the shop's list does not say which order it is", "shop", in.Shop, "field", row.Field)
			continue
		}
		out.Orders = append(out.Orders, workflows.ShopOrder{Number: row.Number, Day: dayOf(row.CreatedRaw, piece.To)})
	}
	return out, nil
}

// dayOf is the day on the shop's clock; of a time that cannot be read, the last
// one that was asked for.
func dayOf(created string, last time.Time) string {
	clock, problem := order.ParseShopTime(created, time.UTC)
	if problem != nil {
		clock = last
	}
	return clock.Format(time.DateOnly)
}
