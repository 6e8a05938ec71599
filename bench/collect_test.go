package bench

import (
	"strconv"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// collectChanged is how many orders change in RO App between two polls.
	collectChanged = 20
	// lookedBack is longer than a poll looks back beyond the one before it.
	lookedBack = 10 * time.Second
	// ordersList is RO App's list of changed orders.
	ordersList = "GET /v2/orders"
)

// BenchmarkCollect is what a poll of an account costs by how many orders are open: where
// none changed in RO App, and where a few have another status.
func BenchmarkCollect(b *testing.B) {
	for _, open := range []int{50, 200} {
		b.Run(strconv.Itoa(open)+"-orders", func(b *testing.B) {
			p := newPassage(b, testenv.Options{}, open)
			// Polls look back from the newest change, so that must not be one of the imports'.
			<-time.After(lookedBack)
			p.changeStatuses(int64(open), int64(open))
			<-time.After(lookedBack)

			written, asked := events(p.w, open), p.w.Roapp.Requests(0).Total
			p.collect()
			report(b, float64(p.w.Roapp.Requests(0).Total-asked), "roapp-requests/poll", atMost(1))
			report(b, float64(events(p.w, open)-written), "events/poll", atMost(0))

			asked = p.w.Roapp.Requests(0).Total
			lists := p.w.Roapp.Seen(ordersList)
			p.changeStatuses(1, collectChanged)
			report(b, float64(p.w.Roapp.Seen(ordersList)-lists), "lists/poll-of-changes", atMost(1))
			staff := collectChanged // who set the statuses
			report(b, float64(p.w.Roapp.Requests(0).Total-asked-staff)/collectChanged, "roapp-requests/changed-order", toKnow)
			report(b, float64(events(p.w, open)-written)/collectChanged, "events/changed-order", toKnow)
		})
	}
}

// changeStatuses gives orders another status in RO App, and has one poll bring it to the shop.
func (p passage) changeStatuses(first, last int64) {
	p.w.T.Helper()
	since := time.Now()
	for number := first; number <= last; number++ {
		p.setStatus(number, 0)
	}
	p.collect()
	for number := first; number <= last; number++ {
		p.arrival(p.shop, since, number, call.updatesShop)
		p.rest(number)
	}
}

// collect has the account polled, and waits until that is done.
func (p passage) collect() {
	p.w.T.Helper()
	began := time.Now()
	p.w.Collect()
	p.w.Eventually(testenv.Patience, func() string {
		if p.polled().Last.At.Before(began) {
			return "the account is not polled"
		}
		return ""
	})
}

// polled is how the account's entity stands.
func (p passage) polled() (view workflows.AccountView) {
	p.w.T.Helper()
	answer, err := p.w.Temporal.QueryWorkflow(p.w.T.Context(), workflows.AccountID("main"), "", workflows.QueryAccount)
	fatal(p.w.T, err)
	fatal(p.w.T, answer.Get(&view))
	return view
}
