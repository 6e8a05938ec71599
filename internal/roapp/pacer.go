package roapp

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// windowMargin keeps requests that travel with jitter inside the service's window of one second.
	windowMargin = 1.025
	// spacingShare of the even spacing has to lie between two requests, so that one that came late is made up for.
	spacingShare = 0.95
	// maxWindow bounds the requests that are remembered.
	maxWindow = 16
)

type turnKey struct{}

// OnTurn returns a context whose requests call f when they have their turn.
func OnTurn(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, turnKey{}, f)
}

// PassTurn makes the call of [OnTurn] for one who has the context's turn and waits for something else with it: others
// need not wait behind.
func PassTurn(ctx context.Context) {
	if f, ok := ctx.Value(turnKey{}).(func()); ok {
		f()
	}
}

// pacer lets the requests of one account through one by one, and holds them all back after a 429. It goes by when they
// were sent, not by when their turn was due: one that was late, on a busy machine, would else have the next ones sent within
// the same second.
type pacer struct {
	spacing time.Duration // least time between two requests
	window  time.Duration // least time for as many requests as are remembered
	turn    chan struct{} // taken by the one who is next, in the order of coming
	sent    []time.Time   // the last requests, oldest first, zero where there were fewer; of the one who is next

	mu     sync.Mutex
	resume time.Time
}

func newPacer(perSecond float64) *pacer {
	p := &pacer{turn: make(chan struct{}, 1), sent: make([]time.Time, 1)}
	if perSecond < 0 {
		return p
	}
	perSecond = orDefault(perSecond, defaultRequestsPerSecond)
	p.sent = make([]time.Time, min(max(1, int(perSecond)), maxWindow))
	even := float64(time.Second) / perSecond
	p.spacing = time.Duration(spacingShare * even)
	p.window = time.Duration(windowMargin * even * float64(len(p.sent)))
	return p
}

type reservedKey struct{}

// reserve waits until n requests may be sent at once and returns a context in which they do not wait. Where the budget
// allows fewer in one window, the others wait as usual.
func (p *pacer) reserve(ctx context.Context, n int) (context.Context, error) {
	n = min(n, len(p.sent))
	if err := p.waitFor(ctx, n); err != nil {
		return ctx, err
	}
	left := new(atomic.Int32)
	left.Store(int32(n)) //nolint:gosec // a handful
	return context.WithValue(ctx, reservedKey{}, left), nil
}

// takeReserved uses up one of the context's reserved requests.
func takeReserved(ctx context.Context) bool {
	left, ok := ctx.Value(reservedKey{}).(*atomic.Int32)
	return ok && left.Add(-1) >= 0
}

// wait returns when it is the caller's turn. Who is next does not wait for a turn that comes after ctx's deadline.
func (p *pacer) wait(ctx context.Context) error { return p.waitFor(ctx, 1) }

// waitFor is wait for n requests that are sent one right after the other.
func (p *pacer) waitFor(ctx context.Context, n int) error {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.turn }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Looked at again after each wait: a 429 may have come meanwhile.
		left, paused := p.left(time.Now(), n)
		if left <= 0 {
			for range n {
				p.note(time.Now())
			}
			return nil
		}
		if err := pauseFor(ctx, left, paused); err != nil {
			return err
		}
	}
}

// left is how long it is until n requests may be sent, and whether that is so because of a pause.
func (p *pacer) left(now time.Time, n int) (left time.Duration, paused bool) {
	newest, oldest := p.sent[len(p.sent)-1], p.sent[n-1]
	left = max(newest.Add(p.spacing).Sub(now), oldest.Add(p.window).Sub(now))
	if pause := p.pauseLeft(now); pause > max(left, 0) {
		return pause, true
	}
	return left, false
}

// note remembers that a request is sent now.
func (p *pacer) note(now time.Time) {
	copy(p.sent, p.sent[1:])
	p.sent[len(p.sent)-1] = now
}

func pauseFor(ctx context.Context, left time.Duration, paused bool) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < left {
		if paused {
			return &pausedError{left: left}
		}
		return fmt.Errorf("no turn in time: %w", context.DeadlineExceeded)
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (p *pacer) pauseLeft(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resume.Sub(now)
}

func (p *pacer) pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if resume := time.Now().Add(d); resume.After(p.resume) {
		p.resume = resume
	}
}

// pausedError refuses a caller whose deadline comes before the end of a pause.
type pausedError struct{ left time.Duration }

func (e *pausedError) Error() string { return "the account rests after too many requests" }
