package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asSandbox is set where the test binary is to be the sandbox itself.
const asSandbox = "SANDBOX_TEST_AS_SANDBOX"

func TestMain(m *testing.M) {
	if os.Getenv(asSandbox) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// freePorts are the flags for ports that nobody else has.
func freePorts() []string {
	var flags []string
	for _, d := range portDefaults {
		flags = append(flags, "--"+d.part.flag(), "0")
	}
	return flags
}

// Everything at once, as a newcomer starts it, with a person's answer to the
// order that waits.
func TestSandboxShowsOrdersOnTheirWayAndEnds(t *testing.T) {
	t.Parallel()
	mark := asSandbox + "=" + t.TempDir() // its children are notified by it
	s := startSandbox(t, mark, append(freePorts(), "--webhook-delay", "50ms")...)

	out := s.awaitLine("ends it")
	assert.Equal(t, map[string]string{
		"demo #101": "synced", "demo #102": "synced", "demo #103": "synced", "demo #104": "synced", "demo #105": "synced",
		"demo #106": "held: ambiguous-contact", "demo #107": "held: currency",
		"demo-ua #115": "synced", "demo-ua #116": "synced",
	}, states(out))
	assert.Regexp(t, `demo #104 +synced +Z\d+ +799\.00 +599\.00 PLN`, out)
	assert.Contains(t, out, "/namespaces/default/workflows/order:demo:101")

	answer := regexp.MustCompile(`(?m)^ +(/.*/starter decide --shop demo --order 106 .*)$`).FindStringSubmatch(out)
	require.NotNil(t, answer, "no command that answers order 106 in:\n%s", out)
	said, err := exec.CommandContext(t.Context(), "sh", "-c", answer[1]).CombinedOutput()
	require.NoError(t, err, "%s\n%s", answer[1], said)
	s.awaitLine("demo #106     exchange  imported")

	dir := regexp.MustCompile(`(?m)^ +logs +(/.*)$`).FindStringSubmatch(out)[1]
	require.NoError(t, s.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, s.wait())
	assert.Contains(t, s.text(), "Stopped.")
	assert.Empty(t, processesWith(mark))
	assert.NoDirExists(t, dir)
}

func TestBusyPortsAreTold(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	busy, err := lc.Listen(t.Context(), "tcp", loopback+":0")
	require.NoError(t, err)
	defer func() { _ = busy.Close() }()
	port := strconv.Itoa(busy.Addr().(*net.TCPAddr).Port)

	cmd := command()
	cmd.SetArgs(append(freePorts(), "--cartum-port", port, "--temporal-ui-port", port))
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	err = cmd.ExecuteContext(t.Context())
	assert.ErrorContains(t, err, "port "+port+" is busy, and the Cartum stand-in of the shop demo needs it: stop what listens there, or choose another port with --cartum-port")
	assert.ErrorContains(t, err, "and Temporal's UI needs it")
}

func TestAPartThatEndsIsNamedWithItsLog(t *testing.T) {
	t.Parallel()
	c, err := startChild(spec{
		name: "worker", command: []string{"sh", "-c", "echo no settings; exit 3"}, env: os.Environ(),
		logPath: filepath.Join(t.TempDir(), "worker.log"),
	})
	require.NoError(t, err)
	<-c.exited
	text := c.ended().Error()
	assert.Contains(t, text, "worker ended by itself: exit status 3")
	assert.Contains(t, text, "no settings")
}

// sandboxProcess is a sandbox started as a person starts it.
type sandboxProcess struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan error

	mu  sync.Mutex
	out bytes.Buffer
}

func startSandbox(t *testing.T, mark string, args ...string) *sandboxProcess {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves out what builds programs and starts servers")
	}
	s := &sandboxProcess{t: t, done: make(chan error, 1)}
	s.cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
	s.cmd.Env = append(os.Environ(), mark)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) } // also where the test fails
	s.cmd.WaitDelay = 30 * time.Second
	pipe, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	s.cmd.Stderr = os.Stderr
	require.NoError(t, s.cmd.Start())
	go func() {
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			s.mu.Lock()
			s.out.WriteString(lines.Text() + "\n")
			s.mu.Unlock()
		}
		s.done <- s.cmd.Wait()
	}()
	return s
}

func (s *sandboxProcess) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// awaitLine waits until the sandbox has said something, and gives all it said. Building the programs is part of the wait,
// and takes minutes on a busy machine.
func (s *sandboxProcess) awaitLine(text string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Minute)
	defer cancel()
	for !strings.Contains(s.text(), text) {
		select {
		case err := <-s.done:
			s.t.Fatalf("the sandbox ended: %v; it said:\n%s", err, s.text())
		case <-ctx.Done():
			s.t.Fatalf("the sandbox does not say %q; it said:\n%s", text, s.text())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return s.text()
}

func (s *sandboxProcess) wait() error {
	s.t.Helper()
	select {
	case err := <-s.done:
		return err
	case <-time.After(5 * time.Minute):
		s.t.Fatalf("the sandbox does not end; it said:\n%s", s.text())
		return nil
	}
}

// states reads the summary.
func states(out string) map[string]string {
	_, summary, _ := strings.Cut(out, "\nSummary\n")
	found := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^(demo\S* #\d+) +(\S+(?: \S+)?) {2,}`).FindAllStringSubmatch(summary, -1) {
		found[row[1]] = row[2]
	}
	return found
}

// processesWith are the processes with a variable in their environment, where
// the system shows them.
func processesWith(variable string) []string {
	var found []string
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		env, err := os.ReadFile(path)
		if err == nil && bytes.Contains(env, []byte(variable)) {
			found = append(found, path)
		}
	}
	return found
}
