package activities

import (
	"context"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// longestName bounds the customer's name in a list, in letters.
const longestName = 80

// ReadRoappOrders reads a page of the account's own list of orders, newest first.
func (a *Activities) ReadRoappOrders(ctx context.Context, in workflows.RoappOrdersInput) (workflows.RoappOrdersPage, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return workflows.RoappOrdersPage{}, err
	}
	fields, err := acc.orderFields(ctx)
	if err != nil {
		return workflows.RoappOrdersPage{}, acc.roappFailed(ctx, err, asks, true)
	}
	query := roapp.OrderQuery{Sort: "-id", Page: in.Page}
	if in.Number != "" {
		query.Numbers = []string{in.Number}
	}
	page, err := acc.client.FindOrders(ctx, query)
	if err != nil {
		return workflows.RoappOrdersPage{}, acc.roappFailed(ctx, err, asks, true)
	}
	acc.breaker.accepted()
	out := workflows.RoappOrdersPage{Pages: page.TotalPages, Unreadable: len(page.Failed)}
	set := a.settings.Current()
	for _, row := range page.Orders {
		out.Orders = append(out.Orders, workflows.RoappOrder{
			ID: row.ID, Number: row.Number, StatusID: row.StatusID, StatusName: row.StatusName, Created: row.CreatedAt,
			Customer: order.Shorten(order.NormalizeText(row.ClientName), longestName), Total: row.Total, Keys: fields.keysOf(row, set, in.Account),
		})
	}
	return out, nil
}
