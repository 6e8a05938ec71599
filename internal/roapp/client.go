// Package roapp is a client of RO App's public API: contacts, products, work orders, their items and the directories
// that go with them.
//
// Each method is one request (a list: one request per page), paced so that the account's budget holds. Nothing is
// retried here: an Error says whether a repetition may do the same thing twice.
//
// What the API was seen or documented to do is cited by its heading in docs/reference/roapp.md.
package roapp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	defaultURL               = "https://api.roapp.io"
	defaultRequestsPerSecond = 3
	defaultTimeout           = 75 * time.Second
	defaultUserAgent         = "cartumsync"

	maxAnswer    = 16 << 20
	maxDrain     = 64 << 10
	maxRedirects = 3
	idleConns    = 8
)

// Config says how an account is reached.
type Config struct {
	// URL is the service's address without a version, https://api.roapp.io when empty. It is a setting because the
	// older brand hosts answer too (docs/reference/roapp.md#hosts-and-authentication).
	URL    string
	APIKey string
	// RequestsPerSecond is the account's budget: 3 when 0, no limit when negative. It counts for requests outside of a
	// [Limiter]'s tasks.
	RequestsPerSecond float64
	// Timeout bounds one request, connecting and reading its answer included, 75 s when 0. The wait for a turn is not
	// part of it.
	Timeout time.Duration
	// Catalogue is the family of calls for products, CatalogueAuto when empty.
	Catalogue Catalogue
	// ProductTypeID is the type of new products in the v2 catalogue, the account's first one when 0.
	ProductTypeID int64
	// HTTP is the client whose transport is used; its redirect policy is replaced.
	HTTP      *http.Client
	UserAgent string
	// Trace is called before each request that is sent, with its method and its path's
	// pattern. What it returns is called with the answer's status, 0 where there was none,
	// and the failure's kind, or "" for a success. Nil is nobody.
	Trace func(ctx context.Context, method, path string) (context.Context, func(status int, failed Kind))
	// Observe is called for every request that was sent: its failure's kind, or "" for
	// a success. Nil is nobody.
	Observe func(Kind)
}

// String leaves the key out.
func (c Config) String() string { return "roapp.Config{" + c.URL + "}" }

// GoString leaves the key out.
func (c Config) GoString() string { return c.String() }

// Client speaks to one account. It is safe for concurrent use; its requests share one budget.
type Client struct {
	url       string
	key       string
	userAgent string
	timeout   time.Duration
	http      *http.Client
	own       *Limiter
	trace     func(ctx context.Context, method, path string) (context.Context, func(int, Kind))
	observe   func(Kind)

	catalogues *catalogues
	fields     fieldsPatch
}

// New returns a client; it sends nothing. A wrong address or key shows at the first request.
func New(cfg Config) *Client {
	c := &Client{
		url:       strings.TrimRight(cmp.Or(strings.TrimSpace(cfg.URL), defaultURL), "/"),
		key:       strings.TrimSpace(cfg.APIKey),
		userAgent: cmp.Or(cfg.UserAgent, defaultUserAgent),
		timeout:   cmp.Or(cfg.Timeout, defaultTimeout),
		http:      newHTTPClient(cfg.HTTP),
		own:       NewLimiter(cfg.RequestsPerSecond),
		trace:     cfg.Trace,
		observe:   cfg.Observe,
	}
	if c.observe == nil {
		c.observe = func(Kind) {}
	}
	if c.trace == nil {
		c.trace = func(ctx context.Context, _, _ string) (context.Context, func(int, Kind)) {
			return ctx, func(int, Kind) {}
		}
	}
	c.http.CheckRedirect = checkRedirect
	c.catalogues = newCatalogues(c, cfg.Catalogue, cfg.ProductTypeID)
	return c
}

// String leaves the key out.
func (c *Client) String() string { return "roapp.Client{" + c.url + "}" }

// GoString leaves the key out.
func (c *Client) GoString() string { return c.String() }

func newHTTPClient(given *http.Client) *http.Client {
	if given != nil {
		own := *given
		return &own
	}
	shared, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return &http.Client{}
	}
	transport := shared.Clone()
	transport.MaxIdleConnsPerHost = idleConns
	return &http.Client{Transport: transport}
}

// checkRedirect follows only a read, and only within the same host: the key belongs to this host alone, and a write
// that is redirected may turn into a read.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	sameHost := next.URL.Scheme == first.URL.Scheme && next.URL.Host == first.URL.Host
	if first.Method != http.MethodGet || !sameHost || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// request is one call of the API.
type request struct {
	method string
	// path has "{id}" in the place of id, and "{item}" in that of item. Errors
	// show this form.
	path  string
	id    int64
	item  int64
	query url.Values
	body  any
	// emptyAnswer says that success needs no answer's body.
	emptyAnswer bool
}

func (r request) endpoint() string { return r.method + " " + r.path }

func (r request) writes() bool { return r.method != http.MethodGet }

// collection reports whether the path leads to no single record, so that what is
// not found is the endpoint itself.
func (r request) collection() bool { return !strings.Contains(r.path, "{") }

func (r request) url(base string) string {
	address := base + strings.NewReplacer("{id}", strconv.FormatInt(r.id, 10), "{item}", strconv.FormatInt(r.item, 10)).Replace(r.path)
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	return address
}

// answer is what came back, whatever it means.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	tooLong bool
}

// reply is an accepted answer, decoded.
type reply struct {
	node
	request request
	status  int
}

// malformed is the error of an answer that holds a problem.
func (r reply) malformed(problem error) error { return malformed(r.request, r.status, problem) }

// check returns the first problem met while reading, as an *Error.
func (r reply) check() error {
	if problem := r.err(); problem != nil {
		return r.malformed(problem)
	}
	return nil
}

// do sends one request and returns its answer, or an *Error.
func (c *Client) do(ctx context.Context, r request) (reply, error) {
	a, failure := c.send(ctx, r)
	var value any
	if failure == nil {
		value, failure = c.judge(r, a)
	}
	if failure != nil {
		if ctx.Err() == nil { // else it is the caller who gave up
			c.observe(failure.Kind)
		}
		return reply{}, failure
	}
	c.observe("")
	return reply{node: newNode(value), request: r, status: a.status}, nil
}

func (c *Client) send(ctx context.Context, r request) (a answer, failure *Error) {
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return answer{}, &Error{Kind: Malformed, Endpoint: r.endpoint(), Err: err}
	}
	given, err := c.slot(ctx)
	if err != nil {
		return answer{}, neverSent(r, err)
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	timed, stop := context.WithCancelCause(timed)
	defer stop(nil)
	timed, traced := c.trace(timed, r.method, r.path)
	defer func() { traced(a.status, failure.kind()) }()
	var reach reached
	reach.slot.Store(given)
	reach.again = func() {
		reach.slot.Load().end()
		next, err := c.slot(timed)
		if err != nil {
			stop(err)
			return
		}
		reach.slot.Store(next)
	}

	resp, err := c.http.Do(req.WithContext(httptrace.WithClientTrace(timed, reach.trace())))
	reach.slot.Load().end()
	if err != nil {
		return answer{}, c.noAnswer(r, 0, err, reach.mayHaveSent())
	}
	defer resp.Body.Close()
	a, err = read(resp)
	if err != nil && a.status < http.StatusMultipleChoices {
		return answer{}, c.noAnswer(r, a.status, err, true)
	}
	if rest := retryAfter(a.header, time.Now()); a.status == http.StatusTooManyRequests && rest > 0 {
		c.limiter(ctx).pause(rest)
	}
	return a, nil
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, errors.New("request cannot be encoded")
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url(c.url), body)
	if err != nil {
		return nil, errors.New("the account's URL is not valid")
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// read takes the whole answer, up to maxAnswer, and leaves the connection fit for the next request.
func read(resp *http.Response) (answer, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	if len(body) > maxAnswer {
		a.body, a.tooLong = nil, true
		_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	}
	return a, err
}

// reached reports whether a request can have come to the service: it cannot as
// long as there was no connection. It also notifies the request's slot when it was
// sent. What net/http sends besides, a redirect or a read whose connection broke,
// waits for a turn like any other request.
type reached struct {
	slot             atomic.Pointer[slot]
	again            func() // takes the next turn
	asked, connected atomic.Bool
}

func (r *reached) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) {
			if r.asked.Swap(true) {
				r.again()
			}
		},
		GotConn: func(httptrace.GotConnInfo) { r.connected.Store(true) },

		WroteRequest: func(httptrace.WroteRequestInfo) { r.slot.Load().wrote() },
	}
}

// mayHaveSent is true also for a transport that does not report it.
func (r *reached) mayHaveSent() bool { return r.connected.Load() || !r.asked.Load() }
