package roapp

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
)

// maxBody is the largest request body in bytes.
const maxBody = 1 << 20

// Options configure a [Server]. The zero value is a working account without
// custom fields and webhooks.
type Options struct {
	// APIKey is the Bearer key. Default "sandbox".
	APIKey string
	// Currency is the account's ISO 4217 code. Default PLN.
	Currency string
	// RequestsPerSecond is the account's request limit. Default 3
	// (docs/reference/roapp.md#rate-limit).
	RequestsPerSecond int
	// Unlimited lifts the request limit.
	Unlimited bool
	// CustomFields gives orders the custom fields Shop (f101), External ID
	// (f102), Created (f103), Last updated (f104) and one of the staff's own.
	CustomFields bool
	// WebhookURL receives signed webhooks. None are sent when it is empty.
	WebhookURL string
	// WebhookSecret is the key of the webhooks' signature.
	WebhookSecret string
	// WebhookPause is the time before a failed delivery's first retry, doubled
	// for each further one. Default one second.
	WebhookPause time.Duration
	// Latency delays the answers of the API's endpoints, after their effect.
	Latency time.Duration
	// Switches override defaults. An unknown name or value makes New panic;
	// check values of a user with [CheckSwitches] first.
	Switches map[string]string
	// Now is the clock of records, search lag and request limit. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.APIKey == "" {
		o.APIKey = "sandbox"
	}
	if o.Currency == "" {
		o.Currency = "PLN"
	}
	if o.RequestsPerSecond <= 0 {
		o.RequestsPerSecond = 3
	}
	if o.WebhookPause <= 0 {
		o.WebhookPause = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Server is one RO App account. It serves the API under /v2 and, for the older
// resources, without a version, and the sandbox's own requests under /sandbox.
type Server struct {
	options  Options
	switches *switchboard
	limit    *limiter
	requests *requestLog
	faults   *faultList
	webhooks *webhookSender
	api      *chi.Mux
	sandbox  *chi.Mux
	pages    *chi.Mux
	closed   context.Context
	close    context.CancelFunc

	mu    sync.Mutex // guards store; nothing waits while holding it
	store *store
}

// New returns an account with seeded directories and no orders.
func New(options Options) *Server {
	options = options.withDefaults()
	if err := CheckSwitches(options.Switches); err != nil {
		panic(err)
	}
	closed, stop := context.WithCancel(context.Background())
	switches := newSwitchboard(options.Switches)
	s := &Server{
		options:  options,
		switches: switches,
		limit:    &limiter{perSecond: options.RequestsPerSecond, now: options.Now},
		requests: newRequestLog(options.Now),
		faults:   &faultList{},
		webhooks: newWebhookSender(closed, options, switches),
		closed:   closed,
		close:    stop,
		store:    newStore(options),
	}
	s.api = s.apiRoutes()
	s.sandbox = s.sandboxRoutes()
	s.pages = s.pageRoutes()
	return s
}

// Close ends hanging requests and webhook deliveries and waits for the latter.
func (s *Server) Close() {
	s.close()
	s.webhooks.wait()
}

// ServeHTTP answers one request. The sandbox's own requests need no key, are
// not limited, not counted, and never hit by faults.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/sandbox/") {
		s.sandbox.ServeHTTP(w, r)
		return
	}
	if isPage(r) {
		s.pages.ServeHTTP(w, r)
		return
	}
	out := &statusWriter{ResponseWriter: w}
	r = withoutTrailingSlash(r)
	entry := s.requests.begin(r.Method, s.pattern(r))
	defer func() { s.requests.end(entry, out.status) }()
	s.serveAPI(out, r)
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	r, err := withWholeBody(w, r)
	if err == nil {
		err = s.authorize(r)
	}
	if err == nil {
		err = s.admit(w)
	}
	if err != nil {
		s.writeError(w, s.errorForm(r), err)
		return
	}
	if fault, ok := s.faults.take(r.Method, r.URL.Path); ok {
		s.fail(fault, w, r)
		return
	}
	s.api.ServeHTTP(w, r)
}

func (s *Server) apiRoutes() *chi.Mux {
	r := chi.NewRouter()
	r.Use(s.strictSlash)
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) { writeEmpty(w, http.StatusNotFound) })
	s.contactRoutes(r, "/v2/contacts/people", person)
	s.contactRoutes(r, "/v2/contacts/organizations", organization)
	s.directoryRoutes(r)
	s.orderRoutes(r)
	s.itemRoutes(r)
	s.catalogRoutes(r)
	return r
}

// endpoint is the work of one request, done while the store is locked. Its
// result is encoded afterwards, so it must not share memory that still changes.
type endpoint func(r *http.Request) (result any, err error)

// handle creates a handler of an endpoint of the API.
func (s *Server) handle(work endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		result, err := s.run(work, r)
		pause(r.Context(), s.options.Latency)
		if err != nil {
			s.writeError(w, s.errorForm(r), err)
			return
		}
		if _, empty := result.(emptyBody); empty {
			w.WriteHeader(http.StatusOK)
			return
		}
		writeJSON(w, http.StatusOK, result) // 201 is never documented (docs/reference/roapp.md#errors)
	}
}

func (s *Server) run(work endpoint, r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return work(r)
}

func (s *Server) now() time.Time { return s.options.Now().UTC() }

// visible is the moment whose state lists show.
func (s *Server) visible() time.Time { return s.now().Add(-s.switches.searchLag()) }

// created is the answer to a request that made or changed a record.
func (s *Server) created(id int64) any {
	switch s.switches.value(CreateAnswer) {
	case "data-id":
		return map[string]any{"data": map[string]any{"id": id}}
	case "number":
		return id
	case "empty":
		return emptyBody{}
	default:
		return map[string]any{"id": id}
	}
}

// emptyBody is the result of an endpoint that answers 200 and nothing else.
type emptyBody struct{}

func (s *Server) authorize(r *http.Request) error {
	key, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !isBearer || subtle.ConstantTimeCompare([]byte(key), []byte(s.options.APIKey)) != 1 {
		return &apiError{status: http.StatusUnauthorized, text: "Invalid token"}
	}
	return nil
}

// slashed are the documented paths that end in a slash
// (docs/reference/roapp.md#legacy-catalogue and docs/reference/roapp.md#paths).
var slashed = map[string]bool{"/products": true, "/warehouse/categories": true, "/margins": true}

type trailingSlash struct{}

// withoutTrailingSlash lets routes, faults and counts have one spelling of a
// path; whether the request had a slash is kept for strictSlash.
func withoutTrailingSlash(r *http.Request) *http.Request {
	path, had := r.URL.Path, false
	if path != "/" {
		path, had = strings.CutSuffix(path, "/")
	}
	r = r.WithContext(context.WithValue(r.Context(), trailingSlash{}, had))
	url := *r.URL
	url.Path, url.RawPath = path, ""
	r.URL = &url
	return r
}

// strictSlash refuses a path whose slash is not as documented.
func (s *Server) strictSlash(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		had, _ := r.Context().Value(trailingSlash{}).(bool)
		if had != slashed[r.URL.Path] && s.switches.is(TrailingSlash, "documented") {
			writeEmpty(w, http.StatusNotFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// pattern is the route of a request, such as /v2/orders/{id}.
func (s *Server) pattern(r *http.Request) string {
	if pattern := s.api.Find(chi.NewRouteContext(), r.Method, r.URL.Path); pattern != "" {
		return pattern
	}
	return "(no such endpoint)"
}

// withWholeBody reads the body at once: a fault must be able to hold a request
// and to commit it even when the client has gone.
func withWholeBody(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return r, bodyError(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return r, nil
}

// pause waits unless the request's client goes away first.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone
}

// writeEmpty answers as RO App does for an unknown contact: text/plain without
// a body (docs/reference/roapp.md#errors).
func writeEmpty(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(status)
}

// statusWriter remembers the status that was answered; 0 is no answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets a response controller reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
