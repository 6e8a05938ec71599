package roapp

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// arrivals notes when requests reach it, since the start, and answers each after a while.
type arrivals struct {
	mu    sync.Mutex
	start time.Time
	times []time.Duration
}

func (s *arrivals) arrives() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, time.Since(s.start))
}

// send sends a request by the limiter, which takes way to arrive and gets its
// answer after thinking.
func (s *arrivals) send(ctx context.Context, l *Limiter, urgency int, way, thinking time.Duration) error {
	given, err := l.wait(ctx, urgency, 1)
	if err != nil {
		return err
	}
	given[0].wrote()
	<-time.After(way)
	s.arrives()
	<-time.After(thinking)
	given[0].end()
	return nil
}

// The more exactly it is known when requests arrived, the more of the budget is used; it is never exceeded.
func TestLimiterCountsByArrival(t *testing.T) {
	t.Parallel()
	const requests = 31
	for name, test := range map[string]struct {
		way, thinking time.Duration
		used          float64
	}{
		"answers at once":     {0, 0, 0.99},
		"answers soon":        {0, 5 * time.Millisecond, 0.98},
		"answers late":        {0, 200 * time.Millisecond, 0.97},
		"a long way":          {20 * time.Millisecond, 0, 0.97},
		"long way and answer": {20 * time.Millisecond, 3 * time.Second, 0.97},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, s := NewLimiter(3), &arrivals{start: time.Now()}
				together(requests, func() {
					if err := s.send(t.Context(), l, 1, test.way, test.thinking); err != nil {
						t.Error(err)
					}
				})
				assertWithinBudget(t, s.times)
				if used := (requests - 1) / 3. / (s.times[requests-1] - s.times[0]).Seconds(); used < test.used {
					t.Errorf("%.3f of the budget is used", used)
				}
			})
		})
	}
}

// A way that is sometimes longer, as on a busy machine, makes no second too full.
func TestLimiterAllowsForRequestsThatAreLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, s := NewLimiter(3), &arrivals{start: time.Now()}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				given, err := l.wait(t.Context(), 1, 1)
				if err != nil {
					t.Error(err)
					return
				}
				if i%3 == 0 {
					<-time.After(300 * time.Millisecond) // a connection has to be opened
				}
				given[0].wrote()
				<-time.After(travel)
				s.arrives()
				given[0].end()
			})
		}
		all.Wait()
		slices.Sort(s.times)
		assertWithinBudget(t, s.times)
	})
}

func TestLimiterServesTheUrgentFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(3)
		l.StartFull()
		var mu sync.Mutex
		var served []int
		var all sync.WaitGroup
		for _, urgency := range []int{5, 3, 1, 3, 2} {
			all.Go(func() {
				given, err := l.wait(t.Context(), urgency, 1)
				if err != nil {
					t.Error(err)
					return
				}
				given[0].end()
				mu.Lock()
				defer mu.Unlock()
				served = append(served, urgency)
			})
		}
		all.Wait()
		if !slices.Equal(served, []int{1, 2, 3, 3, 5}) {
			t.Errorf("served in the order %v", served)
		}
	})
}

// A task's further requests go before what has not started, and after a person's.
func TestFurtherRequestsOfATaskAreUnderWay(t *testing.T) {
	t.Parallel()
	l := NewLimiter(3)
	for _, test := range []struct{ urgency, further int }{{1, 1}, {2, 2}, {5, 2}} {
		ctx, end := l.Start(t.Context(), test.urgency, 2)
		if rank := taskOf(ctx).rank(); rank != test.urgency {
			t.Errorf("first request of a task of urgency %d: %d", test.urgency, rank)
		}
		ReleaseTask(ctx)
		if rank := taskOf(ctx).rank(); rank != test.further {
			t.Errorf("further request of a task of urgency %d: %d", test.urgency, rank)
		}
		end()
	}
}

// Who takes the account over knows nothing of what was sent before.
func TestLimiterThatStartsFullWaitsForOneWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, s := NewLimiter(3), &arrivals{start: time.Now()}
		l.StartFull()
		together(3, func() { _ = s.send(t.Context(), l, 1, 0, 0) })
		if first := s.times[0]; first < time.Second || first > 1100*time.Millisecond {
			t.Errorf("first request after %s", first)
		}
	})
}

// Nothing is sent without the lease, not even by those that already wait for their turn.
func TestLimiterSendsNothingAfterTheLease(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(l *Limiter){
		"not renewed": func(*Limiter) {},
		"given up":    (*Limiter).Close,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, s := NewLimiter(3), &arrivals{start: time.Now()}
				l.Extend(time.Now().Add(2500 * time.Millisecond))
				time.AfterFunc(2*time.Second, func() { lose(l) })
				var mu sync.Mutex
				refused := 0
				together(20, func() {
					if err := s.send(t.Context(), l, 1, 0, 0); errors.Is(err, errHandedOver) {
						mu.Lock()
						defer mu.Unlock()
						refused++
					}
				})
				last := s.times[len(s.times)-1]
				if last >= 2500*time.Millisecond || len(s.times)+refused != 20 || refused == 0 {
					t.Errorf("%d sent until %s, %d refused", len(s.times), last, refused)
				}
			})
		})
	}
}

// The refusal is no failure of the service's: the next process does the same.
func TestLostLeaseIsToldAsThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, times := clocked(3, always(200, nil, `{}`))
		l := NewLimiter(3)
		l.Close()
		ctx, end := l.Start(t.Context(), 3, 2)
		defer end()
		_, err := c.CreatePerson(ctx, NewPerson{})
		e := assertError(t, err, Throttled, false)
		if e.RetryAfter != handOverPause || len(times()) != 0 {
			t.Errorf("retry after %s, %d requests", e.RetryAfter, len(times()))
		}
	})
}

// A turn that is reserved for a later request ends with the lease as well.
func TestReservedTurnEndsWithTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, times := clocked(3, always(200, nil, `{}`))
		l := NewLimiter(3)
		ctx, end := l.Start(t.Context(), 3, 2)
		defer end()
		ctx, release, err := c.reserve(ctx, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		l.Close()
		_, err = c.CreatePerson(ctx, NewPerson{})
		assertError(t, err, Throttled, false)
		if len(times()) != 0 {
			t.Errorf("%d requests", len(times()))
		}
	})
}

// takeAll takes all tasks that may be taken now.
func takeAll(l *Limiter) (taken int) {
	for {
		if left, _ := l.take(time.Now()); left > 0 {
			return taken
		}
		taken++
	}
}

// A slow account's tasks are taken one by one, a fast one's in advance.
func TestRateIsChangedWhileTasksAreTaken(t *testing.T) {
	t.Parallel()
	l := NewLimiter(3)
	for _, test := range []struct {
		rate float64
		want int
	}{{3, 1}, {20, 3}, {3, 0}} {
		l.SetRate(test.rate)
		if taken := takeAll(l); taken != test.want {
			t.Errorf("%d more tasks taken at %v a second", taken, test.rate)
		}
	}
}

func TestRateWakesThoseWhoWait(t *testing.T) {
	t.Parallel()
	l := NewLimiter(0.001) // a turn each quarter of an hour
	l.StartFull()
	taken := make(chan error)
	go func() { taken <- l.Take(t.Context()) }()
	l.SetRate(1000)
	if err := <-taken; err != nil {
		t.Error(err)
	}
}

func TestTaskIsTakenJustBeforeItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, start := NewLimiter(3), time.Now()
		l.StartFull()
		if err := l.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := time.Since(start); after < 800*time.Millisecond || after > 900*time.Millisecond {
			t.Errorf("taken after %s", after)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := l.Take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second one is taken before the first one's turn: %v", err)
		}
		task, end := l.Start(t.Context(), 3, 2)
		defer end()
		ReleaseTask(task)
		if err := l.Take(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestQuietWaitsForTasksThatAreToSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, start := NewLimiter(3), time.Now()
		task, end := l.Start(t.Context(), 3, 2)
		time.AfterFunc(time.Second, func() { ReleaseTask(task) })
		time.AfterFunc(time.Minute, end)
		l.Quiet(t.Context())
		if after := time.Since(start); after != time.Second {
			t.Errorf("quiet after %s", after)
		}
	})
}
