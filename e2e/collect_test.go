package e2e

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// The total is not asked for order by order: the account's entity collects what
// changed, one request for all, and notifies each order once.
func TestR12_CollectedTotalProvesTheAmount(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Second: true}) // known by the marker in the notes
	for number := int64(1); number <= 2; number++ {
		w.Place(number, nil)
		w.AwaitSynced(number)
	}
	for number := int64(1); number <= 2; number++ {
		view := w.Await(number, func(view testenv.Order) string {
			w.Collect()
			if total := view.Roapp.Total; total == nil || total.String() != "25" {
				return "the total was not collected"
			}
			return ""
		})
		assert.Empty(t, view.Warnings)
		assert.Equal(t, order.SyncSynced, view.State)
	}
}

// unlagging is a test environment whose account is reached through a gateway and whose
// lists do not lag.
func unlagging(t *testing.T, g *gateway) *testenv.Env {
	t.Helper()
	w := unhurried(t, testenv.Options{RoappURL: g.open(t), RoappSwitches: map[string]string{"search-lag": "0s"}})
	pollNow(w)
	awaitCollected(w, time.Time{})
	return w
}

// The second page breaks off in the middle: what the first one brought is not
// reported again, and the rest comes.
func TestF09_CollectionFailsInTheMiddleOfAPage(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	w := unlagging(t, g)
	f := follow(w, numbersTo(60)...)
	g.cutOff(2)
	pollNow(w)
	for number := range f.id {
		f.awaitStatus(number, 101)
	}
	assert.GreaterOrEqual(t, g.seen(), 3, "a page broke off")
	f.assertNotifiedOnce()
	assert.True(t, collections(w).Health.FailingSince.IsZero())
}

// A row that shows only after a later one was handed over.
func TestF10_RowThatShowsLate(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	w := unlagging(t, g)
	f := follow(w, 1, 2)
	g.on(func(_ int, page []byte) []byte {
		return edited(t, page, func(row map[string]any) bool { return !is(row, f.id[2]) })
	})
	f.set(2, 105)
	f.set(1, 105)
	w.Eventually(testenv.Patience, func() string {
		f.set(1, 106)
		f.set(1, 105)
		if !f.modified(1).After(f.modified(2)) {
			return "both were modified in the same second"
		}
		return ""
	})
	pollNow(w)
	f.awaitStatus(1, 105)
	for _, read := range f.reads(2) {
		assert.NotEqual(t, int64(105), read.StatusID, "it shows already")
	}
	g.on(nil)
	pollNow(w)
	f.awaitStatus(2, 105)
	f.assertNotifiedOnce()
}

// edited changes or drops the rows of a page.
func edited(t *testing.T, page []byte, keep func(row map[string]any) bool) []byte {
	t.Helper()
	var list struct {
		Data   []map[string]any `json:"data"`
		Paging map[string]int   `json:"paging"`
	}
	decoder := json.NewDecoder(bytes.NewReader(page))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&list))
	whole := len(list.Data)
	list.Data = slices.DeleteFunc(list.Data, func(row map[string]any) bool { return !keep(row) })
	list.Paging["count"] -= whole - len(list.Data)
	changed, err := json.Marshal(list)
	require.NoError(t, err)
	return changed
}

// is reports whether a row is an order's.
func is(row map[string]any, id int64) bool { return row["id"] == json.Number(itoa(id)) }

// An order with a field that makes no sense is reported in the account's health;
// the others are handed over.
func TestF15_UnreadableOrderInRoappStopsNoOther(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	w := unlagging(t, g)
	f := follow(w, 1, 2)
	g.on(func(_ int, page []byte) []byte {
		return edited(t, page, func(row map[string]any) bool {
			if is(row, f.id[1]) {
				row["total"] = "poison"
			}
			return true
		})
	})
	began := time.Now()
	f.set(1, 105)
	f.set(2, 105)
	pollNow(w)
	f.awaitStatus(2, 105)
	view := awaitCollected(w, began)
	require.Len(t, view.Unreadable, 1)
	assert.Equal(t, f.id[1], view.Unreadable[0].OrderID)
	assert.Contains(t, view.Unreadable[0].Problem, "total")
	pollNow(w)
	view = awaitCollected(w, view.Last.At)
	assert.Len(t, view.Unreadable, 1, "it is noted once")
	g.on(nil)
	f.set(1, 102)
	pollNow(w)
	f.awaitStatus(1, 102)
}

// Wrong credentials pause the account; it continues at once when it is notified of
// other settings.
func TestF49_AccountPausesWhileItsKeyIsWrong(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true})
	right := w.Env["ROAPP_API_KEY"]
	w.Reconfigured(map[string]string{"ROAPP_API_KEY": "wrong"})
	wrong := w.StartWorker()
	pollNow(w)
	w.Eventually(testenv.Patience, func() string {
		if collections(w).Paused == "" {
			return "it does not pause"
		}
		return ""
	})
	pollNow(w)
	assert.Equal(t, order.FailCredentials, collections(w).Health.Kind)
	wrong.Stop()
	s := w.Reconfigured(map[string]string{"ROAPP_API_KEY": right})
	w.StartWorker()
	w.Signal(workflows.AccountID("main"), workflows.SignalSettings, s.Revision)
	view := awaitCollected(w, time.Time{})
	assert.True(t, view.Health.FailingSince.IsZero())
	assert.Empty(t, view.Paused)
	assert.Equal(t, 1, w.Roapp.Requests(0).Statuses["401"], "no storm of refused requests")
}
