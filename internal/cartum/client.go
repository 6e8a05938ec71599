// Package cartum is a client of the HTTP API of one Cartum shop.
//
// It keeps the token, the pace and the shapes of the answers, and sorts every
// failure into a [Kind]. It normalizes wire values, but judges none of them: what
// an order means is up to the domain.
package cartum

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	defaultRequestsPerSecond = 2
	defaultTimeout           = 60 * time.Second

	// The shop's bot filter answers default library names with a page instead of JSON
	// (docs/reference/cartum.md#transport).
	defaultUserAgent = "cartumsync/1.0"

	// A hundred orders are about 0.4 MB, a hundred products with descriptions about 7 MB
	// (docs/reference/cartum.md#limits).
	maxAnswer = 32 << 20

	maxRedirects = 5

	// Longer waits are of no use to a caller and would overflow a duration.
	maxRetryAfter = 24 * time.Hour
)

// Config describes one shop and how to talk to it. URL, Login and Password are required.
type Config struct {
	// URL is the shop's own address, such as https://shop.example; functions are below URL + "/api/<function>/".
	URL string
	// Login and Password are those of a user created in the shop's panel.
	Login, Password string
	// RequestsPerSecond is the pace, with a burst of 1; 0 means 2, a negative value lifts the limit.
	// The shop documents no limit and is to be treated gently (docs/reference/cartum.md#limits).
	RequestsPerSecond float64
	// Timeout bounds one request with its answer, not the wait for its turn; 0 means 60 seconds.
	Timeout time.Duration
	// HTTP sends the requests; nil means a client of default settings. It is copied, its redirect policy replaced.
	HTTP *http.Client
	// UserAgent is sent with every request; empty means the program's name.
	UserAgent string
	// Trace is called before each request that is sent, with its method and its path's
	// pattern. What it returns is called with the answer's status, 0 where there was none,
	// and the failure's kind, or "" for a success. Nil is nobody.
	Trace func(ctx context.Context, method, path string) (context.Context, func(status int, failed Kind))
	// Observe is called for every request that was sent: its failure's kind, or "" for
	// a success. Nil is nobody.
	Observe func(Kind)
	// Now returns the time; nil means time.Now.
	Now func() time.Time
	// Jitter is the wait before a refused token is replaced; nil means a random part of a second.
	Jitter func() time.Duration
}

// waiter is a rate limiter: Wait ends at the time of the next request.
type waiter interface{ Wait(context.Context) error }

// Client talks to one shop. It is safe for parallel use: all calls share one token and one pace.
type Client struct {
	base, login, password, userAgent string

	timeout time.Duration
	http    *http.Client
	limiter waiter
	observe func(Kind)
	trace   func(ctx context.Context, method, path string) (context.Context, func(int, Kind))
	now     func() time.Time
	jitter  func() time.Duration

	logins singleflight.Group
	mu     sync.Mutex
	newest token
}

// New creates a client. It sends nothing: the first call logs in.
func New(cfg Config) *Client {
	c := &Client{
		base:      strings.TrimRight(cfg.URL, "/"),
		login:     cfg.Login,
		password:  cfg.Password,
		userAgent: cmp.Or(cfg.UserAgent, defaultUserAgent),
		timeout:   cfg.Timeout,
		http:      sameShopClient(cfg.HTTP),
		limiter:   rate.NewLimiter(pace(cfg.RequestsPerSecond), 1),
		trace:     cfg.Trace,
		observe:   cfg.Observe,
		now:       cfg.Now,
		jitter:    cfg.Jitter,
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.observe == nil {
		c.observe = func(Kind) {}
	}
	if c.trace == nil {
		c.trace = func(ctx context.Context, _, _ string) (context.Context, func(int, Kind)) {
			return ctx, func(int, Kind) {}
		}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.jitter == nil {
		c.jitter = func() time.Duration { return rand.N(time.Second) } //nolint:gosec // spreads logins, guards nothing
	}
	return c
}

func pace(perSecond float64) rate.Limit {
	switch {
	case perSecond < 0:
		return rate.Inf
	case perSecond == 0:
		return defaultRequestsPerSecond
	}
	return rate.Limit(perSecond)
}

// sameShopClient copies the client and binds it to the shop: login, password and
// token travel in the body, which a redirect would send to the host that it names.
func sameShopClient(given *http.Client) *http.Client {
	bound := http.Client{}
	if given != nil {
		bound = *given
	}
	bound.CheckRedirect = refuseForeignRedirect
	return &bound
}

var errRedirect = errors.New("redirect refused")

func refuseForeignRedirect(next *http.Request, sent []*http.Request) error {
	first := sent[0].URL
	switch {
	case !strings.EqualFold(next.URL.Host, first.Host):
		return fmt.Errorf("%w: to another host, %s", errRedirect, next.URL.Host)
	case first.Scheme == "https" && next.URL.Scheme != "https":
		return fmt.Errorf("%w: to an unencrypted address", errRedirect)
	case next.Method != http.MethodPost:
		return fmt.Errorf("%w: it would lose the request's body", errRedirect)
	case len(sent) >= maxRedirects:
		return fmt.Errorf("%w: more than %d in a row", errRedirect, maxRedirects)
	}
	return nil
}

// function is a function of the API.
type function struct {
	name string
	// accepts are the envelope's statuses that are an answer; every other one is a failure.
	accepts []string
	// writes says that the function changes something in the shop, so a lost answer may hide a change that was made.
	writes bool
}

func (f function) path() string { return "/api/" + f.name + "/" }

// answer is what came back over HTTP, not yet understood.
type answer struct {
	code       int
	retryAfter time.Duration
	body       []byte
}

// reply is an answer that was understood to be a success.
type reply struct {
	status   string
	response json.RawMessage
}

// reader distinguishes a success from a failure.
type reader func(function, answer) (reply, *Error)

// maxReplacements is how often one call replaces a refused token: where a login ends other tokens of the same user, several
// processes throw each other out, but hardly so often in a row. More refusals mean that the login itself has lost its rights.
const maxReplacements = 5

// call runs a function with a token. A refused token is replaced and the call repeated, at once: while it waited for a turn
// another process might log in again and end this token, too.
func (c *Client) call(ctx context.Context, f function, params map[string]any, read reader) (reply, error) {
	r, used, failure := c.pacedAttempt(ctx, f, params, read)
	for replaced := range maxReplacements {
		if failure == nil || failure.Kind != Credentials || used.generation == 0 {
			break
		}
		if failure = c.replaceToken(ctx, used, replaced); failure != nil {
			break
		}
		r, used, failure = c.attempt(ctx, f, params, read)
	}
	if failure != nil {
		return reply{}, failure
	}
	return r, nil
}

// pacedAttempt is an attempt that waits for its turn, with a token at hand.
func (c *Client) pacedAttempt(ctx context.Context, f function, params map[string]any, read reader) (reply, token, *Error) {
	if _, failure := c.currentToken(ctx); failure != nil {
		return reply{}, token{}, failure
	}
	if failure := c.awaitSlot(ctx, f); failure != nil {
		return reply{}, token{}, failure
	}
	return c.attempt(ctx, f, params, read)
}

// attempt runs a function once and returns which token it used: none where no
// token was to be had. The token is asked for again after a wait for a slot, which
// may have outlasted it.
func (c *Client) attempt(ctx context.Context, f function, params map[string]any, read reader) (reply, token, *Error) {
	t, failure := c.currentToken(ctx)
	if failure != nil {
		return reply{}, token{}, failure
	}
	body := maps.Clone(params)
	body["token"] = t.value
	r, failure := c.exchange(ctx, f, body, read)
	return r, t, withoutSecrets(failure, t.value, c.password)
}

// exchange sends one request and understands its answer.
func (c *Client) exchange(ctx context.Context, f function, body map[string]any, read reader) (reply, *Error) {
	sending, traced := c.trace(ctx, http.MethodPost, f.path())
	a, failure := c.send(sending, f, body)
	var r reply
	if failure == nil {
		r, failure = read(f, a)
	}
	traced(a.code, failure.kind())
	switch {
	case failure == nil:
		c.observe("")
	case ctx.Err() == nil: // else it is the caller who gave up
		c.observe(failure.Kind)
	}
	return r, failure
}

func (c *Client) awaitSlot(ctx context.Context, f function) *Error {
	if err := c.limiter.Wait(ctx); err != nil {
		return f.unsent(err)
	}
	return nil
}

// send posts a JSON body, the form that the service recommends
// (docs/reference/cartum.md#transport).
func (c *Client) send(ctx context.Context, f function, body map[string]any) (answer, *Error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return answer{}, f.unsent(err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+f.path(), bytes.NewReader(payload))
	if err != nil {
		return answer{}, f.unsent(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	resp, err := c.http.Do(req) //nolint:bodyclose // receive drains and closes it
	if err != nil {
		return answer{}, f.unreachable(err)
	}
	return c.receive(f, resp)
}

// receive reads the body to its end, so that the connection can be used again, and closes it.
func (c *Client) receive(f function, resp *http.Response) (answer, *Error) {
	defer func() { _ = resp.Body.Close() }() // nothing is left to do about it: the body was read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		failure := f.unreachable(err)
		failure.HTTPStatus = resp.StatusCode
		return answer{}, failure
	}
	a := answer{code: resp.StatusCode, retryAfter: c.retryAfter(resp.Header.Get("Retry-After")), body: body}
	if len(body) > maxAnswer {
		return answer{}, f.failure(Malformed, a, errTooLarge)
	}
	return a, nil
}

// retryAfter reads the header's two forms, seconds and a date; 0 means that it says nothing usable.
func (c *Client) retryAfter(header string) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(c.now()), 0), maxRetryAfter)
	}
	return 0
}
