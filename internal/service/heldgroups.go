package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/cartumsync/cartumsync/internal/order"
)

// heldListed is how many held orders are grouped at most.
const heldListed = 1000

// HeldGroup are the orders that wait for one reason, those that have waited the
// longest first.
type HeldGroup struct {
	Reason order.HoldReason
	Rows   []Row
}

// HeldGroups are the orders on hold that the filter selects, by their reasons, as
// the list in Temporal shows them: no workflow is asked, so it works without a
// worker. Of more than a thousand it shows a thousand, and more is set.
func (o *Orders) HeldGroups(ctx context.Context, f Filter) (groups []HeldGroup, more bool, err error) {
	f.State = order.SyncHeld
	f, err = f.checked()
	if err != nil {
		return nil, false, err
	}
	list, err := o.newTableQuery(f)
	if err != nil {
		return nil, false, err
	}
	held, err := o.index.Orders(ctx, list.where(), heldListed)
	if err != nil {
		return nil, false, fmt.Errorf("list the orders on hold: %w", err)
	}
	of := map[order.HoldReason][]Row{}
	for _, row := range list.rows(held) {
		of[row.Reason] = append(of[row.Reason], row)
	}
	for _, reason := range Reasons() {
		if rows := of[reason]; len(rows) > 0 {
			slices.SortFunc(rows, func(a, b Row) int {
				return cmp.Or(a.HeldSince.Compare(b.HeldSince), cmp.Compare(a.Key.Number, b.Key.Number))
			})
			groups = append(groups, HeldGroup{reason, rows})
		}
	}
	return groups, len(held) == heldListed, nil
}
