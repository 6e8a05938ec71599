package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Check is one condition of being ready. Run returns nil when it holds.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
	// Advisory creates a condition that is shown but does not affect readiness.
	Advisory bool
}

// Health serves /healthz, which answers as long as the process lives, and /readyz, which runs the checks: 200 when all hold,
// else 503, with {"ready":false,"checks":{"temporal":"ok","roapp main":"what is wrong"}}.
type Health struct {
	*http.ServeMux
	checks  []Check
	timeout time.Duration
	report  func(ctx context.Context) any
}

// NewHealth returns a Health whose checks run side by side and have the given time.
func NewHealth(timeout time.Duration, checks ...Check) *Health {
	h := &Health{ServeMux: http.NewServeMux(), checks: checks, timeout: timeout}
	h.HandleFunc("GET /healthz", h.alive)
	h.HandleFunc("GET /readyz", h.ready)
	return h
}

// WithReport adds a report to the answer of /readyz as "health": it is for
// people and does not affect readiness. It runs after the checks and answers at
// once.
func (h *Health) WithReport(what func(ctx context.Context) any) *Health {
	h.report = what
	return h
}

func (h *Health) alive(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]bool{"alive": true})
}

type readiness struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"`
	Report any               `json:"health,omitempty"`
}

func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	result := h.run(r.Context())
	if h.report != nil && result.Ready {
		ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
		defer cancel()
		result.Report = h.report(ctx)
	}
	code := http.StatusOK
	if !result.Ready {
		code = http.StatusServiceUnavailable
	}
	writeJSON(w, code, result)
}

func (h *Health) run(ctx context.Context) readiness {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	errs := make([]error, len(h.checks))
	var wg sync.WaitGroup
	for i, check := range h.checks {
		wg.Go(func() { errs[i] = runCheck(ctx, check) })
	}
	wg.Wait()

	result := readiness{Ready: true, Checks: make(map[string]string, len(h.checks))}
	for i, check := range h.checks {
		result.Checks[check.Name] = "ok"
		if errs[i] != nil {
			result.Ready = result.Ready && check.Advisory
			result.Checks[check.Name] = errs[i].Error()
		}
	}
	return result
}

// runCheck leaves a check that ignores its context behind, so that the answer comes in time.
func runCheck(ctx context.Context, check Check) error {
	done := make(chan error, 1)
	go func() { done <- check.Run(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("no answer in time: %w", ctx.Err())
	}
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	// An error here means that the caller is gone.
	_ = json.NewEncoder(w).Encode(value)
}

// Limits of [Serve]. Writing must outlast the slowest answer, a manual refresh.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	shutdownTimeout   = 30 * time.Second
)

// Serve listens on addr and serves until ctx ends; then it takes no new requests, lets those that run finish, and
// returns nil.
func Serve(ctx context.Context, addr string, handler http.Handler, logger *zap.Logger) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return serve(ctx, listener, handler, logger)
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler, logger *zap.Logger) error {
	errorLog, err := zap.NewStdLogAt(logger, zapcore.WarnLevel)
	if err != nil {
		return fmt.Errorf("http server's log: %w", err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          errorLog,
	}
	logger.Info("listening", zap.Stringer("address", listener.Addr()))

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("http server: %w", err)
	case <-ctx.Done():
	}
	// Requests that run must not end with the context that ended the server.
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return fmt.Errorf("stop http server: %w", errors.Join(err, server.Close()))
	}
	return nil
}
