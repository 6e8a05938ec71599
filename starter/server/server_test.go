package server

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/metrics"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const publicURL = "https://sync.example"

// site is a server that somebody asks.
type site struct {
	*Server
	t       testing.TB
	store   *settings.Store
	problem error
}

func newSite(t testing.TB, publicURL string, logger *zap.Logger) *site {
	t.Helper()
	shown, err := metrics.New()
	require.NoError(t, err)
	s := &site{t: t, store: settings.NewStore(servicetest.Settings(t))}
	s.Server, err = New(Options{
		Settings: s.store, SettingsProblem: func() error { return s.problem }, Metrics: shown, Logger: logger,
		PublicURL: publicURL, TemporalUI: "https://temporal.example/",
	})
	require.NoError(t, err)
	return s
}

// get is what a program with the role view gets.
func (s *site) get(path string) (status int, text string) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, publicURL+path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+servicetest.ViewToken)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestServerAnswersBeforeTemporalIsConnected(t *testing.T) {
	t.Parallel()
	s := newSite(t, publicURL, zap.NewNop())
	status, text := s.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, text, "still connecting to Temporal")
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, "/metrics": http.StatusOK, "/v1/orders": http.StatusServiceUnavailable, "/orders": http.StatusServiceUnavailable,
	} {
		status, _ = s.get(path)
		assert.Equal(t, want, status, path)
	}
	w := httptest.NewRecorder()
	hook := httptest.NewRequestWithContext(t.Context(), http.MethodPost, publicURL+"/webhooks/cartum/demo/"+s.store.Current().Shops["demo"].WebhookKey.Reveal(), strings.NewReader(`{"order_id": 115}`))
	hook.Header.Set("Content-Type", "application/json")
	s.ServeHTTP(w, hook)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code, "Cartum sends it again")
}

func TestServerAnswersOfTemporal(t *testing.T) {
	t.Parallel()
	s, memory := newSite(t, publicURL, zap.NewNop()), enginetest.NewMemory()
	memory.Put(servicetest.Run(servicetest.Synced(3)))
	s.Connect(memory, "default")
	for _, path := range []string{"/readyz", "/v1/orders/demo/3", "/orders", "/health", "/metrics"} {
		status, text := s.get(path)
		assert.Equal(t, http.StatusOK, status, "%s: %s", path, text)
	}
	_, text := s.get("/orders/demo/3")
	assert.Contains(t, text, `href="https://temporal.example/workflows/order:demo:3"`)
	s.problem = errors.New("line 3 has a tab")
	status, text := s.get("/readyz")
	assert.Equal(t, http.StatusOK, status, "it works by the settings before")
	assert.Contains(t, text, "line 3 has a tab")
	require.Eventually(t, func() bool {
		_, text = s.get("/readyz")
		return strings.Contains(text, `"worker":"red"`)
	}, 30*time.Second, 10*time.Millisecond, "no worker polls")
	memory.Fail(func(string, string) error { return errors.New("the database is down") })
	status, text = s.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, text, "the database is down")
}

func TestWebhooksOfAllShopsAreSubscribed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, memory := newSite(t, publicURL, zap.NewNop()), enginetest.NewMemory()
		s.Connect(memory, "default")
		go s.Run(t.Context())
		synctest.Wait()
		subscribed := func() (shops []string) {
			for _, signal := range memory.Signals() {
				if signal.Name == workflows.SignalWebhooks {
					assert.Equal(t, workflows.WebhooksWanted{PublicURL: publicURL}, signal.Payload)
					shops = append(shops, strings.TrimPrefix(signal.ID, "shop:"))
				}
			}
			slices.Sort(shops)
			return slices.Compact(shops)
		}
		assert.Equal(t, []string{"bikes", "demo"}, subscribed(), "not that which is switched off")
		more := servicetest.Settings(t)
		more.Shops["toys"] = more.Shops["demo"]
		s.store.Replace(more)
		synctest.Wait()
		assert.Equal(t, []string{"bikes", "demo", "toys"}, subscribed())
	})
}

func TestWithoutAPublicURLNothingIsSubscribed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, log := observer.New(zap.WarnLevel)
		s, memory := newSite(t, "", zap.New(core)), enginetest.NewMemory()
		s.Connect(memory, "default")
		go s.Run(t.Context())
		synctest.Wait()
		assert.Empty(t, memory.Signals())
		assert.Equal(t, 1, log.FilterMessageSnippet("no --public-url").Len())
	})
}

func TestAPublicURLMustBeOne(t *testing.T) {
	t.Parallel()
	shown, err := metrics.New()
	require.NoError(t, err)
	_, err = New(Options{
		Settings: settings.NewStore(servicetest.Settings(t)), SettingsProblem: func() error { return nil }, Metrics: shown, Logger: zap.NewNop(),
		PublicURL: "sync.example",
	})
	assert.ErrorContains(t, err, "https://orders.example")
}
