package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/service"
)

// A logout is stored for every process, also for one that starts later, needs no
// worker, and is stored no longer than the session could have lasted.
func TestLogoutsAreStored(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Idle: true})
	connected := func() (client.Client, bool) { return w.Temporal, true }
	here, later := service.NewLogouts(connected), service.NewLogouts(connected)
	stored := func(session string) bool {
		ended, err := later.LoggedOut(t.Context(), session)
		require.NoError(t, err)
		return ended
	}
	require.False(t, stored("one"))
	for range 2 {
		require.NoError(t, here.LogOut(t.Context(), "one", time.Now().Add(7*24*time.Hour)))
	}
	assert.True(t, stored("one"))
	assert.False(t, stored("another"))

	const span = 2 * time.Second
	require.NoError(t, here.LogOut(t.Context(), "short", time.Now().Add(span)))
	w.Eventually(time.Minute, func() string {
		run, err := w.Temporal.DescribeWorkflow(t.Context(), "logout:short", "")
		require.NoError(t, err)
		if status := run.Status; status != enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT {
			return "the stored logout is " + status.String()
		}
		return ""
	})
	assert.True(t, stored("short"))
}

func TestLogoutsWithoutTemporal(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Idle: true})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, logouts := range map[string]*service.Logouts{
		"not connected": service.NewLogouts(func() (client.Client, bool) { return nil, false }),
		"no answer":     service.NewLogouts(func() (client.Client, bool) { return w.Temporal, true }),
	} {
		_, err := logouts.LoggedOut(ended, "one")
		require.Error(t, err, name)
		require.Error(t, logouts.LogOut(ended, "one", time.Now().Add(time.Hour)), name)
	}
}
