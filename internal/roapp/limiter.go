package roapp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

const (
	// windowMargin is for what the two clocks and the last microseconds of the way differ by.
	windowMargin = 1.002
	// spacingShare of the even spacing has to lie between two requests, so that one that was late is made up for.
	spacingShare = 0.95
	// maxWindow bounds the requests that are remembered.
	maxWindow = 16
	// travel is by how much the way to the service may differ from one request to the next. An answer that comes sooner
	// says more exactly when its request has arrived.
	travel = 25 * time.Millisecond
	// tasksInFlight is how many tasks may be taken out of a queue and not have ended: RO App may answer late, and one
	// that hangs must not stop the others.
	tasksInFlight = 8
	// takenEarly is how long before the next turn a task is taken out of its queue: the time that this takes.
	takenEarly = 150 * time.Millisecond
)

// Limiter gives the requests of one account their turns, the most urgent first,
// and holds all of them back after a 429. It counts by when a request can have
// reached the service at the latest, which its answer shows, so that no second
// there sees more of them than the account's budget.
//
// It also says when a task may be taken out of the account's queue: only just
// before the turn of its request, for one that waited here could not be overtaken
// by a more urgent one that comes into the queue later.
type Limiter struct {
	mu      sync.Mutex
	changed chan struct{} // closed when one of the following changes

	spacing time.Duration // least time between two requests
	window  time.Duration // least time for as many requests as are remembered
	ahead   int           // tasks taken before the one whose turn is next
	sent    []*slot       // the last requests, oldest first, nil where there were fewer
	waiting []*waiter     // the next one first
	resume  time.Time     // end of a pause

	leased bool      // requests are sent until expiry only
	expiry time.Time // of the lease
	closed bool

	taken   int // tasks out of the queue, and room kept for one that is asked for
	running int // tasks that have started
	served  int // tasks of them whose turn came

	count sentCount
}

// NewLimiter returns a limiter of so many requests a second: 3 when 0, no limit when negative.
func NewLimiter(perSecond float64) *Limiter {
	l := &Limiter{changed: make(chan struct{})}
	l.setRate(perSecond)
	return l
}

// SetRate changes the budget. What was sent still counts.
func (l *Limiter) SetRate(perSecond float64) {
	l.change(func() { l.setRate(perSecond) })
}

func (l *Limiter) setRate(perSecond float64) {
	if perSecond < 0 {
		l.sent, l.ahead = nil, tasksInFlight
		return
	}
	perSecond = cmp.Or(perSecond, defaultRequestsPerSecond)
	remembered := make([]*slot, min(max(1, int(perSecond)), maxWindow))
	for i, j := len(remembered)-1, len(l.sent)-1; i >= 0 && j >= 0; i, j = i-1, j-1 {
		remembered[i] = l.sent[j]
	}
	even := float64(time.Second) / perSecond
	l.sent = remembered
	l.spacing = time.Duration(spacingShare * even)
	l.window = time.Duration(windowMargin * even * float64(len(remembered)))
	l.ahead = int(takenEarly.Seconds() * perSecond)
}

// StartFull counts as if the whole budget had just been used, by a process that had the account before.
func (l *Limiter) StartFull() {
	l.change(func() {
		now := time.Now()
		for i := range l.sent {
			l.sent[i] = &slot{given: now.Add(-l.spacing), answered: now}
		}
	})
}

// Extend lets requests be sent until the moment, which is checked before each of them. A limiter whose lease was never
// set needs none.
func (l *Limiter) Extend(expiry time.Time) {
	l.change(func() { l.leased, l.expiry = true, expiry })
}

// Close lets no more requests be sent. Those that wait fail with an [Error] of the kind [Throttled].
func (l *Limiter) Close() { l.change(func() { l.closed = true }) }

// Quiet waits until no task is about to send a request, or ctx ends.
func (l *Limiter) Quiet(ctx context.Context) {
	for {
		l.mu.Lock()
		quiet, changed := len(l.waiting) == 0 && l.running == l.served, l.changed
		l.mu.Unlock()
		if quiet || ctx.Err() != nil {
			return
		}
		awaitChange(ctx, time.Hour, changed)
	}
}

func (l *Limiter) change(how func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how()
	l.signalChange()
}

func (l *Limiter) signalChange() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// waiter is a caller who waits for one turn, or for several in a row.
type waiter struct {
	urgency int
	slots   int
}

// wait returns when it is the caller's turn, with as many turns as the budget allows at once. Who is next does not wait for a turn that comes after ctx's deadline.
func (l *Limiter) wait(ctx context.Context, urgency, turns int) ([]*slot, error) {
	w := &waiter{urgency, turns}
	l.change(func() {
		behind := func(other *waiter) bool { return other.urgency > urgency }
		i := slices.IndexFunc(l.waiting, behind)
		if i < 0 {
			i = len(l.waiting)
		}
		l.waiting = slices.Insert(l.waiting, i, w)
	})
	defer l.change(func() { l.waiting = slices.DeleteFunc(l.waiting, func(other *waiter) bool { return other == w }) })
	for {
		given, left, changed, err := l.try(ctx, w)
		if err != nil || given != nil {
			return given, err
		}
		awaitChange(ctx, left, changed)
	}
}

// awaitChange waits until the time is over, something changes, or ctx ends.
func awaitChange(ctx context.Context, left time.Duration, changed <-chan struct{}) {
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// try gives the turns, or how long to wait unless something changes before.
func (l *Limiter) try(ctx context.Context, w *waiter) (given []*slot, left time.Duration, changed <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	switch {
	case ctx.Err() != nil:
		return nil, 0, nil, ctx.Err()
	case l.gone(now):
		return nil, 0, nil, errHandedOver
	case l.waiting[0] != w:
		return nil, time.Hour, l.changed, nil
	}
	left, paused := l.left(now, w.slots)
	if left > 0 {
		if deadline, ok := ctx.Deadline(); ok && deadline.Sub(now) < left {
			if paused {
				return nil, 0, nil, &pausedError{left: left}
			}
			return nil, 0, nil, fmt.Errorf("no turn in time: %w", context.DeadlineExceeded)
		}
		return nil, left, l.changed, nil
	}
	for range min(w.slots, l.atOnce()) {
		given = append(given, l.give(now))
	}
	return given, 0, nil, nil
}

// gone reports whether another process may send the account's requests by now.
func (l *Limiter) gone(now time.Time) bool { return l.closed || l.leased && !now.Before(l.expiry) }

// left is how long it is until so many requests may be sent, and whether that is so because of a pause.
func (l *Limiter) left(now time.Time, turns int) (left time.Duration, paused bool) {
	if size := len(l.sent); size > 0 {
		newest, oldest := l.sent[size-1], l.sent[min(turns, size)-1]
		left = max(newest.start().Add(l.spacing).Sub(now), oldest.arrival(now).Add(l.window).Sub(now))
	}
	if pause := l.resume.Sub(now); pause > max(left, 0) {
		return pause, true
	}
	return left, false
}

// atOnce is how many requests the budget allows one right after the other.
func (l *Limiter) atOnce() int {
	if len(l.sent) == 0 {
		return math.MaxInt
	}
	return len(l.sent)
}

func (l *Limiter) give(now time.Time) *slot {
	t := &slot{limiter: l, given: now}
	if len(l.sent) > 0 {
		copy(l.sent, l.sent[1:])
		l.sent[len(l.sent)-1] = t
	}
	return t
}

func (l *Limiter) pause(d time.Duration) {
	l.change(func() {
		if resume := time.Now().Add(d); resume.After(l.resume) {
			l.resume = resume
		}
	})
}

// Take waits until a task may be taken out of the account's queue. [Limiter.Free] has to follow.
func (l *Limiter) Take(ctx context.Context) error {
	for {
		left, changed := l.take(time.Now())
		if left == 0 {
			return nil
		}
		awaitChange(ctx, left, changed)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// take takes a task, or gives how long to wait unless something changes before.
func (l *Limiter) take(now time.Time) (time.Duration, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken-l.served > l.ahead || l.taken >= tasksInFlight {
		return time.Hour, l.changed
	}
	if left, _ := l.left(now, 1); left > takenEarly {
		return left - takenEarly, l.changed
	}
	l.taken++
	return 0, nil
}

// Free notes that a task has ended, or that none came.
func (l *Limiter) Free() { l.change(func() { l.taken-- }) }

// Tasks is how many tasks [Limiter.Take] lets be out of the queue at most.
func (*Limiter) Tasks() int { return tasksInFlight }

// slot is the permission to send one request now.
type slot struct {
	limiter  *Limiter
	given    time.Time
	written  time.Time // when the whole request was sent
	answered time.Time // when the service had certainly seen it
}

func (t *slot) start() time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.given
}

// arrival is when the request reaches the service at the latest, as far as is known now.
func (t *slot) arrival(now time.Time) time.Time {
	switch {
	case t == nil:
		return time.Time{}
	case !t.answered.IsZero():
		return t.answered
	case !t.written.IsZero():
		return t.written.Add(travel)
	default:
		return now.Add(travel)
	}
}

// inForce returns an error where the lease ended since the turn was given.
func (t *slot) inForce() error {
	t.limiter.mu.Lock()
	defer t.limiter.mu.Unlock()
	if t.limiter.gone(time.Now()) {
		return errHandedOver
	}
	return nil
}

// wrote notes that the request was sent.
func (t *slot) wrote() {
	t.limiter.change(func() {
		t.written = time.Now()
		t.limiter.count.add(t.written)
	})
}

// end notes that the answer came, or that none will.
func (t *slot) end() {
	t.limiter.change(func() {
		if t.answered = time.Now(); !t.written.IsZero() && t.written.Add(travel).Before(t.answered) {
			t.answered = t.written.Add(travel)
		}
	})
}

// release gives back a turn that no request is sent with. What was forgotten for it had left the window.
func (t *slot) release() {
	t.limiter.change(func() {
		if i := slices.Index(t.limiter.sent, t); i >= 0 {
			copy(t.limiter.sent[1:], t.limiter.sent[:i])
			t.limiter.sent[0] = nil
		}
	})
}

// Task is the work that one task of the account's queue is. Its requests share one urgency.
type Task struct {
	limiter           *Limiter
	urgency, underway int
	served            bool
}

type taskKey struct{}

// Start returns a context whose requests take their turns from the limiter,
// whatever client sends them. The first one has the task's urgency, where the
// smaller number goes first; the further ones have that of work that is in
// progress, unless the task's is more urgent. End has to follow.
func (l *Limiter) Start(ctx context.Context, urgency, underway int) (task context.Context, end func()) {
	t := &Task{limiter: l, urgency: urgency, underway: underway}
	l.change(func() { l.running++ })
	return context.WithValue(ctx, taskKey{}, t), func() {
		l.change(func() {
			l.running--
			if t.served {
				l.served--
			}
		})
	}
}

func taskOf(ctx context.Context) *Task {
	t, _ := ctx.Value(taskKey{}).(*Task)
	return t
}

// rank is the urgency of the task's next request.
func (t *Task) rank() int {
	t.limiter.mu.Lock()
	defer t.limiter.mu.Unlock()
	if t.served {
		return min(t.urgency, t.underway)
	}
	return t.urgency
}

func (t *Task) serve() {
	t.limiter.change(func() {
		if !t.served {
			t.served = true
			t.limiter.served++
		}
	})
}

// ReleaseTask lets the next task be taken out of the queue, though the context's task waits for something other than its
// turn.
func ReleaseTask(ctx context.Context) {
	if t := taskOf(ctx); t != nil {
		t.serve()
	}
}

// limiter is that of the context's task, else the client's own.
func (c *Client) limiter(ctx context.Context) *Limiter {
	if t := taskOf(ctx); t != nil {
		return t.limiter
	}
	return c.own
}

// slots waits for the turns of so many requests.
func (c *Client) slots(ctx context.Context, count int) ([]*slot, error) {
	t := taskOf(ctx)
	if t == nil {
		return c.own.wait(ctx, 0, count)
	}
	given, err := t.limiter.wait(ctx, t.rank(), count)
	if err == nil {
		t.serve()
	}
	return given, err
}

// reserved are the turns of requests that are sent one right after the other.
type reserved struct {
	mu    sync.Mutex
	slots []*slot
}

type reservedKey struct{}

// reserve waits until so many requests may be sent at once and returns a context in which they do not wait. Where the
// budget allows fewer at once, the others wait as usual. Release has to follow: it gives back what was not used.
func (c *Client) reserve(ctx context.Context, count int) (together context.Context, release func(), err error) {
	given, err := c.slots(ctx, count)
	if err != nil {
		return ctx, nil, err
	}
	r := &reserved{slots: given}
	return context.WithValue(ctx, reservedKey{}, r), func() {
		for t := r.take(); t != nil; t = r.take() {
			t.release()
		}
	}, nil
}

// take gives the next of the turns, nil where all are used.
func (r *reserved) take() *slot {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.slots) == 0 {
		return nil
	}
	next := r.slots[0]
	r.slots = r.slots[1:]
	return next
}

// slot waits for the turn of one request, unless the context has reserved it.
func (c *Client) slot(ctx context.Context) (*slot, error) {
	if r, ok := ctx.Value(reservedKey{}).(*reserved); ok {
		if t := r.take(); t != nil {
			err := t.inForce()
			return t, err
		}
	}
	given, err := c.slots(ctx, 1)
	if err != nil {
		return nil, err
	}
	return given[0], nil
}

// pausedError refuses a caller whose deadline comes before the end of a pause.
type pausedError struct{ left time.Duration }

func (e *pausedError) Error() string { return "the account rests after too many requests" }

// errHandedOver refuses a caller whose process does not send the account's requests any more.
var errHandedOver = errors.New("another process sends the account's requests now")
