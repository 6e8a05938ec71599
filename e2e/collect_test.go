package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/world"
	"github.com/cartumsync/cartumsync/workflows"
)

// The total is not asked for order by order: the account's entity collects what
// changed, one request for all, and tells each order once.
func TestR12_CollectedTotalProvesTheAmount(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]bool{"by custom fields": false, "by the marker in the notes": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.New(t, world.Options{Second: second, Unlimited: true})
			for number := int64(1); number <= 2; number++ {
				w.Place(number, nil)
				w.AwaitSynced(number)
			}
			for number := int64(1); number <= 2; number++ {
				var view workflows.OrderView
				w.Eventually(world.Patience, func() string {
					require.NoError(t, w.Temporal.SignalWorkflow(t.Context(), workflows.AccountID("main"), "", workflows.SignalLook, nil))
					var err error
					view, err = w.Orders.View(t.Context(), w.Key(number))
					require.NoError(t, err)
					if view.State.Order.Total == nil {
						return "the total was not collected"
					}
					return ""
				})
				assert.Equal(t, "25", view.State.Order.Total.String())
				assert.Empty(t, view.State.Marks)
				assert.Equal(t, order.SyncSynced, view.SyncState)
			}
		})
	}
}
