package activities

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// LinkOrder links an order that a person named, unless it stands for
// another order of the shops. It then carries the shop's number, so that its
// changes are seen and nobody else takes it.
func (a *Activities) LinkOrder(ctx context.Context, in order.LinkOrder) (order.OrderLinked, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (order.OrderLinked, error) { return a.linkOn(ctx, acc, in) })
}

func (a *Activities) linkOn(ctx context.Context, acc *account, in order.LinkOrder) (linked order.OrderLinked, err error) {
	fields, err := acc.orderFields(ctx)
	if err != nil {
		return linked, err
	}
	create := order.CreateOrder{Account: in.Account, Shop: in.Shop, ShopName: in.ShopName, Number: in.Number, Created: in.Created, OrderTypeID: in.OrderTypeID, Zone: in.Zone}
	fields.otherShops = a.otherShops(create)
	row, err := acc.client.Order(ctx, in.OrderID)
	if roapp.KindOf(err) == roapp.NotFound {
		return order.OrderLinked{Refused: "no-such-order"}, nil
	}
	if err != nil {
		return linked, err
	}
	known := fields.standFor(*row, create)
	holder, err := a.holderOf(ctx, in)
	if err != nil {
		return linked, err
	}
	if holder == "" && !known {
		holder = fields.namedIn(*row)
	}
	if holder != "" {
		return order.OrderLinked{Refused: "linked-to-another", Holder: holder}, nil
	}
	linked.Order, err = a.link(ctx, acc, create, in.OrderID)
	if err != nil || known {
		return linked, err
	}
	return linked, acc.nameAfter(ctx, create, in.OrderID, fields, row.ManagerNotes)
}

// nameAfter writes the shop's number into the order: into its fields, and where
// the account has none for it into the manager's notes, below what stands there.
func (acc *account) nameAfter(ctx context.Context, in order.CreateOrder, id int64, fields orderFields, standing string) error {
	values, notes := fields.write(in, time.Now())
	if notes != "" {
		if err := acc.client.SetManagerNotes(ctx, id, strings.TrimSpace(standing+"\n"+notes)); err != nil {
			return err
		}
	}
	if len(values) == 0 {
		return nil
	}
	return acc.client.UpdateFields(ctx, id, values, fields.probe())
}

// namedIn is whose order a row says to be, "" for nobody's.
func (f orderFields) namedIn(row roapp.Order) string {
	if match := markerPattern.FindStringSubmatch(row.ManagerNotes); match != nil {
		if key, err := order.ParseWorkflowID(match[1]); err == nil {
			return "order " + key.String()
		}
	}
	if f.externalID == nil {
		return ""
	}
	number := strings.TrimSpace(row.CustomFields[f.externalID.ID])
	if _, err := strconv.ParseInt(number, 10, 64); err != nil {
		return ""
	}
	return "another order, for its External ID is " + number
}

// holderOf is the order of the account's shops that has RO App's order, besides
// the one that asks.
func (a *Activities) holderOf(ctx context.Context, in order.LinkOrder) (holder string, err error) {
	self := order.Key{Shop: in.Shop, Number: in.Number}.WorkflowID()
	shops := a.settings.Current().ShopsOf(in.Account)
	orders, err := a.index.Orders(ctx, index.All(index.OfShops(shops...), index.WithRoappOrders(in.OrderID)), 0)
	if err != nil {
		return "", engineFailed("look for who has RO App's order", err)
	}
	for _, one := range orders {
		if one.ID != self && !one.EndedBadly() {
			holder = "order " + one.Key.String()
		}
	}
	return holder, nil
}
