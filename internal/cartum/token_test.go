package cartum

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// clock is set by hand.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(c.at.Load(), 0) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d / time.Second)) }

func together(n int, do func()) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(do)
	}
	wg.Wait()
}

func TestTokenIsKeptAndRenewedEarly(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, noOrders)))
	var at clock
	c := s.client(func(cfg *Config) { cfg.Now = at.now })
	for _, step := range []struct {
		advance time.Duration
		logins  int
	}{{0, 1}, {539 * time.Second, 1}, {time.Second, 2}, {539 * time.Second, 2}, {time.Hour, 3}} {
		at.advance(step.advance)
		_, err := c.Orders(t.Context(), OrdersQuery{})
		require.NoError(t, err)
		assert.Equal(t, step.logins, s.loginCount())
	}
}

func TestF49_ParallelCallsShareOneLogin(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, noOrders)))
	var at clock
	c := s.client(func(cfg *Config) { cfg.Now = at.now })
	read := func() {
		_, err := c.Orders(t.Context(), OrdersQuery{})
		assert.NoError(t, err)
	}
	together(20, read)
	assert.Equal(t, 1, s.loginCount(), "the first token")
	at.advance(10 * time.Minute)
	together(20, read)
	assert.Equal(t, 2, s.loginCount(), "an old token")
	s.forget()
	together(20, read)
	assert.Equal(t, 3, s.loginCount(), "a refused token")
}

func TestRefusedTokenIsReplaced(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]http.HandlerFunc{
		"UNAUTHORIZED":          answerJSON(200, `{"status":"UNAUTHORIZED","response":{"message":"x"}}`),
		"AUTHORIZATION_ERROR":   answerJSON(200, `{"status":"AUTHORIZATION_ERROR","response":[]}`),
		"401":                   answerJSON(401, `Unauthorized`),
		"401 with envelope":     answerJSON(401, `{"status":"ERROR","response":{"message":"x"}}`),
		"403 with envelope":     answerJSON(403, `{"status":"UNAUTHORIZED","response":[]}`),
		"ERROR, Ukrainian word": answerJSON(200, `{"status":"ERROR","response":{"message":"Невірний токен"}}`),
		"ERROR in Polish":       answerJSON(200, `{"status":"ERROR","response":{"message":"Brak autoryzacji"}}`),
		"ERROR token":           answerJSON(200, `{"status":"ERROR","response":{"message":"Wrong Token given"}}`),
		"ERROR in Ukrainian":    answerJSON(200, `{"status":"ERROR","response":{"message":"Потрібна Авторизація"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]http.HandlerFunc{
				"orders/get":    answersOf(refusal, answerJSON(200, noOrders)),
				"orders/update": refusal,
			})
			var waits atomic.Int32
			c := s.client(func(cfg *Config) {
				cfg.Jitter = func() time.Duration { waits.Add(1); return time.Millisecond }
			})
			_, err := c.Orders(t.Context(), OrdersQuery{})
			require.NoError(t, err)
			assert.Equal(t, 2, s.loginCount())
			assert.Len(t, s.seen("orders/get"), 2)
			assert.Equal(t, int32(1), waits.Load())

			e := asError(t, c.UpdateStatus(t.Context(), 1, 2))
			assert.Equal(t, Credentials, e.Kind)
			assert.False(t, e.MayHaveCommitted)
			assert.Equal(t, 7, s.loginCount(), "no storm")
			assert.Len(t, s.seen("orders/update"), 6)
		})
	}
}

// Where a login ends other tokens, processes that start together throw each other
// out; each waits longer every time.
func TestCallOutlastsProcessesThatEndItsTokens(t *testing.T) {
	t.Parallel()
	refusal := answerJSON(401, "")
	s := newShop(t, one("orders/get", answersOf(append(slices.Repeat([]http.HandlerFunc{refusal}, 5), answerJSON(200, noOrders))...)))
	const jitter = 5 * time.Millisecond
	c := s.client(func(cfg *Config) { cfg.Jitter = func() time.Duration { return jitter } })
	began := time.Now()
	_, err := c.Orders(t.Context(), OrdersQuery{})
	require.NoError(t, err)
	assert.Equal(t, 6, s.loginCount())
	assert.GreaterOrEqual(t, time.Since(began), (1+2+4+4+4)*jitter)
}

// gate is a limiter that a test opens.
type gate struct {
	first         sync.Once
	waiting, open chan struct{}
}

func (g *gate) Wait(context.Context) error {
	g.first.Do(func() { close(g.waiting) })
	<-g.open
	return nil
}

func TestTokenThatEndsWhileACallWaitsForItsSlot(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, noOrders)))
	var at clock
	c := s.client(func(cfg *Config) { cfg.Now = at.now })
	require.NoError(t, c.Login(t.Context()))
	slot := &gate{waiting: make(chan struct{}), open: make(chan struct{})}
	c.limiter = slot
	done := make(chan error)
	go func() {
		_, err := c.Orders(t.Context(), OrdersQuery{})
		done <- err
	}()
	<-slot.waiting
	at.advance(10 * time.Minute)
	s.forget()
	close(slot.open)
	require.NoError(t, <-done)
	assert.Equal(t, 2, s.loginCount())
	assert.Len(t, s.seen("orders/get"), 1, "the old token is not tried")
}

// A call that learns late that its token is refused takes the one that another call brought meanwhile.
func TestLateCallUsesTheNewestToken(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	s := newShop(t, one("orders/get", answersOf(
		func(w http.ResponseWriter, r *http.Request) {
			close(started)
			<-finish
			answerJSON(401, "")(w, r)
		},
		answerJSON(200, noOrders))))
	c := s.client(func(cfg *Config) {
		cfg.Jitter = func() time.Duration { t.Error("no wait where no login is needed"); return 0 }
	})
	done := make(chan error)
	go func() {
		_, err := c.Orders(t.Context(), OrdersQuery{})
		done <- err
	}()
	<-started
	require.NoError(t, c.Login(t.Context()))
	close(finish)
	require.NoError(t, <-done)
	assert.Equal(t, 2, s.loginCount())
}

func TestF49_WrongPassword(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	c := s.client(func(cfg *Config) { cfg.Password = "other-secret" })
	_, err := c.Orders(t.Context(), OrdersQuery{})
	e := asError(t, err)
	assert.Equal(t, Credentials, e.Kind)
	assert.Equal(t, "auth", e.Function)
	assert.Equal(t, "no user with such login and password", e.Message)
	assert.Equal(t, 1, s.loginCount(), "one attempt a call")
	assert.NotContains(t, err.Error(), "other-secret")
	assert.Empty(t, s.seen("orders/get"))
}

func TestLoginFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		kind   Kind
	}{
		"ERROR":        {answerJSON(200, `{"status":"ERROR","response":[]}`), Credentials},
		"401":          {answerJSON(401, ``), Credentials},
		"UNAUTHORIZED": {answerJSON(200, `{"status":"UNAUTHORIZED"}`), Credentials},
		"EXCEPTION":    {answerJSON(200, `{"status":"EXCEPTION","response":{"message":"token table is full"}}`), Unavailable},
		"404":          {answerJSON(404, `Not found`), Unavailable},
		"503":          {answerJSON(503, ``), Unavailable},
		"429":          {answerJSON(429, ``), Throttled},
		"page":         {answerJSON(200, `<html>`), Unavailable},
		"no token":     {answerJSON(200, `{"status":"OK","response":[]}`), Malformed},
		"empty token":  {answerJSON(200, `{"status":"OK","response":{"token":""}}`), Malformed},
		"odd token":    {answerJSON(200, `{"status":"OK","response":{"token":{}}}`), Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, one("auth", tc.answer))
			assert.Equal(t, tc.kind, KindOf(s.client().Login(t.Context())))
			assert.Equal(t, tc.kind, KindOf(s.client().UpdateStatus(t.Context(), 1, 2)))
			assert.Len(t, s.seen("auth"), 2, "a refused login is not repeated")
		})
	}
}

func TestLoginIsForced(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	c := s.client()
	require.NoError(t, c.Login(t.Context()))
	require.NoError(t, c.Login(t.Context()))
	assert.Equal(t, 2, s.loginCount())
}

func TestWaitBeforeLoginObeysTheContext(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(401, "")))
	ctx, cancel := context.WithCancel(t.Context())
	c := s.client(func(cfg *Config) {
		cfg.Jitter = func() time.Duration { cancel(); return time.Hour }
	})
	_, err := c.Orders(ctx, OrdersQuery{})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, Unavailable, KindOf(err))
	assert.Equal(t, 1, s.loginCount())
}

// The call that started the shared login gives up; the others must not fail with
// it.
func TestSharedLoginOutlivesTheCallThatStartedIt(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	s := newShop(t, one("auth", func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-finish
		answerJSON(200, `{"status":"OK","response":{"token":"t"}}`)(w, r)
	}))
	c := s.client()
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error), make(chan error)
	go func() { first <- c.Login(ctx) }()
	<-started
	go func() { second <- c.Login(t.Context()) }()
	cancel()
	require.ErrorIs(t, <-first, context.Canceled)
	close(finish)
	require.NoError(t, <-second)
	assert.Len(t, s.seen("auth"), 1)
}
