package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// People who search numbers that nobody knows take a tenth of the account's
// requests at most, no matter who they are, and leave nothing behind.
func TestSearchesDoNotStarveOrders(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{RoappSwitches: noLag})
	w.Place(100, nil)
	w.AwaitSynced(100) // so the process knows what it asks only once
	w.Roapp.ResetRequests()
	began := time.Now()
	ctx, stop := context.WithCancel(t.Context())
	searching := w.Search(ctx, 200*time.Millisecond)
	placeMany(w, laneOrders)
	for number := range int64(laneOrders) {
		w.AwaitSynced(number + 1)
	}
	w.AwaitSeen(w.Roapp, "GET /v2/orders", 1) // searches come last, and yet they come
	before := w.Roapp.Requests(0).Total
	w.Place(200, nil)
	w.AwaitSynced(200)
	assert.Less(t, w.Roapp.Requests(0).Total-before, 40, "a new order does not wait for more than a few searches")
	stop()
	searching.Wait()

	searches, took := w.Roapp.Seen("GET /v2/orders"), time.Since(began)
	assert.LessOrEqual(t, float64(searches), 3+0.3*took.Seconds()+1, "in %s", took)
	w.Eventually(testenv.Patience, func() string {
		left, err := w.Temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "WorkflowType = 'RoappOrders'"})
		require.NoError(t, err)
		if left.GetCount() > 1 { // a worker deletes later what could not be deleted at once
			return fmt.Sprintf("%d workflows of searches are left", left.GetCount())
		}
		return ""
	})
}
