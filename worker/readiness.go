package main

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/cartumsync/cartumsync/internal/engine"
)

// readiness is not ready until the workers poll.
type readiness struct{ temporal atomic.Pointer[engine.Check] }

func (r *readiness) set(check engine.Check) { r.temporal.Store(&check) }

func (r *readiness) check() engine.Check {
	return engine.Check{Name: "temporal", Run: func(ctx context.Context) error {
		if check := r.temporal.Load(); check != nil {
			return check.Run(ctx)
		}
		return errors.New("still connecting to Temporal")
	}}
}
