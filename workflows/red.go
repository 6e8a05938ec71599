package workflows

import (
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
)

const (
	// missedRounds is how many rounds may fail in a row before an alert, and quietFor
	// how long there is no alert for any interval: services restart.
	missedRounds = 3
	quietFor     = 10 * time.Minute
)

// Red reports whether somebody has to act: the credentials are refused, an
// endpoint is missing, answers had no safe meaning for an interval, or no round
// succeeded for three intervals and ten minutes. Success is expected from since
// on, every interval.
func (h Health) Red(now, since time.Time, every time.Duration) bool {
	if !h.FailingSince.IsZero() {
		switch h.Kind {
		case order.FailCredentials, FailEndpointMissing:
			return true
		case order.FailMalformed:
			if now.Sub(h.FailingSince) >= every {
				return true
			}
		default:
		}
	}
	return now.Sub(later(since, h.LastSuccess)) >= max(missedRounds*every, quietFor)
}
