package process

import (
	"errors"
	"fmt"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
)

type codedError int

func (codedError) Error() string   { return "coded" }
func (e codedError) ExitCode() int { return int(e) }

func TestExitCodes(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 0, ExitCode(nil))
	assert.Equal(t, 1, ExitCode(errors.New("any")))
	assert.Equal(t, 3, ExitCode(fmt.Errorf("health: %w", codedError(3))))
}

func TestFlagsHaveTheEnvironmentsValues(t *testing.T) {
	t.Setenv("CARTUMSYNC_SETTINGS", "/etc/cartumsync/settings.yaml")
	t.Setenv("CARTUMSYNC_LOG_LEVEL", "debug")
	var flags Flags
	cmd := &cobra.Command{RunE: func(*cobra.Command, []string) error { return nil }}
	flags.Add(cmd)
	cmd.SetArgs([]string{"--log-level", "warn"})
	require.NoError(t, cmd.ExecuteContext(t.Context()))
	assert.Equal(t, Flags{SettingsPath: "/etc/cartumsync/settings.yaml", LogFormat: "json", LogLevel: "warn"}, flags)
}

func TestOpen(t *testing.T) {
	flags := Flags{LogFormat: "json", LogLevel: "error"}
	flags.SettingsPath = settingstest.Write(t, settingstest.Text("https://roapp.example", "https://kwiaty.example"))
	for name, value := range settingstest.Env() {
		t.Setenv(name, value)
	}
	env, err := flags.Open()
	require.NoError(t, err)
	assert.Contains(t, env.Settings.Shops, "demo")
	require.NoError(t, SettingsCheck(env.File.Problem).Run(t.Context()))

	f := enginetest.NewFrontend(t)
	t.Setenv("TEMPORAL_CONFIG_FILE", "/no/such/file")
	t.Setenv("TEMPORAL_ADDRESS", f.Address)
	t.Setenv("TEMPORAL_NAMESPACE", "orders")
	c, namespace, err := env.Connect(t.Context(), "worker")
	require.NoError(t, err)
	t.Cleanup(c.Close)
	assert.Equal(t, "orders", namespace)
	require.NoError(t, TemporalCheck(c, namespace).Run(t.Context()))

	t.Setenv("IDENTITY_KEY", "another key for the identities")
	other, err := flags.Open()
	require.NoError(t, err)
	_, _, err = other.Connect(t.Context(), "worker")
	require.ErrorIs(t, err, engine.ErrIdentityKey)

	t.Setenv("ENCRYPTION_KEY", "short")
	_, err = flags.Open()
	require.ErrorContains(t, err, "encryption_keys")
	flags.LogFormat = "xml"
	_, err = flags.Open()
	require.ErrorContains(t, err, "xml")
}

func TestNamespace(t *testing.T) {
	t.Setenv("TEMPORAL_CONFIG_FILE", "/no/such/file")
	t.Setenv("TEMPORAL_NAMESPACE", "")
	namespace, err := Namespace()
	require.NoError(t, err)
	assert.Equal(t, "default", namespace)
	t.Setenv("TEMPORAL_NAMESPACE", "orders")
	namespace, err = Namespace()
	require.NoError(t, err)
	assert.Equal(t, "orders", namespace)
}
