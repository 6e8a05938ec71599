package access

import (
	"context"
	"fmt"
	"time"

	"github.com/jellydator/ttlcache/v3"
)

// Logouts store which sessions were logged out, for all processes and over
// restarts.
type Logouts interface {
	// LogOut stores it until the given time, after which the session has ended by
	// itself.
	LogOut(ctx context.Context, session string, until time.Time) error
	// LoggedOut tells whether it was stored.
	LoggedOut(ctx context.Context, session string) (bool, error)
}

const (
	// checkEvery is how long a session counts as it was found: so much later does
	// another process see a logout.
	checkEvery = 5 * time.Second
	// checkTimeout is how long the store may take for an answer.
	checkTimeout = 3 * time.Second
	// rememberedSessions bounds the memory, for people who log in and out forever.
	rememberedSessions = 10_000
)

// endedSessions asks the store, and remembers its answers for a moment, for a page
// asks many times.
type endedSessions struct {
	store Logouts
	found *ttlcache.Cache[string, bool]
}

func newEndedSessions(store Logouts) *endedSessions {
	return &endedSessions{store, ttlcache.New(
		ttlcache.WithCapacity[string, bool](rememberedSessions), ttlcache.WithDisableTouchOnHit[string, bool](),
	)}
}

// has tells whether the session was logged out.
func (e *endedSessions) has(ctx context.Context, s session) (bool, error) {
	if found := e.found.Get(s.ID); found != nil {
		return found.Value(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	ended, err := e.store.LoggedOut(ctx, s.ID)
	if err != nil {
		return false, fmt.Errorf("ask whether a session was logged out: %w", err)
	}
	e.found.Set(s.ID, ended, checkEvery)
	return ended, nil
}

// end logs the session out.
func (e *endedSessions) end(ctx context.Context, s session) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := e.store.LogOut(ctx, s.ID, s.limit()); err != nil {
		return fmt.Errorf("store a logout: %w", err)
	}
	e.found.Set(s.ID, true, checkEvery)
	return nil
}
