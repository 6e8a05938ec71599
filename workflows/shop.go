package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// ShopState is what a shop's entity remembers.
type ShopState struct {
	Shop string
	// Subscriptions are kept here, for Cartum lists none.
	Subscriptions map[string]Subscription `json:",omitempty"` // by event
	Delivery      Delivery                `json:",omitzero"`

	Health   Health
	Alerting Alerting `json:",omitzero"`
	// Recent and Whole are the last sweeps that succeeded; a whole one is a
	// recent one as well.
	Recent, Whole *Swept `json:",omitempty"`
	// Absent are the open orders that whole sweeps do not find, by number. An order is
	// reported only after that lasted.
	Absent map[int64]Absence `json:",omitempty"`
	// NextRecent and NextWhole are when the next ones are due.
	NextRecent, NextWhole time.Time `json:",omitzero"`
	// Failures counts those since the last success; until NotBefore passes
	// nothing is tried again.
	Failures  int       `json:",omitempty"`
	NotBefore time.Time `json:",omitzero"`
	// Revision is that of the settings which the shop was last notified of.
	Revision string `json:",omitempty"`
	// Paused is why the shop is not asked for anything.
	Paused string         `json:",omitempty"`
	Import *InitialImport `json:",omitempty"`
}

// ShopInForce is the answer of ShopSettings.
type ShopInForce struct {
	Revision                string
	Paused                  string `json:",omitempty"` // why the shop is not to be asked
	RecentEvery, WholeEvery time.Duration
	// InitialImport is the one that the settings ask for.
	InitialImport *InitialImportWanted `json:",omitempty"`
	// Jitter, from 0 to 1, spreads the sweeps of many shops.
	Jitter float64
}

// SweepInput is what the activity SweepShop works from.
type SweepInput struct {
	Shop  string
	Whole bool // the whole window, not the recent days alone
	// LastWhole is when the last whole sweep started, zero before the first.
	LastWhole time.Time `json:",omitzero"`
	// Absent are the orders that the last whole sweep did not find either.
	Absent map[int64]Absence `json:",omitempty"`
}

// Absence is how long the shop has not shown an order that is open here.
type Absence struct {
	Since time.Time // the first whole sweep that did not find it
	Polls int       // whole sweeps in a row that did not find it
}

// AbsentKept bounds how many absent orders are remembered; more of them at once
// are a fault of the shop's API.
const AbsentKept = 300

// Swept is the answer of SweepShop: counts, for orders go straight to their
// workflows.
type Swept struct {
	At      time.Time // when it started
	Took    time.Duration
	Whole   bool `json:",omitempty"`
	Seen    int  // orders that the shop showed
	Started int  // of them new ones
	// Fresh are those of the new ones that were placed lately, so that their events
	// should have come.
	Fresh      int `json:",omitempty"`
	Told       int // of them known ones that differed, and missing ones
	Unreadable int `json:",omitempty"`
	Missing    int `json:",omitempty"` // open orders that the shop does not show
	Requests   int // to the shop
	// Absent are the missing ones, of a whole sweep.
	Absent map[int64]Absence `json:",omitempty"`
	// Found are the orders that could not be passed on as they are, and others
	// that need somebody; the first ones, [FindingsKept] at most.
	Found []Finding `json:",omitempty"`
}

// ResumeInput is what the activity ResumeHeld works from.
type ResumeInput struct {
	Shop    string `json:",omitempty"`
	Account string `json:",omitempty"` // where there is no shop: all shops of the account
	// Reasons are the holds that may be over; empty are all.
	Reasons []order.HoldReason `json:",omitempty"`
	// Revision of the settings in force, as in the signal.
	Revision string
}

// answersAgain are the holds that end when a service answers again.
var answersAgain = []order.HoldReason{order.HoldUnreachable, order.HoldCredentials, order.HoldUnknownShop}

// resumeOptions are those of resuming held orders, which asks no service.
func resumeOptions(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: engine.OrdersQueue, Summary: summary,
		StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: 20 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 2 * time.Second, MaximumInterval: time.Minute, MaximumAttempts: 20},
	})
}

// Shop is the entity of a shop. It sweeps the shop's orders, carries out the
// initial import, keeps the webhooks subscribed, and knows the health of all that.
func Shop(ctx workflow.Context, state ShopState) error {
	r := newShopRun(ctx, state)
	if err := workflow.SetQueryHandler(ctx, QueryShop, func() (ShopView, error) { return r.view(), nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, QueryState, func() (ShopState, error) { return r.state, nil }); err != nil {
		return err
	}
	err := r.state.Alerting.watch(ctx, watched{
		owner: Owner{Shop: r.state.Shop}, health: &r.state.Health, found: r.found,
		complete: func(v *HealthView) { v.Import = r.state.Import },
	})
	if err != nil {
		return err
	}
	r.readSettings(ctx)
	for ctx.Err() == nil {
		r.drain(ctx)
		if r.handOn(ctx) {
			return workflow.NewContinueAsNewError(ctx, ShopWorkflow, r.state)
		}
		r.start(ctx)
		r.describe(ctx)
		r.wait(ctx)
	}
	return ctx.Err() // canceled: the workers start the entity again
}

// shopRun is one run of the entity.
type shopRun struct {
	state    ShopState
	started  time.Time
	settings ShopInForce

	pollRequested, settingsChanged, wanted, removed, received, importWanted, importStop, repeated workflow.ReceiveChannel

	// asked is set where somebody wants a sweep now.
	asked bool
	// stale is set where other settings are in force.
	stale bool
	// recovered is set where the shop answers again: orders wait for that.
	recovered bool

	// These run, or are nil.
	sweep        workflow.Future
	slice        workflow.Future // of the initial import
	held         workflow.Future // held orders are being resumed
	subscription workflow.Future

	sweepWhole bool
	sweepAt    time.Time
	sliceOf    *InitialImport

	timer     workflow.Future
	timerAt   time.Time
	stopTimer workflow.CancelFunc
}

func newShopRun(ctx workflow.Context, state ShopState) *shopRun {
	if state.Subscriptions == nil {
		state.Subscriptions = map[string]Subscription{}
	}
	return &shopRun{
		state: state, started: workflow.Now(ctx), stopTimer: func() {},
		pollRequested:   workflow.GetSignalChannel(ctx, SignalPoll),
		settingsChanged: workflow.GetSignalChannel(ctx, SignalSettings),
		wanted:          workflow.GetSignalChannel(ctx, SignalWebhooks),
		removed:         workflow.GetSignalChannel(ctx, SignalWebhookRemoved),
		received:        workflow.GetSignalChannel(ctx, SignalWebhookReceived),
		importWanted:    workflow.GetSignalChannel(ctx, SignalInitialImport),
		importStop:      workflow.GetSignalChannel(ctx, SignalStopInitialImport),
		repeated:        workflow.GetSignalChannel(ctx, SignalTaskRepeated),
	}
}

// drain takes all waiting signals into the state.
func (r *shopRun) drain(ctx workflow.Context) {
	for r.pollRequested.ReceiveAsync(nil) {
		r.asked = true
	}
	drain(r.settingsChanged, func(revision string) {
		// The first revision that a shop is notified of is the one that it started with.
		r.stale = r.stale || r.state.Revision != "" && revision != r.state.Revision
		r.state.Revision = revision
	})
	drain(r.importWanted, func(want InitialImportWanted) { r.state.wantImport(want, workflow.Now(ctx)) })
	for r.importStop.ReceiveAsync(nil) {
		r.state.stopImport()
	}
	drain(r.repeated, r.state.Alerting.suspect)
	r.webhooks(ctx)
}

const (
	// shopRunLife bounds a run's history: six hours of a sweep each minute.
	shopRunLife = 6 * time.Hour
	// pausedPoll is how often a paused shop reads the settings by itself, in case no
	// notice arrives.
	pausedPoll = 15 * time.Minute
)

// handOn reports whether the run is long enough and nothing is in progress. Every
// signal has been drained.
func (r *shopRun) handOn(ctx workflow.Context) bool {
	return r.worn(ctx) && r.sweep == nil && r.slice == nil && r.held == nil && r.subscription == nil && !r.stale && !r.asked && !r.recovered &&
		r.wanted.Len()+r.removed.Len() == 0
}

func (r *shopRun) worn(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() || workflow.Now(ctx).Sub(r.started) > shopRunLife
}

// readSettings asks what is in force. The shop's first sweep comes within a tenth
// of an interval, so that a hundred shops do not start at once.
func (r *shopRun) readSettings(ctx workflow.Context) {
	ctx = planOptions(ctx, "Read what is in force for the shop")
	var in ShopInForce
	if err := workflow.ExecuteLocalActivity(ctx, ActivityShopSettings, r.state.Shop).Get(ctx, &in); err != nil {
		workflow.GetLogger(ctx).Error("the shop's settings cannot be read", "error", err)
		return
	}
	now := workflow.Now(ctx)
	r.settings, r.state.Paused = in, in.Paused
	if in.Paused != "" {
		r.state.NotBefore = now.Add(pausedPoll)
		return
	}
	if r.state.NextWhole.IsZero() {
		r.state.NextWhole = now.Add(in.RecentEvery/20 + part(in.RecentEvery/20, in.Jitter))
	}
	// An interval that was shortened counts from now.
	r.state.NextWhole = sooner(r.state.NextWhole, now.Add(in.WholeEvery))
	r.state.NextRecent = sooner(r.state.NextRecent, now.Add(in.RecentEvery))
	if in.InitialImport != nil && r.state.Import == nil {
		r.state.wantImport(*in.InitialImport, now)
	}
}

func part(of time.Duration, jitter float64) time.Duration {
	return time.Duration(float64(of) * jitter)
}

func sooner(a, b time.Time) time.Time {
	if !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// start starts what is due and does not run yet.
func (r *shopRun) start(ctx workflow.Context) {
	now := workflow.Now(ctx)
	if r.stale {
		r.stale, r.asked = false, true
		r.state.NotBefore = time.Time{}
		r.readSettings(ctx)
		r.resume(ctx, "Resume the held orders: the settings changed", nil)
		r.recovered = false // among them
	}
	if r.recovered && r.held == nil {
		r.recovered = false
		r.resume(ctx, "Resume the orders that wait for the shop: it answers again", answersAgain)
	}
	if r.state.Paused != "" {
		r.asked = false
		if now.Before(r.state.NotBefore) {
			return
		}
		r.readSettings(ctx)
		if r.state.Paused != "" {
			return
		}
		r.state.NotBefore = time.Time{} // it is back
	}
	if r.sweep == nil && (r.asked || (r.due(now) && !now.Before(r.state.NotBefore))) {
		r.startSweep(ctx)
	}
	r.startSlice(ctx)
}

func (r *shopRun) due(now time.Time) bool {
	return !now.Before(r.state.NextRecent) || !now.Before(r.state.NextWhole)
}

func (r *shopRun) startSweep(ctx workflow.Context) {
	now := workflow.Now(ctx)
	r.sweepWhole = r.asked || !now.Before(r.state.NextWhole)
	r.asked, r.sweepAt = false, now
	r.readSettings(ctx)
	if r.state.Paused != "" {
		return
	}
	in := SweepInput{Shop: r.state.Shop, Whole: r.sweepWhole}
	if r.state.Whole != nil {
		in.LastWhole = r.state.Whole.At
	}
	if in.Whole {
		in.Absent = r.state.Absent
	}
	summary := "Sweep the recent orders"
	if in.Whole {
		summary = "Sweep all orders"
	}
	r.sweep = workflow.ExecuteActivity(r.shopOptions(ctx, summary, 30*time.Minute), ActivitySweepShop, in)
}

// shopOptions are those of a long activity that asks the shop. It beats, so
// that a process that is gone is noticed; a shop that has no worker any more
// does not stop the entity.
func (r *shopRun) shopOptions(ctx workflow.Context, summary string, timeout time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: engine.CartumQueue(r.state.Shop), Summary: summary,
		ScheduleToStartTimeout: 5 * time.Minute, StartToCloseTimeout: timeout, HeartbeatTimeout: 20 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 2 * time.Second, MaximumInterval: time.Minute, MaximumAttempts: 3},
	})
}

// endSweep applies how the sweep ended. What failed is due again soon.
func (r *shopRun) endSweep(ctx workflow.Context) {
	var swept Swept
	err := r.sweep.Get(ctx, &swept)
	now := workflow.Now(ctx)
	r.sweep = nil
	if ctx.Err() != nil {
		return // it says nothing of the shop
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("the sweep failed; it is repeated", "shop", r.state.Shop, "error", err)
		r.state.Health.failed(now, err)
		r.state.Failures++
		r.state.NotBefore = now.Add(pauseAfter(r.state.Health.Kind, r.state.Failures))
		if r.sweepWhole {
			r.state.NextWhole = sooner(r.state.NextWhole, now)
		}
		r.state.NextRecent = sooner(r.state.NextRecent, now)
		return
	}
	r.recovered = r.recovered || !r.state.Health.FailingSince.IsZero()
	r.state.Health.succeeded(swept.At)
	r.state.Failures, r.state.NotBefore = 0, time.Time{}
	r.state.Recent = &swept
	r.state.Delivery.found(swept.Fresh, swept.At)
	r.state.NextRecent = r.sweepAt.Add(r.settings.RecentEvery + part(r.settings.RecentEvery/10, r.settings.Jitter))
	if swept.Whole {
		r.state.Absent, swept.Absent = swept.Absent, nil
		r.state.Whole = &swept
		r.state.NextWhole = r.sweepAt.Add(r.settings.WholeEvery + part(r.settings.WholeEvery/10, r.settings.Jitter))
	}
}

// pauseAfter is how long a shop rests after so many failures. Refused credentials
// are tried slowly, so that the login is not locked.
func pauseAfter(kind order.FailureKind, failures int) time.Duration {
	pauses := []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 2 * time.Minute}
	if kind == order.FailCredentials {
		pauses = credentialPauses
	}
	return pauses[min(failures, len(pauses))-1]
}

// resume has held orders check their cause again.
func (r *shopRun) resume(ctx workflow.Context, why string, reasons []order.HoldReason) {
	in := ResumeInput{Shop: r.state.Shop, Reasons: reasons, Revision: r.state.Revision}
	r.held = workflow.ExecuteActivity(resumeOptions(ctx, why), ActivityResumeHeld, in)
}

// found is what the last sweeps found. A whole one, which is among the recent
// ones, sees more; a recent one sees it sooner.
func (r *shopRun) found() []Finding {
	var found []Finding
	for _, swept := range []*Swept{r.state.Whole, r.state.Recent} {
		if swept == nil {
			continue
		}
		for _, finding := range swept.Found {
			if !slices.ContainsFunc(found, finding.same) {
				found = append(found, finding)
			}
		}
	}
	return found
}

// wait waits for news or for the next thing that is due.
func (r *shopRun) wait(ctx workflow.Context) {
	selector := workflow.NewSelector(ctx)
	woken := func(workflow.ReceiveChannel, bool) {} // drained afterwards
	selector.AddReceive(ctx.Done(), woken)
	channels := []workflow.ReceiveChannel{r.pollRequested, r.settingsChanged, r.received, r.importWanted, r.importStop, r.repeated}
	if r.subscription == nil {
		channels = append(channels, r.wanted, r.removed)
	}
	for _, channel := range channels {
		selector.AddReceive(channel, woken)
	}
	if r.sweep != nil {
		selector.AddFuture(r.sweep, func(workflow.Future) { r.endSweep(ctx) })
	}
	if r.slice != nil {
		selector.AddFuture(r.slice, func(workflow.Future) { r.endSlice(ctx) })
	}
	if r.held != nil {
		selector.AddFuture(r.held, func(f workflow.Future) {
			r.held = nil
			if err := f.Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Warn("held orders were not resumed; they check their cause by themselves", "error", err)
			}
		})
	}
	if r.subscription != nil {
		selector.AddFuture(r.subscription, func(workflow.Future) { r.subscription = nil })
	}
	r.setTimer(ctx)
	if r.timer != nil {
		selector.AddFuture(r.timer, func(workflow.Future) { r.timer = nil })
	}
	selector.Select(ctx)
}

// setTimer keeps one timer, at the next moment at which something is due.
func (r *shopRun) setTimer(ctx workflow.Context) {
	at := r.nextDue(ctx)
	if r.timer != nil && r.timerAt.Equal(at) {
		return
	}
	r.stopTimer()
	r.timer = nil
	if at.IsZero() {
		return
	}
	timerCtx, stop := workflow.WithCancel(ctx)
	r.timer, r.timerAt, r.stopTimer = workflow.NewTimer(timerCtx, max(at.Sub(workflow.Now(ctx)), time.Millisecond)), at, stop
}

// nextDue is zero where only news can wake the shop.
func (r *shopRun) nextDue(ctx workflow.Context) time.Time {
	if r.state.Paused != "" {
		return r.state.NotBefore
	}
	var next time.Time
	if r.sweep == nil {
		next = sooner(r.state.NextWhole, r.state.NextRecent)
		if next.Before(r.state.NotBefore) {
			next = r.state.NotBefore
		}
	}
	if at := r.nextSlice(ctx); !at.IsZero() && (next.IsZero() || at.Before(next)) {
		next = at
	}
	return next
}
