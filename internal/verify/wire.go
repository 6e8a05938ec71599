package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// exchanged is a request with its answer, as they were on the wire.
type exchanged struct {
	endpoint string // "GET /v2/orders/{id}"
	request  *http.Request
	status   int
	header   http.Header
	body     []byte
	took     time.Duration
}

// value is the body decoded, nil where it is no JSON.
func (x exchanged) value() any {
	decoder := json.NewDecoder(bytes.NewReader(x.body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// wire sends all requests to one service at one pace, repeats what was refused for its pace, and keeps every answer.
type wire struct {
	pace *rate.Limiter
	base http.RoundTripper

	mu  sync.Mutex
	all []exchanged
}

const (
	// paceShare leaves room for jitter on the way.
	paceShare = 0.9
	// throttledTries is how often a request is sent that the service refuses for its pace: workers may use the same budget.
	throttledTries = 8
	throttledPause = time.Second
	maxAnswer      = 64 << 20
)

func newWire(perSecond float64) *wire {
	return &wire{pace: rate.NewLimiter(rate.Limit(max(perSecond, 0.1)*paceShare), 1), base: http.DefaultTransport.(*http.Transport).Clone()}
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		if err := w.pace.Wait(request.Context()); err != nil {
			return nil, err
		}
		response, err := w.send(request)
		if err != nil || response.StatusCode != http.StatusTooManyRequests || try == throttledTries {
			return response, err
		}
		if request.Body != nil && request.GetBody == nil {
			return response, nil
		}
		if err := pause(request.Context(), throttledPause); err != nil {
			return nil, err
		}
	}
}

// send sends without a wait.
func (w *wire) send(request *http.Request) (*http.Response, error) {
	sent := request.Clone(request.Context())
	if request.GetBody != nil {
		body, err := request.GetBody()
		if err != nil {
			return nil, err
		}
		sent.Body = body
	}
	began := time.Now()
	response, err := w.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, exchanged{
		endpoint: request.Method + " " + pattern(request.URL.Path), request: request, status: response.StatusCode,
		header: response.Header, body: body, took: time.Since(began),
	})
	return response, nil
}

var numbers = regexp.MustCompile(`/\d+`)

// pattern has no ids.
func pattern(path string) string { return numbers.ReplaceAllString(path, "/{id}") }

// since are the exchanges from the mark on.
func (w *wire) since(mark int) []exchanged {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all[mark:])
}

func (w *wire) mark() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.all)
}

// last is the newest accepted answer of an endpoint.
func (w *wire) last(endpoint string) (exchanged, bool) {
	for _, x := range slices.Backward(w.since(0)) {
		if x.endpoint == endpoint && x.status < http.StatusMultipleChoices {
			return x, true
		}
	}
	return exchanged{}, false
}

// newest is the newest answer of all.
func (w *wire) newest() exchanged {
	all := w.since(0)
	if len(all) == 0 {
		return exchanged{}
	}
	return all[len(all)-1]
}

func (w *wire) counts(service string) []Count {
	var counts []Count
	for _, x := range w.since(0) {
		name := service + " " + x.endpoint
		i := slices.IndexFunc(counts, func(c Count) bool { return c.Endpoint == name })
		if i < 0 {
			i, counts = len(counts), append(counts, Count{Endpoint: name})
		}
		counts[i].Requests++
		counts[i].Slowest = max(counts[i].Slowest, x.took)
	}
	return counts
}

// ask sends a read of RO App as it is, for what the client does not ask: key "" is the account's.
func (e *examination) ask(ctx context.Context, path string, query url.Values, key string) (exchanged, error) {
	request, err := e.read(ctx, path, query, key)
	if err != nil {
		return exchanged{}, err
	}
	response, err := e.roappWire.RoundTrip(request)
	if err != nil {
		return exchanged{}, err
	}
	_ = response.Body.Close()
	return e.roappWire.newest(), nil
}

func (e *examination) read(ctx context.Context, path string, query url.Values, key string) (*http.Request, error) {
	address := strings.TrimRight(e.account.URL, "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+cmp.Or(key, e.account.APIKey.Reveal()))
	request.Header.Set("Accept", "application/json")
	return request, nil
}

// in walks into decoded JSON; nil where there is nothing.
func in(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// listIn is the list of rows in an answer: bare, or under data.
func listIn(value any) []any {
	if bare, ok := value.([]any); ok {
		return bare
	}
	rows, _ := in(value, "data").([]any)
	return rows
}

// text is a scalar as it was written.
func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	default:
		return ""
	}
}
