package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// MissingReason says why an order of the shop does not exist in RO App.
type MissingReason string

// Why orders are missing.
const (
	MissingHeld      MissingReason = "held"      // it waits for somebody
	MissingImporting MissingReason = "importing" // it is on its way
	MissingClosed    MissingReason = "closed"    // it is not to be there: cancelled before it was seen, or given up
	MissingSkipped   MissingReason = "skipped"   // from before the shop was connected, in a status that the initial import leaves out
	MissingOlder     MissingReason = "older"     // from before the shop was connected, and no initial import brought it
	MissingUnknown   MissingReason = "unknown"   // the exchange does not know it, though it should
)

// Missing is an order of the shop that does not stand whole in RO App.
type Missing struct {
	Key    order.Key
	Sum    *decimal.Decimal // in the shop; nil where it cannot be read
	Status int              // in the shop, 0 where it cannot be read
	Reason MissingReason
	Hold   order.HoldReason // where it is held
	// Currency is that of Sum.
	Currency string
}

// Different is an order whose sum in the shop is another than its total in RO App.
type Different struct {
	Key          order.Key
	Currency     string // of Shop
	Shop         *decimal.Decimal
	Roapp        decimal.Decimal // in the account's currency
	WrittenOff   bool            // then changes are not synced any more
	RoappOrderID int64
}

// Tally counts orders and adds up their sums, each currency by itself.
type Tally struct {
	Orders int
	Sums   map[string]decimal.Decimal
	// Counts are the orders by currency, also those without a sum.
	Counts map[string]int
}

func (t *Tally) add(sum *decimal.Decimal, currency string) {
	if t.Counts == nil {
		t.Sums, t.Counts = map[string]decimal.Decimal{}, map[string]int{}
	}
	t.Orders++
	t.Counts[currency]++
	if sum != nil {
		t.Sums[currency] = t.Sums[currency].Add(*sum)
	}
}

// Money is a sum in a currency.
type Money struct {
	Currency string
	Sum      decimal.Decimal
}

// Money are the sums by currency, sorted.
func (t Tally) Money() []Money {
	var all []Money
	for _, currency := range slices.Sorted(maps.Keys(t.Sums)) {
		all = append(all, Money{currency, t.Sums[currency]})
	}
	return all
}

// ReconciledDay compares one day.
type ReconciledDay struct {
	Day string // "2026-11-01", on the shop's clock
	// Shop are the orders that the shop has, Roapp those of them that exist whole in
	// RO App, with their totals there.
	Shop, Roapp Tally
	Missing     []Missing
	Different   []Different
	Unreadable  int // of the shop's, whose sums could not be read
	// Unread are orders that are known to exist in RO App, and whose totals its list
	// did not show.
	Unread int
}

// ReconciledCurrency compares the orders of one currency, each sum as its own side
// has it.
type ReconciledCurrency struct {
	Currency    string
	Shop, Roapp struct {
		Orders int
		Sum    decimal.Decimal
	}
}

// Difference is by how much RO App's sum is above the shop's.
func (c ReconciledCurrency) Difference() decimal.Decimal { return c.Roapp.Sum.Sub(c.Shop.Sum) }

// Currencies compares each currency of a side, sorted.
func (d ReconciledDay) Currencies() []ReconciledCurrency {
	codes := map[string]bool{}
	for _, side := range []Tally{d.Shop, d.Roapp} {
		for currency := range side.Counts {
			codes[currency] = true
		}
	}
	var all []ReconciledCurrency
	for _, currency := range slices.Sorted(maps.Keys(codes)) {
		one := ReconciledCurrency{Currency: currency}
		one.Shop.Orders, one.Shop.Sum = d.Shop.Counts[currency], d.Shop.Sums[currency]
		one.Roapp.Orders, one.Roapp.Sum = d.Roapp.Counts[currency], d.Roapp.Sums[currency]
		all = append(all, one)
	}
	return all
}

// Wanted are the missing orders that ought to be there.
func (d ReconciledDay) Wanted() []Missing {
	var wanted []Missing
	for _, one := range d.Missing {
		if !one.meant() {
			wanted = append(wanted, one)
		}
	}
	return wanted
}

// Reconciliation proves, day by day, that a shop's orders exist in RO App.
type Reconciliation struct {
	Shop     string
	Currency string    // the account's
	From, To string    // days on the shop's clock, both inclusive
	ReadAt   time.Time // when the shop was read
	Days     []ReconciledDay
	// Total adds the days up.
	Total ReconciledDay
	// Unnumbered are rows of the shop's answers that do not say which order they
	// are.
	Unnumbered int
}

// Complete tells whether no order is missing, but for those that are not to be
// there.
func (c Reconciliation) Complete() bool { return c.Unnumbered == 0 && len(c.Wanted()) == 0 }

// Wanted are the missing orders of all days that ought to be there.
func (c Reconciliation) Wanted() []Missing { return c.Total.Wanted() }

// meant tells that the order is missing by the settings or by somebody's wish.
func (m Missing) meant() bool {
	return m.Reason == MissingClosed || m.Reason == MissingSkipped || m.Reason == MissingOlder
}

// stillReading asks to come back: the answer is not there yet.
func stillReading() *Error { return &Error{Code: StillReading, Text: "the shop is being read"} }

const (
	// reconciledFor is how long what was read of the shop is good for another
	// look; what RO App has is looked at each time.
	reconciledFor = 10 * time.Minute
	// reconcileWithin ends a run whose shop does not answer.
	reconcileWithin = 30 * time.Minute
)

// Reconciliation compares the days as far as the shop was read; it begins reading
// where nobody did so in the last ten minutes, or where fresh is set. Meanwhile
// it answers [StillReading]; a failure of the last run is told once it is over.
func (o *Orders) Reconciliation(ctx context.Context, in workflows.ReconcileInput, fresh bool) (Reconciliation, error) {
	if err := o.mayReconcile(in); err != nil {
		return Reconciliation{}, err
	}
	last, err := o.lastRun(ctx, workflows.ReconcileID(in))
	switch {
	case err != nil:
		return Reconciliation{}, err
	case last != nil && last.running:
		return Reconciliation{}, stillReading()
	case last == nil || fresh || time.Since(last.ended) > reconciledFor:
		busy, err := o.readingOther(ctx, in)
		if err == nil && !busy {
			_, err = o.startReconcile(ctx, in)
		}
		if err != nil {
			return Reconciliation{}, err
		}
		return Reconciliation{}, stillReading()
	}
	return o.compared(ctx, last)
}

// readingOther tells whether other days of the shop are being read for somebody:
// a shop is read for one comparison at a time, and these days are next where they
// are still asked for by then.
func (o *Orders) readingOther(ctx context.Context, in workflows.ReconcileInput) (bool, error) {
	id := workflows.ReconcileID(in)
	o.reconciling.Lock()
	defer o.reconciling.Unlock()
	if other := o.lastReconciled[in.Shop]; other != "" && other != id {
		if last, err := o.lastRun(ctx, other); err != nil || last != nil && last.running {
			return err == nil, err
		}
	}
	o.lastReconciled[in.Shop] = id
	return false, nil
}

// Reconcile reads the shop's days and compares them. All who ask for the same
// days while they are read share one reading.
func (o *Orders) Reconcile(ctx context.Context, in workflows.ReconcileInput) (Reconciliation, error) {
	if err := o.mayReconcile(in); err != nil {
		return Reconciliation{}, err
	}
	run, err := o.startReconcile(ctx, in)
	if err != nil {
		return Reconciliation{}, err
	}
	return o.compared(ctx, run)
}

func (o *Orders) mayReconcile(in workflows.ReconcileInput) error {
	if err := o.InForce(in.Shop); err != nil {
		return err
	}
	if err := in.Check(); err != nil {
		return invalid("from", err.Error())
	}
	return nil
}

func (o *Orders) startReconcile(ctx context.Context, in workflows.ReconcileInput) (client.WorkflowRun, error) {
	return o.start(ctx, client.StartWorkflowOptions{
		ID: workflows.ReconcileID(in), WorkflowExecutionTimeout: reconcileWithin,
		StaticSummary: "Orders of shop " + in.Shop + ", " + in.From + " to " + in.To,
	}, workflows.ReconcileWorkflow, in)
}

func (o *Orders) compared(ctx context.Context, run client.WorkflowRun) (Reconciliation, error) {
	var read workflows.Reconciled
	if err := run.Get(ctx, &read); err != nil {
		if ctx.Err() != nil {
			return Reconciliation{}, fmt.Errorf("wait for the shop's orders: %w", err)
		}
		return Reconciliation{}, &Error{Code: NotRead, Text: "the orders could not be read: " + plainly(err)}
	}
	known, err := o.standings(ctx, read)
	if err != nil {
		return Reconciliation{}, err
	}
	set := o.settings.Current()
	shop := set.Shops[read.Shop]
	c := comparison{
		read: read, known: known, since: shop.Since.Format(time.DateOnly), skip: shop.InitialImport.SkipStatuses,
		currency: set.Accounts[shop.Account].Currency,
	}
	return c.compare(), nil
}

// standing is how an order stands, as the search attributes say.
type standing struct {
	state order.SyncState
	order int64 // in RO App, 0 where it does not exist there
	// whole is set once the order stood in RO App with all that belongs to it.
	whole      bool
	hold       order.HoldReason // that it is held for, or was when its workflow ended
	writtenOff bool
}

// held is why the order is held, "" where it is not.
func (s standing) held() order.HoldReason {
	if s.state != order.SyncHeld {
		return ""
	}
	return s.hold
}

// stands tells whether the order stands whole in RO App.
func (s standing) stands() bool { return s.order != 0 && s.whole && s.hold != order.HoldOrderGone }

// comparison compares what the shop has with what exists in RO App.
type comparison struct {
	read  workflows.Reconciled
	known map[int64]standing
	since string // the day from which sweeps import
	skip  []int
	// currency is the account's.
	currency string
}

func (c comparison) compare() Reconciliation {
	out := Reconciliation{Shop: c.read.Shop, From: c.read.From, To: c.read.To, ReadAt: c.read.At, Unnumbered: c.read.Unnumbered, Currency: c.currency}
	placed := map[string][]workflows.ShopOrder{} // by day
	for _, one := range slices.SortedFunc(slices.Values(c.read.Orders), func(a, b workflows.ShopOrder) int { return cmp.Compare(a.Number, b.Number) }) {
		placed[one.Day] = append(placed[one.Day], one)
	}
	for _, name := range daysOf(c.read.From, c.read.To) {
		day := ReconciledDay{Day: name}
		for _, one := range placed[name] {
			c.take(&day, one)
			c.take(&out.Total, one)
		}
		out.Days = append(out.Days, day)
	}
	return out
}

// take counts one order of the shop.
func (c comparison) take(day *ReconciledDay, one workflows.ShopOrder) {
	currency := cmp.Or(one.Currency, c.currency)
	day.Shop.add(one.Sum, currency)
	if one.Sum == nil {
		day.Unreadable++
	}
	is, known := c.known[one.Number]
	key := order.Key{Shop: c.read.Shop, Number: one.Number}
	if !known || !is.stands() {
		day.Missing = append(day.Missing, Missing{
			Key: key, Sum: one.Sum, Currency: currency, Status: one.Status, Reason: c.reason(one, is, known), Hold: is.held(),
		})
		return
	}
	day.Roapp.add(one.RoappTotal, c.currency)
	switch {
	case one.RoappTotal == nil:
		day.Unread++
	case one.Sum != nil && (currency != c.currency || !one.SameSum()):
		day.Different = append(day.Different, Different{
			Key: key, Currency: currency, Shop: one.Sum, Roapp: *one.RoappTotal, WrittenOff: is.writtenOff, RoappOrderID: is.order,
		})
	}
}

func (c comparison) reason(one workflows.ShopOrder, is standing, known bool) MissingReason {
	switch {
	case is.held() != "":
		return MissingHeld
	case known && (is.state == order.SyncImporting || is.state == order.SyncSynced):
		return MissingImporting
	case known && is.state != order.SyncFailed:
		return MissingClosed
	case known || one.Day >= c.since:
		return MissingUnknown
	case slices.Contains(c.skip, one.Status):
		return MissingSkipped
	default:
		return MissingOlder
	}
}

// daysOf are all days of a range, newest first.
func daysOf(from, to string) []string {
	first, _ := time.Parse(time.DateOnly, from) // checked before it was read
	day, _ := time.Parse(time.DateOnly, to)
	var days []string
	for ; !day.Before(first); day = day.AddDate(0, 0, -1) {
		days = append(days, day.Format(time.DateOnly))
	}
	return days
}

// ImportMissing asks for missing orders as a person does, also for those that
// are skipped or older. Held ones are looked at again. Asking twice does no harm.
func (o *Orders) ImportMissing(ctx context.Context, missing []Missing, by string) error {
	var group errgroup.Group
	group.SetLimit(askedAtOnce)
	for _, one := range missing {
		if one.Reason != MissingImporting {
			group.Go(func() error {
				if err := o.InForce(one.Key.Shop); err != nil {
					return err
				}
				return o.bringByHand(ctx, one.Key, by) // the shop showed it
			})
		}
	}
	return group.Wait()
}

// askedAtOnce bounds the signals that are on their way.
const askedAtOnce = 8

// aroundDays is how far an order's creation, which is kept as a moment, may be
// from the day on the shop's clock, whose zone may be set wrong.
const aroundDays = 48 * time.Hour

// standings lists how the orders stand: those created in these days, and those
// that nobody could read yet. The list may lag by seconds.
func (o *Orders) standings(ctx context.Context, read workflows.Reconciled) (map[int64]standing, error) {
	from, _ := time.Parse(time.DateOnly, read.From) // checked before it was read
	to, _ := time.Parse(time.DateOnly, read.To)
	orders, err := o.index.Orders(ctx, index.All(
		index.OfShops(read.Shop), index.PlacedBetween(from.Add(-aroundDays), to.Add(24*time.Hour+aroundDays)),
	), 0)
	if err != nil {
		return nil, fmt.Errorf("list the orders of shop %s: %w", read.Shop, err)
	}
	known := map[int64]standing{}
	for _, one := range orders {
		known[one.Key.Number] = standing{
			state: one.State(), order: one.RoappOrder(), whole: !one.Synced().IsZero(), hold: one.LastReason(), writtenOff: one.WrittenOff(),
		}
	}
	return known, nil
}

// plainly says why a workflow failed in words for a person.
func plainly(err error) string {
	var app *temporal.ApplicationError
	var late *temporal.TimeoutError
	switch {
	case errors.As(err, &app):
		return app.Message()
	case errors.As(err, &late):
		return "it took too long; is a worker running?"
	default:
		return err.Error()
	}
}
