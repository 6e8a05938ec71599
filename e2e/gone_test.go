package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

func TestF08_OrderDeletedInRoapp(t *testing.T) {
	t.Parallel()
	w, first := importedOrder(t, testenv.Options{}, 1, nil)
	w.Roapp.Delete(fmt.Sprintf("orders/%d", first.ID))
	w.Edit(1, testenv.J{"products": roseAndVase("3", "1"), "stat_status": 2, "comment": "Proszę dzwonić"})
	assert.Nil(t, w.AwaitHeld(1, order.HoldOrderGone).Hold.NextRetry)
	// Nobody but a person ends it.
	w.Edit(1, testenv.J{"products": roseAndVase("4", "1")})
	w.ByHand(1)
	w.Await(1, func(v testenv.Order) string {
		if slices.Contains(v.Pending, order.PendingReadShop) || len(v.Running) > 0 || v.Amount.Total.String() != "80" {
			return "not read"
		}
		return ""
	})
	w.AwaitHeld(1, order.HoldOrderGone)
	assert.Empty(t, w.Roapp.Orders())

	w.Decide(1, order.Decision{Kind: order.DecideCreateAgain})
	w.Eventually(testenv.Patience, func() string {
		if is := len(w.Roapp.Orders()); is != 1 {
			return fmt.Sprint("orders: ", is)
		}
		return ""
	})
	view, second := w.AwaitSynced(1)
	assert.NotEqual(t, first.ID, second.ID)
	awaitRest(w, 1, func(testenv.Order) string { return "" })
	second = w.Roapp.Order(view.Roapp.ID)
	assert.Equal(t, []string{"A-1 x 4 at 12.5", "B-1 x 1 at 30"}, items(second))
	assert.Equal(t, int64(102), second.Status.ID)
	assert.Contains(t, theComment(t, second), "Proszę dzwonić")
	assert.Equal(t, first.Client.ID, second.Client.ID)
	assert.Len(t, w.Roapp.Orders(), 1)
	assert.Len(t, w.Roapp.People(), 1)

	// What comes now is carried to the new one.
	w.Edit(1, testenv.J{"products": roseAndVase("5", "1")})
	awaitItems(w, second.ID, "A-1 x 5 at 12.5", "B-1 x 1 at 30")
}

func TestF08_DeletedOrderIsLeft(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	w.Roapp.Delete(fmt.Sprintf("orders/%d", o.ID))
	w.ByHand(1) // reading is enough to see it
	w.AwaitHeld(1, order.HoldOrderGone)
	w.Decide(1, order.Decision{Kind: order.DecideSkip, Reason: "a double"})
	w.AwaitClosed(1)
	w.Webhook(1)
	assert.Empty(t, w.Roapp.Orders())
	assert.Equal(t, 1, w.Cartum.Status(1))

	// Deleted in the middle of its import.
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders/*/items", Kind: "status", Status: 503, Times: 3})
	w.Place(2, testenv.J{"products": roseAndVase("2", "1")})
	w.Eventually(testenv.Patience, func() string {
		orders := w.Roapp.Orders()
		if len(orders) != 1 {
			return "not made yet"
		}
		w.Roapp.Delete(fmt.Sprintf("orders/%d", orders[0].ID))
		return ""
	})
	w.AwaitHeld(2, order.HoldOrderGone)
	w.Decide(2, order.Decision{Kind: order.DecideCreateAgain})
	w.Eventually(testenv.Patience, func() string {
		orders := w.Roapp.Orders()
		if len(orders) != 1 || len(orders[0].Items) != 2 {
			return fmt.Sprint(orders)
		}
		return ""
	})
}
