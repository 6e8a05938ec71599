package activities

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// overlap is added to the account's search_lag: so far before the cursor a
	// collection begins, because a row may show later than one modified after it.
	overlap = 5 * time.Second
	// clockSkew is how far RO App's clock may be ahead of ours. The cursor does
	// not move further, so that one wrong date does not hide all that comes after.
	clockSkew = time.Minute
	// toldLimit bounds what is remembered as told; an order that is told the same
	// twice ignores it.
	toldLimit = 5000
)

// CollectChanges reads one page of the orders that were modified since the
// cursor, and hands to the workflows of ours what is news.
func (a *Activities) CollectChanges(ctx context.Context, in workflows.CollectInput) (workflows.Collected, error) {
	stop := beat(ctx)
	defer stop()
	// The entity paces itself, so it asks past the breaker: it is how a process
	// learns that the credentials are good again.
	acc, err := a.account(in.Account)
	if err != nil {
		return workflows.Collected{}, unknown(ctx, order.SideRoapp, err)
	}
	if in.Cursor.IsZero() {
		if in.Cursor, err = a.oldestOpen(ctx, in.Account); err != nil {
			return workflows.Collected{}, err
		}
	}
	fields, err := acc.orderFields(ctx)
	if err != nil {
		return workflows.Collected{}, acc.roappFailed(ctx, err, asks, true)
	}
	c := &collecting{a: a, acc: acc, fields: fields, told: maps.Clone(in.Told), asked: time.Now()}
	if c.told == nil {
		c.told = map[int64]workflows.Dispatched{}
	}
	c.out.Cursor = in.Cursor
	if c.out.Missing, err = acc.stillMissing(ctx, in.Missing); err != nil {
		return workflows.Collected{}, acc.roappFailed(ctx, err, asks, true)
	}
	place := acc.placeOf(in)
	page, err := acc.client.FindOrders(ctx, roapp.OrderQuery{ModifiedFrom: place.From, Sort: "modified_at", Page: place.Page})
	if err != nil {
		return workflows.Collected{}, acc.roappFailed(ctx, err, asks, true)
	}
	acc.breaker.accepted()
	if err := c.handAll(ctx, page); err != nil {
		return workflows.Collected{}, err
	}
	c.out.Place = placeAfter(place, page)
	return c.answer(), nil
}

// placeOf is where to read: on from the last page, or a new collection.
func (acc *account) placeOf(in workflows.CollectInput) workflows.Place {
	if in.Place != nil {
		return *in.Place
	}
	return workflows.Place{From: in.Cursor.Add(-acc.overlap()), Page: 1}
}

func (acc *account) overlap() time.Duration { return acc.settings.SearchLag + overlap }

// placeAfter is where the list goes on. A list sorted by what changes must not
// be paged by number, for a row that moves would shift others past the reader:
// each page is asked for from the last moment seen. By number it is paged within
// one moment only, and then once more for what was shifted meanwhile.
func placeAfter(at workflows.Place, page roapp.OrderPage) *workflows.Place {
	more := len(page.Orders)+len(page.Failed) > 0 && at.Page < page.TotalPages
	last := lastMoment(page)
	switch {
	case at.Page == 1 && more && last.After(at.From):
		return &workflows.Place{From: last, Page: 1}
	case more && !last.After(at.From):
		return &workflows.Place{From: at.From, Page: at.Page + 1, Again: at.Again}
	case at.Page > 1 && !at.Again:
		return &workflows.Place{From: at.From, Page: 1, Again: true}
	case more:
		return &workflows.Place{From: last, Page: 1}
	default:
		return nil
	}
}

// lastMoment is when the page's last row was modified; zero where the rows are
// not sorted after all.
func lastMoment(page roapp.OrderPage) time.Time {
	sorted := slices.IsSortedFunc(page.Orders, func(a, b roapp.Order) int { return a.ModifiedAt.Compare(b.ModifiedAt) })
	if !sorted || len(page.Orders) == 0 {
		return time.Time{}
	}
	return page.Orders[len(page.Orders)-1].ModifiedAt
}

// collecting is the work on one page.
type collecting struct {
	a      *Activities
	acc    *account
	fields orderFields
	told   map[int64]workflows.Dispatched
	asked  time.Time
	out    workflows.Collected
}

func (c *collecting) handAll(ctx context.Context, page roapp.OrderPage) error {
	c.out.Orders = len(page.Orders) + len(page.Failed)
	for _, row := range page.Orders {
		if err := c.hand(ctx, row); err != nil {
			return err
		}
		c.pass(row.ModifiedAt)
	}
	for _, row := range page.Failed {
		c.note(ctx, row)
		c.pass(row.ModifiedAt)
	}
	return nil
}

// pass moves the cursor over a row.
func (c *collecting) pass(at time.Time) {
	if limit := c.asked.Add(clockSkew); at.After(limit) {
		at = limit
	}
	if at.After(c.out.Cursor) {
		c.out.Cursor = at
	}
}

// hand gives RO App's side of one of our orders to its workflow, unless it was
// told the same before. An order without a living workflow needs no news.
func (c *collecting) hand(ctx context.Context, row roapp.Order) error {
	keys := c.fields.keysOf(row, c.a.settings.Current(), c.acc.id)
	if len(keys) == 0 {
		return nil
	}
	c.out.Ours++
	c.noteCreated(row, keys)
	news := newsOf(row)
	if c.told[row.ID].News == news {
		return nil
	}
	read := c.acc.readOf(row, c.asked)
	read.Listed = true
	for _, key := range keys {
		err := c.a.temporal.SignalWorkflow(ctx, key.WorkflowID(), "", workflows.SignalStatusChanged, read)
		switch {
		case err == nil, engine.Missing(err):
		case engineRefuses(ctx, err):
			c.setAside(ctx, row, key, err)
		default:
			return engineFailed("hand a change to "+key.String(), err)
		}
	}
	c.told[row.ID] = workflows.Dispatched{At: row.ModifiedAt, News: news}
	c.out.News++
	return nil
}

// noteCreated tells of an order that was created of late. Its time is bounded by
// the clock of this process, so that one from the future is not remembered for long.
func (c *collecting) noteCreated(row roapp.Order, keys []order.Key) {
	at := row.CreatedAt
	if at.After(c.asked) {
		at = c.asked
	}
	if c.asked.Sub(at) > workflows.CreatedKept {
		return
	}
	created := workflows.CreatedOrder{At: at, OrderID: row.ID}
	for _, key := range keys {
		if c.out.Created == nil {
			c.out.Created = map[string]workflows.CreatedOrder{}
		}
		c.out.Created[key.WorkflowID()] = created
		if _, known := c.acc.attempted.get(key); !known {
			c.acc.attempted.put(key, created)
		}
	}
}

// engineFailed says that Temporal did not take something. It may a moment later.
func engineFailed(what string, err error) error {
	return temporal.NewApplicationErrorWithCause(fmt.Sprintf("%s: %v", what, err), string(order.FailUnreachable), err)
}

// newsOf stands for all that an order is told.
func newsOf(row roapp.Order) string {
	deduction := "unknown"
	if row.DeductionRequired != nil {
		deduction = strconv.FormatBool(*row.DeductionRequired)
	}
	return fmt.Sprintf("%d %d %s %s", row.ModifiedAt.Unix(), row.StatusID, row.Total, deduction)
}

// unreadable stands for what cannot be told of an order.
const unreadable = "unreadable"

// note remembers a row that cannot be read. It stops no other.
func (c *collecting) note(ctx context.Context, row roapp.RowError) {
	if c.told[row.ID].News == unreadable {
		return
	}
	problem := order.Shorten(row.Err.Error(), findingText)
	activity.GetLogger(ctx).Warn("an order of RO App cannot be read; the others are", "roapp_order", row.ID, "error", problem)
	at := row.ModifiedAt
	if at.IsZero() {
		at = c.out.Cursor
	}
	c.told[row.ID] = workflows.Dispatched{At: at, News: unreadable}
	c.out.Unreadable = append(c.out.Unreadable, workflows.UnreadableOrder{At: c.asked, OrderID: row.ID, Problem: problem})
}

// setAside notes a row that an order cannot be told of. It stops no other.
func (c *collecting) setAside(ctx context.Context, row roapp.Order, key order.Key, err error) {
	activity.GetLogger(ctx).Warn("an order cannot be told of a change; the others are", "order", key, "error", err)
	c.out.Unreadable = append(c.out.Unreadable, workflows.UnreadableOrder{
		At: c.asked, OrderID: row.ID, Problem: order.Shorten(fmt.Sprintf("%s was not told of a change: %v", key, err), findingText),
	})
}

// answer forgets what the next page cannot show again.
func (c *collecting) answer() workflows.Collected {
	from := c.out.Cursor.Add(-c.acc.overlap()).Truncate(time.Second)
	if c.out.Place != nil && c.out.Place.From.Before(from) {
		from = c.out.Place.From.Truncate(time.Second)
	}
	maps.DeleteFunc(c.told, func(_ int64, told workflows.Dispatched) bool { return told.At.Before(from) })
	if len(c.told) > toldLimit {
		clear(c.told)
	}
	c.out.Told, c.out.Lag = c.told, c.acc.settings.SearchLag
	every := c.acc.settings.CollectEvery
	c.out.Every = every - every/20 + rand.N(every/10) //nolint:gosec // accounts need not come together
	return c.out
}

var markerPattern = regexp.MustCompile(`\[(order:[a-z0-9-]+:[0-9]+)\]`)

// keysOf recognises an order of one of the account's shops: by the marker in the
// manager's notes, or by the custom fields. Where the field names no shop of the
// account, since a shop was renamed or staff changed it, each shop may be meant:
// an order's workflow knows its own order in RO App.
func (f orderFields) keysOf(row roapp.Order, s *settings.Settings, account string) []order.Key {
	if match := markerPattern.FindStringSubmatch(row.ManagerNotes); match != nil {
		if key, err := order.ParseWorkflowID(match[1]); err == nil {
			return []order.Key{key}
		}
	}
	if f.externalID == nil {
		return nil
	}
	number, err := strconv.ParseInt(row.CustomFields[f.externalID.ID], 10, 64)
	if err != nil || number <= 0 {
		return nil
	}
	// An order stays in the account in which it was created, whatever account its
	// shop has by now.
	var all []order.Key
	for _, id := range slices.Concat(s.ShopsOf(account), s.ShopsElsewhere(account)) {
		key := order.Key{Shop: id, Number: number}
		if f.shop != nil && order.SameText(row.CustomFields[f.shop.ID], s.Shops[id].Name) {
			return []order.Key{key}
		}
		if s.Shops[id].Account == account {
			all = append(all, key)
		}
	}
	return all
}
