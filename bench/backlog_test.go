package bench

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// backlogOrders is how many orders come at once.
const backlogOrders = 60

// drained is how long a backlog may take at the utmost; it should be about two
// minutes.
const drained = 6 * time.Minute

// backlogOrder is an order of a mixed lot: one to three lines of products that the
// account has, every other customer new.
func backlogOrder(i int) testenv.J {
	phone := knownPhone(i)
	if i%2 == 1 {
		phone = newPhone(i)
	}
	return testenv.J{"delivery_phone": phone, "products": lines(i, 1+i%3)}
}

// workforce starts what works on the test environment's orders.
type workforce func(w *testenv.Env)

func processes(count int) workforce {
	return func(w *testenv.Env) {
		for range count {
			w.StartProcess()
		}
	}
}

// clearBacklog lets a workforce import orders that all came before it, and gives
// what the account saw.
func clearBacklog(b *testing.B, start workforce) traffic {
	b.Helper()
	t := newTap(b)
	w := testenv.New(b, testenv.Options{Idle: true, RoappURL: t.before, RoappSwitches: prompt, Logger: quiet(b)})
	stock(w)
	for i := range backlogOrders {
		w.Place(int64(i+1), backlogOrder(i))
	}
	start(w)
	awaitFinished(w, t, backlogOrders)
	return t.seen()
}

func awaitFinished(w *testenv.Env, t *tap, orders int) {
	w.T.Helper()
	w.Eventually(drained, func() string {
		if finished := t.seen().count(finishes); finished < orders {
			return fmt.Sprintf("%d of %d orders are finished", finished, orders)
		}
		return ""
	})
}

func finishes(c call) bool { return c.ok() && c.comments() }

// oneProcess is the backlog of one process, which several benchmarks check.
var oneProcess struct {
	sync.Once
	seen traffic
}

func backlogOfOneProcess(b *testing.B) traffic {
	b.Helper()
	oneProcess.Do(func() { oneProcess.seen = clearBacklog(b, processes(1)) })
	if oneProcess.seen == nil {
		b.Fatal("the backlog was not cleared")
	}
	return oneProcess.seen
}

// BenchmarkLimitUsed is how much of the account's limit a backlog uses, and how
// many of its requests are refused, with one worker process and with several.
func BenchmarkLimitUsed(b *testing.B) {
	limitUsed := func(b *testing.B, seen traffic) {
		b.Helper()
		report(b, seen.used(), "used/limit", atLeast(0.97))
		report(b, seen.refused(), "refused/request", atMost(0.005))
	}
	b.Run("OneProcess", func(b *testing.B) {
		seen := backlogOfOneProcess(b)
		limitUsed(b, seen)
		report(b, float64(seen.count(call.collects))/seen.elapsed().Minutes(), "collector-requests/minute", toKnow)
	})
	b.Run("ThreeProcesses", func(b *testing.B) { limitUsed(b, clearBacklog(b, processes(3))) })
	b.Run("TenProcesses", func(b *testing.B) { limitUsed(b, clearBacklog(b, processes(10))) })
}

// BenchmarkTakeOver is how long an account with a backlog is not served after the
// process that serves it was killed, or asked to end.
func BenchmarkTakeOver(b *testing.B) {
	for name, how := range map[string]struct {
		end  func(p *testenv.Process)
		goal goal
	}{"Killed": {(*testenv.Process).Kill, below(10)}, "Told": {(*testenv.Process).Stop, below(5)}} {
		b.Run(name, func(b *testing.B) {
			t := newTap(b)
			w := testenv.New(b, testenv.Options{Idle: true, RoappURL: t.before, RoappSwitches: prompt, Logger: quiet(b)})
			stock(w)
			holder := w.StartProcess()
			for i := range backlogOrders / 2 {
				w.Place(int64(i+1), backlogOrder(i))
			}
			awaitFinished(w, t, 1) // so it is this process that has the account
			w.StartProcess()
			w.StartProcess()
			awaitFinished(w, t, backlogOrders/4)
			how.end(holder)
			awaitFinished(w, t, backlogOrders/2)
			seen := t.seen()
			report(b, seen.longestGap().Seconds(), "gap-s", how.goal)
			report(b, seen.refused(), "refused/request", atMost(0.005))
		})
	}
}

// BenchmarkFinishOneBeforeTheNext is when orders of a backlog are finished,
// against a backlog whose requests are all equally urgent, and how long an order
// exists in RO App without all its lines.
func BenchmarkFinishOneBeforeTheNext(b *testing.B) {
	urgencies, inStep := backlogOfOneProcess(b), clearBacklog(b, equallyUrgent)
	ours, theirs := urgencies.after(), inStep.after()
	for _, place := range []struct {
		name  string
		index int
	}{{"first", 0}, {"median", backlogOrders / 2}, {"last", backlogOrders - 1}} {
		report(b, ours[place.index].Seconds(), place.name+"-s", toKnow)
		report(b, theirs[place.index].Seconds(), place.name+"-in-step-s", toKnow)
		report(b, ours[place.index].Seconds()/theirs[place.index].Seconds(), place.name+"/"+place.name+"-in-step", toKnow)
	}
	report(b, urgencies.longestHalf().Seconds(), "longest-half-s", below(3))
	report(b, inStep.longestHalf().Seconds(), "longest-half-in-step-s", toKnow)
}

// urgentImports is how many imports by hand are measured; they vary by where in
// the account's second they come.
const urgentImports = 5

// BenchmarkUrgentImport is how long a person waits for an import while the
// account has a backlog, against the same import on an idle system.
func BenchmarkUrgentImport(b *testing.B) {
	t := newTap(b)
	w := testenv.New(b, testenv.Options{RoappURL: t.before, RoappSwitches: prompt, Logger: quiet(b)})
	stock(w)
	w.Place(1, testenv.J{"delivery_phone": knownPhone(0), "products": lines(0, 3)}) // fills the process's caches
	w.AwaitSynced(1)

	idle := importByHand(w, 100)
	for i := range backlogOrders {
		w.Place(int64(i+2), backlogOrder(i))
	}
	awaitFinished(w, t, 1+urgentImports+1)
	busy := importByHand(w, 200)
	if finished := t.seen().count(finishes); finished >= backlogOrders {
		b.Fatal("the backlog ended before the urgent imports")
	}
	report(b, idle.Seconds(), "idle-s", toKnow)
	report(b, busy.Seconds(), "in-backlog-s", toKnow)
	report(b, busy.Seconds()/idle.Seconds(), "in-backlog/idle", atMost(1.5))
}

// importByHand gives the median time of imports by hand, one after the other.
func importByHand(w *testenv.Env, from int64) time.Duration {
	w.T.Helper()
	var took []time.Duration
	for number := from; number < from+urgentImports; number++ {
		w.Cartum.PutOrder(number, testenv.J{"delivery_phone": knownPhone(0), "products": lines(0, 1)})
		start := time.Now()
		w.ByHand(number)
		w.AwaitSynced(number)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// neighbourOrders is how many orders the other account gets.
const neighbourOrders = 3

// BenchmarkTwoAccounts is how fast an account with a few new orders is served
// beside one with a backlog, most of whose requests are more urgent, and the other
// way round.
func BenchmarkTwoAccounts(b *testing.B) {
	taps := []*tap{newTap(b), newTap(b)}
	next := slices.Clone(taps)
	before := func(account string) string {
		first := next[0]
		next = next[1:]
		return first.before(account)
	}
	busy, calm := testenv.NewPair(b, testenv.Options{RoappURL: before, RoappSwitches: prompt, Logger: quiet(b)})
	stock(busy)
	stock(calm)
	importFew(calm, taps[1], 50) // fills the process's caches

	alone := importFew(calm, taps[1], 100)
	for i := range backlogOrders / 2 {
		busy.Place(int64(i+1), backlogOrder(i))
	}
	awaitFinished(busy, taps[0], 2)
	beside := importFew(calm, taps[1], 200)
	if taps[0].seen().count(finishes) >= backlogOrders/2 {
		b.Fatal("the backlog ended before the other account's orders")
	}
	awaitFinished(busy, taps[0], backlogOrders/2)
	report(b, beside.Seconds()/alone.Seconds(), "beside-backlog/alone", atMost(1.2))
	report(b, taps[0].seen().used(), "used/limit", atLeast(0.97))
}

// importFew gives the time from the placing of a few new orders to the end of
// the last one.
func importFew(w *testenv.Env, t *tap, from int64) time.Duration {
	w.T.Helper()
	before := t.seen().count(finishes)
	start := time.Now()
	for i := range neighbourOrders {
		w.Place(from+int64(i), testenv.J{"delivery_phone": knownPhone(i), "products": lines(i, 1)})
	}
	awaitFinished(w, t, before+neighbourOrders)
	return time.Since(start)
}
