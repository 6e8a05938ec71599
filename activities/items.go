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
	writtenOff := false
	found, err := lookFirst(ctx, in.Look, func(ctx context.Context) (item *order.Item, err error) {
		item, writtenOff, err = acc.addedItem(ctx, in, 0)
		return item, err
	})
	if err != nil {
		return order.ItemAdded{}, acc.roappFailed(ctx, err, touchesOurs, false)
	}
	if writtenOff && found == nil {
		return order.ItemAdded{WrittenOff: true}, nil
	}
	if found != nil {
		return order.ItemAdded{ID: found.ID, Found: found}, nil
	}
	id, err := acc.client.AddItem(ctx, in.OrderID, roapp.NewItem{
		ProductID: in.ProductID, AssigneeID: in.AssigneeID, Quantity: in.Quantity, Price: in.Price,
	})
	if err != nil {
		return order.ItemAdded{}, acc.itemRefused(ctx, in, err)
	}
	if id == 0 {
		added, err := findCreated(ctx, acc.settings.SearchLag, func(ctx context.Context) (*order.Item, error) {
			item, _, err := acc.addedItem(ctx, in, 0)
			return item, err
		})
		if err != nil {
			return order.ItemAdded{}, acc.roappFailed(ctx, err, touchesOurs, true)
		}
		acc.proof.note(added.WrittenOff)
		return order.ItemAdded{ID: added.ID, DeductedAtOnce: added.WrittenOff}, nil
	}
	return acc.readBack(ctx, in, id), nil
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

// itemRefused tells whether the order or its product is what is not found.
func (acc *account) itemRefused(ctx context.Context, in order.AddItem, refusal error) error {
	if roapp.KindOf(refusal) == roapp.NotFound {
		if _, err := acc.client.Order(ctx, in.OrderID); err == nil {
			return acc.roappFailed(ctx, refusal, asks, true)
		}
	}
	return acc.roappFailed(ctx, refusal, addsGoods, true)
}

// addedItem finds the item with the id, or where that is 0 the one that stands
// for the line. It also tells whether goods of another line are written off.
func (acc *account) addedItem(ctx context.Context, in order.AddItem, id int64) (item *order.Item, writtenOff bool, err error) {
	rows, err := acc.client.Items(ctx, in.OrderID)
	if err != nil {
		return nil, false, err
	}
	items := make([]order.Item, 0, len(rows))
	for _, row := range rows {
		items = append(items, itemOf(row))
		writtenOff = writtenOff || (row.WrittenOff && slices.Contains(in.Known, row.ID))
	}
	if added, stands := itemByID(items, id); stands {
		return &added, writtenOff, nil
	}
	match, ok := in.Find(items)
	if !ok {
		return nil, writtenOff, nil
	}
	return &match, writtenOff, nil
}

// readBack proves that the item is undeducted, once in a process.
func (acc *account) readBack(ctx context.Context, in order.AddItem, id int64) order.ItemAdded {
	if proved, _ := acc.proof.state(); proved {
		return order.ItemAdded{ID: id}
	}
	item, _, err := acc.addedItem(ctx, in, id)
	if err != nil || item == nil {
		activity.GetLogger(ctx).Warn("the added item could not be read back", "error", err)
		return order.ItemAdded{ID: id}
	}
	acc.proof.note(item.WrittenOff)
	return order.ItemAdded{ID: item.ID, DeductedAtOnce: item.WrittenOff}
}
