package cartum

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"
)

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, fault string
		code        int
		kind, text  string
	}{
		{"status", `{"match":"POST /api/orders/update","kind":"status","status":503}`, 503, kindHTML, ""},
		{
			"status with body", `{"match":"POST /api/orders/update","kind":"status","status":429,"body":"{\"a\":1}"}`,
			429, kindJSON, `{"a":1}`,
		},
		{"html", `{"match":"POST /api/orders/update","kind":"html"}`, 200, kindHTML, ""},
		{"own html", `{"match":"POST /api/orders/update/","kind":"html","body":"<p>busy"}`, 200, kindHTML, "<p>busy"},
		{"empty", `{"match":"POST /api/orders/update","kind":"empty"}`, 200, "", ""},
		{
			"envelope", `{"match":"POST /api/orders/update","kind":"envelope","body":"UNDEFINED_FUNCTION"}`, 200, kindJSON,
			`{"response":[],"status":"UNDEFINED_FUNCTION"}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.put("1", `{"stat_status":1}`)
			s.login()
			s.fault(c.fault)
			update := params{"orders": []params{{"order_id": 1, "status": 2}}}
			r := s.call("orders/update", update)
			equal(t, "code", r.code, c.code)
			equal(t, "type", r.kind, c.kind)
			if c.text != "" || c.kind == "" {
				equal(t, "text", r.text, c.text)
			}
			same(t, "no effect", s.order(nil)["stat_status"], `1`)
			equal(t, "once", s.call("orders/update", update).at("status"), "OK")
		})
	}
}

func TestFaultHeaders(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.fault(`{"match":"POST /api/auth","kind":"status","status":429,"headers":{"Retry-After":"3"}}`)
	equal(t, "header", s.post("auth", nil).header.Get("Retry-After"), "3")
}

func TestFaultBrokenConnections(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{"reset": `1`, "lose-answer": `2`} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.put("1", `{"stat_status":1}`)
			s.token = s.login()
			s.fault(`{"match":"POST /api/orders/update","kind":"` + kind + `"}`)
			_, err := s.try("POST", "/api/orders/update", "application/json",
				`{"token":"`+s.token+`","orders":[{"order_id":1,"status":2}]}`)
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("not a reset: %v", err)
			}
			same(t, "effect", s.order(nil)["stat_status"], want)
			same(t, "counted", s.sandbox("GET", "requests", "", 200).at("statuses", "0"), `1`)
		})
	}
}

func TestFaultHang(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.fault(`{"match":"POST /api/auth","kind":"hang"}`)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := s.tryWhile(ctx, "POST", "/api/auth", "application/json", "{}")
		failed <- err
	}()
	statuses := func() any { return s.sandbox("GET", "requests", "", 200).at("statuses", "0") }
	eventually(t, "request", func() bool {
		return s.sandbox("GET", "requests", "", 200).at("functions", "auth") != nil
	})
	equal(t, "held", statuses(), nil)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("answered: %v", err)
	}
	eventually(t, "end", func() bool { return statuses() != nil })
}

func TestCloseReleasesHeldRequests(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.fault(`{"match":"* /api/auth","kind":"hang"}`)
	failed := make(chan error, 1)
	go func() {
		_, err := s.try("POST", "/api/auth", "application/json", "{}")
		failed <- err
	}()
	eventually(t, "request", func() bool {
		return s.sandbox("GET", "requests", "", 200).at("functions", "auth") != nil
	})
	s.server.Close()
	if err := <-failed; err == nil {
		t.Error("answered")
	}
}

func TestFaultSlow(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.put("1", `{"stat_status":1}`)
	s.token = s.login()
	s.fault(`{"match":"POST /api/orders/update","kind":"slow","delay":"200ms","times":2}`)
	update := params{"orders": []params{{"order_id": 1, "status": 2}}}
	start := time.Now()
	equal(t, "answer", s.call("orders/update", update).at("status"), "OK")
	if d := time.Since(start); d < 200*time.Millisecond {
		t.Errorf("answered after %s", d)
	}

	// A client that gives up has asked all the same.
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := s.tryWhile(ctx, "POST", "/api/orders/update", "application/json",
			`{"token":"`+s.token+`","orders":[{"order_id":1,"status":3}]}`)
		failed <- err
	}()
	eventually(t, "request", func() bool {
		return scalarText(s.sandbox("GET", "requests", "", 200).at("functions", "orders/update")) == "2"
	})
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("answered in time: %v", err)
	}
	eventually(t, "late commit", func() bool { return scalarText(s.order(nil)["stat_status"]) == "3" })
}

func TestLatency(t *testing.T) {
	t.Parallel()
	s := newShopWith(t, Options{Latency: 30 * time.Millisecond})
	start := time.Now()
	s.login()
	if d := time.Since(start); d < 30*time.Millisecond {
		t.Errorf("answered after %s", d)
	}
}

func TestFaultMatching(t *testing.T) {
	t.Parallel()
	cases := []struct {
		match, method, path string
		hit                 bool
	}{
		{"POST /api/orders/get", "POST", "/api/orders/get", true},
		{"POST /api/orders/get", "POST", "/api/orders/get/", true},
		{"post /api/orders/get/", "POST", "/api/orders/get", true},
		{"POST /api/orders/get", "GET", "/api/orders/get", false},
		{"* /api/orders/get", "PUT", "/api/orders/get", true},
		{"POST /api/orders/*", "POST", "/api/orders/update", true},
		{"POST /api/*/export", "POST", "/api/catalog/export", true},
		{"POST /api/*", "POST", "/api/orders/get", false},
		{"POST /api/*", "POST", "/api/auth", true},
		{"POST /api/orders", "POST", "/api/orders/get", false},
	}
	for _, c := range cases {
		t.Run(c.match+" "+c.method+" "+c.path, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.fault(`{"match":"` + c.match + `","kind":"status","status":599}`)
			equal(t, "hit", s.send(c.method, c.path, "", "").code == 599, c.hit)
		})
	}
}

func TestFaultTimes(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	codes := func(n int) []int {
		var codes []int
		for range n {
			codes = append(codes, s.send("POST", "/api/auth", "", "").code)
		}
		return codes
	}
	s.fault(`{"match":"POST /api/auth","kind":"status","status":500,"times":2}`)
	s.fault(`{"match":"POST /api/*","kind":"status","status":502}`)
	equal(t, "in order", codes(4), []int{500, 500, 502, 200})
	s.fault(`{"match":"POST /api/auth","kind":"status","status":500,"times":-1}`)
	equal(t, "for ever", codes(4), []int{500, 500, 500, 500})
	s.sandbox("DELETE", "faults", "", 204)
	equal(t, "removed", codes(1), []int{200})
}

func TestFaultRefusals(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for name, fault := range map[string]string{
		"not json":          `x`,
		"two":               `{} {}`,
		"unknown field":     `{"match":"POST /api/auth","kind":"reset","time":2}`,
		"no match":          `{"kind":"reset"}`,
		"match":             `{"match":"/api/auth","kind":"reset"}`,
		"not the API":       `{"match":"POST /sandbox/orders","kind":"reset"}`,
		"kind":              `{"match":"POST /api/auth","kind":"explode"}`,
		"no status":         `{"match":"POST /api/auth","kind":"status"}`,
		"status":            `{"match":"POST /api/auth","kind":"status","status":99}`,
		"status of another": `{"match":"POST /api/auth","kind":"html","status":500}`,
		"no delay":          `{"match":"POST /api/auth","kind":"slow"}`,
		"delay":             `{"match":"POST /api/auth","kind":"slow","delay":"soon"}`,
		"delay of another":  `{"match":"POST /api/auth","kind":"hang","delay":"1s"}`,
		"body of another":   `{"match":"POST /api/auth","kind":"empty","body":"x"}`,
		"no word":           `{"match":"POST /api/auth","kind":"envelope"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.sandbox("POST", "faults", fault, 400)
			if text, _ := r.at("error").(string); text == "" {
				t.Errorf("no reason: %s", r.text)
			}
		})
	}
}
