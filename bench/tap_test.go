package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// tap stands before a service and notes each request that passes, with the order
// that it is for: the fakes' own lists have no ids.
type tap struct {
	b     *testing.B
	mu    sync.Mutex
	calls []call
}

// call is one request as the service saw it.
type call struct {
	at     time.Time
	done   time.Time // when it was answered
	method string
	path   string // "/v2/orders/1001/items"
	status int
	// order is RO App's id of it, or its number where the shop's is changed; 0
	// where the request is for none.
	order int64
}

func (c call) refused() bool { return c.status == http.StatusTooManyRequests }

func (c call) ok() bool { return c.status < http.StatusMultipleChoices }

func newTap(b *testing.B) *tap { b.Helper(); return &tap{b: b} }

// before is for the options of a test environment.
func (t *tap) before(account string) string {
	t.b.Helper()
	to, err := url.Parse(account)
	if err != nil {
		t.b.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Transport: t,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
	})
	t.b.Cleanup(server.Close)
	return server.URL
}

// RoundTrip implements [http.RoundTripper].
func (t *tap) RoundTrip(req *http.Request) (*http.Response, error) {
	seen := call{at: time.Now(), method: req.Method, path: req.URL.Path, order: orderOf(req.URL.Path)}
	if seen.updatesShop() {
		var err error
		if seen.order, err = updatedOrder(req); err != nil {
			return nil, err
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	seen.status, seen.done = resp.StatusCode, time.Now()
	if seen.creates() && seen.ok() {
		if seen.order, err = createdOrder(resp); err != nil {
			return nil, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, seen)
	return resp, nil
}

func (c call) creates() bool { return c.method == http.MethodPost && c.path == "/v2/orders" }

func (c call) comments() bool {
	return c.method == http.MethodPost && strings.HasSuffix(c.path, "/comments")
}

func (c call) addsItem() bool {
	return c.method == http.MethodPost && strings.HasSuffix(c.path, "/items")
}

func (c call) changesItem() bool {
	return c.method == http.MethodPatch && strings.Contains(c.path, "/items/")
}

func (c call) updatesShop() bool { return strings.Trim(c.path, "/") == "api/orders/update" }

func (c call) collects() bool { return c.method == http.MethodGet && c.path == "/v2/orders" }

// orderOf reads the id out of "/v2/orders/1001/items".
func orderOf(path string) int64 {
	rest, _ := strings.CutPrefix(path, "/v2/orders/")
	digits, _, _ := strings.Cut(rest, "/")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// createdOrder reads the id out of the answer and puts the answer back.
func createdOrder(resp *http.Response) (int64, error) {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var created struct {
		ID int64 `json:"id"`
	}
	err = json.Unmarshal(body, &created)
	return created.ID, err
}

// updatedOrder reads the number out of a change to the shop's order and puts the
// body back.
func updatedOrder(req *http.Request) (int64, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return 0, err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	var change struct {
		Orders []struct {
			Number int64 `json:"order_id"`
		} `json:"orders"`
	}
	if err := json.Unmarshal(body, &change); err != nil || len(change.Orders) != 1 {
		return 0, fmt.Errorf("not a change of one order: %w", err)
	}
	return change.Orders[0].Number, nil
}

// seen are the requests so far, in the order in which they came.
func (t *tap) seen() traffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := slices.Clone(t.calls)
	slices.SortFunc(calls, func(a, b call) int { return a.at.Compare(b.at) })
	return calls
}

// traffic are requests in the order in which they came.
type traffic []call

func (t traffic) count(which func(call) bool) int {
	n := 0
	for _, c := range t {
		if which(c) {
			n++
		}
	}
	return n
}

// elapsed is the time of the whole traffic, the turn of its last request included.
func (t traffic) elapsed() time.Duration {
	return t[len(t)-1].at.Sub(t[0].at) + time.Second/perSecond
}

// used is which share of the account's limit was used by accepted requests.
func (t traffic) used() float64 {
	return float64(t.count(call.ok)) / (perSecond * t.elapsed().Seconds())
}

// withBacklog is the part in which orders wait that have not started: until the last one is created.
func (t traffic) withBacklog() traffic {
	last := len(t) - 1
	for last > 0 && !t[last].creates() {
		last--
	}
	return t[:last+1]
}

// refused is which share of the requests was answered 429.
func (t traffic) refused() float64 { return float64(t.count(call.refused)) / float64(len(t)) }

// longestGap is the longest time without a request.
func (t traffic) longestGap() time.Duration {
	var longest time.Duration
	for i := range t[1:] {
		longest = max(longest, t[i+1].at.Sub(t[i].at))
	}
	return longest
}

// perSecond is the account's limit.
const perSecond = 3

// life is what the account saw of one order.
type life struct{ created, whole, finished time.Time }

// lives are those of the orders that were made and have all that belongs to
// them: an import ends with its comment.
func (t traffic) lives() []life {
	byOrder := map[int64]*life{}
	var finished []life
	for _, c := range t {
		switch {
		case !c.ok() || c.order == 0:
		case c.creates():
			byOrder[c.order] = &life{created: c.at}
		case c.addsItem():
			byOrder[c.order].whole = c.at
		case c.comments():
			byOrder[c.order].finished = c.at
			finished = append(finished, *byOrder[c.order])
		}
	}
	return finished
}

// after gives how long after the first request the orders were finished,
// sorted.
func (t traffic) after() []time.Duration {
	var after []time.Duration
	for _, l := range t.lives() {
		after = append(after, l.finished.Sub(t[0].at))
	}
	slices.Sort(after)
	return after
}

// longestHalf is the longest time that an order stood without all its lines.
func (t traffic) longestHalf() time.Duration {
	var longest time.Duration
	for _, l := range t.lives() {
		longest = max(longest, l.whole.Sub(l.created))
	}
	return longest
}
