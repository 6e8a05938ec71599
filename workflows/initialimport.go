package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"
)

// InitialImportWanted asks for the import of older orders, those of whole days on
// the shop's clock, both inclusive, as "2006-01-02".
type InitialImportWanted struct {
	From, To string
	// SkipStatuses are Cartum's statuses whose orders are left out.
	SkipStatuses []int `json:",omitempty"`
	By           string
}

// InitialImport is how far an initial import is. It goes from the newest order to
// the oldest.
type InitialImport struct {
	InitialImportWanted
	StartedAt time.Time
	// PaceSince is when it was started or resumed last, and PaceFrom the place that it
	// had reached by then.
	PaceSince, PaceFrom time.Time
	// Before is the place reached, on the shop's clock: everything after it has
	// been handed over.
	Before time.Time
	DoneAt time.Time `json:",omitzero"`
	// Stopped is set where somebody stopped it; the same wish goes on with it.
	Stopped bool `json:",omitempty"`
	// Yields is set while it waits for the orders pending.
	Yields bool `json:",omitempty"`
	// Problem is why the last slice failed; it is tried again.
	Problem string `json:",omitempty"`
	// Failures counts those since the last success.
	Failures  int       `json:",omitempty"`
	NotBefore time.Time `json:",omitzero"`
	ImportCounts
}

// ImportCounts are what became of the orders that an initial import saw.
type ImportCounts struct {
	Seen    int
	Started int // their workflows bring them in
	Skipped int // by their status
	Known   int // had a workflow already
	Failed  int // could not be read
}

// ImportSliceInput is what the activity ImportSlice works from; both ends are
// inclusive and on the shop's clock, written as UTC.
type ImportSliceInput struct {
	Shop         string
	From, Before time.Time
	SkipStatuses []int `json:",omitempty"`
}

// ImportedSlice is the answer of ImportSlice.
type ImportedSlice struct {
	Before time.Time // the place reached
	// Busy is set where enough orders are pending already; nothing was done.
	Busy bool `json:",omitempty"`
	ImportCounts
}

// wantImport starts an initial import, or goes on with the one that was stopped.
func (s *ShopState) wantImport(want InitialImportWanted, now time.Time) {
	started := s.Import
	same := started != nil && started.From == want.From && started.To == want.To && slices.Equal(started.SkipStatuses, want.SkipStatuses)
	if same && started.DoneAt.IsZero() {
		started.Stopped, started.Failures, started.NotBefore, started.By = false, 0, time.Time{}, want.By
		started.PaceSince, started.PaceFrom = now, started.Before
		return
	}
	if started != nil && started.DoneAt.IsZero() && !started.Stopped {
		return // another one is running; the caller checks before
	}
	to, err := time.Parse(time.DateOnly, want.To)
	if _, wrong := time.Parse(time.DateOnly, want.From); err != nil || wrong != nil || want.To < want.From {
		return // the caller checks it before
	}
	end := to.AddDate(0, 0, 1).Add(-time.Second)
	s.Import = &InitialImport{InitialImportWanted: want, StartedAt: now, PaceSince: now, PaceFrom: end, Before: end}
}

func (s *ShopState) stopImport() {
	if s.Import != nil && s.Import.DoneAt.IsZero() {
		s.Import.Stopped = true
	}
}

// Start is the first moment of the span, on the shop's clock.
func (f *InitialImport) Start() time.Time {
	start, _ := time.Parse(time.DateOnly, f.From) // checked when it was asked for
	return start
}

// Days returns how many days are done, of how many.
func (f *InitialImport) Days() (done, all int) {
	to, _ := time.Parse(time.DateOnly, f.To)
	end := to.AddDate(0, 0, 1)
	all = int(end.Sub(f.Start()).Hours()) / 24
	if !f.DoneAt.IsZero() {
		return all, all
	}
	return int(end.Sub(f.Before).Hours()) / 24, all
}

// TimeLeft estimates how long the rest takes at the pace since it was started or
// resumed, 0 while no pace shows.
func (f *InitialImport) TimeLeft(now time.Time) time.Duration {
	done, left := f.PaceFrom.Sub(f.Before), f.Before.Sub(f.Start())
	if !f.Goes() || done <= 0 || left <= 0 {
		return 0
	}
	return time.Duration(float64(now.Sub(f.PaceSince)) * left.Hours() / done.Hours())
}

// Goes reports whether it has something to do.
func (f *InitialImport) Goes() bool { return f != nil && f.DoneAt.IsZero() && !f.Stopped }

const (
	// importYield is how long an initial import waits for orders pending.
	importYield = 10 * time.Second
	// importRetryMost bounds the pause after a slice that failed.
	importRetryMost = 5 * time.Minute
)

// startSlice starts the next slice. A run that is about to end starts none.
func (r *shopRun) startSlice(ctx workflow.Context) {
	f := r.state.Import
	if r.slice != nil || r.state.Paused != "" || !f.Goes() || workflow.Now(ctx).Before(f.NotBefore) || r.worn(ctx) {
		return
	}
	in := ImportSliceInput{Shop: r.state.Shop, From: f.Start(), Before: f.Before, SkipStatuses: f.SkipStatuses}
	r.sliceOf = f
	r.slice = workflow.ExecuteActivity(r.shopOptions(ctx, "Import older orders", 10*time.Minute), ActivityImportSlice, in)
}

// nextSlice is when the next slice is due, zero where none is.
func (r *shopRun) nextSlice(ctx workflow.Context) time.Time {
	if r.slice != nil || !r.state.Import.Goes() || r.worn(ctx) {
		return time.Time{}
	}
	return r.state.Import.NotBefore
}

// endSlice moves the place over what was handed over, and over nothing else.
func (r *shopRun) endSlice(ctx workflow.Context) {
	var done ImportedSlice
	err := r.slice.Get(ctx, &done)
	r.slice = nil
	now, f := workflow.Now(ctx), r.state.Import
	if f != r.sliceOf {
		return // another one was asked for; it goes over the same orders again
	}
	if err != nil {
		var health Health
		health.failed(now, err)
		f.Failures++
		f.Problem, f.NotBefore = health.Problem, now.Add(min(pauseAfter(health.Kind, f.Failures), importRetryMost))
		return
	}
	f.Failures, f.Problem, f.NotBefore, f.Yields = 0, "", time.Time{}, done.Busy
	if done.Busy {
		f.NotBefore = now.Add(importYield)
		return
	}
	f.Before = done.Before
	f.add(done.ImportCounts)
	if !f.Before.After(f.Start()) {
		f.DoneAt = now
	}
}

func (c *ImportCounts) add(more ImportCounts) {
	c.Seen += more.Seen
	c.Started += more.Started
	c.Skipped += more.Skipped
	c.Known += more.Known
	c.Failed += more.Failed
}
