package bench

import (
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

const (
	// accountOrders is how many orders come at once in each account.
	accountOrders = 20
	// idleFor is how long the accounts are watched once all of them are imported.
	idleFor = time.Minute
)

// BenchmarkManyAccounts is how much of their limits accounts use while they have a backlog at the same time, on PostgreSQL as
// deployed and with one worker process, and what that costs: requests to Temporal and CPU for each request to RO App, and bytes
// in PostgreSQL for each order; then what they cost when nothing happens. The CPU is that of the process, which is the worker,
// the starter and the fakes; the server and the database come on top.
func BenchmarkManyAccounts(b *testing.B) {
	for _, scale := range []struct {
		accounts int
		used     goal
	}{{1, atLeast(0.97)}, {10, atLeast(0.97)}, {50, toKnow}} {
		b.Run(strconv.Itoa(scale.accounts), func(b *testing.B) {
			database := enginetest.StartAsDeployed(b)
			var taps []*tap
			group := testenv.NewGroup(b, testenv.Options{
				Server: database.Server, RoappSwitches: prompt, Logger: quiet(b),
				RoappURL: func(account string) string {
					taps = append(taps, newTap(b))
					return taps[len(taps)-1].before(account)
				},
			}, scale.accounts)
			for _, w := range group {
				stock(w)
				for i := range accountOrders {
					w.Place(int64(i+1), backlogOrder(i))
				}
			}
			empty, cpu, temporal := databaseSize(b, database), cpuTime(b), new(asked)
			startCounted(group[0], temporal)
			for i, w := range group {
				awaitFinished(w, taps[i], accountOrders)
			}
			var used []float64
			requests, refused := 0, 0
			for _, t := range taps {
				seen := t.seen()
				used = append(used, seen.withBacklog().used())
				requests, refused = requests+len(seen), refused+seen.count(call.refused)
			}
			slices.Sort(used)
			orders := float64(scale.accounts * accountOrders)
			report(b, median(used), "used/limit", scale.used)
			report(b, used[0], "least-used/limit", toKnow)
			report(b, float64(refused)/float64(requests), "refused/request", atMost(0.005))
			report(b, float64(temporal.total())/float64(requests), "temporal-requests/request", toKnow)
			report(b, (cpuTime(b)-cpu).Seconds()*1000/float64(requests), "cpu-ms/request", toKnow)
			report(b, (databaseSize(b, database)-empty)/orders/1024, "database-KiB/order", toKnow)

			cpu = cpuTime(b)
			temporal.reset()
			<-time.After(idleFor)
			report(b, float64(temporal.total())/float64(scale.accounts)/idleFor.Seconds(), "temporal-requests/idle-account-s", toKnow)
			report(b, (cpuTime(b)-cpu).Seconds()*1000/float64(scale.accounts)/idleFor.Seconds(), "cpu-ms/idle-account-s", toKnow)
		})
	}
}

// databaseSize is that of Temporal's databases, in bytes.
func databaseSize(b *testing.B, database *enginetest.Postgres) float64 {
	b.Helper()
	text := database.Visibility(b, "SELECT sum(pg_database_size(datname)) FROM pg_database WHERE datname LIKE 'temporal%'")
	size, err := strconv.ParseFloat(text, 64)
	if err != nil {
		b.Fatal(fmt.Errorf("size of the database: %w", err))
	}
	return size
}

// cpuTime is what this process has used so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
