package roapp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

const newPerson = `{"first_name":"Jan"}`

func (a *account) fault(body string) {
	a.t.Helper()
	a.post("/sandbox/faults", body)
}

func (a *account) people() int { a.t.Helper(); return a.get("/sandbox/people").length("") }

func (a *account) createPerson() (answer, error) {
	a.t.Helper()
	return a.try(http.MethodPost, "/v2/contacts/people", newPerson)
}

func TestFaultsThatAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault, contentType, raw, retryAfter string
		status                              int
	}{
		{`"kind":"status","status":503`, "text/plain", "", "", 503},
		{`"kind":"status","status":429,"retry_after":"7"`, "text/plain", "", "7", 429},
		{`"kind":"status","status":403,"body":"{\"message\":\"no\"}"`, "application/json", `{"message":"no"}`, "", 403},
		{`"kind":"html"`, "text/html", "<!DOCTYPE html>", "", 200},
		{`"kind":"html","body":"<p>down</p>"`, "text/html", "<p>down</p>", "", 200},
		{`"kind":"empty"`, "", "", "", 200},
	} {
		a := with(t, nil)
		a.fault(`{"match":"POST /v2/contacts/people",` + c.fault + `}`)
		got, err := a.createPerson()
		if err != nil || got.status != c.status || got.header.Get("Retry-After") != c.retryAfter ||
			!strings.HasPrefix(got.raw, c.raw) || !strings.HasPrefix(got.header.Get("Content-Type"), c.contentType) {
			t.Errorf("%s: %v %d %q %v", c.fault, err, got.status, got.raw, got.header)
		}
		if c.raw == "" && got.raw != "" {
			t.Errorf("%s: body %q", c.fault, got.raw)
		}
		check(t, a.get("/sandbox/requests"), map[string]string{fmt.Sprintf("statuses.%d", c.status): "1", "total": "1"})
		created := 0
		if strings.Contains(c.fault, "empty") { // some of RO App's writes are answered so
			created = 1
		}
		if a.people() != created {
			t.Errorf("%s: %d people, want %d", c.fault, a.people(), created)
		}
		if _, err := a.createPerson(); err != nil || a.people() != created+1 {
			t.Errorf("%s: hit a second request: %v", c.fault, err)
		}
	}
}

func TestFaultsThatBreakTheConnection(t *testing.T) {
	t.Parallel()
	for kind, people := range map[string]int{"reset": 0, "lose-answer": 1} {
		a := with(t, nil)
		a.fault(`{"match":"POST /v2/contacts/people","kind":"` + kind + `"}`)
		_, err := a.createPerson()
		if !errors.Is(err, syscall.ECONNRESET) && !strings.Contains(fmt.Sprint(err), "EOF") {
			t.Errorf("%s: got error %v", kind, err)
		}
		if a.people() != people {
			t.Errorf("%s: %d people, want %d", kind, a.people(), people)
		}
		check(t, a.get("/sandbox/requests"), map[string]string{"total": "1", "statuses.none": "1", "list.0.status": "0"})
	}
}

func TestHangHoldsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	a.fault(`{"match":"POST /v2/contacts/people","kind":"hang"}`)
	ctx, leave := context.WithCancel(t.Context())
	ended := a.start(ctx)
	eventually(t, func() bool { return a.get("/sandbox/requests").at("total") == "1" })
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if a.people() != 0 {
		t.Error("had its effect")
	}
}

func TestCloseEndsHangingRequests(t *testing.T) {
	t.Parallel()
	server := roapp.New(roapp.Options{})
	a := serve(t, server)
	a.fault(`{"match":"POST /v2/contacts/people","kind":"hang"}`)
	ended := a.start(t.Context())
	eventually(t, func() bool { return a.get("/sandbox/requests").at("total") == "1" })
	server.Close()
	if err := <-ended; err == nil {
		t.Error("answered")
	}
}

// start creates a person in the background and sends the transport's error.
func (a *account) start(ctx context.Context) <-chan error {
	ended := make(chan error, 1)
	r := a.request(ctx, http.MethodPost, "/v2/contacts/people", newPerson)
	go func() {
		_, err := a.send(r)
		ended <- err
	}()
	return ended
}

func TestSlowProceeds(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	a.fault(`{"match":"POST /v2/contacts/people","kind":"slow","delay":"10ms"}`)
	began := time.Now()
	if got, err := a.createPerson(); err != nil || got.status != http.StatusOK || a.people() != 1 {
		t.Errorf("%v %d", err, got.status)
	}
	if took := time.Since(began); took < 10*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestSlowCommitsAfterTheClientLeft(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	a.fault(`{"match":"POST /v2/contacts/people","kind":"slow","delay":"1s"}`)
	ctx, leave := context.WithCancel(t.Context())
	ended := a.start(ctx)
	eventually(t, func() bool { return a.get("/sandbox/requests").at("total") == "1" })
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	eventually(t, func() bool { return a.people() == 1 })
}

func TestFaultMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		match, method, path string
		hit                 bool
	}{
		{"GET /v2/orders", "GET", "/v2/orders?page=1", true},
		{"GET /v2/orders/", "GET", "/v2/orders", true},
		{"GET /v2/orders", "POST", "/v2/orders", false},
		{"GET /v2/orders", "GET", "/v2/orders/1", false},
		{"GET /v2/orders/*", "GET", "/v2/orders/1", true},
		{"GET /v2/orders/*", "GET", "/v2/orders/1/items", false},
		{"PATCH /v2/orders/*/items/*", "PATCH", "/v2/orders/1/items/2", true},
		{"GET /products", "GET", "/products/", true},
		{"GET /sandbox/orders", "GET", "/sandbox/orders", false},
	} {
		a := with(t, nil)
		a.fault(`{"match":"` + c.match + `","kind":"status","status":599}`)
		if got := a.do(c.method, c.path, "{}"); (got.status == 599) != c.hit {
			t.Errorf("%s on %s %s: %d", c.match, c.method, c.path, got.status)
		}
	}
}

func TestFaultsAreUsedUpInOrder(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	a.fault(`{"match":"GET /v2/company","kind":"status","status":500,"times":2}`)
	second := a.post("/sandbox/faults", `{"match":"GET /v2/*","kind":"status","status":502}`)
	check(t, second, map[string]string{"faults": "2"})
	for _, want := range []int{500, 500, 502, 200} {
		if got := a.get("/v2/company"); got.status != want {
			t.Errorf("got %d, want %d", got.status, want)
		}
	}
	a.fault(`{"match":"GET /v2/company","kind":"status","status":500,"times":9}`)
	a.ok(http.MethodDelete, "/sandbox/faults", "")
	a.ok(http.MethodGet, "/v2/company", "")
}

func TestRefusedRequestsUseUpNoFault(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Options{RequestsPerSecond: 1})
	a.ok(http.MethodGet, "/v2/company", "")
	a.fault(`{"match":"GET /v2/company","kind":"status","status":500}`)
	withKey(a, "")
	if got := a.get("/v2/company"); got.status != http.StatusTooManyRequests {
		t.Errorf("got %d", got.status)
	}
	a.clock.advance(time.Second)
	if got := a.get("/v2/company"); got.status != http.StatusInternalServerError {
		t.Errorf("got %d", got.status)
	}
}

func TestFaultRefusals(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for _, refusal := range [][2]string{
		{``, "match"},
		{`{"kind":"reset"}`, "match"},
		{`{"match":"/v2","kind":"reset"}`, "match"},
		{`{"match":"GET v2","kind":"reset"}`, "match"},
		{`{"match":"GET /v2","kind":"boom"}`, "kind"},
		{`{"match":"GET /v2"}`, "kind"},
		{`{"match":"GET /v2","kind":"status"}`, "status"},
		{`{"match":"GET /v2","kind":"status","status":700}`, "status"},
		{`{"match":"GET /v2","kind":"reset","times":-1}`, "times"},
		{`{"match":"GET /v2","kind":"slow"}`, "delay"},
		{`{"match":"GET /v2","kind":"slow","delay":"soon"}`, "delay"},
		{`{"match":"GET /v2","kind":"reset","time":2}`, "unknown field"},
		{`{`, "body"},
	} {
		body, field := refusal[0], refusal[1]
		got := a.do(http.MethodPost, "/sandbox/faults", body)
		if got.status != http.StatusBadRequest || !strings.Contains(got.at("error"), field) {
			t.Errorf("%s: %d %s", body, got.status, got.raw)
		}
	}
}
