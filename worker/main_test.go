package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
)

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// get is the status of a page, 0 where nobody listens, and its text.
func get(t *testing.T, url string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// A worker is alive before Temporal is there, ready once it polls, and ends in order.
func TestWorkerIsReadyOnceItPolls(t *testing.T) {
	f := enginetest.NewFrontend(t)
	temporal := freeAddress(t)
	t.Setenv("TEMPORAL_ADDRESS", temporal)
	t.Setenv("TEMPORAL_CONFIG_FILE", "/no/such/file")
	for name, value := range settingstest.Env() {
		t.Setenv(name, value)
	}
	path := settingstest.Write(t, settingstest.Text("http://127.0.0.1:1", "http://127.0.0.1:1"))

	start := func() (address string, end func() error) {
		address = freeAddress(t)
		cmd := command()
		cmd.SetArgs([]string{"--settings", path, "--listen", address, "--log-level", "error"})
		cmd.SetOut(io.Discard)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- cmd.ExecuteContext(ctx) }()
		return "http://" + address, func() error { cancel(); return <-ended }
	}
	soon := func(condition func() bool) {
		t.Helper()
		require.Eventually(t, condition, 30*time.Second, 10*time.Millisecond)
	}
	address, end := start()
	soon(func() bool { status, _ := get(t, address+"/healthz"); return status == http.StatusOK })
	status, text := get(t, address+"/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, text, "still connecting to Temporal")
	require.NoError(t, end())

	t.Setenv("TEMPORAL_ADDRESS", f.Address)
	address, end = start()
	soon(func() bool { status, _ := get(t, address+"/readyz"); return status == http.StatusOK })
	assert.Contains(t, f.Running(), "shop:demo")
	soon(func() bool { return f.Polled(engine.OrdersQueue) })
	_, text = get(t, address+"/metrics")
	assert.Contains(t, text, "temporal_num_pollers")
	require.NoError(t, end())

	t.Setenv("IDENTITY_KEY", "another key for the identities")
	cmd := command()
	cmd.SetArgs([]string{"--settings", path, "--listen", "127.0.0.1:0", "--log-level", "error"})
	cmd.SetErr(io.Discard)
	require.ErrorIs(t, cmd.ExecuteContext(t.Context()), engine.ErrIdentityKey, "what ends a worker is told")

	cmd = command()
	cmd.SetArgs([]string{"--settings", path + ".missing"})
	cmd.SetErr(io.Discard)
	require.ErrorContains(t, cmd.ExecuteContext(t.Context()), ".missing")
}

func TestStartIsRepeatedUntilTemporalAnswers(t *testing.T) {
	t.Parallel()
	lost := fmt.Errorf("start polling orders: %w", serviceerror.NewUnavailable("no database"))
	for name, c := range map[string]struct {
		fails []error
		tries int
		want  error
	}{
		"at once":         {nil, 1, nil},
		"lost twice":      {[]error{lost, context.DeadlineExceeded}, 3, nil},
		"then refused":    {[]error{lost, engine.ErrIdentityKey}, 2, engine.ErrIdentityKey},
		"ended meanwhile": {slices.Repeat([]error{lost}, 100), 10, lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 9500*time.Millisecond)
				defer cancel()
				tries := 0
				_, err := untilTemporalAnswers(ctx, zap.NewNop(), func() (int, error) {
					tries++
					if tries > len(c.fails) {
						return tries, nil
					}
					return 0, c.fails[tries-1]
				})
				require.ErrorIs(t, err, c.want)
				assert.Equal(t, c.tries, tries)
			})
		})
	}
}
