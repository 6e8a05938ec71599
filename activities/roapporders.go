package activities

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// newReads is the share of lists and searches in so many requests a second.
func newReads(requestsPerSecond float64) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(readShare*requestsPerSecond), readsAtOnce)
}

// longestName bounds the customer's name in a list, in letters.
const longestName = 80

const (
	// readShare is the share of an account's requests that lists and searches may
	// take.
	readShare = 0.1
	// readsAtOnce is how many may come at once after a while without any.
	readsAtOnce = 3
)

// readsRest is how long a list or a search has to wait for its share, 0 where it
// may go now.
func (acc *account) readsRest() time.Duration {
	turn := acc.reads.Reserve()
	wait := turn.Delay()
	if wait > 0 {
		turn.Cancel()
	}
	return wait
}

// takeRead takes a request out of the share of lists and searches; it fails, to be
// tried again, where that is used up.
func (acc *account) takeRead(ctx context.Context) error {
	wait := acc.readsRest()
	if wait <= 0 {
		return nil
	}
	return failed(ctx, order.SideRoapp, order.Failure{
		Kind: order.FailThrottled, Definite: true, Text: "lists and searches have had their share of the account's requests",
	}, wait, nil)
}

// ReadRoappOrders reads a page of the account's own list of orders, newest first.
func (a *Activities) ReadRoappOrders(ctx context.Context, in workflows.RoappOrdersInput) (workflows.RoappOrdersPage, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (out workflows.RoappOrdersPage, err error) {
		if err := acc.takeRead(ctx); err != nil {
			return out, err
		}
		fields, err := acc.orderFields(ctx)
		if err != nil {
			return out, err
		}
		query := roapp.OrderQuery{Sort: "-id", Page: in.Page}
		if in.Number != "" {
			query.Numbers = []string{in.Number}
		}
		page, err := acc.client.FindOrders(ctx, query)
		out.Pages, out.Unreadable = page.TotalPages, len(page.Failed)
		set := a.settings.Current()
		for _, row := range page.Orders {
			out.Orders = append(out.Orders, workflows.RoappOrder{
				ID: row.ID, Number: row.Number, StatusID: row.StatusID, StatusName: row.StatusName, Created: row.CreatedAt,
				Customer: order.Shorten(order.NormalizeText(row.ClientName), longestName), Total: row.Total, Keys: fields.keysOf(row, set, in.Account),
			})
		}
		return out, acc.answered(err)
	})
}
