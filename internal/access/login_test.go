package access_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// On a slow machine what takes no time takes seconds.
const (
	waitLimit = 30 * time.Second
	waitTick  = time.Millisecond
)

const cookieName = "cartumsync_session"

func TestLoginLeadsBack(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/orders?shop=demo&page=2":   "/orders?shop=demo&page=2",
		"/orders/demo/115":           "/orders/demo/115",
		"/orders?next=https://x.y/z": "/orders?next=https://x.y/z",
		"":                           "/",
		"orders":                     "/",
		"//evil.example":             "/",
		"///evil.example":            "/",
		`/\evil.example`:             "/",
		`\\evil.example`:             "/",
		"/\t/evil.example":           "/",
		"\t//evil.example":           "/",
		" //evil.example":            "/",
		"https://evil.example/":      "/",
		"https:evil.example":         "/",
		"javascript:alert(1)":        "/",
		"/login?next=/login":         "/",
		"/logout":                    "/",
		"/orders\r\nX-Evil: 1":       "/",
		"/%zz":                       "/",
	} {
		got := newSite(t, known(), "").browser().logIn("anna", password, next)
		assert.Equal(t, http.StatusSeeOther, got.code, next)
		assert.Equal(t, want, got.header.Get("Location"), next)
	}
	s := newSite(t, known(), "")
	anna := s.browser()
	anna.logIn("anna", password, "")
	assert.Equal(t, "/", anna.get("/login?next=//evil.example").header.Get("Location"))
	assert.Contains(t, s.browser().get("/login?next="+url.QueryEscape("//evil.example")).body, "Next:/}")
}

func TestNobodyIsLedToAnotherHost(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/orders?shop=a": "/orders?shop=a", "/login?next=/orders": "/login?next=/orders", "": "/", "//evil.example": "/", `/\evil.example`: "/",
		"/\t/evil.example": "/", "/\n/evil.example": "/", "https://evil.example": "/", "javascript:alert(1)": "/",
	} {
		assert.Equal(t, want, access.LocalPath(to), to)
	}
}

func TestWrongLogins(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	for _, login := range [][2]string{
		{"anna", "wrong-secret"},
		{"anna", ""},
		{"Anna", password},
		{"nobody", password},
		{"", password},
		{"", ""},
		{"anna", strings.Repeat(password, 20)},
		{"anna\x00", password},
	} {
		got := s.browser().logIn(login[0], login[1], "/orders")
		assert.Equal(t, http.StatusUnauthorized, got.code, login)
		assert.Contains(t, got.body, "Problem:wrong")
		assert.Contains(t, got.body, "Next:/orders")
		assert.Empty(t, got.header.Get("Set-Cookie"))
	}
	for _, entry := range s.log.All() {
		text := fmt.Sprint(entry.Message, entry.ContextMap())
		assert.Contains(t, text, "127.0.0.1")
		for _, hidden := range []string{"wrong-secret", password, "nobody", hash} {
			assert.NotContains(t, text, hidden)
		}
	}
}

// Attempts are limited per name, from wherever they come, and per address.
func TestLoginsAreSlowedDown(t *testing.T) {
	t.Parallel()
	handler, _ := guarded(t, settings.NewStore(known()), "")
	try := func(peer, name string) int {
		form := url.Values{"name": {name}, "password": {"guess"}}.Encode()
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/login", strings.NewReader(form))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.RemoteAddr = peer + ":4000"
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code == http.StatusTooManyRequests {
			assert.NotEmpty(t, answer.Header().Get("Retry-After"))
			assert.Contains(t, answer.Body.String(), "Problem:slow-down")
		}
		return answer.Code
	}
	limited := func(peer, name func(int) string) bool {
		for i := range 200 {
			if try(peer(i), name(i)) == http.StatusTooManyRequests {
				return true
			}
		}
		return false
	}
	same := func(text string) func(int) string { return func(int) string { return text } }
	each := func(format string) func(int) string { return func(i int) string { return fmt.Sprintf(format, i) } }
	assert.True(t, limited(each("10.0.0.%d"), same("anna")))
	assert.Equal(t, http.StatusUnauthorized, try("10.0.1.1", "viewer"))
}

func TestLoginOfALargeForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	got := s.browser().logIn("anna", strings.Repeat("x", 2*bodyLimit), "")
	assert.Equal(t, http.StatusRequestEntityTooLarge, got.code)
}

func TestLoginOfABrokenForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	assert.Equal(t, http.StatusBadRequest, s.browser().send(http.MethodPost, "/login", "name=%zz").code)
}

// A form that never ends is given up.
func TestLoginOfASlowForm(t *testing.T) {
	t.Parallel()
	handler, _ := guarded(t, settings.NewStore(known()), "")
	server := httptest.NewUnstartedServer(handler)
	server.Config.ReadTimeout = 300 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = fmt.Fprintf(connection, "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nname=")
	require.NoError(t, err)
	require.NoError(t, connection.SetReadDeadline(time.Now().Add(waitLimit)))
	answer, err := io.ReadAll(connection)
	require.NoError(t, err, "the server closes the connection")
	assert.True(t, bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")), "%s", answer)
}

func TestLogoutForgets(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	anna := s.browser()
	anna.logIn("anna", password, "")
	require.Equal(t, http.StatusOK, anna.get("/orders").code)
	out := anna.send(http.MethodPost, "/logout", "")
	assert.Equal(t, "/login", out.header.Get("Location"))
	assert.Equal(t, http.StatusSeeOther, anna.get("/orders").code)
	assert.Equal(t, http.StatusMethodNotAllowed, anna.get("/logout").code)
}

func TestTheCookieIsKeptFromOthers(t *testing.T) {
	t.Parallel()
	for publicURL, secure := range map[string]bool{"": false, "http://orders.example": false, "https://orders.example": true} {
		cookie := newSite(t, known(), publicURL).browser().logIn("anna", password, "").header.Get("Set-Cookie")
		assert.Contains(t, cookie, "HttpOnly")
		assert.Contains(t, cookie, "SameSite=Lax")
		assert.Contains(t, cookie, "Max-Age=43200")
		assert.Equal(t, secure, strings.Contains(cookie, "Secure"), publicURL)
		assert.NotContains(t, cookie, "anna")
	}
}

// A session outlives the process, for its key stands in the settings.
func TestSessionsSurviveARestart(t *testing.T) {
	t.Parallel()
	cookie := sessionOf(newSite(t, known(), "").browser().logIn("anna", password, ""))
	again := newSite(t, known(), "").browser()
	assert.Equal(t, http.StatusOK, again.get("/orders", "Cookie", cookie).code)
}

func sessionOf(login reply) string {
	cookie, _, _ := strings.Cut(login.header.Get("Set-Cookie"), ";")
	return cookie
}

// What changes about a person ends the session, and so does another key.
func TestSessionsEndWithTheSettings(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*settings.Settings){
		"removed":          func(s *settings.Settings) { s.Users = s.Users[1:] },
		"another password": func(s *settings.Settings) { s.Users[0].PasswordBcrypt = settings.NewSecret(otherHash) },
		"another role":     func(s *settings.Settings) { s.Users[0].Role = "look" },
		"another key":      func(s *settings.Settings) { s.SessionKey = settings.NewSecret(secret + "2") },
		"no key":           func(s *settings.Settings) { s.SessionKey = settings.Secret{} },
	} {
		s := newSite(t, known(), "")
		anna := s.browser()
		anna.logIn("anna", password, "")
		require.Equal(t, http.StatusOK, anna.get("/orders").code)
		changed := known()
		change(changed)
		s.store.Replace(changed)
		assert.Equal(t, http.StatusSeeOther, anna.get("/orders").code, name)
		assert.Contains(t, anna.get("/login").body, "Problem:expired", name)
		assert.NotContains(t, anna.get("/login").body, "Problem:expired", "said once")
	}
}

func TestForgedSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	good := sessionOf(s.browser().logIn("anna", password, ""))
	require.Equal(t, http.StatusOK, s.browser().get("/orders", "Cookie", good).code)
	other := known()
	other.SessionKey = settings.NewSecret(strings.Repeat("x", 32))
	for _, forged := range []string{
		cookieName + "=", cookieName + "=anna", good[:len(good)-4], good + "AAAA", strings.Replace(good, "=M", "=N", 1) + "x",
		sessionOf(newSite(t, other, "").browser().logIn("anna", password, "")),
	} {
		assert.Equal(t, http.StatusSeeOther, s.browser().get("/orders", "Cookie", forged).code, forged)
	}
}

// Whoever does something stays logged in; an open page that asks by itself does
// not prolong anything.
func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, _ := guarded(t, settings.NewStore(known()), "")
		ask := func(method, path, cookie string, headers ...string) *httptest.ResponseRecorder {
			request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(url.Values{"name": {"anna"}, "password": {password}}.Encode()))
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Accept", "text/html")
			for i := 0; i+1 < len(headers); i += 2 {
				request.Header.Set(headers[i], headers[i+1])
			}
			if cookie != "" {
				request.Header.Set("Cookie", cookie)
			}
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			return answer
		}
		renewed := func(answer *httptest.ResponseRecorder) string {
			cookie, _, _ := strings.Cut(answer.Header().Get("Set-Cookie"), ";")
			return cookie
		}
		first := renewed(ask(http.MethodPost, "/login", ""))
		assert.Empty(t, renewed(ask(http.MethodGet, "/orders", first)), "it is new")

		later(11 * time.Hour)
		assert.Empty(t, renewed(ask(http.MethodGet, "/orders", first, "HX-Request", "true")))
		second := renewed(ask(http.MethodGet, "/orders", first))
		require.NotEmpty(t, second)
		later(2 * time.Hour)
		assert.Equal(t, http.StatusSeeOther, ask(http.MethodGet, "/orders", first).Code)
		assert.Equal(t, http.StatusOK, ask(http.MethodGet, "/orders", second).Code)
		later(11 * time.Hour)
		assert.Equal(t, http.StatusSeeOther, ask(http.MethodGet, "/orders", second).Code)
	})
}

// later lets the bubble's time pass.
func later(span time.Duration) { <-time.After(span) }
