package bench

import (
	"testing"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// lifeNews are what a whole life brings: its start, two statuses from the shop,
// two edits of a quantity, another address, the write-off, and the final status
// from RO App.
const lifeNews = 8

// fewestInLife are the requests that such a life needs at least: five of the
// import (read the shop's order; find the customer; find the products; create; add
// the line), its comment, three statuses, two edits of which each reads the lines
// and changes one, and the comment on the address.
const fewestInLife = 5 + 1 + 3 + 2*2 + 1

// fewestEvents is the least that a workflow leaves with so many signals and
// requests: its start and its end, one event for each signal, three for each
// activity, and three for each task, one task after each of those.
func fewestEvents(news, requests int) int { return 2 + news + 3*requests + 3*(news+requests) }

// BenchmarkWholeLife is what an order leaves in Temporal from its import to its
// end, against the least imaginable. Edits come by sweep.
func BenchmarkWholeLife(b *testing.B) {
	w := countingEnv(b, false)
	importFirst(w)
	w.Roapp.ResetRequests()
	const number = 10
	// An order from before the window is done as soon as it is final.
	w.Cartum.PutOrder(number, testenv.J{"delivery_phone": knownPhone(1), "stat_created": "2026-01-05 10:00:00", "products": lines(1, 1)})
	w.ByHand(number)
	_, o := w.AwaitSynced(number)
	imported := size(w, number)

	l := lived{w, number}
	l.edit(testenv.J{"stat_status": 2})
	l.edit(testenv.J{"products": []testenv.J{testenv.Line(article(1), title(1), "12.50", "3")}})
	l.edit(testenv.J{"products": []testenv.J{testenv.Line(article(1), title(1), "12.50", "4")}})
	l.edit(testenv.J{"delivery_address": "ul. Krótka 9"})
	l.edit(testenv.J{"stat_status": 6})
	w.Roapp.WriteOff(o.ID)
	w.ReportWriteOff(number)
	w.Await(number, func(v testenv.Order) string {
		if !v.Roapp.WrittenOff {
			return "the write-off is not known"
		}
		return ""
	})
	l.rest()
	w.Roapp.SetStatus(o.ID, 103)
	w.Collect()
	w.AwaitClosed(number)

	whole, fewest := size(w, number), fewestEvents(lifeNews, fewestInLife)
	report(b, float64(imported.events), "events/import", toKnow)
	report(b, float64(whole.events), "events/life", toKnow)
	report(b, float64(whole.bytes), "bytes/life", toKnow)
	report(b, float64(spent(w)), "roapp-requests/life", toKnow)
	report(b, float64(whole.events)/float64(fewest), "events/fewest", toKnow)
}

// lived is an order in the middle of its life.
type lived struct {
	w      *testenv.Env
	number int64
}

// edit changes the order in the shop, and lets a sweep find that.
func (l lived) edit(fields testenv.J) {
	l.w.T.Helper()
	l.w.Cartum.Change(l.number, fields)
	l.w.Eventually(testenv.Patience, func() string {
		if swept := l.w.Sweep(); swept.Told == 0 {
			return "the sweep reported nothing"
		}
		return ""
	})
	l.rest()
}

// rest waits until the order has nothing to do.
func (l lived) rest() { l.w.T.Helper(); passage{w: l.w}.rest(l.number) }

// left is what a workflow has left in Temporal.
type left struct{ events, bytes int64 }

func size(w *testenv.Env, number int64) left {
	w.T.Helper()
	described, err := w.Temporal.DescribeWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "")
	fatal(w.T, err)
	info := described.RawResponse.GetWorkflowExecutionInfo()
	return left{info.GetHistoryLength(), info.GetHistorySizeBytes()}
}
