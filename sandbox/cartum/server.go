package cartum

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
)

// maxBody bounds a request's body in bytes, of the API and of the sandbox's
// own requests alike.
const maxBody = 4 << 20

// defaultTokenLife is a token's documented life
// (docs/reference/cartum.md#login-and-tokens).
const defaultTokenLife = 600 * time.Second

// Options describe the shop. Every zero value is usable.
type Options struct {
	// Login and Password are the one pair that auth accepts; "sandbox" and
	// "sandbox" where empty.
	Login, Password string
	// Currency is the shop's currency as an ISO code; PLN where empty.
	Currency string
	// TimeZone is the zone of stat_created, from and to; UTC where nil.
	TimeZone *time.Location
	// Languages are the keys of the shop's texts, the main language first,
	// for example "pl", "en"; Ukrainian is "ua". Where empty: pl, en.
	Languages []string
	// WebhookDelay is the time from an event to its delivery. The service sends its
	// queue every five minutes (docs/reference/cartum.md#delivery-of-webhooks).
	// Zero delivers at once.
	WebhookDelay time.Duration
	// WebhookRetry is the time between two attempts of one delivery, about
	// ten minutes at the service. Zero repeats at once.
	WebhookRetry time.Duration
	// TokenLife is a token's life; 600 seconds where zero.
	TokenLife time.Duration
	// Latency delays every API request, before it has any effect.
	Latency time.Duration
	// Switches sets switches from the start, see Switch. New panics on a
	// name or a value that does not exist.
	Switches map[string]string
	// Now is the clock of everything but the delays; time.Now where nil.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Login == "" && o.Password == "" {
		o.Login, o.Password = "sandbox", "sandbox"
	}
	if o.Currency == "" {
		o.Currency = "PLN"
	}
	if o.TimeZone == nil {
		o.TimeZone = time.UTC
	}
	if len(o.Languages) == 0 {
		o.Languages = []string{"pl", "en"}
	}
	if o.TokenLife == 0 {
		o.TokenLife = defaultTokenLife
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Server is one shop. It serves the API below /api/ and the sandbox's own
// requests below /sandbox/, and is safe for concurrent use.
type Server struct {
	opts   Options
	router http.Handler
	client *http.Client

	// stopped ends with Close: background deliveries and held requests live
	// longer than any one request's context.
	stopped    context.Context
	stop       context.CancelFunc
	background sync.WaitGroup

	// mu guards all below. Nothing waits or talks to the network under it.
	mu            sync.Mutex
	closed        bool
	switches      map[Switch]string
	zone          *time.Location // of the times that are answered
	tokens        map[string]*token
	failedLogins  int
	lockedUntil   time.Time
	orders        map[int]*order
	listings      uint64
	products      map[string]map[string]any
	subscriptions []subscription
	lastSubID     int
	attempts      []attempt
	faults        []*fault
	requests      *requestLog
	feed          []feedEntry
	lastFeedSeq   int
}

// New creates a shop without orders and products. It panics on unknown switches,
// which are a mistake of the caller's code.
func New(o Options) *Server {
	stopped, stop := context.WithCancel(context.Background())
	o = o.withDefaults()
	s := &Server{
		opts:     o,
		client:   newWebhookClient(),
		stopped:  stopped,
		stop:     stop,
		switches: defaultSwitches(),
		zone:     o.TimeZone,
		tokens:   map[string]*token{},
		orders:   map[int]*order{},
		products: map[string]map[string]any{},
		requests: newRequestLog(),
	}
	if err := s.setSwitches(o.Switches); err != nil {
		panic("cartum: " + err.Error())
	}
	s.router = s.routes()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// Close drops deliveries that still wait, releases requests that a fault
// holds, and returns when no goroutine of the server is left.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.background.Wait()
	s.client.CloseIdleConnections()
}

func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.HandleFunc("/api/*", s.serveAPI)
	r.Route("/sandbox", s.sandboxRoutes)
	r.Group(s.pageRoutes)
	return r
}

// serveAPI is the way of every API request: it is read whole (a client that
// gives up while the server is slow has still asked), noted, delayed, met by a
// fault if one waits for it, and answered.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(strings.TrimPrefix(r.URL.Path, "/api/"), "/")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	note := s.noteRequest(name)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		s.send(w, note, htmlPage(http.StatusRequestEntityTooLarge))
		return
	}
	if err != nil { // the client left before it had asked
		s.breakOff(w, note)
		return
	}
	s.wait(s.opts.Latency)
	call := apiCall{name: name, request: r, body: body}
	if f := s.takeFault(r); f != nil {
		s.serveFault(w, call, note, f)
		return
	}
	s.send(w, note, s.call(call))
}

// apiCall is one request of an API function, its body read.
type apiCall struct {
	name    string
	request *http.Request
	body    []byte
}

// call carries a function out and answers it.
func (s *Server) call(c apiCall) page {
	p, err := parseParams(c.request, c.body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.is(SwitchAPI, "off") {
		return htmlPage(http.StatusNotFound)
	}
	switch c.request.Method {
	case http.MethodPost, http.MethodPut, http.MethodGet:
	default:
		return htmlPage(http.StatusMethodNotAllowed)
	}
	if err != nil {
		// Encoded under the lock: documents share maps with the shop's state.
		return encode(httpError(err))
	}
	return encode(s.dispatch(c.name, p))
}

func (s *Server) dispatch(name string, p params) answer {
	f, ok := functions[name]
	if !ok {
		return envelope(statusUndefinedFunction, []any{})
	}
	if !f.open {
		if refusal, ok := s.admit(p); !ok {
			return s.inFormOf(f, refusal)
		}
	}
	return s.inFormOf(f, f.handle(s, p))
}

// send notes the answer first, so that a client that has the answer finds it in
// the log of requests.
func (s *Server) send(w http.ResponseWriter, note requestNote, p page) {
	s.finishRequest(note, p.code, p.word)
	p.write(w)
}

// wait pauses; Close ends it early.
func (s *Server) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stopped.Done():
	}
}

func (s *Server) now() time.Time { return s.opts.Now() }
