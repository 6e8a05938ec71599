package access_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/settings"
)

func TestClient(t *testing.T) {
	t.Parallel()
	proxies := []string{"10.0.0.0/24", "fd00::/64"}
	for _, test := range []struct {
		connection string
		forwarded  []string
		want       string
	}{
		{"203.0.113.1:4000", nil, "203.0.113.1"},
		{"203.0.113.1:4000", []string{"198.51.100.1"}, "203.0.113.1"},
		{"10.0.0.5:4000", nil, "10.0.0.5"},
		{"10.0.0.5:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.5:4000", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.5:4000", []string{"1.1.1.1", "198.51.100.1,10.0.0.6"}, "198.51.100.1"},
		{"[fd00::7%eth0]:4000", []string{"2001:db8::1"}, "2001:db8::1"},
		{"[::ffff:10.0.0.5]:4000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.5:4000", []string{"unknown"}, "10.0.0.5"},
		{"10.0.0.5:4000", []string{"198.51.100.1, _hidden, 10.0.0.6"}, "10.0.0.6"},
		{"10.0.0.5:4000", []string{""}, "10.0.0.5"},
		{"10.0.0.5:4000", []string{"10.0.0.6, 10.0.0.7"}, "10.0.0.6"},
		{"no address", []string{"198.51.100.1"}, "no address"},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		request.RemoteAddr = test.connection
		request.Header["X-Forwarded-For"] = test.forwarded
		assert.Equal(t, test.want, access.Client(proxies, request), test)
	}
}

// Limits count a whole network of IPv6 as one client, for that is what one client
// is given.
func TestByClient(t *testing.T) {
	t.Parallel()
	key := func(connection string) string {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		request.RemoteAddr = connection
		got, err := access.ByClient(settings.NewStore(&settings.Settings{}))(request)
		assert.NoError(t, err)
		return got
	}
	assert.Equal(t, key("[2001:db8::1]:4000"), key("[2001:db8::ffff:2]:5000"))
	assert.NotEqual(t, key("[2001:db8::1]:4000"), key("[2001:db8:0:1::1]:4000"))
	assert.NotEqual(t, key("203.0.113.1:4000"), key("203.0.113.2:4000"))
}
