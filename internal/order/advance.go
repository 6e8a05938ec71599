package order

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Advance applies what happened to an order and decides what to do next. It is the
// only way in which an order's state changes, and the one place where the rules
// are: it reads nothing but its arguments, makes no requests and has no clock.
//
// The workflow runs it as a local activity, so its answer is recorded: rules and
// settings may change at any time, and running orders still replay.
//
// It does not fail: what it cannot apply, by a defect of ours, is kept, and the
// order is held for it.
func Advance(s State, events []flow.Event, running []flow.Step, r Rules, now time.Time) (State, flow.Commands) {
	next, commands, fault := tryAdvance(s, events, running, r, now, nil)
	if fault == nil {
		return next, commands
	}
	return advanceDespite(fault, s, events, running, r, now)
}

// tryAdvance is Advance with all events; a panic becomes an error. Fault is why
// other events could not be applied.
func tryAdvance(s State, events []flow.Event, running []flow.Step, r Rules, now time.Time, fault error) (next State, c flow.Commands, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	next = clone(s)
	a := advance{s: &next, r: r, now: now, running: map[string]runningStep{}, fault: fault}
	if retries(events) {
		events, running = slices.Concat(next.Failed, events), slices.Concat(running, next.FailedSteps)
		next.Failed, next.FailedSteps = nil, nil
	}
	for _, step := range running {
		known, err := readStep(step)
		if err != nil {
			return s, flow.Commands{}, err
		}
		a.running[step.Key] = known
	}
	if err := a.take(events); err != nil {
		return s, flow.Commands{}, err
	}
	if err := a.decide(); err != nil {
		return s, flow.Commands{}, err
	}
	for _, recorded := range []any{next, a.commands} {
		if _, err := json.Marshal(recorded); err != nil {
			return s, flow.Commands{}, fmt.Errorf("encode an answer: %w", err)
		}
	}
	return next, a.commands, nil
}

// clone is a deep copy, by way of the form in which the workflow keeps a state.
func clone(s State) (copied State) {
	text, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(text, &copied)
	}
	if err != nil {
		panic(fmt.Errorf("copy a state: %w", err))
	}
	return copied
}

// advance is one call of [Advance].
type advance struct {
	s       *State
	r       Rules
	now     time.Time
	running map[string]runningStep // those that have not ended
	// ending is set where nothing may be started.
	ending   bool
	fault    error // why an event could not be applied
	observed bool  // a poll reported something that is to be published at once
	commands flow.Commands
}

// take applies the events. What freezes comes first: a change that arrived with it
// comes too late.
func (a *advance) take(events []flow.Event) error {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(x, y flow.Event) int { return rank(x) - rank(y) })
	for _, event := range events {
		a.ending = a.ending || event.Kind == flow.EventRunEnding
		a.observed = a.observed || event.Kind == SignalShopOrderChanged
		if !slices.Contains([]string{flow.EventStepEnded, flow.EventTimer, flow.EventRunEnding}, event.Kind) {
			a.s.Passes = 0
		}
		kind, known := eventKinds[event.Kind]
		if !known {
			return fmt.Errorf("no such event: %q", event.Kind)
		}
		err := kind(a.s, event.Payload, a.running, a.now)
		var undecodable undecodableError
		switch {
		case errors.As(err, &undecodable):
			a.s.note(a.now, msg(NoteUndecodable, "signal", event.Kind, "message", undecodable.cause.Error()))
		case err != nil:
			return err
		}
	}
	return nil
}

func rank(e flow.Event) int {
	if e.Kind == SignalWrittenOff || e.Kind == flow.EventReset {
		return 0
	}
	return 1
}

// retries reports whether an event has what waits tried again: also the events that
// a defect kept from being applied.
func retries(events []flow.Event) bool {
	return slices.ContainsFunc(events, func(e flow.Event) bool {
		return e.Kind == SignalDecide || e.Kind == SignalSettings || e.Kind == flow.EventTimer || e.Kind == UpdateRefresh
	})
}

// decide plans from the newest state until the plan changes nothing of it, and
// turns it into commands.
func (a *advance) decide() error {
	for range 10 {
		a.useKnownProducts()
		p := &planner{s: a.s, r: a.r, now: a.now}
		for _, key := range slices.Sorted(maps.Keys(a.running)) {
			p.running = append(p.running, a.running[key].Step)
		}
		next := p.next()
		a.s.Warnings = p.warnings()
		if next.close == nil && a.s.Closed == nil {
			next.steps = appendMissing(next.steps, p.ready(p.rememberChoices())...)
		}
		if a.taken(next, p) {
			continue
		}
		a.s.Links = p.links()
		a.command(next, p)
		return nil
	}
	return errors.New("the plan does not come to rest")
}

// taken applies what was planned, apart from its steps. It reports whether to plan
// again.
func (a *advance) taken(next plan, p *planner) bool {
	s := a.s
	for _, note := range next.notes {
		s.note(a.now, note)
	}
	if next.statuses != nil {
		s.SyncedStatuses = *next.statuses
	}
	switch {
	case next.close != nil:
		s.close(*next.close, a.now)
		return true
	case next.imported:
		s.finishImport(p)
		return true
	case len(s.Failed) > 0 && s.Hold == nil:
		s.setHold(internalError(a.fault), a.now)
		return true
	case next.hold != nil && s.Hold == nil:
		s.setHold(next.hold, a.now)
		return true
	case next.synced:
		s.sync(a.now)
	}
	return false
}

func (s *State) close(why Closed, now time.Time) {
	if s.Closed != nil {
		return
	}
	why.At = now
	s.note(now, msg("closed", "why", why.Code))
	s.Closed, s.Hold = &why, nil
	s.endRefresh(nil, now)
}

// sync notes that both sides are as the rules want them.
func (s *State) sync(now time.Time) {
	s.LastHold = nil
	if !s.UserWaiting && !s.Unsettled {
		return
	}
	s.Synced, s.UserWaiting, s.Unsettled = now, false, false
	s.endRefresh(nil, now)
}

// useKnownProducts fills in products that this process has seen minutes ago, so
// that no request is spent on them. An order that was held asks again.
func (a *advance) useKnownProducts() {
	s := a.s
	if a.r.KnownProduct == nil || s.Snapshot == nil || s.Order != nil || s.LastHold != nil || s.Hold != nil || s.Closed != nil {
		return
	}
	p := &planner{s: s, r: a.r}
	if len(p.unreadArticles(p.needsCatalogueFirst)) > 0 {
		return // by title, the catalogue names the products
	}
	for _, line := range s.Snapshot.Lines {
		key := p.productKey(line)
		facts := s.Products[key]
		if facts.product() != nil || !facts.LookedUpAt.IsZero() {
			continue
		}
		if product, known := a.r.KnownProduct(key); known {
			facts.Found = []Product{product}
			put(&s.Products, key, facts)
		}
	}
}

// command turns a plan into commands: what runs and is not planned any more is
// withdrawn, what is planned and does not run is started, once what runs under its
// key has ended.
func (a *advance) command(next plan, p *planner) {
	c := &a.commands
	wanted := map[string]flow.Step{}
	for _, step := range p.ready(next.steps) {
		wanted[step.Key] = step
	}
	for _, key := range slices.Sorted(maps.Keys(a.running)) {
		if step, ok := wanted[key]; !ok || step.Fingerprint != a.running[key].Fingerprint || a.ending {
			c.Withdraw = append(c.Withdraw, key)
		}
	}
	var start []flow.Step
	for _, step := range next.steps {
		ready, ok := wanted[step.Key]
		if _, runs := a.running[step.Key]; ok && !runs && !a.ending {
			start = append(start, ready)
		}
	}
	if len(start) > 0 && !a.loops() {
		for _, step := range start {
			a.start(step)
		}
	}
	busy := len(a.running)+len(c.Start) > 0
	if !busy && !a.ending {
		a.rest(next, p)
	}
	a.publish(!busy)
}

// mostPasses is how often something may be started before the order rests or news
// comes, besides what each line needs. More is a defect: the order is held, so that
// somebody sees it and no service is asked for ever.
const mostPasses = 60

// loops counts a pass, and holds the order where there were too many.
func (a *advance) loops() bool {
	s := a.s
	s.Passes++
	if s.Passes <= mostPasses || s.Snapshot != nil && s.Passes <= mostPasses+len(s.Snapshot.Lines) {
		return false
	}
	h := holdFor(HoldInternalError, "message", "the same steps are repeated without an end")
	h.Variant = "loop"
	s.setHold(h, a.now)
	return true
}

func (a *advance) start(step flow.Step) {
	s := a.s
	kind, err := readStep(step)
	if err != nil {
		panic(err) // we created it
	}
	if kind.mayCommit {
		put(&s.InFlight, step.Key, a.now)
	}
	kind.onStart(s, kind.in, a.now)
	a.commands.Start = append(a.commands.Start, step)
}

// rest is where nothing runs: the order waits for news or for a time.
func (a *advance) rest(next plan, p *planner) {
	s := a.s
	wake := next.wake
	if until := earliest(p.putOff); !until.IsZero() {
		wake = earliest([]time.Time{wake, until})
		if s.Hold == nil && s.LastHold != nil && s.Closed == nil {
			s.Hold, s.LastHold = s.LastHold, nil
			s.Hold.NextRetry = until
		}
	}
	if s.Hold != nil {
		wake = earliest([]time.Time{wake, s.Hold.NextRetry})
	} else {
		s.Passes = 0
	}
	if until := a.now.Add(watchedFor); wake.After(until) {
		wake = until // a creation in the far future must not become a time that nobody can write
	}
	if s.Closed == nil {
		a.commands.Wake = wake
	}
}

// earliest is the first of the times that are not zero, the zero time if none is.
func earliest(times []time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
