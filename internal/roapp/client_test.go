package roapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/contract"
)

const testKey = "k3y-of-the-account"

// seen is a request as the service got it.
type seen struct {
	method, path string
	query        url.Values
	header       http.Header
	body         string
}

// service answers from a list, the last answer again and again, and remembers the requests.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	requests []seen
	answers  []http.HandlerFunc
}

func newService(t *testing.T, answers ...http.HandlerFunc) (*service, *Client) {
	t.Helper()
	s := &service{answers: answers}
	s.Server = httptest.NewServer(contract.Roapp().CheckRequests(t, s))
	t.Cleanup(s.Close)
	return s, New(Config{URL: s.URL, APIKey: testKey, RequestsPerSecond: -1, Timeout: 5 * time.Second, UserAgent: "test"})
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.requests = append(s.requests, seen{r.Method, r.URL.Path, r.URL.Query(), r.Header, string(body)})
	answer := s.answers[min(len(s.requests), len(s.answers))-1]
	s.mu.Unlock()
	answer(w, r)
}

func (s *service) all() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *service) only(t *testing.T) seen {
	t.Helper()
	all := s.all()
	if len(all) != 1 {
		t.Fatalf("%d requests, want 1", len(all))
	}
	return all[0]
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func ok(body string) http.HandlerFunc { return says(http.StatusOK, body) }

// losesAnswer takes the request and breaks the connection.
func losesAnswer(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// calls is every method of the client, as one request each.
var calls = map[string]struct {
	do func(context.Context, *Client) error
	// request is the method and path that the call must send.
	request string
	writes  bool
}{
	"FindPeople": {request: "GET /v2/contacts/people", do: func(ctx context.Context, c *Client) error {
		_, err := c.FindPeople(ctx, []string{"+48501234567"})
		return err
	}},
	"FindPeopleByName": {request: "GET /v2/contacts/people", do: func(ctx context.Context, c *Client) error {
		_, err := c.FindPeopleByName(ctx, "Anna")
		return err
	}},
	"FindOrganizations": {request: "GET /v2/contacts/organizations", do: func(ctx context.Context, c *Client) error {
		_, err := c.FindOrganizations(ctx, []string{"+48501234567"})
		return err
	}},
	"SearchContacts": {request: "GET /v2/contacts/people", do: func(ctx context.Context, c *Client) error {
		_, err := c.SearchContacts(ctx, ContactQuery{Name: "Anna"})
		return err
	}},
	"SearchProducts": {request: "GET /products/", do: func(ctx context.Context, c *Client) error {
		_, err := c.SearchProducts(ctx, "rose")
		return err
	}},
	"CreatePerson": {request: "POST /v2/contacts/people", writes: true, do: func(ctx context.Context, c *Client) error {
		_, err := c.CreatePerson(ctx, NewPerson{FirstName: "Anna"})
		return err
	}},
	"FindProducts": {request: "GET /products/", do: func(ctx context.Context, c *Client) error {
		_, err := c.FindProducts(ctx, ProductQuery{Articles: []string{"A-12"}})
		return err
	}},
	"CreateProduct": {request: "POST /products/", writes: true, do: func(ctx context.Context, c *Client) error {
		_, err := c.CreateProduct(ctx, NewProduct{Title: "Vase", CategoryID: 7, UnitID: 1})
		return err
	}},
	"Categories": {request: "GET /warehouse/categories/", do: func(ctx context.Context, c *Client) error {
		_, err := c.Categories(ctx)
		return err
	}},
	"CreateCategory": {request: "POST /warehouse/categories/", writes: true, do: func(ctx context.Context, c *Client) error {
		_, err := c.CreateCategory(ctx, "Vases", 0)
		return err
	}},
	"Units": {request: "GET /catalogs/uoms", do: func(ctx context.Context, c *Client) error {
		_, err := c.Units(ctx)
		return err
	}},
	"FindOrders": {request: "GET /v2/orders", do: func(ctx context.Context, c *Client) error {
		_, err := c.FindOrders(ctx, OrderQuery{ClientIDs: []int64{3}})
		return err
	}},
	"Order": {request: "GET /v2/orders/7", do: func(ctx context.Context, c *Client) error {
		_, err := c.Order(ctx, 7)
		return err
	}},
	"CreateOrder": {request: "POST /v2/orders", writes: true, do: func(ctx context.Context, c *Client) error {
		_, err := c.CreateOrder(ctx, NewOrder{LocationID: 1, OrderTypeID: 2, ClientID: 3})
		return err
	}},
	"Items": {request: "GET /v2/orders/7/items", do: func(ctx context.Context, c *Client) error {
		_, err := c.Items(ctx, 7)
		return err
	}},
	"AddItem": {request: "POST /v2/orders/7/items", writes: true, do: func(ctx context.Context, c *Client) error {
		_, err := c.AddItem(ctx, 7, NewItem{ProductID: 1, AssigneeID: 2, Quantity: decimal.NewFromInt(1)})
		return err
	}},
	"SetStatus": {request: "POST /v2/orders/7/status", writes: true, do: func(ctx context.Context, c *Client) error {
		return c.SetStatus(ctx, 7, 102, "in stock")
	}},
	"AddComment": {request: "POST /v2/orders/7/comments", writes: true, do: func(ctx context.Context, c *Client) error {
		return c.AddComment(ctx, 7, "call back", true)
	}},
	"OrderStatuses": {request: "GET /v2/orders/statuses", do: func(ctx context.Context, c *Client) error {
		_, err := c.OrderStatuses(ctx)
		return err
	}},
	"OrderTypes": {request: "GET /v2/orders/types", do: func(ctx context.Context, c *Client) error {
		_, err := c.OrderTypes(ctx)
		return err
	}},
	"OrderCustomFields": {request: "GET /v2/orders/custom-fields", do: func(ctx context.Context, c *Client) error {
		_, err := c.OrderCustomFields(ctx)
		return err
	}},
	"PeopleCustomFields": {request: "GET /v2/contacts/people/custom-fields", do: func(ctx context.Context, c *Client) error {
		_, err := c.PeopleCustomFields(ctx)
		return err
	}},
	"ProductTypes": {request: "GET /v2/catalog/products/types", do: func(ctx context.Context, c *Client) error {
		_, err := c.ProductTypes(ctx)
		return err
	}},
	"Locations": {request: "GET /v2/company/locations", do: func(ctx context.Context, c *Client) error {
		_, err := c.Locations(ctx)
		return err
	}},
	"Employees": {request: "GET /v2/company/employees", do: func(ctx context.Context, c *Client) error {
		_, err := c.Employees(ctx)
		return err
	}},
	"Company": {request: "GET /v2/company", do: func(ctx context.Context, c *Client) error {
		_, err := c.Company(ctx)
		return err
	}},
}

func TestEveryCallSendsOneAuthorizedRequest(t *testing.T) {
	t.Parallel()
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := newService(t, says(http.StatusBadRequest, `{}`))
			if err := call.do(t.Context(), c); KindOf(err) != Rejected {
				t.Errorf("error is %v", err)
			}
			r := s.only(t)
			if got := r.method + " " + r.path; got != call.request {
				t.Errorf("sent %q, want %q", got, call.request)
			}
			if got := r.header.Get("Authorization"); got != "Bearer "+testKey {
				t.Errorf("Authorization is %q", got)
			}
			if got := r.header.Get("User-Agent"); got != "test" {
				t.Errorf("User-Agent is %q", got)
			}
			if call.writes != (r.header.Get("Content-Type") == "application/json") {
				t.Errorf("Content-Type is %q", r.header.Get("Content-Type"))
			}
		})
	}
}

// net/http itself sends a read again when a connection that it used before breaks, and follows redirects: these requests
// are within the limit as well.
func TestRequestsOfTheTransportTakeTurns(t *testing.T) {
	t.Parallel()
	for name, surprise := range map[string]http.HandlerFunc{
		"a read is sent again": losesAnswer,
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			units := ok(`[{"id":1,"title":"pcs"}]`)
			var at []time.Time
			timed := func(answer http.HandlerFunc) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					at = append(at, time.Now())
					answer(w, r)
				}
			}
			first := timed(units)
			_, c := newService(t, first, timed(surprise), timed(units))
			ctx, end := NewLimiter(5).Start(t.Context(), 1, 1)
			defer end()
			for range 2 {
				if _, err := c.Units(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if len(at) != 3 {
				t.Fatalf("%d requests, want 3", len(at))
			}
			if gap := at[2].Sub(at[1]); gap < 150*time.Millisecond {
				t.Errorf("the third request came %s after the second", gap)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	t.Run("a read within the host is followed", func(t *testing.T) {
		t.Parallel()
		s, c := newService(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/catalogs/uoms/", http.StatusMovedPermanently)
		}, ok(`[{"id":1,"title":"pcs"}]`))
		units, err := c.Units(t.Context())
		if err != nil || len(units) != 1 {
			t.Fatalf("got %v, %v", units, err)
		}
		if got := s.all()[1].header.Get("Authorization"); got == "" {
			t.Error("the key was not sent to the same host")
		}
	})
	t.Run("a read to another host is not", func(t *testing.T) {
		t.Parallel()
		other, _ := newService(t, ok(`[]`))
		_, c := newService(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/catalogs/uoms", http.StatusFound)
		})
		if _, err := c.Units(t.Context()); KindOf(err) != Unavailable {
			t.Errorf("error is %v", err)
		}
		if n := len(other.all()); n != 0 {
			t.Errorf("the other host got %d requests", n)
		}
	})
	t.Run("a write is not", func(t *testing.T) {
		t.Parallel()
		s, c := newService(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		})
		err := c.SetStatus(t.Context(), 7, 1, "")
		assertError(t, err, Unavailable, true)
		s.only(t)
	})
	t.Run("a circle ends", func(t *testing.T) {
		t.Parallel()
		s, c := newService(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		})
		if _, err := c.Company(t.Context()); KindOf(err) != Unavailable {
			t.Errorf("error is %v", err)
		}
		if n := len(s.all()); n != maxRedirects+1 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestAnswerLongerThanTheLimit(t *testing.T) {
	t.Parallel()
	_, c := newService(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for range 17 {
			_, _ = w.Write(chunk)
		}
	})
	_, err := c.CreatePerson(t.Context(), NewPerson{FirstName: "Anna"})
	assertError(t, err, Malformed, true)
}

func TestURLForms(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, ok(`{}`))
	c := New(Config{URL: s.URL + "/", RequestsPerSecond: -1})
	if _, err := c.Company(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.only(t).path; got != "/v2/company" {
		t.Errorf("path is %q", got)
	}
	_, err := New(Config{URL: "http://bad host", APIKey: testKey}).Company(t.Context())
	assertError(t, err, Malformed, false)
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	if c.url != "https://api.roapp.io" || c.timeout != 75*time.Second {
		t.Errorf("got %s, %s", c.url, c.timeout)
	}
	given := &http.Client{}
	New(Config{HTTP: given})
	if given.CheckRedirect != nil {
		t.Error("the given client was changed")
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	cfg := Config{URL: "https://api.example", APIKey: testKey}
	c := New(cfg)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, cfg) + fmt.Sprintf(format, c); strings.Contains(text, testKey) {
			t.Errorf("%s shows the key: %s", format, text)
		}
	}
}

// roundTrip is a transport without a network, so that a test's clock rules.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// clocked is a client of a transport that notes when each request came, since the start.
func clocked(perSecond float64, answer func(n int) *http.Response) (*Client, func() []time.Duration) {
	var mu sync.Mutex
	var times []time.Duration
	start := time.Now()
	transport := roundTrip(func(*http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		times = append(times, time.Since(start))
		return answer(len(times)), nil
	})
	c := New(Config{URL: "https://api.example", RequestsPerSecond: perSecond, HTTP: &http.Client{Transport: transport}})
	return c, func() []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(times)
	}
}

func always(status int, header http.Header, body string) func(int) *http.Response {
	return func(int) *http.Response { return respond(status, header, body) }
}

// assertWithinBudget checks that any four requests take a second or more.
func assertWithinBudget(t *testing.T, times []time.Duration) {
	t.Helper()
	for i := 3; i < len(times); i++ {
		if gap := times[i] - times[i-3]; gap < time.Second {
			t.Errorf("four requests up to number %d within %s", i+1, gap)
		}
	}
}

func together(n int, do func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(do)
	}
	all.Wait()
}

func TestLimiterSpacesRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, times := clocked(0, always(200, nil, `{}`))
		<-time.After(time.Minute) // idleness earns no burst
		together(10, func() {
			if _, err := c.Company(t.Context()); err != nil {
				t.Error(err)
			}
		})
		if len(times()) != 10 {
			t.Fatalf("%d requests", len(times()))
		}
		assertWithinBudget(t, times())
		for i, at := range times()[1:] {
			if gap := at - times()[i]; gap < 300*time.Millisecond || gap > 400*time.Millisecond {
				t.Errorf("%s between two requests", gap)
			}
		}
		if took := times()[9] - times()[0]; took > 3020*time.Millisecond {
			t.Errorf("ten requests take %s; the budget is not used", took)
		}
	})
}

func TestLimiterUnlimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, times := clocked(-1, always(200, nil, `{}`))
		together(10, func() { _, _ = c.Company(t.Context()) })
		if got := times(); got[9] != got[0] {
			t.Errorf("ten requests take %s", got[9]-got[0])
		}
	})
}

// F48: the requests of the process do not run into the same 429 one after the other.
func TestF48PauseAfterThrottling(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"seconds":    {http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		"short":      {http.Header{"Retry-After": {"2"}}, 2 * time.Second},
		"no header":  {nil, 0}, // only the one that was refused waits
		"zero":       {http.Header{"Retry-After": {"0"}}, 0},
		"unreadable": {http.Header{"Retry-After": {"soon"}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, times := clocked(3, func(n int) *http.Response {
					if n == 1 {
						return respond(429, test.header, "")
					}
					return respond(200, nil, `{}`)
				})
				// The others already wait for their turn when the refusal comes.
				var refused atomic.Int32
				together(4, func() {
					if _, err := c.Company(t.Context()); err != nil {
						refused.Add(1)
					}
				})
				if refused.Load() != 1 {
					t.Errorf("%d refused", refused.Load())
				}
				got := times()
				if first := got[1]; first < test.want || first > test.want+500*time.Millisecond {
					t.Errorf("second request after %s, want %s", first, test.want)
				}
				assertWithinBudget(t, got)
			})
		})
	}
}

func TestWaitForTurnObeysContext(t *testing.T) {
	t.Parallel()
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, times := clocked(0.01, always(200, nil, `{"id":1}`))
			_, _ = c.CreatePerson(t.Context(), NewPerson{})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := c.CreatePerson(ctx, NewPerson{})
			assertError(t, err, Unavailable, false)
			if !errors.Is(err, context.Canceled) || len(times()) != 1 {
				t.Errorf("error is %v after %d requests", err, len(times()))
			}
		})
	})
	t.Run("no turn before the deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := clocked(0.01, always(200, nil, `{"id":1}`))
			_, _ = c.CreatePerson(t.Context(), NewPerson{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := c.CreatePerson(ctx, NewPerson{})
			assertError(t, err, Unavailable, false)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error is %v", err)
			}
		})
	})
	t.Run("paused beyond the deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, times := clocked(3, always(429, http.Header{"Retry-After": {"60"}}, ""))
			_, _ = c.Company(t.Context())
			<-time.After(10 * time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := c.Company(ctx)
			e := assertError(t, err, Throttled, false)
			if e.RetryAfter != 50*time.Second || len(times()) != 1 {
				t.Errorf("retry after %s, %d requests", e.RetryAfter, len(times()))
			}
		})
	})
	t.Run("cancelled in a pause", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := clocked(3, always(429, nil, ""))
			_, _ = c.Company(t.Context())
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			_, err := c.Company(ctx)
			_ = assertError(t, err, Unavailable, false)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v", err)
			}
		})
	})
}

func TestTimeoutDoesNotCoverTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, times := clocked(0.005, always(200, nil, `{}`)) // 207 s between requests, timeout 75 s
		together(2, func() {
			if _, err := c.Company(t.Context()); err != nil {
				t.Error(err)
			}
		})
		if len(times()) != 2 {
			t.Errorf("%d requests", len(times()))
		}
	})
}

func asJSON(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return value
}
