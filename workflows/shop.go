package workflows

import (
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

	Health   Health
	Alerting Alerting `json:",omitzero"`
	// Recent and Whole are the last sweeps that succeeded; a whole one is a
	// recent one as well.
	Recent, Whole *Swept `json:",omitempty"`
	// NextRecent and NextWhole are when the next ones are due.
	NextRecent, NextWhole time.Time `json:",omitzero"`
	// Failures counts those since the last success; until NotBefore passes
	// nothing is tried again.
	Failures  int       `json:",omitempty"`
	NotBefore time.Time `json:",omitzero"`
	// Revision is that of the settings which the shop was last told of.
	Revision string `json:",omitempty"`
	// Paused is why the shop is not asked for anything.
	Paused string       `json:",omitempty"`
	Import *FirstImport `json:",omitempty"`
}

// ShopInForce is the answer of ShopSettings.
type ShopInForce struct {
	Revision                string
	Paused                  string `json:",omitempty"` // why the shop is not to be asked
	RecentEvery, WholeEvery time.Duration
	// FirstImport is the one that the settings ask for.
	FirstImport *FirstImportWanted `json:",omitempty"`
	// Jitter, from 0 to 1, spreads the sweeps of many shops.
	Jitter float64
}

// SweepInput is what the activity SweepShop works from.
type SweepInput struct {
	Shop  string
	Whole bool // the whole window, not the recent days alone
	// LastWhole is when the last whole sweep began, zero before the first.
	LastWhole time.Time `json:",omitzero"`
}

// Swept is the answer of SweepShop: counts, for orders go straight to their
// workflows.
type Swept struct {
	At         time.Time // when it began
	Took       time.Duration
	Whole      bool `json:",omitempty"`
	Seen       int  // orders that the shop showed
	Started    int  // of them new ones
	Told       int  // of them known ones that differed, and missing ones
	Unreadable int  `json:",omitempty"`
	Missing    int  `json:",omitempty"` // open orders that the shop does not show
	Requests   int  // to the shop
}

// TellHeldInput is what the activity TellHeld works from.
type TellHeldInput struct{ Shop, Revision string }

// Shop is the entity of a shop. It sweeps the shop's orders, carries out the
// first import, keeps the webhooks subscribed, and knows how all that fares.
func Shop(ctx workflow.Context, state ShopState) error {
	r := newShopRun(ctx, state)
	if err := workflow.SetQueryHandler(ctx, QueryShop, func() (ShopView, error) { return r.view(), nil }); err != nil {
		return err
	}
	withImport := func(v *HealthView) { v.Import = r.state.Import }
	if err := r.state.Alerting.watch(ctx, Owner{Shop: r.state.Shop}, &r.state.Health, withImport); err != nil {
		return err
	}
	r.readSettings(ctx)
	for {
		r.drain(ctx)
		if r.handOn(ctx) {
			return workflow.NewContinueAsNewError(ctx, ShopWorkflow, r.state)
		}
		r.begin(ctx)
		r.describe(ctx)
		r.wait(ctx)
	}
}

// shopRun is one run of the entity.
type shopRun struct {
	state    ShopState
	started  time.Time
	settings ShopInForce

	look, settingsChanged, wanted, removed, importWanted, importStop workflow.ReceiveChannel

	// asked is set where somebody wants a sweep now.
	asked bool
	// stale is set where other settings are in force.
	stale bool

	// These run, or are nil.
	sweep        workflow.Future
	slice        workflow.Future // of the first import
	held         workflow.Future // the held orders are being told
	subscription workflow.Future

	sweepWhole bool
	sweepAt    time.Time
	sliceOf    *FirstImport

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
		look:            workflow.GetSignalChannel(ctx, SignalLook),
		settingsChanged: workflow.GetSignalChannel(ctx, SignalSettings),
		wanted:          workflow.GetSignalChannel(ctx, SignalWebhooks),
		removed:         workflow.GetSignalChannel(ctx, SignalWebhookRemoved),
		importWanted:    workflow.GetSignalChannel(ctx, SignalFirstImport),
		importStop:      workflow.GetSignalChannel(ctx, SignalStopFirstImport),
	}
}

// drain takes all waiting signals into the state.
func (r *shopRun) drain(ctx workflow.Context) {
	for r.look.ReceiveAsync(nil) {
		r.asked = true
	}
	for {
		var revision string
		if !r.settingsChanged.ReceiveAsync(&revision) {
			break
		}
		// The first one that a shop is told of is the one that it began with.
		if first := r.state.Revision == ""; revision != r.state.Revision {
			r.state.Revision, r.stale = revision, r.stale || !first
		}
	}
	for {
		var want FirstImportWanted
		if !r.importWanted.ReceiveAsync(&want) {
			break
		}
		r.state.wantImport(want, workflow.Now(ctx))
	}
	for r.importStop.ReceiveAsync(nil) {
		r.state.stopImport()
	}
	r.webhooks(ctx)
}

const (
	// shopRunLife bounds a run's history: six hours of a sweep each minute.
	shopRunLife = 6 * time.Hour
	// pausedLook is how often a paused shop looks at the settings by itself, in
	// case nobody tells it.
	pausedLook = 15 * time.Minute
)

// handOn tells that the run is long enough and nothing is under way. Every
// signal has been drained.
func (r *shopRun) handOn(ctx workflow.Context) bool {
	return r.worn(ctx) && r.sweep == nil && r.slice == nil && r.held == nil && r.subscription == nil && !r.stale && !r.asked &&
		r.wanted.Len()+r.removed.Len() == 0
}

func (r *shopRun) worn(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() || workflow.Now(ctx).Sub(r.started) > shopRunLife
}

// readSettings asks what is in force. The shop's first sweep comes within a
// tenth of an interval, so that a hundred shops do not begin at once.
func (r *shopRun) readSettings(ctx workflow.Context) {
	ctx = planOptions(ctx)
	var in ShopInForce
	if err := workflow.ExecuteLocalActivity(ctx, ActivityShopSettings, r.state.Shop).Get(ctx, &in); err != nil {
		workflow.GetLogger(ctx).Error("the shop's settings cannot be read", "error", err)
		return
	}
	now := workflow.Now(ctx)
	r.settings, r.state.Paused = in, in.Paused
	if in.Paused != "" {
		r.state.NotBefore = now.Add(pausedLook)
		return
	}
	if r.state.NextWhole.IsZero() {
		r.state.NextWhole = now.Add(in.RecentEvery/20 + part(in.RecentEvery/20, in.Jitter))
	}
	// An interval that was shortened counts from now.
	r.state.NextWhole = sooner(r.state.NextWhole, now.Add(in.WholeEvery))
	r.state.NextRecent = sooner(r.state.NextRecent, now.Add(in.RecentEvery))
	if in.FirstImport != nil && r.state.Import == nil {
		r.state.wantImport(*in.FirstImport, now)
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

// begin starts what is due and does not run yet.
func (r *shopRun) begin(ctx workflow.Context) {
	now := workflow.Now(ctx)
	if r.stale {
		r.stale, r.asked = false, true
		r.state.NotBefore = time.Time{}
		r.readSettings(ctx)
		r.tellHeld(ctx)
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
		r.beginSweep(ctx)
	}
	r.beginSlice(ctx)
}

func (r *shopRun) due(now time.Time) bool {
	return !now.Before(r.state.NextRecent) || !now.Before(r.state.NextWhole)
}

func (r *shopRun) beginSweep(ctx workflow.Context) {
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
	summary := "Look through the recent orders"
	if in.Whole {
		summary = "Look through all orders"
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

// endSweep takes in how the sweep ended. What failed is due again soon.
func (r *shopRun) endSweep(ctx workflow.Context) {
	var swept Swept
	err := r.sweep.Get(ctx, &swept)
	now := workflow.Now(ctx)
	r.sweep = nil
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
	r.state.Health.succeeded(swept.At)
	r.state.Failures, r.state.NotBefore = 0, time.Time{}
	r.state.Recent = &swept
	r.state.NextRecent = r.sweepAt.Add(r.settings.RecentEvery + part(r.settings.RecentEvery/10, r.settings.Jitter))
	if swept.Whole {
		r.state.Whole = &swept
		r.state.NextWhole = r.sweepAt.Add(r.settings.WholeEvery + part(r.settings.WholeEvery/10, r.settings.Jitter))
	}
}

// pauseAfter is how long a shop rests after so many failures. Refused
// credentials are tried slowly, lest the login be locked.
func pauseAfter(kind order.FailureKind, failures int) time.Duration {
	pauses := []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 2 * time.Minute}
	if kind == order.FailCredentials {
		pauses = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}
	}
	return pauses[min(failures, len(pauses))-1]
}

// tellHeld tells the shop's held orders that other settings are in force.
func (r *shopRun) tellHeld(ctx workflow.Context) {
	options := workflow.ActivityOptions{
		TaskQueue: engine.OrdersQueue, Summary: "Tell the held orders of the new settings",
		StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: 20 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 2 * time.Second, MaximumInterval: time.Minute, MaximumAttempts: 20},
	}
	in := TellHeldInput{Shop: r.state.Shop, Revision: r.state.Revision}
	r.held = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), ActivityTellHeld, in)
}

// wait waits for news or for the next thing that is due.
func (r *shopRun) wait(ctx workflow.Context) {
	selector := workflow.NewSelector(ctx)
	woken := func(workflow.ReceiveChannel, bool) {} // drained afterwards
	channels := []workflow.ReceiveChannel{r.look, r.settingsChanged, r.importWanted, r.importStop}
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
				workflow.GetLogger(ctx).Warn("held orders were not told of the settings; they look by themselves", "error", err)
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
