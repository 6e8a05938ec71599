package activities

import (
	"context"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// linesInOneGo bounds the writes that follow one read of the items: the longer
// the go, the likelier that staff write goods off in between.
const linesInOneGo = 2

// WriteLines reads the order's items and writes what the shop changed, unless
// staff have changed it too or have written goods off.
func (a *Activities) WriteLines(ctx context.Context, in order.WriteLines) (order.LinesWritten, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return order.LinesWritten{}, err
	}
	if err := settle(ctx, in.Precheck); err != nil {
		return order.LinesWritten{}, err
	}
	written, err := acc.readLines(ctx, in)
	if err != nil {
		return order.LinesWritten{}, acc.roappFailed(ctx, err, touchesOurs, true)
	}
	if frozen(in, written.Items) {
		return written, nil
	}
	for _, line := range in.Lines {
		if len(written.Written) == linesInOneGo {
			break
		}
		item, stands := itemByID(written.Items, line.ItemID)
		send := line.Decide(item)
		if !stands || send.Nothing() {
			continue
		}
		err := acc.client.UpdateItem(ctx, in.OrderID, line.ItemID, roapp.ItemChange{Quantity: send.Quantity, Price: send.Price})
		if err != nil {
			return acc.lineRefused(ctx, in, written, err)
		}
		written.Written[line.Key] = send
	}
	return written, nil
}

// readLines reads the items. One that is missing soon after it was added is
// looked for twice.
func (acc *account) readLines(ctx context.Context, in order.WriteLines) (order.LinesWritten, error) {
	for second := false; ; second = true {
		at := time.Now()
		items, err := acc.items(ctx, in.OrderID)
		if err != nil {
			return order.LinesWritten{}, err
		}
		read := order.LinesWritten{At: at, Items: items, Written: map[order.LineKey]order.Decided{}}
		missing := slices.ContainsFunc(in.Lines, func(l order.LineWrite) bool { _, stands := itemByID(read.Items, l.ItemID); return !stands })
		if second || !missing || time.Since(in.WroteAt) > in.Precheck.Settle {
			return read, nil
		}
		if err := sleep(ctx, in.Precheck.Lag); err != nil {
			return order.LinesWritten{}, err
		}
	}
}

// frozen tells whether goods of one of our lines are written off.
func frozen(in order.WriteLines, items []order.Item) bool {
	return slices.ContainsFunc(in.Lines, func(l order.LineWrite) bool {
		item, _ := itemByID(items, l.ItemID)
		return item.WrittenOff
	})
}

func itemByID(items []order.Item, id int64) (order.Item, bool) {
	i := slices.IndexFunc(items, func(item order.Item) bool { return item.ID == id })
	if i < 0 {
		return order.Item{}, false
	}
	return items[i], true
}

// lineRefused finds out why a line was refused: staff may have written its goods
// off or taken it out since it was read. Then what was read last is the answer.
func (acc *account) lineRefused(ctx context.Context, in order.WriteLines, written order.LinesWritten, refusal error) (order.LinesWritten, error) {
	kind := roapp.KindOf(refusal)
	if kind != roapp.Rejected && kind != roapp.NotFound && kind != roapp.Forbidden {
		return order.LinesWritten{}, acc.roappFailed(ctx, refusal, touchesOurs, true)
	}
	again, err := acc.readLines(ctx, in)
	if err != nil {
		return order.LinesWritten{}, acc.roappFailed(ctx, err, touchesOurs, true)
	}
	if len(again.Items) < len(written.Items) || frozen(in, again.Items) {
		return again, nil
	}
	if kind == roapp.NotFound {
		return order.LinesWritten{}, acc.roappFailed(ctx, refusal, asks, true) // the order stands, so it is not gone
	}
	return order.LinesWritten{}, acc.roappFailed(ctx, refusal, addsItem, true)
}

// UpdateFields brings the field Last updated up to date, and with it the others
// of ours, should staff have emptied them.
func (a *Activities) UpdateFields(ctx context.Context, in order.UpdateFields) (order.FieldsUpdated, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (order.FieldsUpdated, error) {
		fields, err := acc.orderFields(ctx)
		if err != nil {
			return order.FieldsUpdated{}, acc.roappFailed(ctx, err, asks, false)
		}
		values, _ := fields.write(order.CreateOrder{
			Shop: in.Shop, ShopName: in.ShopName, Number: in.Number, Created: in.Created, Zone: in.Zone,
		}, in.LastUpdated)
		err = acc.client.UpdateFields(ctx, in.OrderID, values, fields.probe())
		return order.FieldsUpdated{}, acc.roappFailed(ctx, err, touchesOurs, true)
	})
}
