package roapp

import (
	"testing"
	"testing/synctest"
	"time"
)

// Between reading all custom fields and writing them back lies no wait for the budget, and the budget holds.
func TestFieldsAreWrittenRightAfterTheyWereRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, times := clocked(3, always(200, nil, `{"id":7,"custom_fields":{"f104":"x"}}`))
		for range 5 {
			if err := c.UpdateFields(t.Context(), 7, map[string]string{"f104": "x"}, ""); err != nil {
				t.Fatal(err)
			}
		}
		sent := times()
		if len(sent) != 15 {
			t.Fatalf("%d requests", len(sent))
		}
		for i := 0; i < len(sent); i += 3 {
			if gap := sent[i+1] - sent[i]; gap > time.Millisecond {
				t.Errorf("%s between read and write", gap)
			}
		}
		assertWithinBudget(t, sent)
	})
}

// A write that is not sent, because the read before it failed, holds nobody back.
func TestReservedTurnIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, times := clocked(3, always(500, nil, `{}`))
		for range 4 {
			if err := c.UpdateFields(t.Context(), 7, map[string]string{"f104": "x"}, ""); err == nil {
				t.Fatal("no error")
			}
		}
		if sent := times(); len(sent) != 4 || sent[3] > 3*time.Second {
			t.Errorf("requests after %s", sent)
		}
	})
}

// The read and the write of a task of an account's queue take their turns from the task's limiter, one of them where
// its budget allows no two at once.
func TestTaskReservesTurnsOfItsLimiter(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ perSecond, apart float64 }{"two at once": {3, 0}, "one at once": {1, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, times := clocked(-1, always(200, nil, `{"id":7,"custom_fields":{"f104":"x"}}`))
				l := NewLimiter(test.perSecond)
				task, end := l.Start(t.Context(), 3, 2)
				defer end()
				for range 2 {
					if err := c.UpdateFields(task, 7, map[string]string{"f104": "x"}, ""); err != nil {
						t.Fatal(err)
					}
				}
				sent := times()
				if apart := (sent[1] - sent[0]).Seconds(); apart < test.apart || apart > test.apart+0.1 {
					t.Errorf("%g s between read and write", apart)
				}
				if least := time.Duration(float64(len(sent)-3) / test.perSecond * float64(time.Second)); sent[len(sent)-1] < least {
					t.Errorf("%d requests within %s", len(sent), sent[len(sent)-1])
				}
			})
		})
	}
}
