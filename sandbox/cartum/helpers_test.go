package cartum

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, on any machine

	"github.com/cartumsync/cartumsync/internal/contract"
)

// shop is a fake behind a real HTTP server.
type shop struct {
	t      *testing.T
	server *Server
	url    string
	client *http.Client // of its own, so that no other test closes its connections
	token  string
	clock  *clock
}

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// testStart is 14:00 in Warsaw.
var testStart = time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)

func newShop(t *testing.T, switches map[string]string) *shop {
	t.Helper()
	return newShopWith(t, Options{Switches: switches})
}

func newShopWith(t *testing.T, o Options) *shop {
	t.Helper()
	c := &clock{now: testStart}
	o.Now = c.Now
	if o.TimeZone == nil {
		zone, err := time.LoadLocation("Europe/Warsaw")
		if err != nil {
			t.Fatal(err)
		}
		o.TimeZone = zone
	}
	server := New(o)
	listener := httptest.NewServer(contract.Cartum().CheckAnswers(t, server))
	t.Cleanup(func() {
		server.Close()
		listener.Close()
	})
	return &shop{t: t, server: server, url: listener.URL, client: listener.Client(), clock: c}
}

// wholeOrder has what every order has, but its number and time, which the shop gives.
func wholeOrder() map[string]any {
	return map[string]any{
		"stat_status": json.Number("1"), "currency": "PLN", "total_default": json.Number("0"), "total_sum": json.Number("0"), "products": []any{},
	}
}

// reply is an answer as a client sees it.
type reply struct {
	code   int
	kind   string
	header http.Header
	text   string
	doc    any
}

// at walks into the document: names of objects, numbers of lists.
func (r reply) at(path ...any) any { return at(r.doc, path...) }

func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

func (r reply) list(path ...any) []any {
	list, _ := r.at(path...).([]any)
	return list
}

// decode keeps numbers as they are written; what is no JSON is nil.
func decode(body []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var doc any
	if err := decoder.Decode(&doc); err != nil {
		return nil
	}
	return doc
}

// try sends a request and returns what became of it.
func (s *shop) try(method, path, kind, body string) (reply, error) {
	return s.tryWhile(s.t.Context(), method, path, kind, body)
}

// tryWhile gives the request up when the context ends.
func (s *shop) tryWhile(ctx context.Context, method, path, kind, body string) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	return reply{
		code: response.StatusCode, kind: response.Header.Get("Content-Type"), header: response.Header,
		text: string(text), doc: decode(text),
	}, nil
}

func (s *shop) send(method, path, kind, body string) reply {
	s.t.Helper()
	r, err := s.try(method, path, kind, body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (s *shop) post(function string, p params) reply {
	s.t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.send(http.MethodPost, "/api/"+function+"/", "application/json", string(body))
}

func (s *shop) login() string {
	s.t.Helper()
	r := s.post("auth", params{"login": "sandbox", "password": "sandbox"})
	token, _ := r.at("response", "token").(string)
	if token == "" {
		s.t.Fatalf("no token: %s", r.text)
	}
	return token
}

// call posts a function with a token that it gets first.
func (s *shop) call(function string, p params) reply {
	s.t.Helper()
	if s.token == "" {
		s.token = s.login()
	}
	with := params{"token": s.token}
	for name, value := range p {
		with[name] = value
	}
	return s.post(function, with)
}

// sandbox sends a request of the sandbox's own.
func (s *shop) sandbox(method, path, body string, code int) reply {
	s.t.Helper()
	r := s.send(method, "/sandbox/"+path, "application/json", body)
	if r.code != code {
		s.t.Fatalf("%s %s: %d %s, want %d", method, path, r.code, r.text, code)
	}
	return r
}

func (s *shop) put(number, order string) {
	s.t.Helper()
	r := s.send(http.MethodPut, "/sandbox/orders/"+number, "", order)
	if r.code != http.StatusOK && r.code != http.StatusCreated {
		s.t.Fatalf("put order %s: %d %s", number, r.code, r.text)
	}
}

func (s *shop) putProduct(article, product string) {
	s.t.Helper()
	s.sandbox(http.MethodPut, "products/"+url.PathEscape(article), product, http.StatusCreated)
}

func (s *shop) set(name Switch, value string) {
	s.t.Helper()
	body, _ := json.Marshal(map[Switch]string{name: value})
	s.sandbox(http.MethodPut, "switches", string(body), http.StatusOK)
}

func (s *shop) fault(body string) {
	s.t.Helper()
	s.sandbox(http.MethodPost, "faults", body, http.StatusNoContent)
}

// numbers are the order numbers of an answer of orders/get.
func (s *shop) numbers(p params) []string {
	s.t.Helper()
	var numbers []string
	for _, order := range s.call("orders/get", p).list("response", "orders") {
		numbers = append(numbers, at(order, "order_id").(json.Number).String())
	}
	return numbers
}

// order is the one order of the shop as orders/get has it.
func (s *shop) order(p params) map[string]any {
	s.t.Helper()
	order, ok := s.call("orders/get", p).at("response", "orders", 0).(map[string]any)
	if !ok {
		s.t.Fatal("no order")
	}
	return order
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

// same compares with JSON text, numbers as they are written.
func same(t *testing.T, what string, got any, want string) {
	t.Helper()
	equal(t, what, got, decode([]byte(want)))
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

// subscriber collects what is delivered to it.
type subscriber struct {
	url    string
	mu     sync.Mutex
	got    []received
	answer func(n int) int // the answer's code to the n-th request, from 1
}

type received struct {
	method, kind string
	doc          any
}

func newSubscriber(t *testing.T, answer func(n int) int) *subscriber {
	t.Helper()
	sub := &subscriber{answer: answer}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sub.mu.Lock()
		sub.got = append(sub.got, received{method: r.Method, kind: r.Header.Get("Content-Type"), doc: decode(body)})
		n := len(sub.got)
		sub.mu.Unlock()
		code := sub.answer(n)
		if code == http.StatusFound {
			w.Header().Set("Location", r.URL.Path)
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(listener.Close)
	sub.url = listener.URL + "/hooks/secret"
	return sub
}

func always(code int) func(int) int { return func(int) int { return code } }

func (s *subscriber) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

// wait returns when n requests have come.
func (s *subscriber) wait(t *testing.T, n int) []received {
	t.Helper()
	eventually(t, "delivery", func() bool { return len(s.all()) >= n })
	return s.all()
}
