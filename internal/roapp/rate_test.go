package roapp

import (
	"testing"
	"testing/synctest"
	"time"
)

// The rate is of requests that were sent, no matter how many tasks they were for,
// so it never exceeds the budget.
func TestRateIsOfRequestsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, s := NewLimiter(3), &arrivals{start: time.Now()}
		if rate := l.Rate(); rate != 0 {
			t.Errorf("%.2f requests a second before the first", rate)
		}
		together(120, func() {
			if err := s.send(t.Context(), l, 1, 0, 5*time.Millisecond); err != nil {
				t.Error(err)
			}
		})
		if rate := l.Rate(); rate < 2.9 || rate > 3 {
			t.Errorf("%.2f requests a second where all of the budget was used", rate)
		}
		<-time.After(rateSeconds / 2 * time.Second)
		if rate := l.Rate(); rate < 1.3 || rate > 1.6 {
			t.Errorf("%.2f requests a second where half of the window was quiet", rate)
		}
		<-time.After(rateSeconds * time.Second)
		if rate := l.Rate(); rate != 0 {
			t.Errorf("%.2f requests a second after a quiet window", rate)
		}
	})
}

// A turn that no request is sent with does not count.
func TestRateLeavesOutTurnsThatWereGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(3)
		given, err := l.wait(t.Context(), 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		given[0].release()
		<-time.After(2 * time.Second)
		if rate := l.Rate(); rate != 0 {
			t.Errorf("%.2f requests a second", rate)
		}
	})
}
