package workflows

import (
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// ReconcileID is the id of the workflow that reads the shop's orders of some
// days.
func ReconcileID(in ReconcileInput) string {
	return "reconcile:" + in.Shop + ":" + in.From + ":" + in.To
}

const (
	// ReconcileDays is how many days are read at most.
	ReconcileDays = 62
	// reconcileOrders is how many orders are read at most: their numbers and sums
	// have to fit into one answer.
	reconcileOrders = 10_000
	// ReconcileTotals is how many orders are read from RO App at once: one page of
	// its list.
	ReconcileTotals = 50
	// totalsWait is how long one page may wait for its turn. Lists go after all
	// other work, within their share of the account's requests.
	totalsWait = 5 * time.Minute
)

// ReconcileInput names whole days on the shop's clock, both inclusive, as
// "2006-01-02".
type ReconcileInput struct{ Shop, From, To string }

// ErrReconcileDays reports days that cannot be read.
var ErrReconcileDays = errors.New("write the days as 2026-11-01, the first one first, at most 62 of them")

// span is the range, on the shop's clock.
func (in ReconcileInput) span() (from, before time.Time, err error) {
	from, wrong := time.Parse(time.DateOnly, in.From)
	to, alsoWrong := time.Parse(time.DateOnly, in.To)
	if wrong != nil || alsoWrong != nil || to.Before(from) || to.Sub(from) >= ReconcileDays*24*time.Hour {
		return from, to, ErrReconcileDays
	}
	return from, to.AddDate(0, 0, 1).Add(-time.Second), nil
}

// Check reports days that cannot be read.
func (in ReconcileInput) Check() error { _, _, err := in.span(); return err }

// ShopOrder is an order as both sides have it, without anything personal.
type ShopOrder struct {
	Number   int64
	Day      string           // on the shop's clock
	Sum      *decimal.Decimal `json:",omitempty"` // of all items, in the shop; nil where it cannot be read
	Currency string           `json:",omitempty"` // in the shop, where it is not the account's
	// Lines is the sum of the items' prices, where it is not Sum: discounts of the
	// whole order are not in them, and RO App may have either.
	Lines  *decimal.Decimal `json:",omitempty"`
	Slack  *decimal.Decimal `json:",omitempty"` // by how much rounding may change a sum
	Status int              `json:",omitempty"`
	// RoappOrder is the order's id in RO App, 0 where it does not exist there, and
	// RoappTotal its total, nil where RO App's list does not show the order.
	RoappOrder int64            `json:",omitempty"`
	RoappTotal *decimal.Decimal `json:",omitempty"`
}

// SameSum tells whether RO App's total is what the shop's order makes, but for
// rounding.
func (o ShopOrder) SameSum() bool {
	for _, expected := range []*decimal.Decimal{o.Sum, o.Lines} {
		if expected == nil || o.RoappTotal == nil {
			continue
		}
		difference := o.RoappTotal.Sub(*expected).Abs()
		if difference.IsZero() || o.Slack != nil && difference.LessThanOrEqual(*o.Slack) {
			return true
		}
	}
	return false
}

// ReconcileSliceInput is what the activity ReconcileSlice works from; both ends
// are inclusive and on the shop's clock, written as UTC.
type ReconcileSliceInput struct {
	Shop         string
	From, Before time.Time
}

// ReconciledSlice is the answer of ReconcileSlice: the newest orders of a span.
type ReconciledSlice struct {
	Account    string    // the shop's
	Before     time.Time // the place reached
	Orders     []ShopOrder
	Unnumbered int `json:",omitempty"` // rows that do not say which order they are
}

// ReconcileTotalsInput names up to [ReconcileTotals] orders by their ids in RO App.
type ReconcileTotalsInput struct {
	Account string
	Orders  []int64
}

// ReconciledTotals are the totals of orders by their ids. Orders that RO App's list
// does not show are left out.
type ReconciledTotals struct{ Totals map[int64]decimal.Decimal }

// Reconciled is what both sides have of some days.
type Reconciled struct {
	ReconcileInput
	At         time.Time // when reading started: what was placed later may be missing
	Orders     []ShopOrder
	Unnumbered int `json:",omitempty"`
}

// Reconcile reads both sides of a comparison: the shop's orders piece by piece, and
// their totals in RO App, with one request for [ReconcileTotals] orders.
func Reconcile(ctx workflow.Context, in ReconcileInput) (Reconciled, error) {
	from, before, err := in.span()
	if err != nil {
		return Reconciled{}, temporal.NewNonRetryableApplicationError(err.Error(), "Range", nil)
	}
	options := requestOptions(engine.CartumQueue(in.Shop), "Read the orders of these days", order.UrgencyImport, 5*time.Minute, 2*time.Second)
	options.ScheduleToStartTimeout = 5 * time.Minute
	reading := workflow.WithActivityOptions(ctx, options)
	account := ""
	all, seen := Reconciled{ReconcileInput: in, At: workflow.Now(ctx)}, map[int64]bool{}
	for before.After(from) {
		piece, err := execute[ReconciledSlice](reading, ActivityReconcileSlice, ReconcileSliceInput{Shop: in.Shop, From: from, Before: before})
		if err != nil {
			return Reconciled{}, err
		}
		for _, one := range piece.Orders {
			if !seen[one.Number] {
				seen[one.Number] = true
				all.Orders = append(all.Orders, one)
			}
		}
		all.Unnumbered += piece.Unnumbered
		before, account = piece.Before, piece.Account
		if len(all.Orders) > reconcileOrders {
			return Reconciled{}, temporal.NewNonRetryableApplicationError("these days have more than 10,000 orders; ask for fewer days", "Range", nil)
		}
	}
	return all, readTotals(ctx, account, all.Orders)
}

// readTotals reads what RO App has of the orders.
func readTotals(ctx workflow.Context, account string, orders []ShopOrder) error {
	options := requestOptions(engine.RoappQueue(account), "Read the totals of orders", order.UrgencyImport, 30*time.Second, 2*time.Second)
	options.ScheduleToCloseTimeout = totalsWait
	options.RetryPolicy.MaximumAttempts = 0
	ctx = workflow.WithActivityOptions(ctx, options)
	at := map[int64]int{}
	var ids []int64
	for i, one := range orders {
		if one.RoappOrder != 0 {
			at[one.RoappOrder] = i
			ids = append(ids, one.RoappOrder)
		}
	}
	for page := range slices.Chunk(ids, ReconcileTotals) {
		read, err := execute[ReconciledTotals](ctx, ActivityReconcileTotals, ReconcileTotalsInput{Account: account, Orders: page})
		if err != nil {
			return err
		}
		for _, id := range page {
			if total, known := read.Totals[id]; known {
				orders[at[id]].RoappTotal = &total
			}
		}
	}
	return nil
}
