package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// One order that cannot be read stops no other.
func TestF15_PoisonOrderBetweenGoodOnes(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	noPrice := testenv.Line("A-1", "Róża", "12.50", "1")
	noPrice["price"] = null
	w.Place(1, nil)
	w.Place(2, lines(noPrice))
	w.Place(3, testenv.J{"delivery_phone": null, "products": null})
	w.Place(4, testenv.J{"stat_created": "yesterday"})
	w.Place(5, nil)
	w.AwaitSynced(1)
	w.AwaitSynced(5)
	w.AwaitHeld(2, order.HoldMalformed)
	for _, poison := range []int64{3, 4} {
		w.Await(poison, func(v testenv.Order) string {
			if v.Hold == nil {
				return "not held"
			}
			return ""
		})
	}
	assert.Equal(t, []string{"1", "5"}, numbers(w))

	w.Place(2, nil)
	w.AwaitSynced(2)
	assert.Equal(t, []string{"1", "2", "5"}, numbers(w))
}

// RO App refuses one line of many: the others are there, the order is not shown
// as finished, and the line comes later.
func TestF28_OneLineIsRefused(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	for nth, name := range []string{"first", "second", "third"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.open(t, s.options)
			refused := request{match: "POST /v2/orders/*/items", times: nth + 1}
			refused.spoil(w, testenv.Fault{Kind: "status", Status: http.StatusUnprocessableEntity, Body: `{"message": "Not now"}`, Times: 100})
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
		})
	}
}

// RO App answers in each of these ways, time and again.
func TestF48_ServiceInTroubleIsLeftInPeace(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	for name, trouble := range map[string]testenv.Fault{
		"429":                  {Kind: "status", Status: http.StatusTooManyRequests},
		"429 with Retry-After": {Kind: "status", Status: http.StatusTooManyRequests, RetryAfter: "2"},
		"423":                  {Kind: "status", Status: http.StatusLocked},
		"500":                  {Kind: "status", Status: http.StatusInternalServerError},
		"502":                  {Kind: "status", Status: http.StatusBadGateway, Body: "<html><title>Bad gateway</title></html>"},
		"408":                  {Kind: "status", Status: http.StatusRequestTimeout},
		"reset":                {Kind: "reset"},
		"slow":                 {Kind: "slow", Delay: "1500ms"},
		"HTML":                 {Kind: "html"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := s.options
			o.Unlimited, o.RequestTimeout = false, time.Second
			w := s.open(t, o)
			spoiled := []string{"GET /v2/contacts/people", "POST /v2/contacts/people", "POST /v2/orders", "POST /v2/orders/*/items", "POST /v2/orders/*/status"}
			for _, match := range spoiled {
				trouble.Match = match
				w.Roapp.Break(trouble)
			}
			s.place(w)
			w.AwaitSynced(sceneNumber)
			assertQuiet(t, s.quiet(t), w)

			seen := w.Roapp.Requests(1000)
			refused := seen.Statuses["429"]
			if trouble.Status == http.StatusTooManyRequests {
				refused -= len(spoiled)
			}
			assert.LessOrEqual(t, seen.MostPerSecond, 3+refused, "the account's budget")
			if trouble.RetryAfter != "" {
				assertRested(t, seen, spoiled, 2*time.Second)
			}
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

// While one account hangs and has a backlog, another one's order passes.
func TestF48_OneAccountsTroubleDelaysNoOther(t *testing.T) {
	t.Parallel()
	first, second := testenv.NewPair(t, testenv.Options{RequestTimeout: 5 * time.Second})
	first.Roapp.Break(testenv.Fault{Match: "GET /v2/contacts/people", Kind: "hang", Times: 1000})
	first.Cartum.Break(testenv.Fault{Match: "POST /api/catalog/export", Kind: "hang", Times: 1000})
	for number := int64(1); number <= 12; number++ {
		first.Place(number, nil)
	}
	first.AwaitSeen(first.Roapp, findPeople, 2)
	began := time.Now()
	second.Place(1, nil)
	second.AwaitSynced(1)
	assert.Less(t, time.Since(began), 20*time.Second)
	assert.Empty(t, first.Roapp.Orders())
	assert.Len(t, second.Roapp.Orders(), 1)
}

// Payloads have a limit of 2 MB, and so has the whole of what an order decides
// at once.
func TestT07_OrderOfThreeHundredLongLines(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"search-lag": "0s"}, SearchLag: time.Millisecond})
	var all []testenv.J
	for i := range 300 {
		article := fmt.Sprintf("ARTICLE-%04d", i)
		title := fmt.Sprintf("%s %d", strings.Repeat("Bukiet róż czerwonych z gipsówką ", 20), i)
		if i%30 != 0 {
			w.Roapp.Create("products", testenv.J{"title": article, "article": article})
		}
		w.Cartum.PutProduct(article, testenv.J{"title": testenv.J{"pl": title}, "description": testenv.J{"pl": strings.Repeat(title, 5)}})
		all = append(all, testenv.Line(article, title, "1.50", "2"))
	}
	w.Place(1, lines(all...))
	_, imported := w.AwaitSynced(1)
	require.Len(t, imported.Items, 300)
	assert.Equal(t, "900", imported.Total.String())
	articles := map[string]bool{}
	for _, item := range imported.Items {
		articles[item.Entity.SKU] = true
	}
	assert.Len(t, articles, 300)
}

// What health shows is how many requests RO App gets, which no task of the queue
// counts: one task may be several requests, or none.
func TestF48_HealthShowsRequestsSent(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	o := s.options
	o.Unlimited = false
	w := s.open(t, o)
	viewer := health.New(w.Temporal, index.New(w.Temporal), w.Namespace, settings.NewStore(w.Settings))
	s.place(w)
	w.Eventually(testenv.Patience, func() string {
		report, err := viewer.Read(t.Context())
		require.NoError(t, err)
		shown := report.Accounts["main"]
		assert.LessOrEqual(t, shown.PerSecond, shown.Limit)
		if shown.PerSecond == 0 {
			return "no requests are shown"
		}
		return ""
	})
}
