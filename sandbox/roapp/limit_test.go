package roapp_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

// step is a request after a pause.
type step struct {
	pause  time.Duration
	status int
}

func TestRequestLimit(t *testing.T) {
	t.Parallel()
	const ok, refused = http.StatusOK, http.StatusTooManyRequests
	for name, c := range map[string]struct {
		window string
		limit  int
		start  time.Duration // after a full second
		steps  []step
	}{
		"sliding": {"sliding", 3, 0, []step{
			{0, ok},
			{400 * time.Millisecond, ok},
			{0, ok},
			{500 * time.Millisecond, refused},
			{100 * time.Millisecond, ok},
			{0, refused},
			{400 * time.Millisecond, ok},
			{0, ok},
			{0, refused},
		}},
		"sliding over a second's edge": {"sliding", 3, 900 * time.Millisecond, []step{
			{0, ok}, {0, ok}, {0, ok}, {200 * time.Millisecond, refused}, {800 * time.Millisecond, ok},
		}},
		"calendar over a second's edge": {"calendar", 3, 900 * time.Millisecond, []step{
			{0, ok},
			{0, ok},
			{0, ok},
			{0, refused},
			{100 * time.Millisecond, ok},
			{0, ok},
			{0, ok},
			{899 * time.Millisecond, refused},
		}},
		"another limit": {"sliding", 1, 0, []step{{0, ok}, {999 * time.Millisecond, refused}, {time.Millisecond, ok}}},
	} {
		a := open(t, roapp.Options{
			RequestsPerSecond: c.limit, Switches: settings{roapp.LimitWindow: c.window}.values(),
		})
		a.clock.advance(c.start)
		for i, s := range c.steps {
			a.clock.advance(s.pause)
			if got := a.get("/v2/company"); got.status != s.status {
				t.Errorf("%s: request %d got %d, want %d", name, i, got.status, s.status)
			}
		}
	}
}

func TestRetryAfterSwitch(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"absent": "", "seconds": "1"} {
		a := open(t, roapp.Options{RequestsPerSecond: 1, Switches: settings{roapp.RetryAfter: value}.values()})
		a.get("/v2/company")
		got := a.get("/v2/company")
		if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != want {
			t.Errorf("%s: got %d %q", value, got.status, got.header.Get("Retry-After"))
		}
		check(t, got, map[string]string{"message": "Too many requests"})
	}
}

func TestDefaultLimitIsThree(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Options{RequestsPerSecond: -1})
	for i := range 4 {
		if got := a.get("/v2/company"); (got.status == http.StatusOK) != (i < 3) {
			t.Errorf("request %d: %d", i, got.status)
		}
	}
}

func TestSandboxAndWrongKeysAreNotLimited(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Options{RequestsPerSecond: 1})
	for range 5 {
		a.ok(http.MethodGet, "/sandbox/orders", "")
		if got := withKey(a, ""); got.status != http.StatusUnauthorized {
			t.Errorf("got %d", got.status)
		}
	}
	a.ok(http.MethodGet, "/v2/company", "")
}

// Staff work beside the API: a busy API key does not stop the sandbox's demonstration.
func TestStaffAreNotLimited(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Options{RequestsPerSecond: 1})
	a.ok(http.MethodGet, "/v2/company", "")
	if got := a.get("/v2/company"); got.status != http.StatusTooManyRequests {
		t.Fatalf("the API key got %d above its limit", got.status)
	}
	for range 5 {
		a.ok(http.MethodGet, "/sandbox/orders", "")
		a.ok(http.MethodPost, "/sandbox/people", `{"first_name":"Ewa"}`)
	}
}

func TestRequestCounts(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Options{RequestsPerSecond: 3})
	order := "/v2/orders/1001"
	for range 4 {
		a.get(order)
	}
	a.clock.advance(1500 * time.Millisecond)
	withKey(a, "Bearer wrong")
	a.get("/products/?q=x")
	a.get("/nowhere")
	got := a.get("/sandbox/requests")
	check(t, got, map[string]string{
		"total": "7", "most_per_second": "4", "endpoints.GET /v2/orders/{id}": "4", "endpoints.GET /products": "1",
		"endpoints.GET (no such endpoint)": "1", "endpoints.GET /v2/company": "1",
		"statuses.404": "4", "statuses.429": "1", "statuses.401": "1", "statuses.200": "1",
		"seconds.0.at": "2026-11-02T09:30:00Z", "seconds.0.count": "4", "seconds.1.count": "3",
		"list.3.status": "429", "list.3.method": "GET", "list.3.path": "/v2/orders/{id}",
		"list.4.at": "2026-11-02T09:30:01.5Z",
	})
	if n := a.get("/sandbox/requests?last=2").length("list"); n != 2 {
		t.Errorf("%d listed, want 2", n)
	}
	a.ok(http.MethodDelete, "/sandbox/requests", "")
	check(t, a.get("/sandbox/requests"), map[string]string{
		"total": "0", "most_per_second": "0", "list": "[]", "statuses": "map[]",
	})
}

// withKey asks for the company with an Authorization header, or none.
func withKey(a *account, authorization string) answer {
	a.t.Helper()
	r, err := http.NewRequest(http.MethodGet, a.url+"/v2/company", nil)
	if err != nil {
		a.t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	got, err := a.send(r)
	if err != nil {
		a.t.Fatal(err)
	}
	return got
}
