package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// tally counts webhooks.
type tally struct {
	mu    sync.Mutex
	count map[string]int
}

func (c *tally) Webhook(from, id, outcome string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count[fmt.Sprintf("%s %q %s", from, id, outcome)]++
}

// Webhooks are counted by what came of them; ids that somebody makes up are
// counted together.
func TestWebhooksAreCounted(t *testing.T) {
	t.Parallel()
	count := &tally{count: map[string]int{}}
	store := settings.NewStore(parse(t, hooksSettings))
	router := api.NewRouter(api.Options{
		Settings: store, Guard: newGuard(store), Health: http.NotFoundHandler(), Logger: zap.NewNop(), Webhooks: count,
		Orders: func() (*service.Orders, bool) { return nil, false },
	})
	for _, request := range []struct{ path, body string }{
		{"demo/" + key, `{"order_id": 1}`},
		{"demo/" + key, `{"order_id": "x"}`},
		{"demo/wrong-key-of-the-shop", `{"order_id": 1}`},
		{"unknown/" + key, `{"order_id": 1}`},
		{"made-up/" + key, `{"order_id": 1}`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/webhooks/cartum/"+request.path, strings.NewReader(request.body))
		router.ServeHTTP(httptest.NewRecorder(), r)
	}
	assert.Equal(t, map[string]int{
		`cartum "demo" failed`: 1, `cartum "demo" rejected`: 1, `cartum "demo" stranger`: 1, `cartum "" stranger`: 2,
	}, maps.Clone(count.count))
}
