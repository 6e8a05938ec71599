package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// AccountState is what an account's entity remembers. It travels through
// continue-as-new.
type AccountState struct {
	Account string
	// Cursor is up to when changes of the account's orders were handed over, by
	// RO App's clock; zero before the first.
	Cursor time.Time `json:",omitzero"`
	// Place is where an unfinished collection goes on.
	Place *Place `json:",omitempty"`
	// Told is what was handed over of orders near the cursor, by RO App's order
	// id: they are listed again, for a row may show late.
	Told map[int64]Dispatched `json:",omitempty"`

	Asked   time.Time  `json:",omitzero"` // when RO App was last asked
	Current Collection `json:",omitzero"` // the unfinished collection
	Last    Collection `json:",omitzero"` // the last one that succeeded
	// Looked is when a poll was last requested, zero once it is done.
	Looked   time.Time `json:",omitzero"`
	Revision string    `json:",omitempty"` // of the settings, as last notified
	// Resettled is set when other settings came into force.
	Resettled bool `json:",omitempty"`

	Every time.Duration `json:",omitempty"` // between two collections, as last answered
	Lag   time.Duration `json:",omitempty"` // of RO App's lists, as last answered

	Health   Health   `json:",omitzero"`
	Alerting Alerting `json:",omitzero"`
	Failures int      `json:",omitempty"` // since the last success
	// Unreadable are the last orders that could not be read.
	Unreadable []UnreadableOrder `json:",omitempty"`
	// Created are orders of ours that were created in RO App of late, by workflow
	// id. They are found there also when their workflow is gone.
	Created map[string]CreatedOrder `json:",omitempty"`
	// Missing are endpoints that RO App was found not to offer, by method and path.
	Missing map[string]MissingEndpoint `json:",omitempty"`
	// Choices are what people chose between several records, by the record's id.
	Choices map[string]order.Remembered `json:",omitempty"`
}

// Place is a place in the list of changed orders: a page of those modified at
// From or later.
type Place struct {
	From time.Time
	Page int
	// Again is set while rows that were paged by number are read once more.
	Again bool `json:",omitempty"`
}

// Dispatched is what was last handed over of an order.
type Dispatched struct {
	At   time.Time // its modification
	News string
}

// CreatedOrder is the create of an order in RO App.
type CreatedOrder struct {
	At      time.Time
	OrderID int64 `json:",omitempty"` // RO App's; 0 where the answer was lost
}

// Collection counts what one collection brought.
type Collection struct {
	At     time.Time `json:",omitzero"` // its start
	Pages  int       `json:",omitempty"`
	Orders int       `json:",omitempty"` // listed
	Ours   int       `json:",omitempty"` // of them
	Told   int       `json:",omitempty"` // of ours: news that was handed over
}

// UnreadableOrder is an order of RO App with a field that makes no sense.
type UnreadableOrder struct {
	At      time.Time // when it was seen
	OrderID int64     // 0 where that cannot be read either
	Problem string
}

// CollectInput is what the activity CollectChanges works from.
type CollectInput struct {
	Account string
	Cursor  time.Time            `json:",omitzero"`
	Place   *Place               `json:",omitempty"`
	Told    map[int64]Dispatched `json:",omitempty"`
	// Missing are reads that were not offered: whether they are now is asked first.
	Missing []string `json:",omitempty"`
}

// Collected is the answer of CollectChanges about one page. Its cursor has moved
// only over what was handed over.
type Collected struct {
	Cursor     time.Time
	Place      *Place               `json:",omitempty"` // of the next page; nil: that was all
	Told       map[int64]Dispatched `json:",omitempty"`
	Orders     int                  `json:",omitempty"`
	Ours       int                  `json:",omitempty"`
	News       int                  `json:",omitempty"`
	Unreadable []UnreadableOrder    `json:",omitempty"` // not seen before
	Missing    []string             `json:",omitempty"` // of those asked for, still so
	// Created are orders of ours on the page that were created of late, by
	// workflow id.
	Created map[string]CreatedOrder `json:",omitempty"`
	Every   time.Duration           // until the next collection, with jitter
	Lag     time.Duration           `json:",omitempty"`
}

// AccountView is the health of an account's collections, as the query answers it.
type AccountView struct {
	Account    string
	Health     Health
	Cursor     time.Time // changes up to then are handed over, by RO App's clock
	Last       Collection
	Next       time.Time         // when RO App is asked next, at the latest
	Paused     string            `json:",omitempty"` // why nothing is collected
	Unreadable []UnreadableOrder `json:",omitempty"`
}

const (
	// collectEvery is used until the settings' own value is known.
	collectEvery = time.Minute
	// pollSpacing is the least time between two collections, however many ask.
	pollSpacing = 5 * time.Second
	// accountRunLength keeps a run's history short.
	accountRunLength = 6 * time.Hour
	// unreadableKept bounds what is remembered of unreadable orders.
	unreadableKept = 20
	// CreatedKept is how long it is remembered that an order was created in RO App. It
	// is above the age from which every order is looked up before it is created.
	CreatedKept = time.Hour
	// createdMost bounds how many are remembered: an hour at three requests a second.
	createdMost = 3600
)

// credentialPauses is how long refused credentials are left alone.
var credentialPauses = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

// Account is the entity of an account. It collects what changed in RO App and
// hands it to the orders: their totals and statuses.
func Account(ctx workflow.Context, state AccountState) error {
	run := &accountRun{
		state:         state,
		pollRequested: workflow.GetSignalChannel(ctx, SignalPoll),
		settings:      workflow.GetSignalChannel(ctx, SignalSettings),
		choices:       workflow.GetSignalChannel(ctx, SignalRememberChoice),
		given:         workflow.GetSignalChannel(ctx, SignalPermissionGiven),
		missing:       workflow.GetSignalChannel(ctx, SignalEndpointMissing),
		repeated:      workflow.GetSignalChannel(ctx, SignalTaskRepeated),
	}
	if err := workflow.SetQueryHandler(ctx, QueryAccount, run.view); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, QueryChoice, run.choice); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, QueryCreated, func() (map[string]CreatedOrder, error) { return run.state.Created, nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, QueryState, func() (AccountState, error) { return run.state, nil }); err != nil {
		return err
	}
	if err := run.state.Alerting.watch(ctx, watched{owner: Owner{Account: run.state.Account}, health: &run.state.Health}); err != nil {
		return err
	}
	run.resumeHeld(ctx)
	if run.state.Asked.IsZero() {
		run.state.Asked = workflow.Now(ctx) // the first round is not urgent; a requested poll makes it so
	}
	for ctx.Err() == nil {
		run.drain(ctx)
		run.describe(ctx)
		if run.old(ctx) && !run.resuming && len(run.resume) == 0 {
			return workflow.NewContinueAsNewError(ctx, AccountWorkflow, run.state)
		}
		if due := run.state.due(); due.After(workflow.Now(ctx)) {
			run.wait(ctx, due)
			continue
		}
		run.collect(ctx)
	}
	return ctx.Err()
}

// accountRun is one run of the entity.
type accountRun struct {
	state         AccountState
	pollRequested workflow.ReceiveChannel // nothing
	settings      workflow.ReceiveChannel // a revision
	choices       workflow.ReceiveChannel
	given         workflow.ReceiveChannel // nothing: products may be added again

	// resume are the holds that may be over and are yet to be resumed, resuming is
	// set while others are.
	resume   []order.HoldReason
	resuming bool
	missing  workflow.ReceiveChannel // an endpoint
	repeated workflow.ReceiveChannel // a workflow's id
}

func (r *accountRun) view() (AccountView, error) {
	s := &r.state
	return AccountView{
		Account: s.Account, Health: s.Health, Cursor: s.Cursor, Last: s.Last,
		Next: s.due(), Paused: s.paused(), Unreadable: s.Unreadable,
	}, nil
}

func (*accountRun) old(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || workflow.Now(ctx).Sub(info.WorkflowStartTime) > accountRunLength
}

// drain takes all waiting signals into the state.
func (r *accountRun) drain(ctx workflow.Context) {
	for r.pollRequested.ReceiveAsync(nil) {
		r.state.Looked = workflow.Now(ctx)
	}
	drain(r.choices, r.state.remember)
	drain(r.repeated, r.state.Alerting.suspect)
	for r.given.ReceiveAsync(nil) {
		r.mayGoOn(order.HoldMissingRight)
	}
	drain(r.missing, func(endpoint string) { r.state.noteMissing(endpoint, workflow.Now(ctx)) })
	drain(r.settings, func(revision string) {
		// The first revision that an account is notified of is the one that it started
		// with. With another, what was refused may be right, so the pauses start again.
		if r.state.Revision != "" && revision != r.state.Revision {
			r.state.Resettled, r.state.Failures = true, 0
		}
		r.state.Revision = revision
	})
}

// wait waits for the next collection, or until something makes it due at
// another time.
func (r *accountRun) wait(ctx workflow.Context, due time.Time) {
	timerCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	over := false
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(workflow.NewTimer(timerCtx, due.Sub(workflow.Now(ctx))), func(workflow.Future) { over = true })
	for _, channel := range []workflow.ReceiveChannel{r.pollRequested, r.settings, r.choices, r.given, r.missing, r.repeated} {
		selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) { r.drain(ctx) })
	}
	for !over && r.state.due().Equal(due) {
		selector.Select(ctx)
	}
}

// due is when RO App is asked next. A requested poll is served at once, and once
// more after the lists had time to follow; a failure is not tried again sooner for
// it.
func (s *AccountState) due() time.Time {
	soon := s.Asked.Add(pollSpacing)
	switch {
	case s.Resettled:
		return soon
	case s.Failures > 0:
		return s.Asked.Add(s.pause())
	case s.Place != nil:
		return s.Asked // what was missed is caught up without a pause
	}
	next := s.Asked.Add(s.every())
	if s.Looked.IsZero() {
		return next
	}
	wanted := s.Looked
	if !s.Looked.After(s.Last.At) {
		wanted = s.Looked.Add(s.Lag)
	}
	return earlier(next, later(wanted, soon))
}

func (s *AccountState) every() time.Duration { return cmp.Or(s.Every, collectEvery) }

// pause is how long a failure is left alone.
func (s *AccountState) pause() time.Duration {
	switch s.Health.Kind {
	case order.FailCredentials:
		return credentialPauses[min(s.Failures, len(credentialPauses))-1]
	case order.FailUnknownShop:
		return credentialPauses[len(credentialPauses)-1]
	default:
		return s.every()
	}
}

// paused says why nothing is collected until the settings change.
func (s *AccountState) paused() string {
	if s.Failures == 0 {
		return ""
	}
	switch s.Health.Kind {
	case order.FailCredentials:
		return "RO App refuses the account's api_key; once the settings have the right one it goes on by itself"
	case order.FailUnknownShop:
		return "the settings have no such account; once they have, it goes on from where it was"
	default:
		return ""
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// collect reads one page of what changed.
func (r *accountRun) collect(ctx workflow.Context) {
	s, now := &r.state, workflow.Now(ctx)
	s.Asked, s.Resettled = now, false
	if s.Place == nil || s.Current.At.IsZero() {
		s.Current = Collection{At: now}
	}
	in := CollectInput{Account: s.Account, Cursor: s.Cursor, Place: s.Place, Told: s.Told, Missing: s.missingReads()}
	out, err := execute[Collected](workflow.WithActivityOptions(ctx, collectOptions(s.Account)), ActivityCollectChanges, in)
	if ctx.Err() != nil {
		return // it says nothing of RO App
	}
	if err != nil {
		s.Failures++
		s.Health.failed(workflow.Now(ctx), notTaken(err))
		workflow.GetLogger(ctx).Warn("changes in RO App were not collected; the next collection catches up",
			"account", s.Account, "problem", s.Health.Problem)
		return
	}
	failed := !s.Health.FailingSince.IsZero()
	s.take(out, now)
	s.takeMissing(in.Missing, out.Missing, now)
	if failed && s.Health.FailingSince.IsZero() {
		r.mayGoOn(answersAgain...)
	}
}

// mayGoOn notes holds that may be over.
func (r *accountRun) mayGoOn(reasons ...order.HoldReason) {
	for _, reason := range reasons {
		if !slices.Contains(r.resume, reason) {
			r.resume = append(r.resume, reason)
		}
	}
}

// resumeHeld has the orders go on that waited for RO App, beside the rounds.
func (r *accountRun) resumeHeld(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return len(r.resume) > 0 }) == nil {
			in := ResumeInput{Account: r.state.Account, Reasons: r.resume, Revision: r.state.Revision}
			r.resume, r.resuming = nil, true
			options := resumeOptions(ctx, "Resume the orders that wait for RO App: it answers again")
			if err := workflow.ExecuteActivity(options, ActivityResumeHeld, in).Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Warn("held orders were not resumed; they check their cause by themselves", "error", err)
			}
			r.resuming = false
		}
	})
}

// collectOptions are those of reading one page. It heartbeats, unlike the steps
// of orders, because it is never withdrawn: a process that died is noticed soon.
func collectOptions(account string) workflow.ActivityOptions {
	// One request a minute for all orders must not wait behind a backlog: nobody
	// would hear of a write-off.
	options := requestOptions(engine.RoappQueue(account), "Collect what changed", order.UrgencyPerson, 5*time.Minute, 5*time.Second)
	options.HeartbeatTimeout = 30 * time.Second
	options.ScheduleToStartTimeout = 5 * time.Minute
	options.RetryPolicy.MaximumAttempts = 3
	return options
}

// notTaken says in words that no worker took the request.
func notTaken(err error) error {
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) && timeout.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START {
		return errors.New("no worker takes the account's requests: none runs, or the settings do not have the account any more")
	}
	return err
}

// take records what a page brought.
func (s *AccountState) take(out Collected, now time.Time) {
	s.Cursor, s.Place, s.Told = out.Cursor, out.Place, out.Told
	s.Every, s.Lag = out.Every, out.Lag
	s.Current.Pages++
	s.Current.Orders += out.Orders
	s.Current.Ours += out.Ours
	s.Current.Told += out.News
	s.Unreadable = append(s.Unreadable, out.Unreadable...)
	s.Unreadable = slices.Delete(s.Unreadable, 0, max(0, len(s.Unreadable)-unreadableKept))
	s.noteCreated(out.Created, now)
	s.Failures = 0
	s.Health.succeeded(now)
	if s.Place != nil {
		return
	}
	s.Last, s.Current = s.Current, Collection{}
	if !s.Last.At.Before(s.Looked.Add(s.Lag)) {
		s.Looked = time.Time{}
	}
}

// noteCreated remembers orders that were created, and forgets old ones.
func (s *AccountState) noteCreated(created map[string]CreatedOrder, now time.Time) {
	//workflowcheck:ignore each is deleted for itself
	for id, order := range s.Created {
		if now.Sub(order.At) > CreatedKept {
			delete(s.Created, id)
		}
	}
	for _, id := range workflow.DeterministicKeys(created) {
		if s.Created == nil {
			s.Created = map[string]CreatedOrder{}
		}
		if len(s.Created) < createdMost {
			s.Created[id] = created[id]
		}
	}
}

// describe writes what Temporal's own page shows of the account.
func (r *accountRun) describe(ctx workflow.Context) {
	s := &r.state
	var text strings.Builder
	fmt.Fprintf(&text, "**Account %s**: what changes in RO App is handed to the orders.\n\n", s.Account)
	if !s.Last.At.IsZero() {
		fmt.Fprintf(&text, "Last collected %s: orders listed: %d, ours: %d, with news: %d.\n\n", minute(s.Last.At), s.Last.Orders, s.Last.Ours, s.Last.Told)
		fmt.Fprintf(&text, "Everything up to %s is handed over.\n\n", minute(s.Cursor))
	}
	if s.Place != nil {
		fmt.Fprintf(&text, "Catching up, page %d.\n\n", s.Current.Pages+1)
	}
	if s.Failures > 0 {
		fmt.Fprintf(&text, "⚠ Not collected since %s: %s.\n\n", minute(s.Health.FailingSince), order.UIText(s.Health.Problem))
		fmt.Fprintf(&text, "Tried again at %s.\n\n", minute(s.due()))
	}
	if paused := s.paused(); paused != "" {
		fmt.Fprintf(&text, "⚠ Paused: %s.\n\n", order.UIText(paused))
	}
	if s.Failures == 0 && s.Health.Kind == FailEndpointMissing {
		fmt.Fprintf(&text, "⚠ %s. Orders that need it wait and go on by themselves.\n\n", order.UIText(s.Health.Problem))
	}
	for _, unreadable := range s.Unreadable {
		fmt.Fprintf(&text, "- %s order %d of RO App could not be read: %s\n", minute(unreadable.At), unreadable.OrderID, order.UIText(unreadable.Problem))
	}
	workflow.SetCurrentDetails(ctx, text.String())
}
