package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
)

var (
	// crashSchedules is how many random schedules of kills are run. Each kills all three
	// programs in each phase of the orders' life, and takes minutes.
	crashSchedules = flag.Int("crash-schedules", 1, "random schedules of killing worker, Temporal and PostgreSQL")
	// crashSeed repeats the kills of a run, though not what happens between them.
	crashSeed = flag.Uint64("crash-seed", 0, "seed of the first of these schedules, 0 for a new one")
)

// installation is what can be killed.
type installation struct {
	*testenv.Env

	database *enginetest.Postgres
	worker   *testenv.Process
	random   *rand.Rand
	kills    int
}

// Worker, Temporal and PostgreSQL are killed in turn while orders are imported, held,
// edited and written off: none is lost, none is doubled, and nothing is written after a
// write-off.
func TestCrashesOnPostgres(t *testing.T) {
	t.Parallel()
	first := *crashSeed
	if first == 0 {
		first = rand.Uint64()
	}
	database := enginetest.StartOnPostgres(t)
	for i := range *crashSchedules { //nolint:paralleltest // the schedules share one server, which they kill
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { crash(t, database, seed) })
	}
}

func crash(t *testing.T, database *enginetest.Postgres, seed uint64) {
	t.Helper()
	const count = 9
	w := unhurried(t, testenv.Options{
		Server: database.Server, Idle: true, RequestTimeout: 2 * time.Second, Settle: 500 * time.Millisecond, SearchLag: 500 * time.Millisecond,
		RecentEvery: 10 * time.Second, WholeEvery: 10 * time.Second, CollectEvery: 10 * time.Second,
	})
	w.Roapp.Switch("search-lag", "0s")
	w.Roapp.Switch("patch-written-off", "refused")
	in := &installation{Env: w, database: database, worker: w.StartProcess(), random: rand.New(rand.NewPCG(seed, 0))}

	in.phase(func(number int64) {
		fields := testenv.J{"products": roseAndVase("2", "1")}
		if held(number) {
			fields["delivery_phone"], fields["delivery_email"] = "", ""
		}
		w.Cartum.PutOrder(number, fields)
	}, count)
	for number := int64(1); number <= count; number++ {
		if held(number) {
			w.AwaitHeld(number, order.HoldNoCustomer)
		}
	}
	in.phase(func(number int64) {
		fields := testenv.J{"products": roseAndVase("3", "1")}
		if held(number) {
			fields["delivery_phone"] = fmt.Sprintf("+4860200000%d", number)
		}
		w.Cartum.Change(number, fields)
	}, count)
	for number := int64(1); number <= count; number++ {
		in.awaitTotal(number, "67.5")
	}
	made := map[int64]testenv.RoappOrder{}
	for number := int64(1); number <= count; number++ {
		_, made[number] = w.AwaitSynced(number)
	}
	require.Len(t, numbers(w), count)
	for number, o := range made {
		if writtenOff(number) {
			w.Roapp.WriteOff(o.ID)
		}
	}
	in.phase(func(number int64) { w.Cartum.Change(number, testenv.J{"products": roseAndVase("5", "1")}) }, count)
	for number, o := range made {
		if writtenOff(number) {
			w.AwaitMark(number, order.WarnNotSynced)
			assert.Equal(t, []string{"A-1 x 3 at 12.5", "B-1 x 1 at 30"}, items(w.Roapp.Order(o.ID)), "written after the write-off of order %d", number)
			continue
		}
		in.awaitTotal(number, "92.5")
		awaitItems(w, o.ID, "A-1 x 5 at 12.5", "B-1 x 1 at 30")
	}
	assert.Len(t, w.Roapp.Orders(), count, "no order is lost or doubled")
	assert.Len(t, numbers(w), count)
	assert.Len(t, w.Roapp.Products(), 2)
	assertDiscreet(t, w, in.worker.Output())
	t.Logf("%d kills", in.kills)
}

func held(number int64) bool       { return number%3 == 0 }
func writtenOff(number int64) bool { return number%2 == 0 }

// phase does something with each order in the shop and sends its webhook, while worker,
// Temporal and PostgreSQL are killed in a random order at random moments.
func (in *installation) phase(change func(number int64), count int64) {
	in.T.Helper()
	var webhooks sync.WaitGroup
	for number := int64(1); number <= count; number++ {
		change(number)
		body := fmt.Appendf(nil, `{"order_id": %d}`, number)
		webhooks.Go(func() {
			// One that is refused is sent again by Cartum, and by the polls' doing not missed.
			code, answer := in.PutWebhook(in.Shop, testenv.WebhookKey, body)
			if code != http.StatusNoContent && code != http.StatusServiceUnavailable {
				in.T.Errorf("webhook of order %d: %d %s", number, code, answer)
			}
		})
	}
	crashes := []func(){in.crashWorker, in.crashServer, in.crashDatabase}
	in.random.Shuffle(len(crashes), func(i, j int) { crashes[i], crashes[j] = crashes[j], crashes[i] })
	for _, crash := range crashes {
		// Nobody knows how many requests a phase still has, so that is waited for in vain
		// sometimes, for a short time.
		due, until := in.requests()+in.random.IntN(15), time.Now().Add(3*time.Second)
		in.Eventually(testenv.Patience, func() string {
			if seen := in.requests(); seen < due && time.Now().Before(until) {
				return fmt.Sprintf("%d of %d requests", seen, due)
			}
			return ""
		})
		crash()
		in.kills++
	}
	webhooks.Wait()
	in.awaitWorker()
}

// awaitWorker is the supervisor of the worker: one that loses Temporal while it starts
// ends, and is started again.
func (in *installation) awaitWorker() {
	in.T.Helper()
	in.Eventually(2*testenv.Patience, func() string {
		if in.worker.Exited() {
			in.worker = in.StartProcess()
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

// awaitTotal waits until an order is imported with the total, and nothing is left to do.
func (in *installation) awaitTotal(number int64, want string) {
	in.T.Helper()
	awaitRest(in.Env, number, func(v testenv.Order) string {
		if v.Roapp == nil {
			return "not imported"
		}
		return total(want)(v)
	})
}
