package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Health reports how a shop's sweeps or an account's collections fare. Its texts
// hold no personal data.
type Health struct {
	// LastSuccess is when the last round started that succeeded, zero before the
	// first.
	LastSuccess time.Time `json:",omitzero"`
	// FailingSince is when the first failure after the last success was seen,
	// zero while all is well.
	FailingSince time.Time `json:",omitzero"`
	// Problem is why, and Kind its class.
	Problem string            `json:",omitempty"`
	Kind    order.FailureKind `json:",omitempty"`
}

func (h *Health) succeeded(now time.Time) { *h = Health{LastSuccess: now} }

func (h *Health) failed(now time.Time, err error) {
	if h.FailingSince.IsZero() {
		h.FailingSince = now
	}
	h.Kind, h.Problem = order.FailUnreachable, err.Error()
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		// The message is without the service's words, which may be personal.
		h.Kind, h.Problem = order.FailureKind(app.Type()), app.Message()
	}
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
