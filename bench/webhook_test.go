package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// webhooksPerRound come as fast as they are answered, webhookSenders at a time:
	// enough that Temporal always has something to do.
	webhooksPerRound = 300
	webhookSenders   = 32
	// webhookRounds alternate, and so does which comes first.
	webhookRounds = 40
	// webhooksPerPeer keeps each address below the starter's limit of 200 a second.
	webhooksPerPeer = 100
)

// BenchmarkWebhook is how many of Cartum's webhooks are answered a second,
// against a loop over a bare SignalWithStart of the same workflow type on the
// same server and connection: of new orders, which start, and of open ones. No
// worker runs. A bare start has an empty signal, no input and nothing to be
// listed by.
func BenchmarkWebhook(b *testing.B) {
	for _, kind := range []struct {
		name  string
		event string
		// first is the number of the first order of a round.
		first func(round int) int
	}{
		{"NewOrders", workflows.EventCreated, func(round int) int { return 1 + round*webhooksPerRound }},
		{"OpenOrders", "order_update", func(int) int { return 1 }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			w := testenv.New(b, testenv.Options{Idle: true, Logger: quiet(b)})
			ways := []way{
				{"webhooks", throughStarter(w, kind.event)},
				{"bare", func(ctx context.Context, i int) error { return bareSignal(ctx, w, i) }},
			}
			var took [2][]time.Duration
			var rates [2][]float64
			for round := range webhookRounds + 1 {
				for turn := range ways {
					which := (turn + round) % len(ways)
					all, elapsed := ways[which].send(b, kind.first(round))
					if round == 0 {
						continue // opens connections, and the open orders
					}
					took[which] = append(took[which], all...)
					rates[which] = append(rates[which], webhooksPerRound/elapsed.Seconds())
				}
			}
			report(b, median(rates[0]), "webhooks/s", toKnow)
			report(b, medianOfRatios(rates[0], rates[1]), "webhooks/bare", atLeast(0.9))
			report(b, milliseconds(percentile(took[0], 99)), "p99-ms", toKnow)
			report(b, percentile(took[0], 99).Seconds()/percentile(took[1], 99).Seconds(), "p99/bare-p99", toKnow)
		})
	}
}

// way is one way to notify an order's workflow that the order changed.
type way struct {
	name   string
	notify func(ctx context.Context, i int) error
}

// send notifies a round of orders and returns how long each took and all together.
func (w way) send(b *testing.B, first int) (each []time.Duration, all time.Duration) {
	b.Helper()
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(webhookSenders)
	start := time.Now()
	for i := range webhooksPerRound {
		group.Go(func() error {
			started := time.Now()
			if err := w.notify(b.Context(), first+i); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			each = append(each, time.Since(started))
			return nil
		})
	}
	fatal(b, group.Wait())
	return each, time.Since(start)
}

func bareSignal(ctx context.Context, w *testenv.Env, i int) error {
	id := fmt.Sprintf("bare:%d", i)
	options := client.StartWorkflowOptions{ID: id, TaskQueue: engine.OrdersQueue}
	_, err := w.Temporal.SignalWithStartWorkflow(ctx, id, workflows.SignalShopOrderChanged, nil, options, workflows.OrderWorkflow)
	return err
}

// throughStarter sends webhooks of an event as Cartum does, to a starter that takes them to
// come from as many addresses as its limit of one needs.
func throughStarter(w *testenv.Env, event string) func(context.Context, int) error {
	w.T.Helper()
	store := settings.NewStore(w.Settings)
	guard, err := access.New(access.Options{Settings: store, Logger: zap.NewNop()})
	fatal(w.T, err)
	routes := api.NewRouter(api.Options{
		Settings: store, Guard: guard, Orders: func() (*service.Orders, bool) { return w.Orders, true },
		Health: http.NotFoundHandler(), Logger: zap.NewNop(),
	})
	var taken atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		peer := taken.Add(1) / webhooksPerPeer
		r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:4000", peer/200, peer%200)
		routes.ServeHTTP(rw, r)
	}))
	w.T.Cleanup(server.Close)
	shop := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: webhookSenders}}
	w.T.Cleanup(shop.CloseIdleConnections)
	url := server.URL + "/webhooks/cartum/" + w.Shop + "/" + testenv.WebhookKey + "?event=" + event
	return func(ctx context.Context, i int) error {
		body := strings.NewReader(fmt.Sprintf(`{"order_id":%d,"user":99,"stat_status":1}`, i))
		request, err := http.NewRequestWithContext(ctx, http.MethodPut, url, body)
		if err != nil {
			return err
		}
		answer, err := shop.Do(request)
		if err != nil {
			return err
		}
		_ = answer.Body.Close() // it has none
		if answer.StatusCode != http.StatusNoContent {
			return errors.New(answer.Status)
		}
		return nil
	}
}

func medianOfRatios(ours, theirs []float64) float64 {
	ratios := make([]float64, 0, len(ours))
	for i := range ours {
		ratios = append(ratios, ours[i]/theirs[i])
	}
	return median(ratios)
}

// percentile is the value that so many of a hundred do not exceed.
func percentile[T cmp.Ordered](values []T, percent int) T {
	values = slices.Sorted(slices.Values(values))
	return values[min(len(values)*percent/100, len(values)-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
