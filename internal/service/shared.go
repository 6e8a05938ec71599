package service

import (
	"context"
	"errors"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/sync/singleflight"
)

// shared keeps answers for a while. Who asks for one that is on its way waits for
// it, so that many open pages cost no more than one.
type shared[T any] struct {
	kept   *ttlcache.Cache[string, T]
	asking singleflight.Group
	// within bounds asking, also where nobody waits any longer.
	within time.Duration
}

func newShared[T any](keep, within time.Duration) *shared[T] {
	return &shared[T]{within: within, kept: ttlcache.New(
		ttlcache.WithTTL[string, T](keep), ttlcache.WithCapacity[string, T](1000), ttlcache.WithDisableTouchOnHit[string, T](),
	)}
}

// known is the answer under the key, if it is kept.
func (s *shared[T]) known(key string) (answer T, known bool) {
	if item := s.kept.Get(key); item != nil {
		return item.Value(), true
	}
	return answer, false
}

// get gives the answer under the key, or the caller's end. Failures are not kept.
func (s *shared[T]) get(ctx context.Context, key string, ask func(context.Context) (T, error)) (T, error) {
	if answer, known := s.known(key); known {
		return answer, nil
	}
	first := false // whether this caller is the one who asks
	asked := s.asking.DoChan(key, func() (any, error) {
		first = true
		if answer, known := s.known(key); known { // it came a moment ago
			return answer, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.within)
		defer cancel()
		answer, err := ask(ctx)
		if err == nil {
			s.kept.Set(key, answer, ttlcache.DefaultTTL)
		}
		return answer, err
	})
	select {
	case done := <-asked:
		left := errors.Is(done.Err, context.Canceled) || errors.Is(done.Err, context.DeadlineExceeded)
		if !first && left && ctx.Err() == nil {
			return s.get(ctx, key, ask) // who asked has left or had less time
		}
		answer, _ := done.Val.(T)
		return answer, done.Err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
