package exchange

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/time/rate"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// LargestPage is the most rows that a page has.
	LargestPage = 100
	// listsPerSecond stays below what Temporal allows a namespace by default, ten
	// a second, which sweeps need as well.
	listsPerSecond = 5
	listsAtOnce    = 8
)

// tables is what lists of orders remember and share.
type tables struct {
	lists  *rate.Limiter
	counts *shared[Counts]
	roapp  *shared[workflows.RoappOrdersPage]
	reads  *reads
}

func newTables() *tables {
	return &tables{
		lists:  rate.NewLimiter(listsPerSecond, listsAtOnce),
		counts: newShared[Counts](countsFor, countsWithin),
		roapp:  newShared[workflows.RoappOrdersPage](roappOrdersFor, roappOrdersWithin),
		reads:  newReads(),
	}
}

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
	look, err := o.newLook(f)
	if err != nil {
		return Page{}, err
	}
	size = min(max(size, 1), LargestPage)
	switch {
	case f.Number != "":
		return look.byNumber(ctx)
	case f.Made == MadeInShop && from.Roapp == nil:
		return look.ofShops(ctx, from, size)
	case f.Made != MadeInShop && from.Order == nil:
		return look.roappOrders(ctx, from, size)
	default:
		return Page{}, errCursor
	}
}

// tableLook is one look at a table, by the settings that are in force.
type tableLook struct {
	*Orders
	set    *settings.Settings
	filter Filter
	memos  converter.DataConverter
}

func (o *Orders) newLook(f Filter) (*tableLook, error) {
	set := o.settings.Current()
	keys := make([]engine.Key, 0, len(set.Encryption))
	for _, configured := range set.Encryption {
		key, err := configured.Bytes()
		if err != nil {
			return nil, err
		}
		keys = append(keys, engine.Key{ID: configured.ID, Key: key})
	}
	codec, err := engine.NewCodec(keys)
	if err != nil {
		return nil, fmt.Errorf("read the orders' memos: %w", err)
	}
	return &tableLook{Orders: o, set: set, filter: f, memos: engine.DataConverter(codec)}, nil
}

// list asks visibility, in turns that leave room for others.
func (l *tableLook) list(ctx context.Context, query string, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if err := l.tables.lists.Wait(ctx); err != nil {
		return nil, fmt.Errorf("wait for a turn to list orders: %w", err)
	}
	answer, err := l.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: int32(size), Query: query, NextPageToken: token, //nolint:gosec // at most sliceHolds
	})
	if err != nil {
		return nil, fmt.Errorf("list orders in Temporal: %w", err)
	}
	return answer, nil
}

// where selects what the filter shows of the exchange's own orders.
func (l *tableLook) where() string { return l.filter.where(l.set.ShopsOf(l.filter.Account)) }

// ofShops is a page of orders that came through the exchange.
func (l *tableLook) ofShops(ctx context.Context, from place, size int) (Page, error) {
	rows, last, err := lister(l.list).newestFirst(ctx, l.where(), from.Order, size)
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
func (l *tableLook) byNumber(ctx context.Context) (Page, error) {
	var page Page
	if id, err := strconv.ParseInt(l.filter.Number, 10, 64); err == nil {
		query := fmt.Sprintf("%s AND (%s = '%d' OR %s = %d)", l.where(), engine.AttrOrderNumber.GetName(), id, engine.AttrRoappOrder.GetName(), id)
		rows, err := lister(l.list).all(ctx, query)
		if err != nil {
			return Page{}, err
		}
		if rows, err = lister(l.list).newestRuns(ctx, oneOfEach(rows)); err != nil {
			return Page{}, err
		}
		if l.filter.Made != MadeInRoapp {
			page.Rows = l.rows(rows)
		}
	}
	if l.filter.Made == MadeInShop && len(page.Rows) > 0 {
		return page, nil
	}
	for _, account := range l.accounts() {
		rows, err := l.roappByNumber(ctx, account)
		if err != nil {
			page.Problems = append(page.Problems, l.problem(account, err))
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
func (l *tableLook) wants(row Row) bool {
	of, mine := l.filter, row.Key != (order.Key{})
	switch of.Made {
	case MadeInRoapp:
		return !mine
	case MadeInShop:
		return mine && (of.Shop == "" || of.Shop == row.Key.Shop) && (of.State == "" || of.State == row.State) && (of.Reason == "" || of.Reason == row.Reason)
	default:
		return true
	}
}

// same tells that two rows are one order.
func (r Row) same(other Row) bool {
	if r.Key != (order.Key{}) || other.Key != (order.Key{}) {
		return r.Key == other.Key
	}
	return r.Account == other.Account && r.RoappOrder == other.RoappOrder
}

func (l *tableLook) rows(all []found) []Row {
	rows := make([]Row, 0, len(all))
	for _, one := range all {
		rows = append(rows, l.row(one))
	}
	return rows
}

// row reads what visibility shows of an order. What its memo does not say, as of
// an order that is just being imported, the settings do.
func (l *tableLook) row(f found) Row {
	fields := f.info.GetSearchAttributes().GetIndexedFields()
	said := l.memo(f.info.GetMemo())
	shop, known := l.set.Shops[f.Shop]
	row := Row{
		Key: order.Key{Shop: f.Shop, Number: f.Number}, Workflow: f.id, ShopName: said.ShopName, Account: said.Account,
		Customer: said.Customer, Currency: said.Currency, RoappNumber: said.Number, Marks: said.Warnings,
		Created:      searchAttribute[time.Time](fields, engine.AttrCartumCreated.GetName()).UTC(),
		Updated:      searchAttribute[time.Time](fields, engine.AttrLastSynced.GetName()).UTC(),
		CartumStatus: int(searchAttribute[int64](fields, engine.AttrCartumStatus.GetName())),
		RoappOrder:   searchAttribute[int64](fields, engine.AttrRoappOrder.GetName()),
		RoappStatus:  searchAttribute[int64](fields, engine.AttrRoappStatus.GetName()),
		Amount:       amountOf(fields),
		WrittenOff:   searchAttribute[bool](fields, engine.AttrWrittenOff.GetName()),
		State:        order.SyncState(searchAttribute[string](fields, engine.AttrSyncState.GetName())),
	}
	if known {
		row.ShopName = shop.Name
		if row.Account == "" {
			row.Account = shop.Account
		}
		row.Links.Shop = shop.AdminURL
	}
	if row.Currency == "" {
		row.Currency = l.set.Accounts[row.Account].Currency
	}
	if row.ShopName == "" {
		row.ShopName = f.Shop
	}
	row.Links.ShopName, row.Links.Order = row.ShopName, l.orderLink(row.Account, row.RoappOrder)
	switch {
	case !f.running:
		row.State = order.SyncClosed
	case row.State == order.SyncHeld:
		row.Reason = order.HoldReason(searchAttribute[string](fields, engine.AttrHoldReason.GetName()))
		row.HeldSince = searchAttribute[time.Time](fields, engine.AttrHeldSince.GetName()).UTC()
	}
	return row
}

// memo is what the order's memo says; nothing where it has none, or was encrypted
// with a key that is gone.
func (l *tableLook) memo(memo *commonpb.Memo) (said flow.Row) {
	if payload, ok := memo.GetFields()[workflows.MemoRow]; ok {
		_ = l.memos.FromPayload(payload, &said)
	}
	return said
}

// amountOf is what visibility says of the amount, nil where it says nothing.
func amountOf(fields map[string]*commonpb.Payload) *decimal.Decimal {
	said, ok := fields[engine.AttrAmount.GetName()]
	var number float64
	if !ok || converter.GetDefaultDataConverter().FromPayload(said, &number) != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return nil
	}
	amount := decimal.NewFromFloat(number)
	return &amount
}

// orderLink opens an order in RO App, "" where that is not known.
func (l *tableLook) orderLink(account string, id int64) string {
	web := l.set.Accounts[account].WebURL
	if web == "" || id == 0 {
		return ""
	}
	return web + "/orders/table/" + strconv.FormatInt(id, 10)
}

// problem says why an account's orders are missing.
func (l *tableLook) problem(account string, err error) string {
	switch {
	case errors.Is(err, errManyReads):
		return fmt.Sprintf("You ask for more lists and searches than RO App's account %s can answer, so its own orders are missing here. Try again in a moment.", account)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("RO App's account %s did not answer in time, for orders go first, so its own orders are missing here. Try again in a moment.", account)
	}
	return fmt.Sprintf("RO App's account %s could not be asked, so its own orders are missing here: %s", account, plainly(err))
}

// Row is one order's row, and whether there is such an order. It may lag a moment
// behind the order.
func (o *Orders) Row(ctx context.Context, key order.Key) (Row, bool, error) {
	look, err := o.newLook(Filter{})
	if err != nil {
		return Row{}, false, err
	}
	rows, err := lister(look.list).all(ctx, ours+" AND "+among("WorkflowId", []string{key.WorkflowID()}))
	if err != nil || len(rows) == 0 {
		return Row{}, false, err
	}
	return look.row(oneOfEach(rows)[0]), true, nil
}
