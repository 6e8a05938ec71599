package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
)

var (
	// crashRuns is how many installations are played to their end, one after the other.
	crashRuns = flag.Int("crash-runs", 1, "installations whose worker, Temporal and PostgreSQL are killed")
	// crashOrders is how many orders each of them has.
	crashOrders = flag.Int("crash-orders", 200, "orders of such an installation, each with random events of its own")
	// crashSeed repeats the events and kills of a run, though not what happens between them.
	crashSeed = flag.Uint64("crash-seed", 0, "seed of the first of these installations, 0 for a new one")
)

// schedule is what happens to an order, at random.
type schedule struct {
	number     int64
	customer   string // a phone
	withheld   bool   // the first version has no customer, so the order is held until the second
	quantities [3]int // of A-1, in each version
	webhooks   [3]int // sent for each version: none is lost on the way, two is sent twice
	writtenOff bool   // after the second version
	roapp      int64  // the order that was created
}

func (s *schedule) items(version int) []string {
	return []string{fmt.Sprintf("A-1 x %d at 12.5", s.quantities[version]), "B-1 x 1 at 30"}
}

func (s *schedule) total(version int) string {
	return decimal.NewFromFloat(12.5).Mul(decimal.NewFromInt(int64(s.quantities[version]))).Add(decimal.NewFromInt(30)).String()
}

// installation is what can be killed.
type installation struct {
	*testenv.Env

	database  *enginetest.Postgres
	worker    *testenv.Process
	random    *rand.Rand
	schedules []*schedule
	kills     int
}

// Worker, Temporal and PostgreSQL are killed in turn while orders are imported, held,
// edited and written off: no order and no customer is lost or doubled, and nothing is
// written after a write-off.
func TestCrashesOnPostgres(t *testing.T) {
	t.Parallel()
	first := *crashSeed
	if first == 0 {
		first = rand.Uint64()
	}
	database := enginetest.StartOnPostgres(t)
	for i := range *crashRuns { //nolint:paralleltest // the runs share one server, which they kill
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { crash(t, database, seed) })
	}
}

func crash(t *testing.T, database *enginetest.Postgres, seed uint64) {
	t.Helper()
	w := unhurried(t, testenv.Options{
		Server: database.Server, Idle: true, RequestTimeout: 2 * time.Second, Settle: 500 * time.Millisecond, SearchLag: 500 * time.Millisecond,
		RecentEvery: 10 * time.Second, WholeEvery: 10 * time.Second, CollectEvery: 10 * time.Second,
	})
	w.Roapp.Switch("search-lag", "0s")
	in := &installation{Env: w, database: database, worker: w.StartProcess(), random: rand.New(rand.NewPCG(seed, 0))}
	customers := map[string]bool{}
	for number := int64(1); number <= int64(*crashOrders); number++ {
		s := in.schedule(number)
		in.schedules = append(in.schedules, s)
		customers[s.customer] = true
	}

	in.phase(0, func(s *schedule, fields testenv.J) {
		if s.withheld {
			fields["delivery_phone"] = ""
		}
		w.Cartum.PutOrder(s.number, fields)
	})
	in.await(func(s *schedule, o testenv.Order) string {
		if s.withheld && (o.Hold == nil || o.Hold.Reason != order.HoldNoCustomer) {
			return "not held"
		}
		return ""
	})
	in.phase(1, func(s *schedule, fields testenv.J) { w.Cartum.Change(s.number, fields) })
	in.await(func(s *schedule, o testenv.Order) string {
		if text := s.unsynced(1, o); text != "" {
			return text
		}
		s.roapp = o.Roapp.ID
		return in.differing(s, 1)
	})
	for _, s := range in.schedules {
		if s.writtenOff {
			w.Roapp.WriteOff(s.roapp)
		}
	}
	in.phase(2, func(s *schedule, fields testenv.J) { w.Cartum.Change(s.number, fields) })
	in.await(func(s *schedule, o testenv.Order) string {
		switch text := s.unsynced(2, o); {
		case text != "":
			return text
		case !s.writtenOff:
			return in.differing(s, 2)
		case s.quantities[2] != s.quantities[1] && !slices.Contains(markCodes(o), order.WarnNotSynced):
			return "no warning of the edit that is not synced"
		}
		return ""
	})
	for _, s := range in.schedules {
		if s.writtenOff {
			assert.Empty(t, in.differing(s, 1), "written after the write-off of order %d", s.number)
		}
	}
	assert.Len(t, w.Roapp.Orders(), *crashOrders, "no order is lost or doubled")
	assert.Len(t, slices.Compact(numbers(w)), *crashOrders)
	assert.Len(t, w.Roapp.People(), len(customers), "no customer is lost or doubled")
	assert.Len(t, w.Roapp.Products(), 2)
	assertDiscreet(t, w, in.worker.Output())
	t.Logf("%d orders, %d kills", *crashOrders, in.kills)
}

// schedule draws what happens to an order. Four orders have a customer in common.
func (in *installation) schedule(number int64) *schedule {
	s := &schedule{
		number: number, customer: fmt.Sprintf("+48602%06d", in.random.IntN(1+*crashOrders/4)),
		withheld: in.random.IntN(3) == 0, writtenOff: in.random.IntN(2) == 0,
	}
	for version := range s.quantities {
		s.quantities[version], s.webhooks[version] = 1+in.random.IntN(9), in.random.IntN(3)
	}
	return s
}

// phase brings each order in the shop to a version and sends its webhooks, while worker,
// Temporal and PostgreSQL are killed in a random order at random moments.
func (in *installation) phase(version int, put func(s *schedule, fields testenv.J)) {
	in.T.Helper()
	webhooks := errgroup.Group{}
	webhooks.SetLimit(10)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for _, s := range in.schedules {
			webhooks.Go(func() error { return in.play(s, version, put) })
		}
		assert.NoError(in.T, webhooks.Wait())
	}()
	var crashes []func()
	for range 1 + *crashOrders/400 {
		crashes = append(crashes, in.crashWorker, in.crashServer, in.crashDatabase)
	}
	in.random.Shuffle(len(crashes), func(i, j int) { crashes[i], crashes[j] = crashes[j], crashes[i] })
	for _, crash := range crashes {
		// Nobody knows how many requests a phase still has, so that is waited for in vain
		// sometimes, for a short time.
		due, until := in.requests()+in.random.IntN(600), time.Now().Add(10*time.Second)
		in.Eventually(testenv.Patience, func() string {
			if seen := in.requests(); seen < due && time.Now().Before(until) {
				return fmt.Sprintf("%d of %d requests", seen, due)
			}
			return ""
		})
		crash()
		in.kills++
	}
	<-sent
	in.awaitWorker()
}

// play brings one order to a version. A webhook that is refused is sent again by Cartum,
// and what never arrives is found by the polls.
func (in *installation) play(s *schedule, version int, put func(s *schedule, fields testenv.J)) error {
	put(s, testenv.J{
		"products": roseAndVase(strconv.Itoa(s.quantities[version]), "1"), "delivery_phone": s.customer, "delivery_email": "",
	})
	for range s.webhooks[version] {
		code, answer := in.PutWebhook(in.Shop, testenv.WebhookKey, fmt.Appendf(nil, `{"order_id": %d}`, s.number))
		if !slices.Contains([]int{http.StatusNoContent, http.StatusServiceUnavailable, http.StatusTooManyRequests}, code) {
			return fmt.Errorf("webhook of order %d: %d %s", s.number, code, answer)
		}
	}
	return nil
}

// awaitWorker waits until the worker runs, which waits for Temporal itself.
func (in *installation) awaitWorker() {
	in.T.Helper()
	in.Eventually(2*testenv.Patience, func() string {
		if in.worker.Exited() {
			in.T.Fatalf("the worker ended: %s", in.worker.Output())
		}
		if !strings.Contains(in.worker.Output(), "worker is running") {
			return "the worker does not run"
		}
		return ""
	})
}

// requests is how many RO App has seen.
func (in *installation) requests() (seen int) {
	for _, times := range in.Roapp.Requests(0).Endpoints {
		seen += times
	}
	return seen
}

func (in *installation) crashWorker() {
	in.worker.Kill()
	in.worker = in.StartProcess()
}

func (in *installation) crashServer() {
	in.database.Kill()
	in.database.Restart(in.T)
	in.AwaitServer()
}

func (in *installation) crashDatabase() {
	in.database.KillDatabase()
	in.database.RestartDatabase(in.T)
	in.AwaitServer()
}

// await waits until all orders are as the condition wants them: "" or what is missing.
func (in *installation) await(condition func(*schedule, testenv.Order) string) {
	in.T.Helper()
	left := slices.Clone(in.schedules)
	in.Eventually(testenv.Patience, func() (text string) {
		left = slices.DeleteFunc(left, func(s *schedule) bool {
			if text != "" {
				return false
			}
			o, err := in.Lookup(s.number)
			if err != nil {
				text = err.Error()
			} else {
				text = condition(s, o)
			}
			if text != "" {
				text = fmt.Sprintf("%d orders left, %d requests: order %d: %s; holds %+v, timeline %v", len(left), in.requests(), s.number, text, o.Hold, o.Timeline)
			}
			return text == ""
		})
		return text
	})
}

// unsynced reports what an order misses to be synced with a version, "" for nothing.
func (s *schedule) unsynced(version int, o testenv.Order) string {
	switch {
	case o.Roapp == nil:
		return "not imported"
	case o.Amount.Total.String() != s.total(version):
		return "the shop's total is " + o.Amount.Total.String()
	case len(o.Running)+len(o.Pending) > 0 || o.State != order.SyncSynced:
		return "still at work"
	}
	return ""
}

// differing reports how an order in RO App differs from a version, "" where it does not.
func (in *installation) differing(s *schedule, version int) string {
	if is, want := items(in.Roapp.Order(s.roapp)), s.items(version); !slices.Equal(is, want) {
		return fmt.Sprintf("items are %v, want %v", is, want)
	}
	return ""
}
