package access_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// Only a trusted proxy is believed, and only about people with a role.
func TestProxyHeaders(t *testing.T) {
	t.Parallel()
	handler, _ := guarded(t, settings.NewStore(&settings.Settings{SignIn: settings.SignIn{ProxyHeader: settings.ProxyHeader{
		User: "X-Forwarded-User", Groups: "X-Forwarded-Groups", Trusted: []string{"10.0.0.5/32", "fd00::/64"},
		Roles: map[string]string{"warehouse": "view", "sales": "act"},
	}}}), "")
	for _, test := range []struct {
		peer, user, groups string
		want               string // "" for nobody
	}{
		{"10.0.0.5:4000", "ola", "sales", "ola act true"},
		{"10.0.0.5:4000", " ola ", "staff, warehouse", "ola view true"},
		{"10.0.0.5:4000", "ola", "warehouse,sales", "ola act true"},
		{"[fd00::7]:4000", "ola", "sales", "ola act true"},
		{"[::ffff:10.0.0.5]:4000", "ola", "sales", "ola act true"},
		{"10.0.0.6:4000", "ola", "sales", ""},
		{"[fd00:1::7]:4000", "ola", "sales", ""},
		{"no address", "ola", "sales", ""},
		{"10.0.0.5:4000", "ola", "staff", ""},
		{"10.0.0.5:4000", "ola", "", ""},
		{"10.0.0.5:4000", "", "sales", ""},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders", http.NoBody)
		request.RemoteAddr = test.peer
		request.Header.Set("X-Forwarded-User", test.user)
		request.Header.Set("X-Forwarded-Groups", test.groups)
		// Who stands behind a stranger's proxy is not told by more headers.
		request.Header.Set("X-Forwarded-For", "10.0.0.5")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if test.want == "" {
			assert.Equal(t, http.StatusUnauthorized, answer.Code, test)
			continue
		}
		assert.Equal(t, test.want, answer.Body.String())
	}
}

func TestEverybodyOfAProxy(t *testing.T) {
	t.Parallel()
	s := newSite(t, &settings.Settings{SignIn: settings.SignIn{ProxyHeader: settings.ProxyHeader{
		User: "Remote-User", Groups: "Remote-Groups", Trusted: []string{"127.0.0.0/8"}, Roles: map[string]string{"*": "view"},
	}}}, "")
	assert.Equal(t, "ola view true", s.browser().get("/orders", "Remote-User", "ola").body)
	assert.Equal(t, http.StatusSeeOther, s.browser().get("/orders").code)
	assert.Contains(t, s.browser().get("/login").body, "Proxy:true")
}

func TestNoProxyIsTrustedWithoutSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	assert.Equal(t, http.StatusSeeOther, s.browser().get("/orders", "X-Forwarded-User", "anna", "X-Forwarded-Groups", "sales").code)
}

// A foreign name that leads to the proxy is not the exchange's, no matter who the proxy
// says asks; what proves itself needs no such check.
func TestForeignHostsOfAProxy(t *testing.T) {
	t.Parallel()
	with := known()
	with.SignIn.ProxyHeader = settings.ProxyHeader{User: "Remote-User", Trusted: []string{"10.0.0.5/32"}, Roles: map[string]string{"*": "act"}}
	for _, test := range []struct {
		publicURL, host, header, value string
		code                           int
	}{
		{"https://orders.example", "orders.example", "Remote-User", "ola", http.StatusOK},
		{"https://orders.example", "Orders.Example:443", "Remote-User", "ola", http.StatusOK},
		{"https://orders.example:8443", "orders.example:8443", "Remote-User", "ola", http.StatusOK},
		{"http://orders.example:80", "orders.example", "Remote-User", "ola", http.StatusOK},
		{"https://orders.example", "evil.example", "Remote-User", "ola", http.StatusMisdirectedRequest},
		{"https://orders.example", "orders.example:80", "Remote-User", "ola", http.StatusMisdirectedRequest},
		{"https://orders.example", "", "Remote-User", "ola", http.StatusMisdirectedRequest},
		{"", "evil.example", "Remote-User", "ola", http.StatusOK},
		{"https://orders.example", "starter:8080", "Authorization", "Bearer " + actToken, http.StatusOK},
	} {
		handler, _ := guarded(t, settings.NewStore(with), test.publicURL)
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/update", http.NoBody)
		request.RemoteAddr, request.Host = "10.0.0.5:4000", test.host
		request.Header.Set(test.header, test.value)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		assert.Equal(t, test.code, answer.Code, test)
	}
}
