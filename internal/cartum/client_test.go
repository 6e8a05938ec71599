package cartum

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

const noOrders = `{"status":"EMPTY","response":[]}`

func TestRequestIsJSONWithTokenAndUserAgent(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, noOrders)))
	c := s.client(func(cfg *Config) { cfg.URL += "/" })
	_, err := c.Orders(t.Context(), OrdersQuery{})
	require.NoError(t, err)
	got := s.seen("orders/get")
	require.Len(t, got, 1)
	assert.Equal(t, defaultUserAgent, got[0].agent)
	assert.Equal(t, fmt.Sprintf("%032x", 1), got[0].body["token"])

	_, err = s.client(func(cfg *Config) { cfg.UserAgent = "florist/2" }).Orders(t.Context(), OrdersQuery{})
	require.NoError(t, err)
	assert.Equal(t, "florist/2", s.seen("orders/get")[1].agent)
}

// Every failure of a read and of a write, F48 among them: none is ever "no orders".
func TestF6_FailuresAreSortedAndNeverNone(t *testing.T) {
	t.Parallel()
	page := "<html><body>Just a moment</body></html>"
	retryLater := func(code int, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", value)
			answerJSON(code, `{}`)(w, r)
		}
	}
	cases := map[string]struct {
		answer    http.HandlerFunc
		kind      Kind
		code      int
		status    string
		message   string
		after     time.Duration
		committed bool // of a write
	}{
		"500":                  {answerJSON(500, `{"data":{}}`), Unavailable, 500, "", "", 0, true},
		"502 page":             {answerJSON(502, page), Unavailable, 502, "", "", 0, true},
		"503 told when":        {retryLater(503, "7"), Unavailable, 503, "", "", 7 * time.Second, true},
		"524":                  {answerJSON(524, ""), Unavailable, 524, "", "", 0, true},
		"500 with an envelope": {answerJSON(500, `{"status":"OK","response":{"orders":[]}}`), Unavailable, 500, "", "", 0, true},
		"408":                  {answerJSON(408, ""), Unavailable, 408, "", "", 0, true},
		"425":                  {answerJSON(425, ""), Unavailable, 425, "", "", 0, false},
		"302 to nowhere":       {answerJSON(302, page), Unavailable, 302, "", "", 0, true},
		"304":                  {answerJSON(304, ""), Unavailable, 304, "", "", 0, true},
		"429":                  {answerJSON(429, "slow down"), Throttled, 429, "", "", 0, false},
		"429 in seconds":       {retryLater(429, "30"), Throttled, 429, "", "", 30 * time.Second, false},
		"429 at a date":        {retryLater(429, "Sun, 01 Nov 2026 12:00:42 GMT"), Throttled, 429, "", "", 42 * time.Second, false},
		"429 in the past":      {retryLater(429, "Sun, 01 Nov 2026 11:00:00 GMT"), Throttled, 429, "", "", 0, false},
		"429 for ever":         {retryLater(429, "2000000000"), Throttled, 429, "", "", maxRetryAfter, false},
		"429 absurd":           {retryLater(429, "soon"), Throttled, 429, "", "", 0, false},
		"423":                  {answerJSON(423, `{"message":"locked"}`), Throttled, 423, "", "locked", 0, false},
		"page":                 {answerJSON(200, page), Unavailable, 200, "", "", 0, true},
		"notice before JSON":   {answerJSON(200, `<b>Warning</b>{"status":"OK","response":{"orders":[]}}`), Unavailable, 200, "", "", 0, true},
		"half of it":           {answerJSON(200, `{"status":"OK","response":{"orders":[`), Unavailable, 200, "", "", 0, true},
		"nothing":              {answerJSON(200, " \n"), Unavailable, 200, "", "", 0, true},
		"204":                  {answerJSON(204, ""), Unavailable, 204, "", "", 0, true},
		"null":                 {answerJSON(200, `null`), Unavailable, 200, "", "", 0, true},
		"bare list":            {answerJSON(200, `[]`), Unavailable, 200, "", "", 0, true},
		"no status":            {answerJSON(200, `{"response":{"orders":[]}}`), Unavailable, 200, "", "", 0, true},
		"status of a new kind": {answerJSON(200, `{"status":"MAYBE","response":[]}`), Unavailable, 200, "MAYBE", "", 0, true},
		"EXCEPTION":            {answerJSON(200, `{"status":"EXCEPTION","response":{"message":"SQL"}}`), Unavailable, 200, "EXCEPTION", "SQL", 0, true},
		"HTTP_ERROR":           {answerJSON(200, `{"status":"HTTP_ERROR","response":{"code":400,"message":"payload is not json"}}`), Unavailable, 200, "HTTP_ERROR", "payload is not json", 0, true},
		"UNDEFINED_FUNCTION":   {answerJSON(200, `{"status":"UNDEFINED_FUNCTION","response":[]}`), Unavailable, 200, "UNDEFINED_FUNCTION", "", 0, false},
		"ERROR":                {answerJSON(200, `{"status":"ERROR","response":{"message":"bad  date\n"}}`), Rejected, 200, "ERROR", "bad date", 0, false},
		"ERROR in lower case":  {answerJSON(200, `{"status":"error","response":"bad date"}`), Rejected, 200, "ERROR", "bad date", 0, false},
		"ERROR under 400":      {answerJSON(400, `{"status":"ERROR","response":{"messages":["one",{"message":"two"}]}}`), Rejected, 400, "ERROR", "one; two", 0, false},
		"403":                  {answerJSON(403, `{"error":"no right"}`), Rejected, 403, "", "no right", 0, false},
		"403 page":             {answerJSON(403, page), Unavailable, 403, "", "", 0, true},
		"404: the API is off":  {answerJSON(404, `{"message":"no API"}`), Unavailable, 404, "", "no API", 0, true},
		"404 page":             {answerJSON(404, page), Unavailable, 404, "", "", 0, true},
		"OK under 400":         {answerJSON(400, `{"status":"OK","response":{"orders":[]}}`), Rejected, 400, "OK", "", 0, false},
		"reset":                {breakConnection, Unavailable, 0, "", "", 0, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]http.HandlerFunc{"orders/get": tc.answer, "orders/update": tc.answer})
			c := s.client(func(cfg *Config) {
				cfg.Now = func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }
			})
			page, err := c.Orders(t.Context(), OrdersQuery{})
			e := asError(t, err)
			assert.Empty(t, page)
			assert.Equal(t, "orders/get", e.Function)
			assert.Equal(t, tc.kind, e.Kind, "%v", e)
			assert.Equal(t, tc.kind, KindOf(fmt.Errorf("sweep: %w", err)))
			assert.Equal(t, tc.code, e.HTTPStatus)
			assert.Equal(t, tc.status, e.Status)
			assert.Equal(t, tc.message, e.Message)
			assert.Equal(t, tc.after, e.RetryAfter)
			assert.False(t, e.MayHaveCommitted, "a read changes nothing")

			_, err = c.Order(t.Context(), 5)
			assert.Equal(t, tc.kind, KindOf(err), "never NotFound")

			e = asError(t, c.UpdateStatus(t.Context(), 5, 2))
			assert.Equal(t, tc.kind, e.Kind)
			assert.Equal(t, tc.committed, e.MayHaveCommitted)
			assert.Equal(t, 1, s.loginCount(), "only a refused token leads to a login")
		})
	}
}

func TestStatusOfAnotherFunctionIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]http.HandlerFunc{
		"orders/get":    answerJSON(200, `{"status":"WARNING","response":{"orders":[]}}`),
		"orders/update": answerJSON(200, noOrders),
	})
	_, err := s.client().Orders(t.Context(), OrdersQuery{})
	assert.Equal(t, Unavailable, KindOf(err), "a partial list is no list")
	e := asError(t, s.client().UpdateStatus(t.Context(), 1, 2))
	assert.Equal(t, Unavailable, e.Kind)
	assert.True(t, e.MayHaveCommitted)
}

func TestShopThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c := New(Config{URL: s.URL, Login: testLogin, Password: testPassword, RequestsPerSecond: -1})
	e := asError(t, c.UpdateStatus(t.Context(), 1, 2))
	assert.Equal(t, Unavailable, e.Kind)
	assert.Equal(t, "auth", e.Function)
	assert.False(t, e.MayHaveCommitted)

	// The token is there, the shop is gone: nothing was sent.
	live := newShop(t, nil)
	c = live.client()
	require.NoError(t, c.Login(t.Context()))
	live.Close()
	e = asError(t, c.UpdateStatus(t.Context(), 1, 2))
	assert.Equal(t, Unavailable, e.Kind)
	assert.False(t, e.MayHaveCommitted)

	_, err := New(Config{URL: "://"}).Statuses(t.Context())
	assert.Equal(t, Unavailable, KindOf(err))
}

func TestTimeoutOfOneRequest(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]http.HandlerFunc{
		"orders/get":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"orders/update": func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush(); <-r.Context().Done() },
	})
	c := s.client(func(cfg *Config) { cfg.Timeout = 50 * time.Millisecond })
	_, err := c.Orders(t.Context(), OrdersQuery{})
	assert.Equal(t, Unavailable, KindOf(err))
	require.ErrorIs(t, err, context.DeadlineExceeded)

	// Long enough for the head to arrive on a busy machine too.
	c = s.client(func(cfg *Config) { cfg.Timeout = 3 * time.Second })
	e := asError(t, c.UpdateStatus(t.Context(), 1, 2))
	assert.Equal(t, Unavailable, e.Kind)
	assert.Equal(t, 200, e.HTTPStatus, "the head came, the body did not")
	assert.True(t, e.MayHaveCommitted)
}

func TestCancelledCall(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, noOrders)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.client().Orders(ctx, OrdersQuery{})
	assert.Equal(t, Unavailable, KindOf(err))
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, s.loginCount())
}

func TestAnswerOfMoreThan32MiB(t *testing.T) {
	t.Parallel()
	chunk := []byte(strings.Repeat(" ", 1<<20))
	s := newShop(t, one("orders/get", func(w http.ResponseWriter, _ *http.Request) {
		for range 33 {
			_, _ = w.Write(chunk)
		}
		_, _ = w.Write([]byte(noOrders))
	}))
	_, err := s.client().Orders(t.Context(), OrdersQuery{})
	assert.Equal(t, Malformed, KindOf(err))
	require.ErrorIs(t, err, errTooLarge)
}

func TestConnectionIsReused(t *testing.T) {
	t.Parallel()
	answers := []http.HandlerFunc{answerJSON(200, noOrders), answerJSON(500, strings.Repeat("x", 100_000)), answerJSON(200, noOrders)}
	s := newShop(t, one("orders/get", answersOf(answers...)))
	var dialled atomic.Int32
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled.Add(1)
		return dial(ctx, network, address)
	}
	c := s.client(func(cfg *Config) { cfg.HTTP = &http.Client{Transport: transport} })
	for range 3 {
		_, _ = c.Orders(t.Context(), OrdersQuery{}) // the failing one too must leave the connection usable
	}
	assert.Equal(t, int32(1), dialled.Load())
}

// The password travels in the body: a redirect must not carry it to somebody else.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var stolen atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	t.Cleanup(other.Close)
	to := func(code int, target string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, code) }
	}
	for name, answer := range map[string]http.HandlerFunc{
		"to another host":     to(307, other.URL+"/api/auth/"),
		"permanently":         to(308, other.URL+"/api/auth/"),
		"losing the body":     to(302, "/api/auth/"),
		"round in a circle":   to(307, "/api/auth/"),
		"to another protocol": to(307, "ftp://shop.example/"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, one("auth", answer))
			given := &http.Client{}
			err := s.client(func(cfg *Config) { cfg.HTTP = given }).Login(t.Context())
			assert.Equal(t, Unavailable, KindOf(err))
			require.ErrorIs(t, err, errRedirect)
			assert.NotContains(t, err.Error(), testPassword)
			assert.Nil(t, given.CheckRedirect, "the caller's client stays as it was")
		})
	}
	t.Run("within the shop", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, map[string]http.HandlerFunc{
			"orders/get":    to(308, "/api/v2/orders/get/"),
			"v2/orders/get": answerJSON(200, noOrders),
			"orders/update": to(302, "/"),
		})
		_, err := s.client().Orders(t.Context(), OrdersQuery{})
		require.NoError(t, err)
		e := asError(t, s.client().UpdateStatus(t.Context(), 1, 2))
		assert.False(t, e.MayHaveCommitted, "a redirect did not run the function")
	})
	t.Cleanup(func() { assert.Zero(t, stolen.Load()) })
}

func TestRedirectOffEncryptionIsRefused(t *testing.T) {
	t.Parallel()
	from := httptest.NewRequest(http.MethodPost, "https://shop.example/api/auth/", nil)
	down := httptest.NewRequest(http.MethodPost, "http://shop.example/api/auth/", nil)
	require.ErrorIs(t, refuseForeignRedirect(down, []*http.Request{from}), errRedirect)
	require.NoError(t, refuseForeignRedirect(from, []*http.Request{down}))
}

func TestPace(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, noOrders)))
	c := s.client(func(cfg *Config) { cfg.RequestsPerSecond = 20 })
	started := time.Now()
	for range 3 {
		_, err := c.Orders(t.Context(), OrdersQuery{})
		require.NoError(t, err)
	}
	assert.GreaterOrEqual(t, time.Since(started), 3*50*time.Millisecond, "a login and three calls have three gaps")

	assert.Equal(t, rate.NewLimiter(2, 1), New(Config{}).limiter)
	assert.Equal(t, defaultTimeout, New(Config{}).timeout)
	assert.Less(t, New(Config{}).jitter(), time.Second)
}

func TestNoTurnBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	c := s.client(func(cfg *Config) { cfg.RequestsPerSecond = 0.01 })
	require.NoError(t, c.Login(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	e := asError(t, c.UpdateStatus(ctx, 1, 2))
	assert.Equal(t, Unavailable, e.Kind)
	assert.False(t, e.MayHaveCommitted)
	assert.Empty(t, s.seen("orders/update"))
}

func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	token := fmt.Sprintf("%032x", 1)
	s := newShop(t, one("orders/get", answerJSON(200,
		`{"status":"ERROR","response":{"message":"`+testPassword+` and `+token+` `+strings.Repeat("ї", 400)+`"}}`)))
	_, err := s.client().Orders(t.Context(), OrdersQuery{})
	e := asError(t, err)
	assert.NotContains(t, err.Error(), testPassword)
	assert.NotContains(t, err.Error(), token)
	assert.Contains(t, err.Error(), "*** and ***")
	assert.Len(t, []rune(e.Message), 300)

	echo := one("auth", answerJSON(200, `{"status":"ERROR","response":{"message":"wrong: `+testPassword+`"}}`))
	err = newShop(t, echo).client().Login(t.Context())
	assert.Equal(t, Credentials, KindOf(err))
	assert.NotContains(t, err.Error(), testPassword)
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	e := &Error{Kind: Rejected, Function: "orders/get", HTTPStatus: 400, Status: "ERROR", Field: "x", Message: "bad date", Err: errNoReason}
	assert.Equal(t, "cartum orders/get: Rejected, HTTP 400, status ERROR, field x: bad date: the shop gives no reason", e.Error())
	assert.Equal(t, "cartum orders/get: NotFound", (&Error{Kind: NotFound, Function: "orders/get"}).Error())
	assert.Empty(t, KindOf(nil))
	assert.Empty(t, KindOf(context.Canceled))
}
