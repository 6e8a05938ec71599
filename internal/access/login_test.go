package access_test

import (
	"bytes"
	"errors"
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

// tries sends logins straight to the handler, from any address.
type tries struct {
	t       *testing.T
	handler http.Handler
}

func (a tries) logIn(client, name, password string, headers ...string) *httptest.ResponseRecorder {
	a.t.Helper()
	form := url.Values{"name": {name}, "password": {password}}.Encode()
	request := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, "/login", strings.NewReader(form))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "text/html")
	request.RemoteAddr = client + ":4000"
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	a.handler.ServeHTTP(answer, request)
	if answer.Code == http.StatusTooManyRequests {
		assert.NotEmpty(a.t, answer.Header().Get("Retry-After"))
	}
	return answer
}

// slowedDown guesses until that is refused.
func (a tries) slowedDown(client, name func(int) string, headers ...string) bool {
	a.t.Helper()
	for i := range 200 {
		later(100 * time.Millisecond) // below the limit of all requests
		if strings.Contains(a.logIn(client(i), name(i), "guess", headers...).Body.String(), "Problem:slow-down") {
			return true
		}
	}
	return false
}

func same(text string) func(int) string { return func(int) string { return text } }
func each(format string) func(int) string {
	return func(i int) string { return fmt.Sprintf(format, i) }
}

func TestGuessesAreSlowedDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, _ := guarded(t, settings.NewStore(known()), "")
		a := tries{t, handler}
		assert.True(t, a.slowedDown(same("10.0.0.1"), same("anna")), "of one name")
		assert.True(t, a.slowedDown(same("10.0.0.2"), each("name-%d")), "of many names")
		assert.True(t, a.slowedDown(each("2001:db8::%x"), same("anna")), "from one network of IPv6")
	})
}

// What strangers guess keeps nobody out: not from another address, nor from the
// same one with a browser that the person has logged in with before.
func TestNobodyIsLockedOutByOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, _ := guarded(t, settings.NewStore(known()), "")
		a := tries{t, handler}
		before := a.logIn("10.0.0.1", "anna", password)
		require.Equal(t, http.StatusSeeOther, before.Code)
		browser := cookieOf(before, "cartumsync_browser")
		require.NotEmpty(t, browser)

		require.True(t, a.slowedDown(same("10.0.0.1"), same("anna")))
		require.Equal(t, http.StatusTooManyRequests, a.logIn("10.0.0.1", "anna", password).Code)

		assert.Equal(t, http.StatusSeeOther, a.logIn("10.0.0.1", "anna", password, "Cookie", browser).Code, "from a known browser")
		assert.Equal(t, http.StatusSeeOther, a.logIn("10.0.0.2", "anna", password).Code, "from another address")
		assert.True(t, a.slowedDown(each("10.0.1.%d"), same("anna"), "Cookie", browser), "a known browser does not guess for ever")
		assert.Equal(t, http.StatusTooManyRequests, a.logIn("10.0.0.1", "anna", password, "Cookie", "cartumsync_browser=forged").Code)
	})
}

// A browser is known for its person only: guesses at others count for its address.
func TestAKnownBrowserIsOnePersons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler, _ := guarded(t, settings.NewStore(known()), "")
		a := tries{t, handler}
		browser := cookieOf(a.logIn("10.0.0.1", "anna", password), "cartumsync_browser")
		require.True(t, a.slowedDown(same("10.0.0.1"), same("viewer"), "Cookie", browser))
		assert.Equal(t, http.StatusTooManyRequests, a.logIn("10.0.0.1", "viewer", password).Code)
	})
}

func cookieOf(answer *httptest.ResponseRecorder, name string) string {
	for _, cookie := range answer.Result().Cookies() {
		if cookie.Name == name {
			return cookie.Name + "=" + cookie.Value
		}
	}
	return ""
}

// Behind a trusted proxy each client has a limit of its own, and nobody escapes it
// by a header.
func TestLimitsBehindAProxy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := known()
		s.TrustedProxies = []string{"10.0.0.0/24"}
		handler, _ := guarded(t, settings.NewStore(s), "")
		a := tries{t, handler}
		const proxy = "10.0.0.5"
		require.True(t, a.slowedDown(same(proxy), same("anna"), "X-Forwarded-For", "203.0.113.1"))
		assert.Equal(t, http.StatusSeeOther, a.logIn(proxy, "anna", password, "X-Forwarded-For", "203.0.113.2").Code)
		assert.Equal(t, http.StatusTooManyRequests, a.logIn(proxy, "anna", password, "X-Forwarded-For", "203.0.113.9, 203.0.113.1").Code, "what the client sent before")
		assert.Equal(t, http.StatusTooManyRequests, a.logIn(proxy, "anna", password, "X-Forwarded-For", "203.0.113.1", "X-Forwarded-For", "10.0.0.6").Code, "a second proxy")

		require.True(t, a.slowedDown(same("198.51.100.7"), same("anna")))
		assert.Equal(t, http.StatusTooManyRequests, a.logIn("198.51.100.7", "anna", password, "X-Forwarded-For", "203.0.113.3").Code, "no proxy of ours")
	})
}

func TestAProxyThatIsNotTrustedIsToldOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	for range 3 {
		s.browser().get("/login", "X-Forwarded-For", "203.0.113.1")
	}
	assert.Equal(t, 1, s.log.FilterMessageSnippet("trusted_proxies").Len())
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
	assert.Equal(t, http.StatusSeeOther, anna.send(http.MethodPost, "/logout", "").code, "again")
}

// A copied cookie is worth nothing after the logout, in this process and in
// others, and other sessions of the person go on.
func TestLogoutEndsTheSessionEverywhere(t *testing.T) {
	t.Parallel()
	here := newSite(t, known(), "")
	there := newProcess(t, here.store, "", here.logouts)
	anna := here.browser()
	copied := sessionOf(anna.logIn("anna", password, ""))
	other := sessionOf(here.browser().logIn("anna", password, ""))
	require.Equal(t, http.StatusOK, here.browser().get("/orders", "Cookie", copied).code)

	anna.send(http.MethodPost, "/logout", "")

	assert.Equal(t, http.StatusSeeOther, here.browser().get("/orders", "Cookie", copied).code)
	assert.Equal(t, http.StatusSeeOther, there.browser().get("/orders", "Cookie", copied).code)
	assert.Equal(t, http.StatusOK, here.browser().get("/orders", "Cookie", other).code)
	require.Len(t, here.logouts.ended, 1)
	for _, until := range here.logouts.ended {
		assert.WithinDuration(t, time.Now().Add(7*24*time.Hour), until, time.Minute, "it is remembered as long as the session could have lasted")
	}
}

// A process that has just let a session in sees another's logout in seconds.
func TestLogoutReachesAProcessThatKnowsTheSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, ended := settings.NewStore(known()), &logouts{ended: map[string]time.Time{}}
		here, _ := guardedWith(t, store, "", ended)
		there, _ := guardedWith(t, store, "", ended)
		cookie := cookieOf(tries{t, here}.logIn("10.0.0.1", "anna", password), cookieName)
		orders := func() int { return asPerson(t, there, http.MethodGet, "/orders", cookie).Code }
		require.Equal(t, http.StatusOK, orders())
		require.Equal(t, http.StatusOK, orders())
		assert.Equal(t, 1, ended.asked, "not at each request")
		asPerson(t, here, http.MethodPost, "/logout", cookie)
		later(6 * time.Second)
		assert.Equal(t, http.StatusSeeOther, orders())
	})
}

func asPerson(t *testing.T, handler http.Handler, method, path, cookie string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	request.Header.Set("Accept", "text/html")
	request.Header.Set("Cookie", cookie)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

// Where nobody can tell whether a session was logged out it is not let in, and
// neither forgotten; a logout that was not stored is no logout.
func TestLogoutsThatCannotBeStored(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	anna := s.browser()
	anna.logIn("anna", password, "")
	s.logouts.breakWith(errors.New("out of order"))
	page := anna.get("/orders")
	assert.Equal(t, http.StatusServiceUnavailable, page.code)
	assert.NotContains(t, page.body, "out of order")
	assert.Equal(t, http.StatusOK, anna.get("/login").code, "the login needs no session")
	assert.Equal(t, http.StatusServiceUnavailable, anna.send(http.MethodPost, "/logout", "").code)
	s.logouts.breakWith(nil)
	assert.Equal(t, http.StatusOK, anna.get("/orders").code)
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
		"another role":     func(s *settings.Settings) { s.Users[0].Role = "view" },
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

// A person who does something stays logged in; an open page that asks by itself does
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

		// Who does something every few hours logs in again after a week.
		cookie, began := renewed(ask(http.MethodPost, "/login", "")), time.Now()
		for time.Since(began) < 7*24*time.Hour-6*time.Hour {
			later(6 * time.Hour)
			answer := ask(http.MethodGet, "/orders", cookie)
			require.Equal(t, http.StatusOK, answer.Code, time.Since(began))
			cookie = renewed(answer)
		}
		later(6 * time.Hour)
		assert.Equal(t, http.StatusSeeOther, ask(http.MethodGet, "/orders", cookie).Code)
	})
}

// later lets the bubble's time pass.
func later(span time.Duration) { <-time.After(span) }
