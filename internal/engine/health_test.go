package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

func get(t *testing.T, handler http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w
}

func check(name string, err error) Check {
	return Check{Name: name, Run: func(context.Context) error { return err }}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	deaf := Check{Name: "deaf", Run: func(context.Context) error { select {} }}
	tests := map[string]struct {
		checks []Check
		code   int
		want   readiness
	}{
		"nothing to check": {nil, http.StatusOK, readiness{Ready: true, Checks: map[string]string{}}},
		"all hold": {
			[]Check{check("a", nil), check("b", nil)},
			http.StatusOK,
			readiness{Ready: true, Checks: map[string]string{"a": "ok", "b": "ok"}},
		},
		"one fails that is shown only": {
			[]Check{{Name: "a", Advisory: true, Run: func(context.Context) error { return errors.New("broken") }}, check("b", nil)},
			http.StatusOK,
			readiness{Ready: true, Checks: map[string]string{"a": "broken", "b": "ok"}},
		},
		"one fails, one hangs": {
			[]Check{check("a", nil), check("b", errors.New("refused")), deaf},
			http.StatusServiceUnavailable,
			readiness{Ready: false, Checks: map[string]string{"a": "ok", "b": "refused", "deaf": "no answer in time: context deadline exceeded"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			health := NewHealth(50*time.Millisecond, test.checks...)
			w := get(t, health, "/readyz")
			assert.Equal(t, test.code, w.Code)
			var got readiness
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
			assert.Equal(t, test.want, got)

			assert.Equal(t, http.StatusOK, get(t, health, "/healthz").Code)
		})
	}
}

func TestServeFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	entered := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-ctx.Done()
		assert.NoError(t, r.Context().Err())
		_, _ = io.WriteString(w, "finished")
	})
	served := make(chan error, 1)
	go func() { served <- serve(ctx, listener, handler, zap.NewNop()) }()

	body := make(chan string, 1)
	go func() { body <- fetch(t, "http://"+listener.Addr().String()) }()
	<-entered
	cancel()
	assert.Equal(t, "finished", <-body)
	assert.NoError(t, <-served)
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, url, http.NoBody)
	if err != nil {
		return err.Error()
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestServeSaysThatThePortIsBusy(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	err = Serve(t.Context(), listener.Addr().String(), http.NotFoundHandler(), zap.NewNop())
	require.ErrorContains(t, err, listener.Addr().String())
	require.ErrorContains(t, err, "address already in use")
}

// The report does not affect readiness.
func TestHealthShowsItsReport(t *testing.T) {
	t.Parallel()
	reported := func(context.Context) any { return map[string]string{"shop": "red"} }
	w := get(t, NewHealth(time.Second, check("a", nil)).WithReport(reported), "/readyz")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"ready": true, "checks": {"a": "ok"}, "health": {"shop": "red"}}`, w.Body.String())
	w = get(t, NewHealth(time.Second, check("a", errors.New("down"))).WithReport(reported), "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.JSONEq(t, `{"ready": false, "checks": {"a": "down"}}`, w.Body.String())
}
