package service

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two ask for the same. The first one leaves before its turn, and the second one is
// answered all the same.
func TestSharedAnswerOutlivesWhoAskedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers := newShared[string](time.Minute, time.Minute)
		afterATurn := func(waiter context.Context) func(context.Context) (string, error) {
			return func(context.Context) (string, error) {
				select {
				case <-time.After(time.Second):
					return "found", nil
				case <-waiter.Done():
					return "", waiter.Err()
				}
			}
		}
		first, leave := context.WithCancel(t.Context())
		go func() { _, _ = answers.get(first, "key", afterATurn(first)) }()
		synctest.Wait()
		second := make(chan string, 1)
		go func() {
			answer, err := answers.get(t.Context(), "key", afterATurn(t.Context()))
			assert.NoError(t, err)
			second <- answer
		}()
		synctest.Wait()
		leave()
		require.Equal(t, "found", <-second)
	})
}

// Who came first has less time left than who came later.
func TestSharedAnswerIsAskedForAgainByWhoHasTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers, asked := newShared[string](time.Minute, time.Minute), atomic.Int64{}
		slow := func(waiter context.Context) func(context.Context) (string, error) {
			return func(context.Context) (string, error) {
				asked.Add(1)
				select {
				case <-time.After(10 * time.Second):
					return "found", nil
				case <-waiter.Done():
					return "", waiter.Err()
				}
			}
		}
		first, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		go func() { _, _ = answers.get(first, "key", slow(first)) }()
		<-time.After(4 * time.Second)
		answer, err := answers.get(t.Context(), "key", slow(t.Context()))
		require.NoError(t, err)
		assert.Equal(t, "found", answer)
		assert.Equal(t, int64(2), asked.Load())
	})
}
