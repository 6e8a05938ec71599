package main

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
)

// readiness is not ready until the workers poll.
type readiness struct{ running atomic.Pointer[running] }

// running is what can be asked once the workers poll.
type running struct {
	temporal engine.Check
	viewer   *health.Viewer
}

func (r *readiness) set(temporal engine.Check, viewer *health.Viewer) {
	r.running.Store(&running{temporal, viewer})
}

func (r *readiness) check() engine.Check {
	return engine.Check{Name: "temporal", Run: func(ctx context.Context) error {
		if running := r.running.Load(); running != nil {
			return running.temporal.Run(ctx)
		}
		return errors.New("still connecting to Temporal")
	}}
}

// report is the health of shops and accounts, as of the last check.
func (r *readiness) report(context.Context) any {
	running := r.running.Load()
	if running == nil || running.viewer.Last().At.IsZero() {
		return nil
	}
	return running.viewer.Last().Open()
}
