package activities

import (
	"context"
	"time"

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
	rules, _ := a.settings.Current().Rules(in.Shop)
	out := workflows.ReconciledSlice{Before: piece.From}
	for _, row := range piece.Page.Orders {
		snapshot := snapshotOf(row, rules, piece.SentAt)
		out.Orders = append(out.Orders, workflows.ShopOrder{
			Number: row.Number, Day: dayOf(row.CreatedRaw, rules.Zone(), piece.To), Sum: &snapshot.Totals.Sum, Status: row.Status,
		})
	}
	for _, row := range piece.Page.Failed {
		out.Unnumbered++
		warnUnnumbered(ctx, in.Shop, row)
	}
	return out, nil
}

// dayOf is the day on the shop's clock; of a time that cannot be read, the last
// one that was asked for.
func dayOf(created string, zone *time.Location, last time.Time) string {
	clock, ok := order.ShopClock(created, zone)
	if !ok {
		clock = last
	}
	return clock.Format(time.DateOnly)
}
