package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/process"
)

// The command prints the report and ends with an error where it has problems. Nothing here is Temporal.
func TestCheckPrintsTheReport(t *testing.T) {
	s := newServices(t, nil)
	t.Setenv("ROAPP_API_KEY", "sandbox")
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	run := func(arguments ...string) (string, error) {
		cmd := checkCommand(&process.Flags{SettingsPath: "no-such-file.yaml"})
		var out strings.Builder
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SetArgs(arguments)
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	report, err := run("--roapp-url", s.roapp)
	require.NoError(t, err)
	assert.Contains(t, report, "Main shop")
	assert.Contains(t, report, "no problems (ok: ")

	t.Setenv("ROAPP_API_KEY", "other")
	report, err = run("--roapp-url", s.roapp)
	require.ErrorIs(t, err, errProblems)
	assert.Contains(t, report, "RO App refuses the key")

	_, err = run("--roapp-url", s.roapp, "--alert")
	require.ErrorContains(t, err, "--alert sends to the alert URL of the settings")
}

// A refusal does not show the address, which may hold a token.
func TestATestAlertThatIsRefused(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(receiver.Close)
	require.EqualError(t, testAlert(t.Context(), receiver.URL+"/a-token"), "the receiver of alerts answered with HTTP 403")
	receiver.Close()
	err := testAlert(t.Context(), receiver.URL+"/a-token")
	require.ErrorContains(t, err, "the receiver of alerts did not answer")
	assert.NotContains(t, err.Error(), "a-token")
}
