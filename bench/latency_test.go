package bench

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

const (
	// thinking is how long each service thinks about a request.
	thinking = 50 * time.Millisecond
	// changesMeasured are so many that the 99th percentile is the slowest of all.
	changesMeasured = 60
	// period is the shortest that the settings allow between two polls.
	period = 10 * time.Second
	// crowd is how many orders change in turn, one each second: each is changed again
	// long after the polls have found its last change.
	crowd = 15
	// webhookEnvs is how many accounts get statuses in turn, for an account is checked
	// once in a few seconds, however many webhooks come.
	webhookEnvs = 6
)

// passage is a test environment between whose two sides changes pass, with all requests to
// both noted. Nothing but the services' thinking holds the requests back.
type passage struct {
	w             *testenv.Env
	shop, account *tap
	ids           map[int64]int64 // of RO App's orders, by number
}

func newPassage(b *testing.B, o testenv.Options, orders int) passage {
	b.Helper()
	p := passage{shop: newTap(b), account: newTap(b), ids: map[int64]int64{}}
	o.Unlimited, o.Latency, o.RoappSwitches, o.Logger = true, thinking, prompt, quiet(b)
	o.CartumURL, o.RoappURL = p.shop.before, p.account.before
	p.w = testenv.New(b, o)
	stock(p.w)
	for i := range orders {
		p.w.Place(int64(i+1), testenv.J{"delivery_phone": knownPhone(i), "products": lines(1, 1)})
	}
	for i := range orders {
		number := int64(i + 1)
		view, _ := p.w.AwaitSynced(number)
		p.ids[number] = view.Roapp.ID
		p.rest(number)
	}
	return p
}

// rest waits until an order has nothing to do.
func (p passage) rest(number int64) {
	p.w.T.Helper()
	p.w.Await(number, func(v testenv.Order) string {
		if len(v.Running)+len(v.Pending) > 0 {
			return "still at work"
		}
		return ""
	})
}

// edit gives an order's line another quantity in the shop.
func (p passage) edit(number int64, quantity int) time.Time {
	p.w.T.Helper()
	edited := testenv.Line(article(1), title(1), "12.50", strconv.Itoa(quantity))
	p.w.Cartum.Change(number, testenv.J{"products": []testenv.J{edited}})
	return time.Now()
}

// setStatus gives an order another status in RO App; the shop has a counterpart
// of each.
func (p passage) setStatus(number int64, turn int) time.Time {
	p.w.T.Helper()
	start := time.Now()
	p.w.Roapp.SetStatus(p.ids[number], []int64{102, 105}[turn%2])
	return start
}

// arrival waits for the first success of a kind of request about an order since
// a moment, and gives when it was answered.
func (p passage) arrival(at *tap, since time.Time, id int64, kind func(call) bool) (arrived time.Time) {
	p.w.T.Helper()
	p.w.Eventually(testenv.Patience, func() string {
		for _, c := range at.seen() {
			if c.at.After(since) && c.order == id && c.ok() && kind(c) {
				arrived = c.done
				return ""
			}
		}
		return fmt.Sprintf("nothing came of what changed at %s in order %d", since.Format(time.TimeOnly), id)
	})
	return arrived
}

// requests is how long all requests between two moments took together.
func (p passage) requests(from, to time.Time) (sum time.Duration) {
	for _, at := range []*tap{p.shop, p.account} {
		for _, c := range at.seen() {
			if c.at.After(from) && !c.done.After(to) {
				sum += c.done.Sub(c.at)
			}
		}
	}
	return sum
}

// journeys are how long changes took to the other side, and against the sum of
// their requests' own times where nothing else was asked meanwhile.
type journeys struct {
	took   []time.Duration
	ratios []float64
}

func (j *journeys) add(p passage, from, to time.Time) {
	j.took = append(j.took, to.Sub(from))
	j.ratios = append(j.ratios, to.Sub(from).Seconds()/p.requests(from, to).Seconds())
}

// against reports the times as shares of another one.
func (j *journeys) against(b *testing.B, whole time.Duration, name string) {
	b.Helper()
	for _, percent := range []int{50, 99} {
		report(b, percentile(j.took, percent).Seconds()/whole.Seconds(), fmt.Sprintf("p%d/%s", percent, name), toKnow)
	}
}

func (j *journeys) report(b *testing.B) {
	b.Helper()
	for _, percent := range []int{50, 99} {
		report(b, milliseconds(percentile(j.took, percent)), fmt.Sprintf("p%d-ms", percent), toKnow)
	}
	if len(j.ratios) > 0 {
		report(b, percentile(j.ratios, 50), "p50-time/requests", toKnow)
		report(b, percentile(j.ratios, 99), "p99-time/requests", toKnow)
	}
}

// BenchmarkEditToItem is how long an edit in the shop takes to the line in RO App:
// from the moment that a sweep starts, against the sum of its requests' own times,
// and from the edit where sweeps run every ten seconds.
func BenchmarkEditToItem(b *testing.B) {
	b.Run("FromTheLook", func(b *testing.B) {
		p := newPassage(b, testenv.Options{}, 1)
		var j journeys
		for i := range changesMeasured {
			p.edit(1, 3+i)
			start := time.Now()
			fatal(b, p.w.Orders.Sweep(b.Context(), p.w.Shop))
			j.add(p, start, p.arrival(p.account, start, p.ids[1], call.changesItem))
			p.rest(1)
		}
		j.report(b)
	})
	b.Run("ByPeriod", func(b *testing.B) {
		p := newPassage(b, testenv.Options{RecentEvery: period}, crowd)
		j := p.oneEachSecond(p.edit, p.account, func(number int64) int64 { return p.ids[number] }, call.changesItem)
		j.report(b)
		j.against(b, period, "period")
	})
}

// BenchmarkStatusToShop is how long a status takes from RO App to the shop: by
// RO App's webhook, against the sum of its requests' own times, and where no
// webhook comes and changes are collected each ten seconds.
func BenchmarkStatusToShop(b *testing.B) {
	b.Run("ByWebhook", func(b *testing.B) {
		var worlds []passage
		for range webhookEnvs {
			worlds = append(worlds, newPassage(b, testenv.Options{RoappWebhooks: true}, 1))
		}
		var j journeys
		for turn := range changesMeasured / webhookEnvs {
			for _, p := range worlds {
				p.awaitUnread()
				start := p.setStatus(1, turn)
				j.add(p, start, p.arrival(p.shop, start, 1, call.updatesShop))
			}
		}
		j.report(b)
	})
	b.Run("ByCollector", func(b *testing.B) {
		p := newPassage(b, testenv.Options{CollectEvery: period}, crowd)
		p.w.Collect() // an account that is new is not checked for a minute
		p.awaitUnread()
		j := p.oneEachSecond(p.setStatus, p.shop, func(number int64) int64 { return number }, call.updatesShop)
		j.report(b)
		j.against(b, period, "period")
	})
}

// awaitUnread waits until the account was checked, and would be again at once if
// somebody asked.
func (p passage) awaitUnread() {
	p.w.T.Helper()
	const spacing = 5 * time.Second
	p.w.Eventually(testenv.Patience, func() string {
		view := p.polled()
		if view.Last.At.IsZero() || time.Until(view.Next) < spacing*4/5 || time.Since(view.Last.At) < spacing {
			return "the account was polled a moment ago, or will be"
		}
		return ""
	})
}

// oneEachSecond changes orders in turn and gives how long each change took.
func (p passage) oneEachSecond(change func(number int64, turn int) time.Time, at *tap, idOf func(number int64) int64, arrives func(call) bool) *journeys {
	p.w.T.Helper()
	type changed struct {
		number int64
		since  time.Time
	}
	var all []changed
	seconds := time.NewTicker(time.Second)
	defer seconds.Stop()
	for i := range changesMeasured {
		number := int64(1 + i%crowd)
		// A quantity that it never had, and the other status.
		all = append(all, changed{number, change(number, 3+i/crowd)})
		<-seconds.C
	}
	var j journeys
	for _, c := range all {
		j.took = append(j.took, p.arrival(at, c.since, idOf(c.number), arrives).Sub(c.since))
	}
	return &j
}
