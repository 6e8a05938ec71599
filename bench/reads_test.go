package bench

import (
	"context"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

const (
	// searchEvery is the pause between two searches of all people together.
	searchEvery = 50 * time.Millisecond
	// searchRounds is how often a few orders are imported among them.
	searchRounds = 5
)

// BenchmarkSearches is how fast new orders are imported while people search for numbers that
// nobody knows, against new orders on their own, and which part of the account's limit the
// searches take meanwhile.
func BenchmarkSearches(b *testing.B) {
	t := newTap(b)
	w := testenv.New(b, testenv.Options{RoappURL: t.before, RoappSwitches: prompt, Logger: quiet(b)})
	stock(w)
	importFew(w, t, 1) // fills the process's caches
	var alone, among []time.Duration
	for round := range int64(searchRounds) {
		alone = append(alone, importFew(w, t, 100+round*neighbourOrders))
	}

	ctx, stop := context.WithCancel(b.Context())
	searching := w.Search(ctx, searchEvery)
	began, before := time.Now(), t.seen().count(call.collects)
	for round := range int64(searchRounds) {
		w.Eventually(testenv.Patience, func() string {
			if t.seen().count(call.collects) <= before+int(round) {
				return "no search came through"
			}
			return ""
		})
		among = append(among, importFew(w, t, 200+round*neighbourOrders))
	}
	searches, took := t.seen().count(call.collects)-before, time.Since(began)
	stop()
	searching.Wait()
	report(b, percentile(among, 50).Seconds()/percentile(alone, 50).Seconds(), "among-searches/alone", atMost(1.2))
	report(b, float64(searches)/(perSecond*took.Seconds()), "searches/limit", atMost(0.12)) // a tenth, and a few at first
}
