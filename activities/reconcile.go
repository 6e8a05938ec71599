package activities

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
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
	known, err := a.knownAmong(ctx, in.Shop, numbersOf(piece.Page))
	if err != nil {
		return workflows.ReconciledSlice{}, engineFailed("look for the orders of shop "+in.Shop, err)
	}
	rules, _ := a.settings.Current().Rules(in.Shop)
	out := workflows.ReconciledSlice{Account: rules.Account, Before: piece.From}
	for _, row := range piece.Page.Orders {
		one := reconciled(snapshotOf(row, rules, piece.SentAt), rules)
		one.Number, one.Day, one.Status = row.Number, dayOf(row.CreatedRaw, rules.Zone(), piece.To), row.Status
		one.RoappOrder = known[row.Number].roappOrder
		out.Orders = append(out.Orders, one)
	}
	for _, row := range piece.Page.Failed {
		out.Unnumbered++
		warnUnnumbered(ctx, in.Shop, row)
	}
	return out, nil
}

// reconciled is what a comparison needs of an order's sums.
func reconciled(snapshot order.Snapshot, rules order.Rules) workflows.ShopOrder {
	total := order.Explain(snapshot)
	one := workflows.ShopOrder{Sum: &snapshot.Totals.Sum, Slack: &total.Tolerance}
	if snapshot.Currency != rules.Currency {
		one.Currency = snapshot.Currency
	}
	if !total.Items.Equal(snapshot.Totals.Sum) {
		one.Lines = &total.Items
	}
	return one
}

// ReconcileTotals reads the totals of some orders in RO App: one page of its list,
// within the share that lists have in the account's requests.
func (a *Activities) ReconcileTotals(ctx context.Context, in workflows.ReconcileTotalsInput) (workflows.ReconciledTotals, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (out workflows.ReconciledTotals, err error) {
		if err := acc.takeRead(ctx); err != nil {
			return out, err
		}
		page, err := acc.client.FindOrders(ctx, roapp.OrderQuery{IDs: in.Orders})
		out.Totals = map[int64]decimal.Decimal{}
		for _, row := range page.Orders {
			if !slices.Contains(in.Orders, row.ID) {
				return out, temporal.NewNonRetryableApplicationError("RO App's list shows orders that were not asked for", "Filter", nil)
			}
			out.Totals[row.ID] = row.Total
		}
		return out, acc.answered(err)
	})
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
