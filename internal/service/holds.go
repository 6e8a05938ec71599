package service

import (
	"context"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Held is an order of a list with what it waits for, as its workflow says now.
type Held struct {
	Row
	View order.View
	Err  error // where the workflow did not answer; the row is what the list says
}

// HeldPage is a part of the orders on hold, newest first.
type HeldPage struct {
	Orders   []Held
	Next     string   // asks for the part after this one, "" at the end
	Problems []string // what is missing, in words for a person
}

// Holds is a page of the orders on hold, from the cursor on. One that has just
// gone on may still be among them: its view says so.
func (o *Orders) Holds(ctx context.Context, f Filter, cursor string, size int) (HeldPage, error) {
	f.State = order.SyncHeld
	page, err := o.List(ctx, f, cursor, size)
	if err != nil {
		return HeldPage{}, err
	}
	rows := map[order.Key]Row{}
	keys := make([]order.Key, 0, len(page.Rows))
	for _, row := range page.Rows {
		rows[row.Key] = row
		keys = append(keys, row.Key)
	}
	held, err := each(ctx, keys, func(ctx context.Context, key order.Key) Held {
		ctx, cancel := context.WithTimeout(ctx, viewWithin)
		defer cancel()
		view, err := o.View(ctx, key)
		return Held{Row: rows[key], View: view, Err: err}
	})
	return HeldPage{Orders: held, Next: page.Next, Problems: Sentences(page.Problems)}, err
}
