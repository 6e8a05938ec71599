package testenv

import (
	"fmt"
	"net/http"
)

// Seen is how often the account saw a request: "POST /v2/orders/{id}/items".
func (r *Roapp) Seen(endpoint string) int {
	r.t.Helper()
	return r.Requests(0).Endpoints[endpoint]
}

// Seen is how often the shop saw a function called: "orders/get".
func (c *Cartum) Seen(function string) int {
	c.t.Helper()
	return c.Requests().Functions[function]
}

// counter is a fake that counts what it sees.
type counter interface{ Seen(request string) int }

// AwaitSeen waits until a service has seen a request so often.
func (w *Env) AwaitSeen(s counter, request string, times int) {
	w.T.Helper()
	w.Eventually(Patience, func() string {
		if seen := s.Seen(request); seen < times {
			return fmt.Sprintf("%s was seen %d times, not %d", request, seen, times)
		}
		return ""
	})
}

// ExpireTokens ends all logins of the shop.
func (c *Cartum) ExpireTokens() {
	c.t.Helper()
	c.call(http.MethodPost, "/sandbox/tokens/expire", nil, nil)
}
