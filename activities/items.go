package activities

import (
	"context"
	"slices"

	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// AddItem adds one line as a product without deduction. The first one that this
// process adds to an account is read back, for whether RO App keeps it
// undeducted is not documented (reference, roapp-api 3.8).
func (a *Activities) AddItem(ctx context.Context, in order.AddItem) (order.ItemAdded, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return order.ItemAdded{}, err
	}
	done, err := acc.proof.await(ctx)
	if err != nil {
		return order.ItemAdded{}, err
	}
	defer done()
	if err := acc.mayAdd(ctx); err != nil {
		return order.ItemAdded{}, err
	}
	found, err := lookFirst(ctx, in.Look, func(ctx context.Context) (*order.Item, error) { return acc.standingItem(ctx, in) })
	if err != nil {
		return order.ItemAdded{}, acc.roappFailed(ctx, err, touchesOurs, false)
	}
	if found != nil {
		return order.ItemAdded{ID: found.ID, Found: found}, nil
	}
	id, err := acc.client.AddItem(ctx, in.OrderID, roapp.NewItem{
		ProductID: in.ProductID, AssigneeID: in.AssigneeID, Quantity: in.Quantity, Price: in.Price,
	})
	if err != nil {
		return order.ItemAdded{}, acc.roappFailed(ctx, err, addsGoods, true)
	}
	return acc.readBack(ctx, in, id)
}

// mayAdd refuses once the account was seen to deduct goods by itself.
func (acc *account) mayAdd(ctx context.Context) error {
	if _, deducts := acc.proof.state(); !deducts {
		return nil
	}
	return failed(ctx, order.SideRoapp, order.Failure{
		Kind: order.FailDeducts, Definite: activity.GetInfo(ctx).Attempt == 1,
		Text: "RO App writes goods off as they are added",
	}, 0, nil)
}

// standingItem finds the item that a lost attempt added.
func (acc *account) standingItem(ctx context.Context, in order.AddItem) (*order.Item, error) {
	return acc.addedItem(ctx, in, 0)
}

// addedItem finds the item with the id, or where that is 0 the one that stands
// for the line.
func (acc *account) addedItem(ctx context.Context, in order.AddItem, id int64) (*order.Item, error) {
	rows, err := acc.client.Items(ctx, in.OrderID)
	if err != nil {
		return nil, err
	}
	items, taken := make([]order.Item, 0, len(rows)), map[int64]bool{}
	for _, row := range rows {
		items = append(items, itemOf(row))
	}
	if i := slices.IndexFunc(items, func(item order.Item) bool { return item.ID == id }); i >= 0 {
		return &items[i], nil
	}
	for _, id := range in.Known {
		taken[id] = true
	}
	item, ok := order.MatchItem(items, in.ProductID, in.Quantity, in.Price, taken)
	if !ok {
		return nil, nil
	}
	return &item, nil
}

// readBack proves that the item is undeducted, once in a process, and finds its
// id where the answer had none.
func (acc *account) readBack(ctx context.Context, in order.AddItem, id int64) (order.ItemAdded, error) {
	if proved, _ := acc.proof.state(); proved && id != 0 {
		return order.ItemAdded{ID: id}, nil
	}
	item, err := acc.addedItem(ctx, in, id)
	switch {
	case err == nil && item != nil:
		acc.proof.note(item.WrittenOff)
		return order.ItemAdded{ID: item.ID, DeductedAtOnce: item.WrittenOff}, nil
	case id != 0:
		activity.GetLogger(ctx).Warn("the added item could not be read back", "error", err)
		return order.ItemAdded{ID: id}, nil
	case err != nil:
		return order.ItemAdded{}, acc.roappFailed(ctx, err, touchesOurs, false)
	default:
		return order.ItemAdded{}, failed(ctx, order.SideRoapp, order.Failure{
			Kind: order.FailUnreachable, Text: "the item was added without an id and is not in the order's list yet",
		}, 0, nil)
	}
}
