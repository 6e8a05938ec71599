package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// LargestPage is the most rows that a page has.
const LargestPage = 100

// List is a page of up to size orders, newest first, from the cursor on that the
// page before gave, "" for the first page. It may lag a moment behind the orders.
// What is wrong with the question comes back as [Invalid].
func (o *Orders) List(ctx context.Context, f Filter, cursor string, size int) (Page, error) {
	f, err := f.checked()
	if err != nil {
		return Page{}, err
	}
	from, err := placeOf(cursor)
	if err != nil {
		return Page{}, err
	}
	look, err := o.newTableQuery(f)
	if err != nil {
		return Page{}, err
	}
	size = min(max(size, 1), LargestPage)
	switch {
	case f.Number != "":
		return look.byNumber(ctx)
	case f.Source == SourceShop && from.Roapp == nil:
		return look.ofShops(ctx, from, size)
	case f.Source == SourceAny, f.Source == SourceRoapp && from.Order == nil:
		return look.withRoapp(ctx, from, size)
	default:
		return Page{}, errCursor
	}
}

// tableQuery is one look at a table, by the settings that are in force.
type tableQuery struct {
	*Orders
	set    *settings.Settings
	filter Filter
	memos  converter.DataConverter

	mu sync.Mutex
	// seen are rows of ours as RO App's list shows them now, by workflow.
	seen map[string]Row
}

func (o *Orders) newTableQuery(f Filter) (*tableQuery, error) {
	set := o.settings.Current()
	codec, err := payload.Codec(set)
	if err != nil {
		return nil, fmt.Errorf("read the orders' memos: %w", err)
	}
	return &tableQuery{Orders: o, set: set, filter: f, seen: map[string]Row{}, memos: engine.DataConverter(codec)}, nil
}

// where selects what the filter shows of the exchange's own orders.
func (l *tableQuery) where() index.Condition { return l.filter.where(l.set) }

// ofShops is a page of orders that were imported.
func (l *tableQuery) ofShops(ctx context.Context, from place, size int) (Page, error) {
	rows, last, err := l.index.NewestFirst(ctx, l.where(), from.Order, size)
	if err != nil {
		return Page{}, err
	}
	page := Page{Rows: l.rows(rows)}
	if last != nil {
		page.Next = place{Order: last}.cursor()
	}
	return page, nil
}

// byNumber finds an order by either side's number or id. What Temporal does not
// know, RO App is asked for: how its staff number orders stands nowhere else.
func (l *tableQuery) byNumber(ctx context.Context) (Page, error) {
	var page Page
	if l.filter.Source != SourceRoapp {
		rows, err := l.index.Newest(ctx, index.All(l.where(), numbered(l.filter.Number, l.set)))
		if err != nil {
			return Page{}, err
		}
		page.Rows = l.rows(rows)
	}
	if l.filter.Source == SourceShop && len(page.Rows) > 0 || looksLikePhone(l.filter.Number) {
		return page, nil
	}
	for _, account := range l.accounts() {
		rows, err := l.roappByNumber(ctx, account)
		if err != nil {
			page.Problems = append(page.Problems, problemOf(account, err))
			continue
		}
		for _, row := range rows {
			if l.wants(row) && !slices.ContainsFunc(page.Rows, row.same) {
				page.Rows = append(page.Rows, row)
			}
		}
	}
	return page, nil
}

// wants tells whether a row of RO App's list belongs into the table.
func (l *tableQuery) wants(row Row) bool {
	of, mine := l.filter, row.Key != (order.Key{})
	switch of.Source {
	case SourceRoapp:
		return !mine && of.placed(row)
	case SourceShop:
		return mine && of.placed(row) && (of.Shop == "" || of.Shop == row.Key.Shop) && (of.State == "" || of.State == row.State) && (of.Reason == "" || of.Reason == row.Reason)
	default:
		return of.placed(row)
	}
}

// placed tells whether an order was placed in the days of the filter.
func (f Filter) placed(row Row) bool {
	at := row.at()
	return (f.From.IsZero() || !at.Before(f.From)) && (f.To.IsZero() || at.Before(f.To))
}

// same tells that two rows are one order.
func (r Row) same(other Row) bool {
	if r.Key != (order.Key{}) || other.Key != (order.Key{}) {
		return r.Key == other.Key
	}
	return r.Account == other.Account && r.RoappOrder == other.RoappOrder
}

func (l *tableQuery) rows(all []index.Order) []Row {
	rows := make([]Row, 0, len(all))
	for _, one := range all {
		rows = append(rows, l.row(one))
	}
	return rows
}

// row reads what visibility shows of an order. What its memo does not say, as of
// an order that is just being imported, the settings do.
func (l *tableQuery) row(o index.Order) Row {
	said := l.memo(o)
	shop, known := l.set.Shops[o.Key.Shop]
	row := Row{
		Key: o.Key, Workflow: o.ID, ShopName: said.ShopName, Account: said.Account,
		Customer: said.Customer, Currency: said.Currency, RoappNumber: said.Number, Marks: said.Warnings,
		Created: o.Placed(), Updated: o.Synced(), CartumStatus: o.CartumStatus(), RoappOrder: o.RoappOrder(), RoappStatus: o.RoappStatus(),
		Amount: o.Amount(), WrittenOff: o.WrittenOff(), State: o.State(), Reason: o.Reason(), HeldSince: o.HeldSince(),
		NextUpdate: said.NextUpdate, started: o.Started,
	}
	if known {
		row.ShopName = shop.Name
		row.Account = cmp.Or(row.Account, shop.Account)
		row.Links.Shop = shop.AdminURL
	}
	row.Currency = cmp.Or(row.Currency, l.set.Accounts[row.Account].Currency)
	row.ShopName = cmp.Or(row.ShopName, o.Key.Shop)
	row.Links.ShopName, row.Links.Order = row.ShopName, l.orderLink(row.Account, row.RoappOrder)
	return row
}

// memo is what the order's memo says; nothing where it has none, or was encrypted
// with a key that is gone.
func (l *tableQuery) memo(o index.Order) (said flow.Row) {
	if stored := o.Memo(workflows.MemoRow); stored != nil {
		_ = l.memos.FromPayload(stored, &said)
	}
	return said
}

// orderLink opens an order in RO App, "" where that is not known.
func (l *tableQuery) orderLink(account string, id int64) string {
	web := l.set.Accounts[account].WebURL
	if web == "" || id == 0 {
		return ""
	}
	return web + "/orders/table/" + strconv.FormatInt(id, 10)
}

// Row is one order's row, and whether there is such an order. It may lag a moment
// behind the order.
func (o *Orders) Row(ctx context.Context, key order.Key) (Row, bool, error) {
	look, err := o.newTableQuery(Filter{})
	if err != nil {
		return Row{}, false, err
	}
	rows, err := o.index.Orders(ctx, index.WithIDs(key.WorkflowID()), 0)
	if err != nil || len(rows) == 0 {
		return Row{}, false, err
	}
	return look.row(rows[0]), true, nil
}
