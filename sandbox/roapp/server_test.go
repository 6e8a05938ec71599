package roapp_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestKeyIsDemanded(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Options{APIKey: "k1"})
	for key, status := range map[string]int{
		"": http.StatusUnauthorized, "Bearer ": http.StatusUnauthorized, "Bearer sandbox": http.StatusUnauthorized,
		"k1": http.StatusUnauthorized, "Basic k1": http.StatusUnauthorized, "Bearer k1": http.StatusOK,
	} {
		got := withKey(a, key)
		if got.status != status {
			t.Errorf("%q: got %d", key, got.status)
		}
		if status != http.StatusOK {
			check(t, got, map[string]string{"message": "Invalid token"})
		}
	}
}

func TestBodyMustBeAJSONObject(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for _, body := range []string{"", "null", "[]", `"x"`, "{", `{"first_name":"Jan"} x`} {
		a.refuses(http.MethodPost, "/v2/contacts/people", []refusal{{body, body, "body must be a JSON object"}})
	}
	r := a.request(t.Context(), http.MethodPost, "/v2/contacts/people", newPerson)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := a.send(r)
	if err != nil || got.status != http.StatusBadRequest || !strings.Contains(got.raw, "Content-Type") {
		t.Errorf("form: %v %d %s", err, got.status, got.raw)
	}
}

func TestBodySizeIsLimited(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	huge := `{"first_name":"` + strings.Repeat("x", 1<<20) + `"}`
	for _, path := range []string{"/v2/contacts/people", "/sandbox/people"} {
		if got := a.do(http.MethodPost, path, huge); got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestErrorBodySwitch(t *testing.T) {
	t.Parallel()
	for form, path := range map[string]string{
		"message": "message", "error": "error", "detail": "detail", "old": "message.validation.first_name.0",
	} {
		a := with(t, settings{roapp.ErrorBody: form}.values())
		got := a.do(http.MethodPost, "/v2/contacts/people", "{}")
		if !strings.Contains(got.at(path), "is required") {
			t.Errorf("%s: got %s", form, got.raw)
		}
	}
	old := with(t, settings{roapp.ErrorBody: "old"}.values())
	check(t, old.do(http.MethodPost, "/v2/contacts/people", "{}"), map[string]string{"success": "false", "code": "101"})
	check(t, withKey(old, ""), map[string]string{"success": "false", "code": "401", "message": "Invalid token"})
}

func TestTrailingSlashSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	wrong := []string{
		"/products", "/warehouse/categories", "/margins",
		"/catalogs/uoms/", "/v2/orders/", "/v2/contacts/people/", "/v2/company/",
	}
	for _, path := range wrong {
		if got := a.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	a.set(settings{roapp.TrailingSlash: "any"}.values())
	for _, path := range wrong {
		a.ok(http.MethodGet, path, "")
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for _, path := range []string{"/v2", "/v2/nothing", "/orders", "/v2/products/", "/sandbox/nothing"} {
		if got := a.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	for path, method := range map[string]string{
		"/v2/orders": http.MethodPut, "/v2/orders/statuses": http.MethodPost, "/products/": http.MethodDelete,
	} {
		if got := a.do(method, path, ""); got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: %d", method, path, got.status)
		}
	}
}

func TestLatencyDelaysTheAnswerNotTheEffect(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Options{Latency: time.Hour})
	ended := a.start(t.Context())
	eventually(t, func() bool { return a.get("/sandbox/people").length("") == 1 })
	select {
	case err := <-ended:
		t.Errorf("answered before the latency: %v", err)
	default:
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, time.Millisecond, "the condition did not come true")
}

func TestConcurrentRequests(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order, product := a.order(), a.product("A-12")
	call := func(method, path, body string) {
		if got, err := a.try(method, path, body); err != nil || got.status != http.StatusOK {
			t.Errorf("%s %s: %v %d %s", method, path, err, got.status, got.raw)
		}
	}
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for range 3 {
				call(http.MethodPost, "/v2/contacts/people", newPerson)
				call(http.MethodPost, itemsOf(order), line(product, nil))
				call(http.MethodPost, orderPath(order)+"/comments", `{"comment":"x"}`)
				call(http.MethodPatch, orderPath(order), `{"custom_fields":{"f101":"x"}}`)
				call(http.MethodPut, "/sandbox/switches", `{"comment-limit":"100"}`)
				for _, path := range []string{
					"/v2/orders", itemsOf(order), "/v2/contacts/people?names=jan", wholeOrder(order),
					"/sandbox/requests", "/sandbox/feed",
				} {
					call(http.MethodGet, path, "")
				}
			}
		})
	}
	clients.Wait()
	check(t, a.get(orderPath(order)), map[string]string{"total": "480.00"})
	check(t, a.get("/v2/contacts/people"), map[string]string{"paging.count": "25"})
	if n := a.get(wholeOrder(order)).length("feed"); n != 24 {
		t.Errorf("%d comments, want 24", n)
	}
}
