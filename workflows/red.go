package workflows

import (
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
)

const (
	// missedRounds is how many rounds may fail in a row before somebody is told,
	// and quietFor how long nobody is told whatever the interval: services
	// restart.
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
	return now.Sub(h.lastGood(since)) >= max(missedRounds*every, quietFor)
}

// lastGood is the last success, or since when one is expected.
func (h Health) lastGood(since time.Time) time.Time {
	if h.LastSuccess.After(since) {
		return h.LastSuccess
	}
	return since
}
