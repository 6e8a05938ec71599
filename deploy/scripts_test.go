package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

// program runs a program with those that were built for the tests on PATH.
func program(ctx context.Context, t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	bin, err := filepath.Abs("../bin")
	require.NoError(t, err)
	path := "PATH=" + bin + string(filepath.ListSeparator) + os.Getenv("PATH")
	cmd := exec.CommandContext(ctx, "env", append([]string{name}, args...)...)
	cmd.Env = append(append(os.Environ(), path, "TEMPORAL_CONFIG_FILE="+os.DevNull, "TMPDIR="+t.TempDir()), env...)
	return cmd
}

func output(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	text, err := program(t.Context(), t, env, name, args...).CombinedOutput()
	require.NoError(t, err, "%s", text)
	return string(text)
}

// Every start of the services runs these scripts, on a new database and on one
// that is in use.
func TestScriptsChangeNothingTheSecondTime(t *testing.T) {
	t.Parallel()
	database := enginetest.StartDatabase(t)
	host, port, err := net.SplitHostPort(database.Address())
	require.NoError(t, err)
	connection := []string{"SQL_PLUGIN=postgres12", "SQL_HOST=" + host, "SQL_PORT=" + port, "SQL_USER=temporal", "SQL_PASSWORD=any"}
	dumps := func() string { return database.Dump(t, "temporal") + database.Dump(t, "temporal_visibility") }

	assert.Contains(t, output(t, connection, "sh", "schema.sh"), "database temporal_visibility is up to date")
	created := dumps()
	require.Contains(t, created, "CREATE TABLE public.executions_visibility")
	output(t, connection, "sh", "schema.sh")
	require.Equal(t, created, dumps())

	server := database.StartServer(t)
	client := []string{"TEMPORAL_ADDRESS=" + server.Address(), "TEMPORAL_NAMESPACE=orders"}
	namespace := func() string {
		return output(t, client, "temporal", "operator", "namespace", "describe", "--namespace", "orders", "--output", "json")
	}
	output(t, client, "sh", "namespace.sh")
	described := namespace()
	assert.Contains(t, described, `"workflowExecutionRetentionTtl": "34560000s"`, "400 days")
	assert.Contains(t, output(t, client, "sh", "namespace.sh"), "namespace orders exists")
	assert.Equal(t, described, namespace())
	output(t, connection, "sh", "schema.sh")
	assert.Equal(t, described, namespace(), "beside a running server")
}

func TestScriptsSayWhatFails(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs Temporal's SQL tool, which is built first")
	}
	nobody := []string{"SQL_PLUGIN=postgres12", "SQL_HOST=127.0.0.1", "SQL_PORT=1", "SQL_USER=temporal", "SQL_PASSWORD=any"}
	text, err := program(t.Context(), t, nobody, "sh", "schema.sh").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(text), "refused")
	assert.NotContains(t, string(text), "up to date")
}

// line is one of a log as Temporal's server writes it.
func line(second, number int) string {
	return fmt.Sprintf(`{"level":"error","ts":"2026-11-27T20:00:%02d.%03dZ","msg":"no database","n":%d}`, second, number%1000, number)
}

// A flood is cut in each second, what was left out is counted, and a quiet log is
// written as it is.
func TestLimitLog(t *testing.T) {
	t.Parallel()
	var log []string
	for second, lines := range []int{1, 1000, 3, 10} {
		for i := range lines {
			log = append(log, line(second, i))
		}
	}
	log = append(log, "goroutine 1 [running]:") // belongs to the last second, which is full
	flood := filepath.Join(t.TempDir(), "flood")
	require.NoError(t, os.WriteFile(flood, []byte(strings.Join(log, "\n")+"\n"), 0o600))
	written := strings.Split(strings.TrimSpace(output(t, nil, "sh", "limit-log.sh", "10", "cat", flood)), "\n")

	require.Len(t, written, 1+10+1+3+10+1)
	assert.Equal(t, line(0, 0), written[0])
	assert.Equal(t, line(1, 9), written[10])
	assert.Equal(t, line(2, 0), written[12])
	for index, left := range map[int]int{11: 990, 25: 1} {
		var said struct {
			Level, TS, Msg string
			Lines          int
		}
		require.NoError(t, json.Unmarshal([]byte(written[index]), &said), written[index])
		assert.Equal(t, left, said.Lines)
		assert.Equal(t, "log lines were left out", said.Msg)
		assert.NotEmpty(t, said.TS)
	}
}

// The program gets the signals, and its end is the script's.
func TestLimitLogIsTheProgram(t *testing.T) {
	t.Parallel()
	failing := program(t.Context(), t, nil, "sh", "limit-log.sh", "10", "sh", "-c", "exit 7")
	var exit *exec.ExitError
	require.ErrorAs(t, failing.Run(), &exit)
	assert.Equal(t, 7, exit.ExitCode())

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ready := filepath.Join(t.TempDir(), "ready")
	running := program(ctx, t, []string{"READY=" + ready}, "sh", "limit-log.sh", "10", "sh", "-c", `trap 'echo stopped; exit 0' TERM; : > "$READY"; while :; do sleep 0.1; done`)
	var written bytes.Buffer
	running.Stdout = &written
	require.NoError(t, running.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(ready); return err == nil }, time.Minute, 10*time.Millisecond)
	require.NoError(t, running.Process.Signal(syscall.SIGTERM))
	require.NoError(t, running.Wait())
	assert.Equal(t, "stopped\n", written.String())
}
