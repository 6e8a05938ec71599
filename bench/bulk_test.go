package bench

import (
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

const (
	// bulkRows are what a person selects on a full page.
	bulkRows = 50
	// bulkAsks is how often a page asks for the ends of the refreshes it shows.
	bulkAsks = time.Second
)

// BenchmarkBulkUpdate is what it costs to update a page of orders with one
// action, against as many single updates one after the other: the time until all
// have ended, the time until the person has an answer, and the requests to
// Temporal and to RO App. Neither service limits anything here: what is measured
// is what we add.
func BenchmarkBulkUpdate(b *testing.B) {
	w := testenv.New(b, testenv.Options{Unlimited: true, RoappSwitches: prompt, Logger: quiet(b)})
	stock(w)
	var keys []order.Key
	for number := int64(1); number <= 2*bulkRows; number++ {
		w.Place(number, testenv.J{"delivery_phone": knownPhone(int(number)), "products": lines(int(number), 1)})
		keys = append(keys, w.Key(number))
	}
	for number := int64(1); number <= 2*bulkRows; number++ {
		w.AwaitSynced(number)
		passage{w: w}.rest(number)
	}
	asked := new(asked)
	orders := watchedOrders(w, asked)

	single := measureUpdate(w, asked, func() { updateOneByOne(b, orders, keys[:bulkRows]) })
	var answered time.Duration
	bulk := measureUpdate(w, asked, func() { answered = updateAtOnce(b, orders, keys[bulkRows:]) })

	report(b, single.seconds, "single-s", toKnow)
	report(b, bulk.seconds, "bulk-s", toKnow)
	report(b, answered.Seconds(), "bulk-answer-s", toKnow)
	report(b, bulk.seconds/single.seconds, "bulk/single-time", below(1))
	report(b, bulk.temporal/single.temporal, "bulk/single-temporal-requests", toKnow)
	report(b, single.temporal/bulkRows, "single-temporal-requests/order", toKnow)
	report(b, bulk.account/single.account, "bulk/single-account-requests", atMost(1))
	report(b, bulk.account/bulkRows, "account-requests/order", toKnow)
}

// updateCost is what it took to update a page of orders.
type updateCost struct {
	seconds           float64
	temporal, account float64 // requests
}

func measureUpdate(w *testenv.Env, asked *asked, update func()) updateCost {
	w.T.Helper()
	asked.reset()
	account := w.Roapp.Requests(0).Total
	began := time.Now()
	update()
	return updateCost{
		seconds: time.Since(began).Seconds(), temporal: float64(asked.total()), account: float64(w.Roapp.Requests(0).Total - account),
	}
}

func updateOneByOne(b *testing.B, orders *service.Orders, keys []order.Key) {
	b.Helper()
	for _, key := range keys {
		refreshed, err := orders.Refresh(b.Context(), key, "bench")
		fatal(b, err)
		if refreshed.State != service.RefreshDone {
			b.Fatalf("the refresh of %s is %s: %s", key, refreshed.State, refreshed.Problem)
		}
	}
}

// updateAtOnce also gives how long the person waits for the first answer.
func updateAtOnce(b *testing.B, orders *service.Orders, keys []order.Key) time.Duration {
	b.Helper()
	began := time.Now()
	rows, err := orders.StartRefreshes(b.Context(), keys, "bench")
	fatal(b, err)
	answered := time.Since(began)
	asks := time.NewTicker(bulkAsks)
	defer asks.Stop()
	for running := stillRunning(b, rows); len(running) > 0; running = stillRunning(b, running) {
		<-asks.C
		for i, row := range running {
			running[i].Refreshed, running[i].Err = orders.RefreshEnd(b.Context(), row.Key, row.ID)
		}
	}
	return answered
}

func stillRunning(b *testing.B, rows []service.StartedRefresh) (running []service.StartedRefresh) {
	b.Helper()
	for _, row := range rows {
		fatal(b, row.Err)
		switch row.State {
		case service.RefreshDone:
		case service.RefreshRunning:
			running = append(running, row)
		default:
			b.Fatalf("the refresh of %s is %s: %s", row.Key, row.State, row.Problem)
		}
	}
	return running
}
