package service

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ask asks as a table does, which does not wait for long.
func ask(t *testing.T, r *reads, took time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), roappPatience)
	defer cancel()
	if err := r.ofUser(ctx); err != nil {
		return err
	}
	done, err := r.ofAccount(ctx, "main")
	if err != nil {
		return err
	}
	defer done()
	<-time.After(took)
	return nil
}

// A user who searches 20 times a second for a minute has RO App asked as often as
// one is allowed to; the others are refused with words of their own.
func TestReadsOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReads()
		var mu sync.Mutex
		asked := 0
		var all sync.WaitGroup
		for range 20 * 60 {
			all.Go(func() {
				err := ask(t, r, time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					asked++
					return
				}
				assert.ErrorIs(t, err, errManyReads)
			})
			<-time.After(50 * time.Millisecond)
		}
		all.Wait()
		assert.InDelta(t, readsAtOnce+int(70*time.Second/readEvery), asked, 2)
	})
}

// Who asks too much slows nobody else down.
func TestReadsOfEachUserAreBoundedByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, started := newReads(), time.Now()
		ola, jan := WithUser(t.Context(), "Ola"), WithUser(t.Context(), "Jan")
		for range readsAtOnce {
			require.NoError(t, r.ofUser(ola))
		}
		require.NoError(t, r.ofUser(jan))
		assert.Equal(t, started, time.Now())
		require.NoError(t, r.ofUser(ola))
		assert.Equal(t, readEvery, time.Since(started))
	})
}

// An account is asked for few pages at a time; who does not get a turn hears so.
func TestReadsOfAnAccountWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReads()
		var mu sync.Mutex
		var late int
		var all sync.WaitGroup
		for range 2 * accountReads {
			all.Go(func() {
				if err := ask(t, r, time.Minute); err != nil {
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					mu.Lock()
					defer mu.Unlock()
					late++
				}
			})
		}
		all.Wait()
		assert.Equal(t, accountReads, late)
	})
}

// Who goes away while a search waits costs nothing.
func TestSearchWaitsForItsUser(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithTimeout(t.Context(), debounce/2)
		defer leave()
		require.ErrorIs(t, pause(ctx), context.DeadlineExceeded)
		require.NoError(t, pause(t.Context()))
	})
}
