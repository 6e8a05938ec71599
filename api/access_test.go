package api_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// newWhole gives the starter's routes with all that is optional.
func newWhole(t *testing.T) http.Handler {
	t.Helper()
	store := settings.NewStore(withTokens(t))
	seen := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "seen") })
	return api.NewRouter(api.Options{
		Settings: store, Guard: newGuard(store), Pages: seen, Metrics: seen, Logger: zap.NewNop(),
		Health: engine.NewHealth(time.Second), Orders: func() (*service.Orders, bool) { return nil, false },
		Overview: func() (*health.Viewer, bool) { return nil, false },
	})
}

// Whatever is added later is closed too: nothing but webhooks, health, the login
// and what its page is made of is answered to a stranger.
func TestNothingElseIsOpen(t *testing.T) {
	t.Parallel()
	open := []string{"/healthz", "/readyz", "/webhooks/", "/login", "/logout", "/assets/", "/language"}
	routes, ok := newWhole(t).(chi.Routes)
	require.True(t, ok)
	closed := 0
	require.NoError(t, chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		for _, prefix := range open {
			if strings.HasPrefix(route, prefix) {
				return nil
			}
		}
		path := strings.NewReplacer("*", "x", "{shop}", "demo", "{number}", "115").Replace(route)
		// A starter of its own, for one would limit the rate.
		answer := answerTo(newWhole(t), httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
		assertProblem(t, answer, http.StatusUnauthorized)
		closed++
		return nil
	}))
	assert.Greater(t, closed, 4)
}

func TestMetricsAreForThoseWhoLook(t *testing.T) {
	t.Parallel()
	for token, code := range map[string]int{"": http.StatusUnauthorized, "wrong": http.StatusUnauthorized, "other": http.StatusOK, programToken: http.StatusOK} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
		request.Header.Set("Authorization", "Bearer "+token)
		assert.Equal(t, code, answerTo(newWhole(t), request).Code, token)
	}
}

func TestProgramsThatLookCannotAct(t *testing.T) {
	t.Parallel()
	assertProblem(t, writeOff(t, newWhole(t), "demo/115", "Bearer other"), http.StatusForbidden)
}

// Webhooks are sent by servers; a browser's rules are not theirs.
func TestWebhooksOfAForeignOriginAreTaken(t *testing.T) {
	t.Parallel()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, hook, strings.NewReader(`{"order_id":115}`))
	request.Header.Set("Origin", "https://demo.example")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusNoContent, answerTo(newRouter(moreShops(t), &temporal{}), request).Code)
	acting := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/orders/demo/115/written-off", http.NoBody)
	acting.Header.Set("Sec-Fetch-Site", "cross-site")
	acting.Header.Set("Authorization", "Bearer "+programToken)
	assertProblem(t, answerTo(newWhole(t), acting), http.StatusForbidden)
}

// Served as in production, a request whose head never ends is given up, and one
// with too much of it is refused.
func TestHeadsOfRequestsAreLimited(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- engine.Serve(ctx, address, newWhole(t), zap.NewNop()) }()
	for _, test := range []struct{ head, want string }{
		{"GET /healthz HTTP/1.1\r\nHost: starter\r\nX-Slow: ", ""},
		{"GET /healthz HTTP/1.1\r\nHost: starter\r\nX-Large: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", "HTTP/1.1 431 "},
	} {
		var connection net.Conn
		require.Eventually(t, func() bool {
			var err error
			connection, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			return err == nil
		}, 5*time.Second, 20*time.Millisecond)
		_, _ = io.WriteString(connection, test.head) // the server may refuse before the end
		require.NoError(t, connection.SetReadDeadline(time.Now().Add(30*time.Second)))
		answer := make([]byte, len("HTTP/1.1 431 "))
		read, err := io.ReadFull(connection, answer)
		assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server closes the connection")
		assert.Equal(t, test.want, string(answer[:read]))
		require.NoError(t, connection.Close())
	}
	stop()
	require.NoError(t, <-served)
}

// What the API answers is about people, so nothing keeps it.
func TestAnswersOfTheAPIAreNotKept(t *testing.T) {
	t.Parallel()
	routes, ok := newWhole(t).(chi.Routes)
	require.True(t, ok)
	asked := 0
	require.NoError(t, chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !strings.HasPrefix(route, "/v1/") || strings.HasPrefix(route, "/v1/docs") {
			return nil
		}
		path := strings.NewReplacer("*", "x", "{shop}", "demo", "{number}", "115").Replace(route)
		request := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
		request.Header.Set("Authorization", "Bearer "+programToken)
		answer := answerTo(newWhole(t), request)
		assert.NotEqual(t, http.StatusUnauthorized, answer.Code, path)
		assert.Equal(t, []string{"no-store"}, answer.Header().Values("Cache-Control"), "%s %s", method, path)
		asked++
		return nil
	}))
	assert.Greater(t, asked, 4)
}
