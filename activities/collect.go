package activities

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"go.temporal.io/api/serviceerror"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// stillMoving is how long an order was left alone before its change is
	// handed over: an import in progress writes several times, and a row may
	// show late.
	stillMoving = 20 * time.Second
	// pagesPerRound bounds one round; the next one goes on.
	pagesPerRound = 10
)

// CollectChanges asks for the orders that were modified since the cursor, and
// hands the total and status of ours to their workflows where they are news.
func (a *Activities) CollectChanges(ctx context.Context, in workflows.CollectInput) (workflows.Collected, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return workflows.Collected{}, err
	}
	fields, err := acc.orderFields(ctx)
	if err != nil {
		return workflows.Collected{}, acc.roappFailed(ctx, err, asks, true)
	}
	round := collecting{a: a, acc: acc, fields: fields, in: in, now: time.Now(), out: workflows.Collected{Cursor: in.Cursor, Told: map[int64]string{}}}
	err = round.run(ctx)
	var refused *roapp.Error
	if errors.As(err, &refused) {
		return workflows.Collected{}, acc.roappFailed(ctx, err, asks, true)
	}
	return round.out, err
}

type collecting struct {
	a      *Activities
	acc    *account
	fields orderFields
	in     workflows.CollectInput
	now    time.Time
	out    workflows.Collected
}

// run reads pages sorted by modification. A list sorted by what changes must
// not be paged by number, for a row that moves would be skipped: each page is
// asked for from the last moment seen, and by number only within one moment.
func (c *collecting) run(ctx context.Context) error {
	from, page := c.in.Cursor, 1
	for range pagesPerRound {
		rows, err := c.acc.client.FindOrders(ctx, roapp.OrderQuery{ModifiedFrom: from, Sort: "modified_at", Page: page})
		if err != nil {
			return err
		}
		for _, row := range rows.Orders {
			if row.ModifiedAt.After(c.now.Add(-stillMoving)) {
				return nil
			}
			if err := c.hand(ctx, row); err != nil {
				return err
			}
			c.out.Cursor = row.ModifiedAt
		}
		if rows.Page >= rows.TotalPages {
			return nil
		}
		if c.out.Cursor.After(from) {
			from, page = c.out.Cursor, 1
		} else {
			page++
		}
	}
	return nil
}

// hand gives one order's total and status to its workflow, unless it has them.
func (c *collecting) hand(ctx context.Context, row roapp.Order) error {
	key, ours := c.fields.keyOf(row, c.a.settings.Current(), c.acc.id)
	if !ours {
		return nil
	}
	c.out.Seen++
	news := fmt.Sprintf("%d %s", row.StatusID, row.Total)
	if c.in.Told[row.ID] == news || c.out.Told[row.ID] == news {
		return nil
	}
	read := order.OrderRead{At: c.now, OrderID: row.ID, StatusID: row.StatusID, Total: row.Total}
	err := c.a.temporal.SignalWorkflow(ctx, key.WorkflowID(), "", workflows.SignalStatusChanged, read)
	var gone *serviceerror.NotFound
	if err != nil && !errors.As(err, &gone) {
		return fmt.Errorf("hand the change to %s: %w", key, err)
	}
	c.out.Told[row.ID] = news
	return nil
}

var markerPattern = regexp.MustCompile(`\[(order:[a-z0-9-]+:[0-9]+)\]`)

// keyOf recognises an order of one of the account's shops: by the marker in the
// manager's notes, or by the custom fields.
func (f orderFields) keyOf(row roapp.Order, s *settings.Settings, account string) (order.Key, bool) {
	if match := markerPattern.FindStringSubmatch(row.ManagerNotes); match != nil {
		if key, err := order.ParseWorkflowID(match[1]); err == nil {
			return key, true
		}
	}
	if f.externalID == nil {
		return order.Key{}, false
	}
	number, err := strconv.ParseInt(row.CustomFields[f.externalID.ID], 10, 64)
	if err != nil || number <= 0 {
		return order.Key{}, false
	}
	shops := s.ShopsOf(account)
	for _, id := range shops {
		sameName := f.shop != nil && order.SameText(row.CustomFields[f.shop.ID], s.Shops[id].Name)
		if sameName || (f.shop == nil && len(shops) == 1) {
			return order.Key{Shop: id, Number: number}, true
		}
	}
	return order.Key{}, false
}
