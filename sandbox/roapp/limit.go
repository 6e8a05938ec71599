package roapp

import (
	"net/http"
	"sync"
	"time"
)

// limiter refuses requests above the account's limit
// (docs/reference/roapp.md#rate-limit). Refused requests do not count against
// it.
type limiter struct {
	perSecond int
	now       func() time.Time

	mu       sync.Mutex
	admitted []time.Time // those of the last second, oldest first
}

// admit says whether a request that comes now is within the limit, in any
// second before now or, with calendar, in the clock's present second.
func (l *limiter) admit(calendar bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.admitted = lastSecond(l.admitted, now)
	if l.count(now, calendar) >= l.perSecond {
		return false
	}
	l.admitted = append(l.admitted, now)
	return true
}

func (l *limiter) count(now time.Time, calendar bool) int {
	if !calendar {
		return len(l.admitted)
	}
	count := 0
	for _, at := range l.admitted {
		if at.Truncate(time.Second).Equal(now.Truncate(time.Second)) {
			count++
		}
	}
	return count
}

// lastSecond drops the leading times that are a second or more before now.
func lastSecond(times []time.Time, now time.Time) []time.Time {
	for len(times) > 0 && now.Sub(times[0]) >= time.Second {
		times = times[1:]
	}
	return times
}

// admit refuses a request above the limit and sets Retry-After where RO App is
// taken to send it.
func (s *Server) admit(w http.ResponseWriter) error {
	if s.options.Unlimited || s.limit.admit(s.switches.is(LimitWindow, "calendar")) {
		return nil
	}
	if s.switches.is(RetryAfter, "seconds") {
		w.Header().Set("Retry-After", "1")
	}
	return &apiError{status: http.StatusTooManyRequests, text: "Too many requests"}
}
