package workflows

import (
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order"
)

// FailEndpointMissing is the type of the error of a request to an endpoint that RO
// App does not offer. The order that sent it waits as for a service that is down;
// the account is red.
const FailEndpointMissing order.FailureKind = "EndpointMissing"

// MissingEndpoint is an endpoint that RO App was found not to offer.
type MissingEndpoint struct {
	Since, Seen time.Time // first and last
}

// missingWriteFor is how long a write counts as missing after it was last refused: it cannot be tried without changing
// something, and an order that waits for it is retried every hour.
const missingWriteFor = 70 * time.Minute

// NoLongerOffered says in words that an endpoint, "GET /products/", is missing.
func NoLongerOffered(endpoints ...string) string {
	names := make([]string, 0, len(endpoints))
	for _, endpoint := range endpoints {
		names = append(names, strings.TrimPrefix(endpoint, "GET "))
	}
	return "RO App no longer offers " + strings.Join(names, ", ")
}

// noteMissing applies that an order met a missing endpoint: the account is red
// from now on.
func (s *AccountState) noteMissing(endpoint string, now time.Time) {
	if s.Missing == nil {
		s.Missing = map[string]MissingEndpoint{}
	}
	known, ok := s.Missing[endpoint]
	if !ok {
		known.Since = now
	}
	known.Seen = now
	s.Missing[endpoint] = known
	s.showMissing()
}

// missingReads are the endpoints that a collection asks whether they are back.
func (s *AccountState) missingReads() []string {
	var reads []string
	for _, endpoint := range workflow.DeterministicKeys(s.Missing) {
		if strings.HasPrefix(endpoint, "GET ") {
			reads = append(reads, endpoint)
		}
	}
	return reads
}

// takeMissing applies which reads are still missing, and forgets writes that
// nobody met for long.
func (s *AccountState) takeMissing(asked, still []string, now time.Time) {
	for _, endpoint := range asked {
		if !slices.Contains(still, endpoint) {
			delete(s.Missing, endpoint)
		}
	}
	for _, endpoint := range workflow.DeterministicKeys(s.Missing) {
		if !strings.HasPrefix(endpoint, "GET ") && now.Sub(s.Missing[endpoint].Seen) > missingWriteFor {
			delete(s.Missing, endpoint)
		}
	}
	s.showMissing()
}

// showMissing makes the account's health report what is missing, although its
// collections succeed: each success makes it healthy first.
func (s *AccountState) showMissing() {
	if len(s.Missing) == 0 || s.Failures > 0 { // a success shows it again
		return
	}
	endpoints := workflow.DeterministicKeys(s.Missing)
	since := s.Missing[endpoints[0]].Since
	for _, endpoint := range endpoints {
		since = earlier(since, s.Missing[endpoint].Since)
	}
	s.Health.FailingSince, s.Health.Kind, s.Health.Problem = since, FailEndpointMissing, NoLongerOffered(endpoints...)
}
