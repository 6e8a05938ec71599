package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

const changeItem = "PATCH /v2/orders/{id}/items/{item}"

// Whatever is in progress when staff write items off, what they wrote off stays as
// it was.
func TestF45_WriteOffDuringAnEdit(t *testing.T) {
	t.Parallel()
	w := unhurried(t, prompt())
	w.Roapp.Switch("search-lag", "0s")
	w.Roapp.Switch("patch-written-off", "refused")
	for i, under := range []struct {
		name, method, what string
		fault              testenv.Fault
		seen               string // the request during which items are written off
		want               []string
	}{
		{"the items are read", "GET", "items", testenv.Fault{Kind: "slow", Delay: "700ms"}, readItems, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}},
		{"the read fails", "GET", "items", testenv.Fault{Kind: "hang"}, readItems, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}},
		{"the write is refused", "PATCH", "items/*", testenv.Fault{Kind: "slow", Delay: "700ms"}, changeItem, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}},
		{"the write fails", "PATCH", "items/*", testenv.Fault{Kind: "hang"}, changeItem, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}},
		{"the write's answer is lost", "PATCH", "items/*", testenv.Fault{Kind: "lose-answer"}, changeItem, []string{"A-1 x 3 at 12.5", "B-1 x 1 at 30"}},
	} {
		number := int64(i + 1)
		o := place(w, number, nil)
		before := w.Roapp.Seen(under.seen)
		w.Roapp.BreakOrder(o.ID, under.method, under.what, under.fault)
		w.Edit(number, testenv.J{"products": roseAndVase("3", "1")})
		w.AwaitSeen(w.Roapp, under.seen, before+1)
		w.Roapp.WriteOff(o.ID)
		w.Await(number, func(v testenv.Order) string {
			if !v.Roapp.WrittenOff {
				return under.name + ": the write-off is not known"
			}
			return ""
		})
		view := awaitRest(w, number, func(testenv.Order) string { return "" })
		after := w.Roapp.Order(o.ID)
		assert.Equal(t, under.want, items(after), under.name)
		told := !slices.Contains(under.want, "A-1 x 3 at 12.5")
		assert.Equal(t, told, marked(view, order.WarnNotSynced), under.name)
		for _, item := range after.Items {
			assert.NotEmpty(t, item.WriteOffs, under.name)
		}
	}
}

func TestF44_F45_EditsBeforeAndAfterTheWriteOffInAnyOrder(t *testing.T) {
	t.Parallel()
	w, first := importedOrder(t, testenv.Options{}, 1, nil)
	second, third := place(w, 2, nil), place(w, 3, nil)

	// Edited and synced, then written off.
	w.Edit(1, testenv.J{"products": roseAndVase("3", "1")})
	awaitItems(w, first.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30")
	awaitRest(w, 1, total("67.5"))
	w.Roapp.WriteOff(first.ID)
	view := pressed(w, 1)
	assert.True(t, view.Roapp.WrittenOff)
	assert.Empty(t, view.Warnings, "what was synced before is no difference")

	// Written off, the exchange notified, then edited.
	w.Roapp.WriteOff(second.ID)
	w.ReportWriteOff(2)
	w.Edit(2, testenv.J{"products": roseAndVase("3", "1")})
	w.AwaitMark(2, order.WarnNotSynced)

	// Edited, and notified of the write-off before the edit was read.
	w.Roapp.WriteOff(third.ID)
	w.Cartum.Change(3, testenv.J{"products": append(roseAndVase("2", "1"), testenv.Line("C-1", "Wstążka", "2", "5"))})
	w.ReportWriteOff(3)
	w.Webhook(3)
	w.AwaitMark(3, order.WarnNotSynced)

	differences := map[int64]string{2: "A-1: 3 × 12,50 PLN w Cartum, tutaj 2 × 12,50 PLN", 3: "C-1"}
	for number, o := range map[int64]testenv.RoappOrder{2: second, 3: third} {
		pollEverything(w, number)
		after := w.Roapp.Order(o.ID)
		assert.Equal(t, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}, items(after))
		require.Len(t, after.Feed, 2, "reported once")
		assert.Contains(t, after.Feed[1].Comment, differences[number])
		assert.True(t, after.Feed[1].IsPrivate)
		// Taken back in the shop: nothing differs any more, which is reported as well.
		w.Edit(number, testenv.J{"products": roseAndVase("2", "1")})
		view := awaitRest(w, number, total("55"))
		assert.Empty(t, view.Warnings)
		assert.Len(t, w.Roapp.Order(o.ID).Feed, 3)
	}

	// The first one's statuses and payment go on.
	w.Edit(1, testenv.J{"stat_status": 2, "payed": 1})
	awaitRoappStatus(w, first.ID, 102)
	w.Eventually(testenv.Patience, func() string {
		if comment := lastComment(w.Roapp.Order(first.ID)); !strings.Contains(comment, "opłacone") {
			return comment
		}
		return ""
	})
}

// A write-off that is reported while a quantity waits for its slot takes it back.
func TestF45_WriteOffReportedWhileAStepWaits(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{RequestTimeout: 60 * time.Second}, 1, nil)
	w.Roapp.Create("products", testenv.J{"title": "M-1", "article": "M-1"})
	var busy testenv.RoappOrder
	for i := range atOnce {
		busy = place(w, int64(2+i), nil)
		w.Roapp.BreakOrder(busy.ID, "POST", "items", testenv.Fault{Kind: "slow", Delay: "30s", Times: 1})
	}
	before := w.Roapp.Seen(addItem)
	for i := range atOnce {
		w.Edit(int64(2+i), testenv.J{"products": append(roseAndVase("2", "1"), testenv.Line("M-1", "M-1", "1", "1"))})
	}
	w.AwaitSeen(w.Roapp, addItem, before+atOnce)

	w.Edit(1, testenv.J{"products": roseAndVase("3", "1")})
	running := func(v testenv.Order) string { return strings.Join(v.Running, ", ") }
	w.Await(1, func(v testenv.Order) string {
		if !strings.HasPrefix(running(v), "Change A-1 to 3") {
			return "the quantity does not wait"
		}
		return ""
	})
	w.ReportWriteOff(1)
	w.Await(1, func(v testenv.Order) string {
		if strings.HasPrefix(running(v), "Change") {
			return "not withdrawn"
		}
		return ""
	})
	assert.Len(t, w.Roapp.Order(busy.ID).Items, 2, "it would wait still")
	w.AwaitMark(1, order.WarnNotSynced)
	awaitRest(w, 1, func(testenv.Order) string { return "" })
	after := w.Roapp.Order(o.ID)
	assert.Equal(t, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}, items(after))
	assert.Zero(t, changesOf(after, "item changed"))
}

// atOnce is how many requests of an account may be open in one process.
const atOnce = 8

// RO App does not find the product that a line is to be made of: the order is
// not gone.
func TestF08_ProductOfANewLineIsGone(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	w.Roapp.BreakOrder(o.ID, "POST", "items", testenv.Fault{Kind: "status", Status: 404})
	w.Edit(1, testenv.J{"products": append(roseAndVase("2", "1"), testenv.Line("C-1", "Wstążka", "2", "5"))})
	w.AwaitHeld(1, order.HoldRejected)
	// Statuses wait for what was refused; a person has it tried again.
	w.Decide(1, order.Decision{Kind: order.DecideRetry})
	awaitItems(w, o.ID, "A-1 x 2 at 12.5", "B-1 x 1 at 30", "C-1 x 5 at 2")
}
