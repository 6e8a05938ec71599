package service

import (
	"cmp"
	"context"
	"strconv"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// Names tell what the services call the statuses of orders, by the last check.
type Names struct {
	checks Checks
	set    *settings.Settings
}

// Names are the names as they were last told; without a check they are the
// numbers. Asking for them costs nothing where they were asked for a moment ago.
func (o *Orders) Names(ctx context.Context) Names {
	return Names{checks: o.Checks(ctx), set: o.settings.Current()}
}

// Of are the names of the statuses of an order's two sides.
func (n Names) Of(shop, account string) StatusNames { return StatusNames{n, shop, account} }

// StatusNames name the statuses of one order's two sides, see [wording.StatusNames].
type StatusNames struct {
	names         Names
	shop, account string
}

// CartumStatus is the name of a status of the shop.
func (n StatusNames) CartumStatus(id int) string { return n.names.Cartum(n.shop, id) }

// RoappStatus is the name of a status of the account.
func (n StatusNames) RoappStatus(id int64) string { return n.names.Roapp(n.account, id) }

// Roapp is the name of a status of an RO App account, or its number where no
// name is known.
func (n Names) Roapp(account string, id int64) string {
	return cmp.Or(n.named(account, refdata.Statuses, id).Name, strconv.FormatInt(id, 10))
}

// Cartum is the name of a status of a shop in the shop's language, or its number
// where no name is known.
func (n Names) Cartum(shop string, id int) string {
	return cmp.Or(n.title(shop, id), strconv.Itoa(id))
}

// title is the name of a shop's status, "" where it is not known.
func (n Names) title(shop string, id int) string {
	if said := n.checks.Shops[shop].Shop; said != nil && n.set != nil {
		for _, status := range said.Statuses {
			if status.ID == id {
				return check.TitleOf(status.Titles, n.set.Shops[shop].Language)
			}
		}
	}
	return ""
}
