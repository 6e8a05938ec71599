package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/service"
)

// refreshReads are the reads of a refresh: the order, its items, and once in the life of a process twice the order's fields,
// to find out whether a PATCH keeps the ones that it does not name.
const refreshReads = 4

// roappReads counts the requests that only read.
func roappReads(w *testenv.Env) int {
	reads := 0
	for endpoint, times := range w.Roapp.Requests(0).Endpoints {
		if strings.HasPrefix(endpoint, "GET ") {
			reads += times
		}
	}
	return reads
}

// awaitEnd waits until a refresh that still runs has ended.
func awaitEnd(w *testenv.Env, number int64, id string) service.Refreshed {
	w.T.Helper()
	var answer service.Refreshed
	w.Eventually(testenv.Patience, func() string {
		var err error
		if answer, err = w.Orders.RefreshEnd(w.T.Context(), w.Key(number), id); err != nil {
			return err.Error()
		}
		if answer.State == service.RefreshRunning {
			return fmt.Sprintf("still runs: %v", answer.Waits)
		}
		return ""
	})
	return answer
}

func TestR03_RefreshSaysWhatChanged(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	// The shop sends no event for edited lines.
	w.Cartum.Change(1, testenv.J{"products": roseAndVase("3", "1")})
	w.Roapp.ResetRequests()
	answer := w.Refresh(1, "Ola")
	require.Equal(t, service.RefreshDone, answer.State)
	assert.Contains(t, textOf(answer.Changed...), "quantity-changed is=3 sku=A-1 was=2")
	assert.WithinDuration(t, time.Now().Add(10*time.Minute), answer.Next, time.Minute)
	assert.Equal(t, []string{"A-1 x 3 at 12.5", "B-1 x 1 at 30"}, items(w.Roapp.Order(o.ID)))
	assert.LessOrEqual(t, roappReads(w), refreshReads)

	view := w.Order(1)
	assert.Contains(t, timelineText(view), "refresh-requested")
	assert.Contains(t, timelineText(view), "refreshed changes=")
}

func TestR05_LastUpdatedFollowsARefresh(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	before := w.Roapp.Order(o.ID).CustomFields["f104"]
	require.NotEmpty(t, before)
	imported := time.Now()
	w.Eventually(testenv.Patience, func() string {
		if time.Since(imported) < time.Second { // the field has whole seconds
			return "the same second still"
		}
		return ""
	})
	w.Roapp.ResetRequests()
	answer := w.Refresh(1, "Ola")
	require.Equal(t, service.RefreshDone, answer.State)
	assert.Empty(t, answer.Changed, "nothing changed")
	after := w.Roapp.Order(o.ID)
	assert.NotEqual(t, before, after.CustomFields["f104"])
	assert.Len(t, after.Feed, 1)
	assert.LessOrEqual(t, roappReads(w), refreshReads)
	assert.Equal(t, roappReads(w)+1, w.Roapp.Requests(0).Total, "only the field is written")
}

// Two clicks at once, of two users: one run, one answer.
func TestT09_RefreshesAtOnceShareOneRun(t *testing.T) {
	t.Parallel()
	w, _ := importedOrder(t, testenv.Options{RequestTimeout: 20 * time.Second}, 1, nil)
	w.Cartum.Change(1, testenv.J{"products": roseAndVase("3", "1")})
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/orders/*", Kind: "slow", Delay: "4s", Times: 1})
	w.Roapp.ResetRequests()
	answers := make([]service.Refreshed, 6)
	var clicks sync.WaitGroup
	for i := range answers {
		clicks.Go(func() {
			answer, err := w.Orders.Refresh(t.Context(), w.Key(1), []string{"Ola", "Jan"}[i%2])
			assert.NoError(t, err)
			answers[i] = answer
		})
	}
	clicks.Wait()
	for _, answer := range answers {
		assert.Equal(t, service.RefreshDone, answer.State)
		assert.Equal(t, answers[0], answer)
	}
	assert.Contains(t, textOf(answers[0].Changed...), "quantity-changed is=3 sku=A-1 was=2")
	assert.LessOrEqual(t, roappReads(w), refreshReads)
	view := w.Order(1)
	assert.Equal(t, 1, strings.Count(timelineText(view), "refresh-requested"))
}

func TestT09_RefreshOncePerTenMinutesAcrossRestarts(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true, RoappSwitches: noLag})
	worker := w.StartWorker()
	place(w, 1, nil)
	first := w.Refresh(1, "Ola")
	require.Equal(t, service.RefreshDone, first.State)
	refused := func(why string) {
		t.Helper()
		w.Roapp.ResetRequests()
		answer := w.Refresh(1, "Jan")
		assert.Equal(t, service.RefreshTooSoon, answer.State, why)
		assert.True(t, first.Next.Equal(answer.Next), "%s: %s is not %s", why, answer.Next, first.Next)
		assert.Zero(t, w.Roapp.Requests(0).Total, why)
	}
	refused("at once")
	w.ContinueAsNew(1)
	refused("after continue-as-new")
	worker.Stop()
	w.StartWorker()
	refused("after a restart of the worker")
	w.ByHand(1)
	awaitRest(w, 1, total("55"))
	refused("after another look by hand")
	view := w.Order(1)
	assert.True(t, first.Next.Equal(*view.NextRefresh))
}

// Who asks again for a refresh whose answer was lost gets its answer, also where
// the workflow went on in a new run since.
func TestT09_AnswerThatWasLostIsGivenAgain(t *testing.T) {
	t.Parallel()
	w, _ := importedOrder(t, testenv.Options{}, 1, nil)
	w.Cartum.Change(1, testenv.J{"products": roseAndVase("3", "1")})
	first := w.Refresh(1, "Ola")
	w.ContinueAsNew(1)
	again, err := w.Orders.RefreshEnd(t.Context(), w.Key(1), first.ID)
	require.NoError(t, err)
	assert.Equal(t, first.Changed, again.Changed)
	assert.Equal(t, service.RefreshDone, again.State)
}

// RO App hangs: the answer says so in bounded time, the work goes on, and its
// end stands in the timeline. It does not use the ten minutes up.
func TestT09_RefreshWhileRoappHangs(t *testing.T) {
	t.Parallel()
	w, _ := importedOrder(t, testenv.Options{RequestTimeout: 2 * time.Second}, 1, nil)
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/orders/*", Kind: "hang", Times: 1000})
	began := time.Now()
	answer := w.Refresh(1, "Ola")
	assert.Less(t, time.Since(began), 30*time.Second)
	assert.Equal(t, service.RefreshRunning, answer.State)
	assert.NotEmpty(t, answer.Waits)
	joined := w.Refresh(1, "Jan")
	assert.Equal(t, answer.ID, joined.ID, "who asks meanwhile joins it")

	end := awaitEnd(w, 1, answer.ID)
	assert.Equal(t, service.RefreshFailed, end.State)
	require.NotNil(t, end.Problem)
	assert.Contains(t, textOf(*end.Problem), "reason=unreachable")
	assert.WithinDuration(t, time.Now().Add(30*time.Second), end.Next, 35*time.Second)
	refused := w.Refresh(1, "Ola")
	assert.Equal(t, service.RefreshTooSoon, refused.State)
	assert.True(t, end.Next.Equal(refused.Next))
	view := w.Order(1)
	assert.Contains(t, timelineText(view), "held reason=unreachable")
}

func TestT09_ClosedOrderIsNotRefreshed(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, testenv.J{"stat_status": 4})
	w.AwaitClosed(1)
	_, err := w.Orders.Refresh(t.Context(), w.Key(1), "Ola")
	assert.Equal(t, service.Closed, service.As(err).Code)
	assert.Contains(t, err.Error(), "import it by hand")

	place(w, 2, nil)
	w.Terminate(2)
	_, err = w.Orders.Refresh(t.Context(), w.Key(2), "Ola")
	assert.Equal(t, service.Closed, service.As(err).Code)
}

// The worker dies while a refresh runs: who asked is answered by its successor,
// and it was one refresh.
func TestT09_WorkerDiesWhileARefreshRuns(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true, RoappSwitches: noLag, RequestTimeout: 3 * time.Second})
	process := w.StartProcess()
	o := place(w, 1, nil)
	w.Cartum.Change(1, testenv.J{"products": roseAndVase("3", "1")})
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/orders/*", Kind: "hang", Times: 1})
	answers := make(chan service.Refreshed, 1)
	go func() {
		answer, err := w.Orders.Refresh(t.Context(), w.Key(1), "Ola")
		assert.NoError(t, err)
		answers <- answer
	}()
	w.Await(1, func(v testenv.Order) string {
		if !v.Refreshing {
			return "not asked yet"
		}
		return ""
	})
	process.Kill()
	w.StartProcess()
	answer := <-answers
	if answer.State == service.RefreshRunning {
		answer = awaitEnd(w, 1, answer.ID)
	}
	assert.Equal(t, service.RefreshDone, answer.State)
	assert.Contains(t, textOf(answer.Changed...), "quantity-changed is=3 sku=A-1 was=2")
	assert.Equal(t, []string{"A-1 x 3 at 12.5", "B-1 x 1 at 30"}, items(w.Roapp.Order(o.ID)))
	again := w.Refresh(1, "Jan")
	assert.Equal(t, service.RefreshTooSoon, again.State)
	assert.True(t, answer.Next.Equal(again.Next))
}
