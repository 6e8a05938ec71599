package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// RO App refuses one line of many: the others are there, the order is not shown
// as finished, and the line comes later.
func TestF28_OneLineIsRefused(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	second := request{match: "POST /v2/orders/*/items", times: 2}
	second.spoil(w, testenv.Fault{Kind: "status", Status: http.StatusUnprocessableEntity, Body: `{"message": "Not now"}`, Times: 100})
	s.place(w)
	view := w.AwaitHeld(sceneNumber, order.HoldRejected)
	assert.Contains(t, view.Hold.Text, "Not now")
	w.Await(sceneNumber, func(v testenv.Order) string { return strings.Join(v.Running, ", ") })
	half := accountOf(w).Orders[0]
	assert.Less(t, len(half.Items), 3)
	assert.Equal(t, int64(101), half.Status)
	assert.Empty(t, half.Comments)

	w.Roapp.Restore()
	w.Decide(sceneNumber, order.Decision{Kind: order.DecideRetry})
	w.AwaitSynced(sceneNumber)
	assertQuiet(t, s.quiet(t), w)
}

// RO App answers each request in one of these ways, then as it should.
func TestF48_FailingServiceIsAskedWithinTheLimit(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	throttled := testenv.Fault{Kind: "status", Status: http.StatusTooManyRequests, RetryAfter: "2"}
	spoiled := []string{"GET /v2/contacts/people", "POST /v2/contacts/people", "POST /v2/orders", "POST /v2/orders/*/items", "POST /v2/orders/*/status"}
	for name, trouble := range map[string][]testenv.Fault{
		"429 with Retry-After": {throttled, throttled, throttled, throttled, throttled},
		"many kinds": {
			{Kind: "status", Status: http.StatusBadGateway, Body: "<html><title>Bad gateway</title></html>"},
			{Kind: "status", Status: http.StatusLocked},
			{Kind: "slow", Delay: "1500ms"},
			{Kind: "status", Status: http.StatusRequestTimeout},
			{Kind: "reset"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, refuses := s.options, trouble[0].Status == http.StatusTooManyRequests
			o.Unlimited = false
			if !refuses {
				o.RequestTimeout = time.Second // less than what is slow takes
			}
			w := s.open(t, o)
			for i, match := range spoiled {
				trouble[i].Match = match
				w.Roapp.Break(trouble[i])
			}
			s.place(w)
			w.AwaitSynced(sceneNumber)
			assertQuiet(t, s.quiet(t), w)

			seen := w.Roapp.Requests(1000)
			refused := seen.Statuses["429"]
			if refuses {
				refused -= len(spoiled)
				assertRested(t, seen, spoiled, 2*time.Second)
			}
			assert.LessOrEqual(t, seen.MostPerSecond, 3+refused, "the account's budget")
		})
	}
}

// assertRested says that after each spoiled 429 nothing was asked for a while. The
// fake's own, on a machine that is too busy to keep the pace, ask for none.
func assertRested(t *testing.T, seen testenv.RoappRequests, spoiled []string, rest time.Duration) {
	t.Helper()
	for i, request := range seen.List[:len(seen.List)-1] {
		endpoint := request.Method + " " + strings.ReplaceAll(request.Path, "{id}", "*")
		if request.Status == http.StatusTooManyRequests && slices.Contains(spoiled, endpoint) {
			next := seen.List[i+1]
			assert.GreaterOrEqual(t, next.At.Sub(request.At), rest-50*time.Millisecond, "%s after %s", next.Path, request.Path)
		}
	}
}

// While one account hangs for good and has a backlog, another one's order passes.
func TestF48_OneAccountsTroubleDelaysNoOther(t *testing.T) {
	t.Parallel()
	first, second := testenv.NewPair(t, testenv.Options{RequestTimeout: 5 * time.Second})
	first.Roapp.Break(testenv.Fault{Match: "GET /v2/contacts/people", Kind: "hang", Times: 1000})
	first.Cartum.Break(testenv.Fault{Match: "POST /api/catalog/export", Kind: "hang", Times: 1000})
	for number := int64(1); number <= 12; number++ {
		first.Place(number, nil)
	}
	first.AwaitSeen(first.Roapp, findPeople, 2)
	second.Place(1, nil)
	second.AwaitSynced(1)
	assert.Empty(t, first.Roapp.Orders())
	assert.Len(t, second.Roapp.Orders(), 1)
}
