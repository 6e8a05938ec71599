package roapp

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// faultKind is what happens to a request that a fault matches.
type faultKind string

const (
	faultStatus     faultKind = "status"      // answers a status, without effect
	faultReset      faultKind = "reset"       // breaks the connection, without effect
	faultHang       faultKind = "hang"        // never answers, without effect
	faultLoseAnswer faultKind = "lose-answer" // has its effect, then breaks the connection
	faultHTML       faultKind = "html"        // answers 200 with an HTML page, without effect
	faultSlow       faultKind = "slow"        // waits, then proceeds even when the client has gone
	faultEmpty      faultKind = "empty"       // has its effect, then answers 200 with an empty body
)

var faultKinds = []faultKind{
	faultStatus, faultReset, faultHang, faultLoseAnswer, faultHTML, faultSlow, faultEmpty,
}

const htmlPage = "<!DOCTYPE html><html><head><title>Maintenance</title></head>" +
	"<body><h1>We will be back soon</h1></body></html>"

// fault spoils the next requests that it matches. It acts behind key and limit,
// so a refused request does not use it up.
type fault struct {
	Match      string    `json:"match"` // "POST /v2/orders"; * is one segment of the path
	Kind       faultKind `json:"kind"`
	Status     int       `json:"status"`
	Times      int       `json:"times"` // requests to spoil, default 1
	RetryAfter string    `json:"retry_after"`
	Delay      string    `json:"delay"`
	Body       string    `json:"body"`

	delay time.Duration
}

// check completes a fault that was sent and says what is wrong with it.
func (f *fault) check() error {
	method, path, ok := strings.Cut(f.Match, " ")
	if !ok || method == "" || !strings.HasPrefix(path, "/") {
		return invalid("match", "want a method and a path such as POST /v2/orders, got %q", f.Match)
	}
	if !slices.Contains(faultKinds, f.Kind) {
		return invalid("kind", "unknown kind %q", f.Kind)
	}
	if f.Kind == faultStatus && (f.Status < 200 || f.Status > 599) {
		return invalid("status", "want 200 to 599, got %d", f.Status)
	}
	if f.Times < 0 {
		return invalid("times", "want 1 or more, got %d", f.Times)
	}
	f.Times = max(f.Times, 1)
	return f.checkDelay()
}

func (f *fault) checkDelay() error {
	if f.Delay == "" && f.Kind != faultSlow {
		return nil
	}
	delay, err := time.ParseDuration(f.Delay)
	if err != nil || delay < 0 {
		return invalid("delay", "want a duration such as 2s, got %q", f.Delay)
	}
	f.delay = delay
	return nil
}

func (f *fault) matches(method, path string) bool {
	want, pattern, _ := strings.Cut(f.Match, " ")
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	wanted := strings.Split(strings.TrimSuffix(pattern, "/"), "/")
	return want == method && slices.EqualFunc(wanted, segments, func(want, segment string) bool {
		return want == "*" || want == segment
	})
}

type faultList struct {
	mu     sync.Mutex
	faults []fault
}

// add returns how many faults there are now.
func (l *faultList) add(f fault) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, f)
	return len(l.faults)
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
}

// take returns the oldest fault for a request and uses it up by one.
func (l *faultList) take(method, path string) (fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.faults {
		if !l.faults[i].matches(method, path) {
			continue
		}
		found := l.faults[i]
		l.faults[i].Times--
		if l.faults[i].Times == 0 {
			l.faults = slices.Delete(l.faults, i, i+1)
		}
		return found, true
	}
	return fault{}, false
}

// faultHeader is on every answer that is broken on purpose, so that nobody takes it for the service's.
const faultHeader = "X-Sandbox-Fault"

// fail answers r as the fault says.
func (s *Server) fail(f fault, w http.ResponseWriter, r *http.Request) {
	if f.Kind != faultSlow {
		w.Header().Set(faultHeader, string(f.Kind))
	}
	switch f.Kind {
	case faultStatus:
		f.answer(w, f.Status)
	case faultReset:
		breakConnection(w)
	case faultHang:
		s.waitForEnd(r)
		breakConnection(w)
	case faultLoseAnswer:
		s.api.ServeHTTP(discardWriter{header: http.Header{}}, r)
		breakConnection(w)
	case faultHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		f.write(w, http.StatusOK, htmlPage)
	case faultSlow:
		pause(s.closed, f.delay)
		s.api.ServeHTTP(w, r)
	case faultEmpty:
		s.api.ServeHTTP(discardWriter{header: http.Header{}}, r)
		w.WriteHeader(http.StatusOK)
	}
}

func (f *fault) answer(w http.ResponseWriter, status int) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	contentType := "text/plain"
	if strings.HasPrefix(f.Body, "{") {
		contentType = "application/json"
	}
	w.Header().Set("Content-Type", contentType)
	f.write(w, status, "")
}

// write answers the fault's body, or the given one when it has none.
func (f *fault) write(w http.ResponseWriter, status int, body string) {
	if f.Body != "" {
		body = f.Body
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body) // the client has gone
}

func (s *Server) waitForEnd(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closed.Done():
	}
}

// breakConnection resets the TCP connection, so that the client sees neither an
// answer nor an orderly end. On a connection used before, Go's client then
// repeats a GET by itself, and that request meets the next fault.
func breakConnection(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the server's own way to give no answer
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a close then resets
	}
	_ = connection.Close()
}

// discardWriter takes an answer that nobody will see.
type discardWriter struct{ header http.Header }

func (w discardWriter) Header() http.Header            { return w.header }
func (w discardWriter) Write(data []byte) (int, error) { return len(data), nil }
func (w discardWriter) WriteHeader(int)                {}
