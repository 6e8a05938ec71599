package workflows

import (
	"errors"
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
	reconcileOrders = 20_000
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

// ShopOrder is an order as the shop lists it, without anything personal.
type ShopOrder struct {
	Number int64
	Day    string           // on the shop's clock
	Sum    *decimal.Decimal `json:",omitempty"` // all items; nil where it cannot be read
	Status int              `json:",omitempty"`
}

// ReconcileSliceInput is what the activity ReconcileSlice works from; both ends
// are inclusive and on the shop's clock, written as UTC.
type ReconcileSliceInput struct {
	Shop         string
	From, Before time.Time
}

// ReconciledSlice is the answer of ReconcileSlice: the newest orders of a span.
type ReconciledSlice struct {
	Before     time.Time // the place reached
	Orders     []ShopOrder
	Unnumbered int `json:",omitempty"` // rows that do not say which order they are
}

// Reconciled is what the shop has of some days.
type Reconciled struct {
	ReconcileInput
	At         time.Time // when reading started: what was placed later may be missing
	Orders     []ShopOrder
	Unnumbered int `json:",omitempty"`
}

// Reconcile reads the shop's side of a comparison, piece by piece. RO App is not
// asked for anything.
func Reconcile(ctx workflow.Context, in ReconcileInput) (Reconciled, error) {
	from, before, err := in.span()
	if err != nil {
		return Reconciled{}, temporal.NewNonRetryableApplicationError(err.Error(), "Range", nil)
	}
	options := requestOptions(engine.CartumQueue(in.Shop), "Read the orders of these days", order.UrgencyImport, 5*time.Minute, 2*time.Second)
	options.ScheduleToStartTimeout = 5 * time.Minute
	ctx = workflow.WithActivityOptions(ctx, options)
	all, seen := Reconciled{ReconcileInput: in, At: workflow.Now(ctx)}, map[int64]bool{}
	for before.After(from) {
		var piece ReconciledSlice
		slice := ReconcileSliceInput{Shop: in.Shop, From: from, Before: before}
		if err := workflow.ExecuteActivity(ctx, ActivityReconcileSlice, slice).Get(ctx, &piece); err != nil {
			return Reconciled{}, err
		}
		for _, one := range piece.Orders {
			if !seen[one.Number] {
				seen[one.Number] = true
				all.Orders = append(all.Orders, one)
			}
		}
		all.Unnumbered += piece.Unnumbered
		before = piece.Before
		if len(all.Orders) > reconcileOrders {
			return Reconciled{}, temporal.NewNonRetryableApplicationError("these days have more than 20,000 orders; ask for fewer days", "Range", nil)
		}
	}
	return all, nil
}
