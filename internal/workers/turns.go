package workers

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"github.com/cartumsync/cartumsync/internal/roapp"
)

const (
	// requestsInFlight is how many requests of an account a process may have
	// open: RO App may answer late, and one that hangs must not stop the others.
	requestsInFlight = 8
	// takenEarly is how long before its turn a request is taken out of the
	// queue: the time that this takes.
	takenEarly = 150 * time.Millisecond
)

// turns takes requests out of an account's queue only just before they can be
// sent. One that waited for its turn in the process could not
// be overtaken by a more urgent one, and would be sent at another time than the
// one for which the server, which paces all processes together, had handed it
// out.
type turns struct {
	worker.WorkerTuner // of what is no activity
	interceptor.WorkerInterceptorBase

	mu      sync.Mutex
	every   time.Duration // between two turns
	ahead   int           // requests taken before the one that is due next
	taken   int           // slots given out: those polling and those with a request
	sent    int           // activities that had their turn and have not ended
	last    time.Time     // turn
	changed chan struct{} // closed when one of the above changes
}

func newTurns(requestsPerSecond float64) (*turns, error) {
	others, err := worker.NewFixedSizeTuner(worker.FixedSizeTunerOptions{})
	t := &turns{WorkerTuner: others, changed: make(chan struct{})}
	t.pace(requestsPerSecond)
	return t, err
}

// pace sets how many requests a second have a turn.
func (t *turns) pace(requestsPerSecond float64) {
	t.change(func() {
		t.every = time.Duration(float64(time.Second) / requestsPerSecond)
		t.ahead = int(takenEarly.Seconds() * requestsPerSecond)
	})
}

// GetActivityTaskSlotSupplier implements [worker.WorkerTuner].
func (t *turns) GetActivityTaskSlotSupplier() worker.SlotSupplier { return t }

// ReserveSlot implements [worker.SlotSupplier]: it waits until a request may be
// taken out of the queue.
func (t *turns) ReserveSlot(ctx context.Context, _ worker.SlotReservationInfo) (*worker.SlotPermit, error) {
	for {
		permit, wait, changed := t.reserve(time.Now())
		if permit != nil {
			return permit, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

// reserve gives a permit, or how long to wait unless something changes before.
func (t *turns) reserve(now time.Time) (*worker.SlotPermit, time.Duration, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken-t.sent > t.ahead || t.taken >= requestsInFlight {
		return nil, time.Hour, t.changed
	}
	if wait := t.last.Add(t.every - takenEarly).Sub(now); wait > 0 {
		return nil, wait, t.changed
	}
	t.taken++
	return &worker.SlotPermit{}, 0, nil
}

// TryReserveSlot implements [worker.SlotSupplier]. Nothing is taken past the
// queue, which holds the account's budget.
func (*turns) TryReserveSlot(worker.SlotReservationInfo) *worker.SlotPermit { return nil }

// MarkSlotUsed implements [worker.SlotSupplier].
func (*turns) MarkSlotUsed(worker.SlotMarkUsedInfo) {}

// ReleaseSlot implements [worker.SlotSupplier].
func (t *turns) ReleaseSlot(worker.SlotReleaseInfo) { t.change(func() { t.taken-- }) }

// MaxSlots implements [worker.SlotSupplier].
func (*turns) MaxSlots() int { return requestsInFlight }

func (t *turns) change(how func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	how()
	close(t.changed)
	t.changed = make(chan struct{})
}

// InterceptActivity implements [interceptor.WorkerInterceptor].
func (t *turns) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	i := &turnTaker{turns: t}
	i.Next = next
	return i
}

// turnTaker notes when an activity's requests have their turn.
type turnTaker struct {
	interceptor.ActivityInboundInterceptorBase
	turns *turns
}

// ExecuteActivity implements [interceptor.ActivityInboundInterceptor].
func (i *turnTaker) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	a := activityTurn{turns: i.turns}
	defer a.end()
	return i.Next.ExecuteActivity(roapp.OnTurn(ctx, a.begin), in)
}

// activityTurn is the turn of one activity; its further requests, which are
// rare, take turns of their own.
type activityTurn struct {
	turns *turns
	had   bool
}

func (a *activityTurn) begin() {
	a.turns.change(func() {
		a.turns.last = time.Now()
		if !a.had {
			a.had = true
			a.turns.sent++
		}
	})
}

func (a *activityTurn) end() {
	a.turns.change(func() {
		if a.had {
			a.turns.sent--
		}
	})
}
