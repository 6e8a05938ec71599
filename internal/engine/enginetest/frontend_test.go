package enginetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

// What the product expects of a namespace is there, and what is started is listed until it ends.
func TestFrontendListsWhatWasStarted(t *testing.T) {
	t.Parallel()
	f := enginetest.NewFrontend(t)
	c := f.Client(t)
	_, err := c.CheckHealth(t.Context(), &client.CheckHealthRequest{})
	require.NoError(t, err)
	require.NoError(t, engine.RegisterSearchAttributes(t.Context(), c, "unit"))
	require.NoError(t, engine.RegisterSearchAttributes(t.Context(), c, "unit"), "they exist")
	kept, err := engine.SetRetention(t.Context(), c, "unit", 48*time.Hour)
	require.NoError(t, err)
	assert.Equal(t, 48*time.Hour, kept)

	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "order:demo:1", TaskQueue: engine.OrdersQueue}, "Order")
	require.NoError(t, err)
	assert.Equal(t, []string{"order:demo:1"}, f.Running())
	require.NoError(t, c.SignalWorkflow(t.Context(), "order:demo:1", "", "poll", nil))
	assert.Equal(t, []enginetest.Signal{{Workflow: "order:demo:1", Name: "poll"}}, f.Signals())
	f.End("order:demo:1")
	assert.True(t, engine.Missing(c.SignalWorkflow(t.Context(), "order:demo:1", "", "poll", nil)))
	_, err = c.QueryWorkflow(t.Context(), "order:demo:1", "", "view")
	assert.True(t, engine.Missing(err))
}

// An activity that is offered runs in the worker that polls for it.
func TestFrontendOffersActivities(t *testing.T) {
	t.Parallel()
	f := enginetest.NewFrontend(t)
	c := f.Client(t)
	w := worker.New(c, "unit", worker.Options{DisableWorkflowWorker: true})
	w.RegisterActivityWithOptions(func(ctx context.Context, text string) error {
		activity.RecordHeartbeat(ctx)
		if text == "fail" {
			return temporal.NewApplicationError("it failed", "Test")
		}
		return nil
	}, activity.RegisterOptions{Name: "Try"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	for id, want := range map[string]string{"fail": "it failed", "go": "completed"} {
		input, err := converter.GetDefaultDataConverter().ToPayloads(id)
		require.NoError(t, err)
		f.Offer("unit", "Try", id, input)
		require.Eventually(t, func() bool { return f.Ended(id) == want }, 30*time.Second, 5*time.Millisecond)
		assert.Positive(t, f.Beats(id))
	}
	assert.True(t, f.Polled("unit"))
	polling, err := engine.Pollers(t.Context(), c, "unit")
	require.NoError(t, err)
	assert.Equal(t, 1, polling)
	f.Lose("go")
	assert.Error(t, c.RecordActivityHeartbeat(t.Context(), []byte("go")))
}
