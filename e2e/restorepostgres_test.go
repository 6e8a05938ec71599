package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
)

// The drill of docs/operations.md: PostgreSQL is dumped while everything runs, orders
// are imported, edited, moved by staff and written off, and the dump is put back. The
// polls bring everything in line: nothing is doubled, nothing is lost, and what was
// written off stays as it was.
func TestF04_PostgresRestoredFromADump(t *testing.T) {
	t.Parallel()
	database := enginetest.StartOnPostgres(t)
	// Long enough ago that the import of each order may be forgotten.
	placed := testenv.J{"stat_created": time.Now().Add(-time.Hour).Format("2006-01-02 15:04:05")}
	w := unhurried(t, testenv.Options{
		Server: database.Server, Idle: true, RequestTimeout: 2 * time.Second, Settle: 200 * time.Millisecond, SearchLag: 200 * time.Millisecond,
		RecentEvery: 10 * time.Second, WholeEvery: 10 * time.Second, CollectEvery: 10 * time.Second,
	})
	w.Roapp.Switch("search-lag", "0s")
	w.Roapp.Switch("patch-written-off", "refused")
	worker := w.StartWorker()
	edited, moved, writtenOff := place(w, 1, placed), place(w, 2, placed), place(w, 3, placed)
	w.Place(4, with(placed, testenv.J{"delivery_phone": "", "delivery_email": ""}))
	w.AwaitHeld(4, order.HoldNoCustomer)
	backup := database.Backup(t)

	w.Edit(1, testenv.J{"products": roseAndVase("3", "1")})
	awaitItems(w, edited.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30")
	w.Roapp.SetStatus(moved.ID, 102)
	w.Eventually(testenv.Patience, func() string {
		if w.Cartum.Status(2) != 2 {
			return "the shop has not got the status"
		}
		return ""
	})
	w.Roapp.WriteOff(writtenOff.ID)
	w.ReportWriteOff(3)
	w.Edit(3, testenv.J{"products": roseAndVase("5", "1")})
	w.AwaitMark(3, order.WarnNotSynced)
	w.Edit(4, testenv.J{"delivery_phone": "+48 602 000 004"})
	w.AwaitSynced(4)
	fresh := place(w, 5, placed)
	worker.Stop()
	before := accountOf(w)
	require.Len(t, before.Orders, 5)

	database.Stop()
	database.Restore(t, backup)
	w.Cartum.PutOrder(6, placed) // while nothing runs, and its webhook comes never
	database.Restart(t)
	w.AwaitServer()
	w.StartWorker()
	w.AwaitSynced(6)
	view, found := w.AwaitSynced(5)
	assert.True(t, view.Roapp.Linked, "what the backup does not know is found in RO App")
	assert.Equal(t, fresh.ID, found.ID)
	view, _ = w.AwaitSynced(4)
	assert.True(t, view.Roapp.Linked)
	awaitRest(w, 1, total("67.5"))
	awaitRest(w, 2, total("55"))
	w.AwaitMark(3, order.WarnNotSynced)
	assert.Equal(t, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}, items(w.Roapp.Order(writtenOff.ID)))
	assert.Equal(t, 2, w.Cartum.Status(2))

	after := withoutRepetitions(accountOf(w), 2)
	require.Len(t, after.Orders, 6, "each order once")
	var known []workOrder
	for _, o := range after.Orders {
		if o.Fields["f102"] != "6" {
			known = append(known, o)
		}
	}
	assert.Equal(t, before.Orders, known)
	assert.Equal(t, before.Products, after.Products)
}
