package cartum

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// FaultKind is a way in which the API fails on demand.
type FaultKind string

// The kinds of faults of POST /sandbox/faults.
const (
	// FaultStatus answers an HTTP status, without any effect.
	FaultStatus FaultKind = "status"
	// FaultReset breaks the connection before any effect.
	FaultReset FaultKind = "reset"
	// FaultHang holds the request, without effect, until the client gives up.
	FaultHang FaultKind = "hang"
	// FaultLoseAnswer carries the request out and breaks the connection.
	FaultLoseAnswer FaultKind = "lose-answer"
	// FaultHTML answers 200 with an HTML page, without any effect.
	FaultHTML FaultKind = "html"
	// FaultSlow waits, then carries the request out, even if the client has
	// given up by then.
	FaultSlow FaultKind = "slow"
	// FaultEmpty answers 200 with an empty body, without any effect.
	FaultEmpty FaultKind = "empty"
	// FaultEnvelope answers 200 with the body as the envelope's status and an
	// empty response, for example UNDEFINED_FUNCTION, without any effect.
	FaultEnvelope FaultKind = "envelope"
)

// faultRequest is the body of POST /sandbox/faults.
type faultRequest struct {
	Match   string            `json:"match"`
	Kind    FaultKind         `json:"kind"`
	Status  int               `json:"status"`
	Times   int               `json:"times"`
	Delay   string            `json:"delay"`
	Body    string            `json:"body"`
	Headers map[string]string `json:"headers"`
}

// fault waits for requests. left counts those it still hits; below zero it
// hits until it is removed.
type fault struct {
	method string
	path   []string
	left   int
	delay  time.Duration
	faultRequest
}

func (q faultRequest) fault() (*fault, error) {
	method, path, ok := strings.Cut(q.Match, " ")
	if !ok || method == "" || !strings.HasPrefix(path, "/api/") {
		return nil, errors.New(`match is a method and a path, as "POST /api/orders/get"`)
	}
	f := &fault{method: strings.ToUpper(method), path: segments(path), left: q.Times, faultRequest: q}
	if q.Times == 0 {
		f.left = 1
	}
	if q.Delay != "" {
		var err error
		if f.delay, err = time.ParseDuration(q.Delay); err != nil {
			return nil, errors.New(`delay is a duration, as "2s"`)
		}
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	return f, nil
}

// check refuses what the kind has no use for, since a test that sets it means
// something else.
func (f *fault) check() error {
	switch f.Kind {
	case FaultStatus, FaultReset, FaultHang, FaultLoseAnswer, FaultHTML, FaultSlow, FaultEmpty, FaultEnvelope:
	default:
		return fmt.Errorf("no kind %q", f.Kind)
	}
	if (f.Kind == FaultStatus) != (f.Status != 0) || f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return errors.New("status is for the kind status, from 200 to 599")
	}
	if (f.Kind == FaultSlow) != (f.delay > 0) {
		return errors.New("delay is for the kind slow, above 0")
	}
	hasBody := f.Kind == FaultStatus || f.Kind == FaultHTML || f.Kind == FaultEnvelope
	if f.Body != "" && !hasBody {
		return errors.New("body is for the kinds status, html and envelope")
	}
	if f.Kind == FaultEnvelope && f.Body == "" {
		return errors.New("body of the kind envelope is a status word, as UNDEFINED_FUNCTION")
	}
	return nil
}

func segments(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

func (f *fault) matches(r *http.Request) bool {
	if f.method != "*" && f.method != r.Method {
		return false
	}
	path := segments(r.URL.Path)
	if len(path) != len(f.path) {
		return false
	}
	for i, segment := range f.path {
		if segment != "*" && segment != path[i] {
			return false
		}
	}
	return true
}

// takeFault is the oldest fault that waits for this request, if any.
func (s *Server) takeFault(r *http.Request) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.left == 0 || !f.matches(r) {
			continue
		}
		if f.left > 0 {
			f.left--
		}
		s.note("fault %s on %s %s", f.Kind, r.Method, r.URL.Path)
		return f
	}
	return nil
}

func (s *Server) serveFault(w http.ResponseWriter, call apiCall, note requestNote, f *fault) {
	switch f.Kind {
	case FaultReset:
		s.breakOff(w, note)
	case FaultHang:
		s.hold(call.request)
		s.breakOff(w, note)
	case FaultLoseAnswer:
		s.call(call)
		s.breakOff(w, note)
	case FaultSlow:
		s.wait(f.delay)
		s.send(w, note, s.call(call))
	default:
		w.Header().Set(faultHeader, string(f.Kind))
		s.send(w, note, f.page())
	}
}

// faultHeader is on every answer that is broken on purpose, so that nobody takes it for the service's.
const faultHeader = "X-Sandbox-Fault"

// page is the fault's own answer.
func (f *fault) page() page {
	var p page
	switch f.Kind {
	case FaultStatus:
		p = htmlPage(f.Status)
	case FaultHTML:
		p = htmlPage(http.StatusOK)
	case FaultEnvelope:
		p = encode(envelope(f.Body, []any{}))
	default:
		p = page{code: http.StatusOK}
	}
	if f.Body != "" && f.Kind != FaultEnvelope {
		p.body = []byte(f.Body)
		if json.Valid(p.body) {
			p.kind = kindJSON
		}
	}
	p.header = f.Headers
	return p
}

// hold waits for the client to give up, or for Close.
func (s *Server) hold(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.stopped.Done():
	}
}

// breakOff ends the connection without an answer, with a TCP reset where the
// connection lets it.
func (s *Server) breakOff(w http.ResponseWriter, note requestNote) {
	s.finishRequest(note, 0, "")
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the documented way to break off
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // else it ends as an orderly close, which does as well
	}
	_ = connection.Close()
}
