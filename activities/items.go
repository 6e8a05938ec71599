package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// AddItems adds lines as products without deduction, one request each. The first
// item that this process adds to an account is read back, for whether RO App keeps
// it undeducted is not documented.
func (a *Activities) AddItems(ctx context.Context, in order.AddItems) (order.ItemsAdded, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return order.ItemsAdded{}, err
	}
	done, err := acc.proof.await(ctx)
	if err != nil {
		return order.ItemsAdded{}, err
	}
	defer done()
	if err := acc.mayAdd(ctx); err != nil {
		return order.ItemsAdded{}, err
	}
	answer := order.ItemsAdded{Added: map[order.LineKey]order.ItemAdded{}}
	if _, err := lookupFirst(ctx, in.Precheck, func(ctx context.Context) (*order.ItemsAdded, error) {
		return acc.addedItems(ctx, in, &answer)
	}); err != nil {
		return order.ItemsAdded{}, acc.roappFailed(ctx, err, touchesOurs, false)
	}
	if answer.WrittenOff || in.OnlyFind {
		return answer, nil
	}
	for _, line := range in.Lines {
		if _, exists := answer.Added[line.Line]; exists {
			continue
		}
		if len(answer.Added) > 0 {
			activity.RecordHeartbeat(ctx)
			if ctx.Err() != nil {
				break // withdrawn between two lines: what was added counts
			}
		}
		added, err := a.addItem(ctx, acc, in, line)
		if err != nil && len(answer.Added) > 0 && isDefinite(err) {
			// What was added or found counts. The line is refused by itself with the next step.
			return answer, nil
		}
		if err != nil {
			return order.ItemsAdded{}, err
		}
		answer.Added[line.Line] = added
		if added.DeductedAtOnce {
			break
		}
	}
	return answer, nil
}

func (a *Activities) addItem(ctx context.Context, acc *account, in order.AddItems, line order.AddItem) (order.ItemAdded, error) {
	// A request that was started is ended: its answer counts.
	ctx = context.WithoutCancel(ctx)
	id, err := acc.client.AddItem(ctx, in.OrderID, roapp.NewItem{
		ProductID: line.ProductID, AssigneeID: in.AssigneeID, Quantity: line.Quantity, Price: line.Price,
	})
	if err != nil {
		acc.permission.refused()
		return order.ItemAdded{}, acc.itemRefused(ctx, in, err)
	}
	a.itemTaken(ctx, acc)
	if id != 0 {
		return acc.readBack(ctx, in, line, id), nil
	}
	added, err := findCreated(ctx, acc.settings.SearchLag, func(ctx context.Context) (*order.Item, error) {
		items, err := acc.items(ctx, in.OrderID)
		if item, found := line.Find(items); found {
			return &item, nil
		}
		return nil, err
	})
	if err != nil {
		return order.ItemAdded{}, acc.roappFailed(ctx, err, touchesOurs, true)
	}
	acc.proof.note(added.WrittenOff)
	return order.ItemAdded{ID: added.ID, DeductedAtOnce: added.WrittenOff}, nil
}

// isDefinite tells that a failure means that nothing was written.
func isDefinite(err error) bool {
	var app *temporal.ApplicationError
	var failure order.Failure
	return errors.As(err, &app) && app.HasDetails() && app.Details(&failure) == nil && failure.Definite
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
func (acc *account) itemRefused(ctx context.Context, in order.AddItems, refusal error) error {
	if roapp.KindOf(refusal) == roapp.NotFound {
		if _, err := acc.client.Order(ctx, in.OrderID); err == nil {
			return acc.roappFailed(ctx, refusal, asks, true)
		}
	}
	return acc.roappFailed(ctx, refusal, addsItem, true)
}

// addedItems finds the items that stand for the lines already, nil where some line
// has none, and whether goods of the order are written off.
func (acc *account) addedItems(ctx context.Context, in order.AddItems, answer *order.ItemsAdded) (*order.ItemsAdded, error) {
	items, err := acc.items(ctx, in.OrderID)
	if err != nil {
		return nil, err
	}
	answer.WrittenOff = in.WrittenOff(items)
	for _, line := range in.Lines {
		if item, ok := line.Find(items); ok {
			answer.Added[line.Line] = order.ItemAdded{ID: item.ID, Found: &item}
		}
	}
	if len(answer.Added) < len(in.Lines) && !answer.WrittenOff {
		return nil, nil
	}
	return answer, nil
}

func (acc *account) items(ctx context.Context, orderID int64) ([]order.Item, error) {
	rows, err := acc.client.Items(ctx, orderID)
	if err != nil {
		return nil, err
	}
	items := make([]order.Item, 0, len(rows))
	for _, row := range rows {
		items = append(items, itemOf(row))
	}
	return items, nil
}

// readBack proves that the item is undeducted, once in a process.
func (acc *account) readBack(ctx context.Context, in order.AddItems, line order.AddItem, id int64) order.ItemAdded {
	if proved, _ := acc.proof.state(); proved {
		return order.ItemAdded{ID: id}
	}
	items, err := acc.items(ctx, in.OrderID)
	item, found := itemByID(items, id)
	if !found {
		item, found = line.Find(items)
	}
	if err != nil || !found {
		activity.GetLogger(ctx).Warn("the added item could not be read back", "error", err)
		return order.ItemAdded{ID: id}
	}
	acc.proof.note(item.WrittenOff)
	return order.ItemAdded{ID: item.ID, DeductedAtOnce: item.WrittenOff}
}
