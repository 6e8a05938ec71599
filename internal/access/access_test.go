package access_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/crypto/bcrypt"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/settings"
)

const (
	password  = "sandbox"
	actToken  = "token-of-the-warehouse"
	viewToken = "token-of-the-monitor"
	secret    = "a session key that has more than 32 characters"
)

// Hashes of the least cost: tests log in often.
var (
	hash      = hashOf(password)
	otherHash = hashOf("another password")
)

func hashOf(password string) string {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		panic(err) // it is short enough
	}
	return string(hash)
}

// known are settings with two people and two programs.
func known() *settings.Settings {
	sum := func(token string) string { sum := sha256.Sum256([]byte(token)); return hex.EncodeToString(sum[:]) }
	return &settings.Settings{
		Users: []settings.User{
			{Name: "anna", PasswordBcrypt: settings.NewSecret(hash), Role: "act"},
			{Name: "viewer", PasswordBcrypt: settings.NewSecret(hash), Role: "view"},
		},
		APITokens:  []settings.APIToken{{Name: "warehouse", SHA256: sum(actToken), Role: "act"}, {Name: "monitor", SHA256: sum(viewToken), Role: "view"}},
		SessionKey: settings.NewSecret(secret),
	}
}

// logouts store logouts in memory.
type logouts struct {
	mu     sync.Mutex
	ended  map[string]time.Time
	broken error // of every question, nil where it works
	asked  int
}

func (l *logouts) LogOut(_ context.Context, session string, until time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == nil {
		l.ended[session] = until
	}
	return l.broken
}

func (l *logouts) LoggedOut(_ context.Context, session string) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	_, ended := l.ended[session]
	return ended, l.broken
}

func (l *logouts) breakWith(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err
}

// site is a guarded installation over real HTTP.
type site struct {
	t       *testing.T
	url     string
	store   *settings.Store
	logouts *logouts
	log     *observer.ObservedLogs
}

const bodyLimit = 1 << 10

func newSite(t *testing.T, s *settings.Settings, publicURL string) site {
	t.Helper()
	return newProcess(t, settings.NewStore(s), publicURL, &logouts{ended: map[string]time.Time{}})
}

// newProcess is one of several processes of an installation.
func newProcess(t *testing.T, store *settings.Store, publicURL string, ended *logouts) site {
	t.Helper()
	site := site{t: t, store: store, logouts: ended}
	handler, log := guardedWith(t, site.store, publicURL, ended)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	site.url, site.log = server.URL, log
	return site
}

// guarded has /orders for those who look and /update for those who act.
func guarded(t *testing.T, store *settings.Store, publicURL string) (http.Handler, *observer.ObservedLogs) {
	t.Helper()
	return guardedWith(t, store, publicURL, &logouts{ended: map[string]time.Time{}})
}

func guardedWith(t *testing.T, store *settings.Store, publicURL string, ended *logouts) (http.Handler, *observer.ObservedLogs) {
	t.Helper()
	core, log := observer.New(zapcore.DebugLevel)
	guard, err := access.New(access.Options{
		Settings: store, PublicURL: publicURL, Logouts: ended, Logger: zap.New(core),
		LoginPage: func(w http.ResponseWriter, _ *http.Request, view access.LoginView) {
			w.WriteHeader(view.Status)
			fmt.Fprintf(w, "login %+v", view)
		},
	})
	require.NoError(t, err)
	say := func(w http.ResponseWriter, r *http.Request) {
		user, known := access.Who(r.Context())
		fmt.Fprintf(w, "%s %s %v", user.Name, user.Role, known)
	}
	r := chi.NewRouter()
	r.Use(middleware.RequestSize(bodyLimit))
	r.Group(func(r chi.Router) {
		r.Use(guard.Before()...)
		guard.Routes(r)
		r.With(access.Require(access.RoleView)).HandleFunc("/orders", say)
		r.With(access.Require(access.RoleAct)).HandleFunc("/update", say)
	})
	return r, log
}

// browser keeps cookies and follows no redirect by itself.
type browser struct {
	t      *testing.T
	site   site
	client *http.Client
}

func (s site) browser() browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return browser{s.t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type reply struct {
	code   int
	header http.Header
	body   string
}

// headers are pairs of name and value.
func (b browser) send(method, path, body string, headers ...string) reply {
	b.t.Helper()
	target := path
	if strings.HasPrefix(path, "/") {
		target = b.site.url + path
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	require.NoError(b.t, err)
	request.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.client.Do(request)
	require.NoError(b.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	require.NoError(b.t, response.Body.Close())
	return reply{response.StatusCode, response.Header, string(text)}
}

func (b browser) get(path string, headers ...string) reply {
	b.t.Helper()
	return b.send(http.MethodGet, path, "", headers...)
}

func (b browser) logIn(name, password, next string) reply {
	b.t.Helper()
	return b.send(http.MethodPost, "/login", url.Values{"name": {name}, "password": {password}, "next": {next}}.Encode())
}

func TestRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	anna, viewer := s.browser(), s.browser()
	require.Equal(t, http.StatusSeeOther, anna.logIn("anna", password, "").code)
	require.Equal(t, http.StatusSeeOther, viewer.logIn("viewer", password, "").code)
	for _, test := range []struct {
		who           browser
		authorization string
		path          string
		code          int
		says          string
	}{
		{anna, "", "/orders", http.StatusOK, "anna act true"},
		{anna, "", "/update", http.StatusOK, "anna act true"},
		{viewer, "", "/orders", http.StatusOK, "viewer view true"},
		{viewer, "", "/update", http.StatusForbidden, `The role of "viewer" is view; this needs the role act`},
		{s.browser(), "Bearer " + actToken, "/update", http.StatusOK, "warehouse act true"},
		{s.browser(), "bearer " + viewToken, "/orders", http.StatusOK, "monitor view true"},
		{s.browser(), "Bearer " + viewToken, "/update", http.StatusForbidden, "this needs the role act"},
		{anna, "Bearer " + actToken, "/update", http.StatusOK, "warehouse act true"},
	} {
		headers := []string{"Accept", "text/html"}
		if test.authorization != "" {
			headers = []string{"Accept", "*/*", "Authorization", test.authorization}
		}
		got := test.who.get(test.path, headers...)
		assert.Equal(t, test.code, got.code, test.says)
		assert.Contains(t, got.body, test.says[1:])
	}
}

// Without a login a person is sent to it, from a page and from its parts; a
// program is told what to send.
func TestStrangersAreAskedWhoTheyAre(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	stranger := s.browser()

	page := stranger.get("/orders?state=held&page=2")
	assert.Equal(t, http.StatusSeeOther, page.code)
	assert.Equal(t, "/login?next=%2Forders%3Fstate%3Dheld%26page%3D2", page.header.Get("Location"))

	form := stranger.send(http.MethodPost, "/update", "", "Referer", s.url+"/orders?page=3")
	assert.Equal(t, "/login?next=%2Forders%3Fpage%3D3", form.header.Get("Location"))

	part := stranger.get("/orders", "HX-Request", "true", "HX-Current-URL", s.url+"/orders/demo/115", "Accept", "*/*")
	assert.Equal(t, http.StatusUnauthorized, part.code)
	assert.Equal(t, "/login?next=%2Forders%2Fdemo%2F115", part.header.Get("HX-Redirect"))

	for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + actToken, actToken, "Bearer  " + actToken} {
		program := stranger.get("/orders", "Accept", "application/json", "Authorization", authorization)
		assert.Equal(t, http.StatusUnauthorized, program.code, authorization)
		assert.Equal(t, "Bearer", program.header.Get("WWW-Authenticate"))
		assert.Equal(t, "application/problem+json", program.header.Get("Content-Type"))
		assert.Contains(t, program.body, `"status":401`)
	}
}

// A wrong token is not made good by a session.
func TestAWrongTokenIsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	anna := s.browser()
	anna.logIn("anna", password, "")
	assert.Equal(t, http.StatusUnauthorized, anna.get("/orders", "Accept", "*/*", "Authorization", "Bearer wrong").code)
}

func TestNothingIsOpenWhereNobodyIsKnown(t *testing.T) {
	t.Parallel()
	s := newSite(t, &settings.Settings{}, "")
	stranger := s.browser()
	assert.Equal(t, http.StatusSeeOther, stranger.get("/orders").code)
	assert.Equal(t, http.StatusUnauthorized, stranger.get("/orders", "Accept", "*/*").code)
	assert.Contains(t, stranger.get("/login").body, "Passwords:false OIDC:false Proxy:false")
	assert.Equal(t, http.StatusUnauthorized, stranger.logIn("", "", "").code)
	assert.Equal(t, http.StatusUnauthorized, stranger.logIn("anna", "", "").code)
	assert.Equal(t, http.StatusNotFound, stranger.get("/login/oidc").code)
}

// Another site's page cannot act in somebody's name, nor log somebody in.
func TestForeignOriginsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "https://orders.example")
	anna := s.browser()
	anna.logIn("anna", password, "")
	for _, foreign := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site", "Origin", "https://shop.example"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
	} {
		for _, path := range []string{"/update", "/login", "/logout"} {
			got := anna.send(http.MethodPost, path, "", foreign...)
			assert.Equal(t, http.StatusForbidden, got.code, foreign)
			assert.Contains(t, got.body, "another site")
		}
	}
	for _, own := range [][]string{
		{"Sec-Fetch-Site", "same-origin"}, {"Origin", s.url}, {"Sec-Fetch-Site", "cross-site", "Origin", "https://orders.example"}, {},
	} {
		assert.NotEqual(t, http.StatusForbidden, anna.send(http.MethodPost, "/logout", "", own...).code, own)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	plain := newSite(t, known(), "").browser().get("/login")
	policy := plain.header.Get("Content-Security-Policy")
	assert.Contains(t, policy, "default-src 'self'")
	assert.Contains(t, policy, "frame-ancestors 'none'")
	assert.NotContains(t, policy, "unsafe")
	assert.Equal(t, "nosniff", plain.header.Get("X-Content-Type-Options"))
	assert.Equal(t, "same-origin", plain.header.Get("Referrer-Policy"))
	assert.Empty(t, plain.header.Get("Strict-Transport-Security"))

	secured := newSite(t, known(), "https://orders.example").browser().get("/login")
	assert.NotEmpty(t, secured.header.Get("Strict-Transport-Security"))
	forwarded := newSite(t, known(), "").browser().get("/login", "X-Forwarded-Proto", "https")
	assert.NotEmpty(t, forwarded.header.Get("Strict-Transport-Security"))
}

func TestAPublicURLThatIsNone(t *testing.T) {
	t.Parallel()
	_, err := access.New(access.Options{Settings: settings.NewStore(known()), PublicURL: "orders.example", Logger: zap.NewNop()})
	require.ErrorContains(t, err, "https://orders.example")
}

// Each user has a rate of their own, and one address without a user has one too.
func TestRate(t *testing.T) {
	t.Parallel()
	s := newSite(t, known(), "")
	stranger := s.browser()
	var refused atomic.Bool
	assert.Eventually(t, func() bool {
		// At once, for a slow machine does not get as many through one by one.
		var all sync.WaitGroup
		for range 3 * 20 {
			all.Go(func() {
				if got := stranger.get("/orders", "Accept", "*/*"); got.code == http.StatusTooManyRequests && got.header.Get("Retry-After") != "" {
					refused.Store(true)
				}
			})
		}
		all.Wait()
		return refused.Load()
	}, waitLimit, waitTick)
	assert.Equal(t, http.StatusOK, stranger.get("/orders", "Accept", "*/*", "Authorization", "Bearer "+actToken).code)
}
