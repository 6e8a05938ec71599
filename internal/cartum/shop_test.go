package cartum

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/contract"
)

const testLogin, testPassword = "api", "q4lrfb3-secret"

// shop is a fake of the API that knows tokens and answers each function as the test says.
type shop struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	logins   int
	tokens   map[string]bool
	answers  map[string]http.HandlerFunc
	requests []request
}

type request struct {
	function string
	agent    string
	body     map[string]any
}

func newShop(t *testing.T, answers map[string]http.HandlerFunc) *shop {
	t.Helper()
	s := &shop{t: t, tokens: map[string]bool{}, answers: answers}
	s.Server = httptest.NewServer(contract.Cartum().CheckRequests(t, s))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/"), "/")
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, request{name, r.UserAgent(), body})
	given := s.answers[name]
	s.mu.Unlock()
	switch {
	case name == "auth" && given == nil:
		s.auth(w, body)
	case name != "auth" && !s.knows(body["token"]):
		answerJSON(200, `{"status":"UNAUTHORIZED","response":{"message":"no"}}`)(w, r)
	case given == nil:
		answerJSON(200, `{"status":"UNDEFINED_FUNCTION","response":[]}`)(w, r)
	default:
		given(w, r)
	}
}

func (s *shop) auth(w http.ResponseWriter, body map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins++
	if body["login"] != testLogin || body["password"] != testPassword {
		_, _ = fmt.Fprint(w, `{"status":"ERROR","response":{"message":"no user with such login and password"}}`)
		return
	}
	token := fmt.Sprintf("%032x", s.logins)
	s.tokens[token] = true
	_, _ = fmt.Fprintf(w, `{"status":"OK","response":{"token":%q}}`, token)
}

func (s *shop) knows(token any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, _ := token.(string)
	return s.tokens[text]
}

// forget makes the shop refuse every token given so far.
func (s *shop) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

func (s *shop) loginCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

func (s *shop) seen(function string) []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var seen []request
	for _, r := range s.requests {
		if r.function == function {
			seen = append(seen, r)
		}
	}
	return seen
}

func (s *shop) client(change ...func(*Config)) *Client {
	cfg := Config{
		URL: s.URL, Login: testLogin, Password: testPassword, RequestsPerSecond: -1,
		Jitter: func() time.Duration { return 0 },
	}
	for _, c := range change {
		c(&cfg)
	}
	return New(cfg)
}

func answerJSON(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(code)
		_, _ = fmt.Fprint(w, body)
	}
}

// answersOf gives one answer after the other, the last one for ever.
func answersOf(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		next := handlers[0]
		if len(handlers) > 1 {
			handlers = handlers[1:]
		}
		mu.Unlock()
		next(w, r)
	}
}

func breakConnection(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func one(function string, h http.HandlerFunc) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{function: h}
}

func sample(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(body)
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e
}
