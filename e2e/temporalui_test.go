package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/payload"
)

// In Temporal's UI an order has its shop and number, and what is done has a name,
// without a name or markup of the customer's.
func TestOrdersAreNamedInTemporalsUI(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, testenv.J{"delivery_name": "Ewa [Zweryfikuj konto](http://x) <img src=x>", "products": roseAndVase("2", "1")})
	w.AwaitSynced(1)
	codec, err := payload.Codec(w.Settings)
	require.NoError(t, err)
	summaries := summariesOf(t, w, 1, engine.DataConverter(codec))
	assert.Contains(t, summaries, "Add 2 x A-1 and 1 more")
	assert.Contains(t, summaries, "Decide what to do next", "of the local activity, too")
	for _, summary := range summaries {
		assert.NotContains(t, summary, "Ewa")
		assert.NotContains(t, summary, "<")
	}
	about, err := w.Temporal.DescribeWorkflow(t.Context(), w.Key(1).WorkflowID(), "")
	require.NoError(t, err)
	summary, err := about.GetStaticSummary()
	require.NoError(t, err)
	assert.Equal(t, "Order 1 of shop demo", summary)
}

// summariesOf are the names of what an order's run has done.
func summariesOf(t *testing.T, w *testenv.Env, number int64, data converter.DataConverter) (summaries []string) {
	t.Helper()
	history := w.Temporal.GetWorkflowHistory(t.Context(), w.Key(number).WorkflowID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if stored := event.GetUserMetadata().GetSummary(); stored != nil {
			var summary string
			require.NoError(t, data.FromPayload(stored, &summary))
			summaries = append(summaries, summary)
		}
	}
	return summaries
}
