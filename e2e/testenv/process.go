package testenv

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

// Process is a worker process of its own, as it runs in production, so that it
// can be killed.
type Process struct {
	env    *Env
	path   string // of its settings file
	cmd    *exec.Cmd
	output lockedBuffer
	exited chan struct{} // closed when it has ended
}

// StartProcess starts a worker process with the test environment's settings and
// environment, and more flags. It is killed with the test.
func (w *Env) StartProcess(flags ...string) *Process {
	w.T.Helper()
	binary, err := workerBinary()
	w.must(err)
	return w.StartBinary(binary, flags...)
}

// StartBinary is [Env.StartProcess] for the worker of another build.
func (w *Env) StartBinary(binary string, flags ...string) *Process {
	w.T.Helper()
	path := filepath.Join(w.T.TempDir(), "settings.yaml")
	w.must(os.WriteFile(path, w.YAML, 0o600))
	p := &Process{env: w, path: path, exited: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(w.T.Context()), binary, //nolint:gosec // nothing in it comes from outside
		append([]string{"--settings", path, "--listen", "127.0.0.1:0", "--log-level", "info"}, flags...)...)
	p.cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+w.Server.Address(), "TEMPORAL_NAMESPACE="+w.Namespace)
	for name, value := range w.Env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	bindToParent(p.cmd)
	w.must(p.start())
	w.T.Cleanup(func() {
		p.Kill()
		if w.T.Failed() {
			w.T.Logf("the worker process wrote:\n%s", p.Output())
		}
	})
	return p
}

// start keeps the thread that starts the process until the process ends, for
// its end would end the process (see bindToParent).
func (p *Process) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is the test's doing
			close(p.exited)
		}
	}()
	return <-started
}

// Exited reports whether the process has ended.
func (p *Process) Exited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Kill ends the process as a power failure would, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.exited
}

// Stop signals the process to end, as a deployment does, and waits until it has.
func (p *Process) Stop() {
	p.env.T.Helper()
	p.env.must(p.cmd.Process.Signal(syscall.SIGTERM))
	if code := p.Ended(); code != 0 {
		p.env.T.Fatalf("the worker process ended with code %d", code)
	}
}

// Ended waits until the process has ended by itself, and gives its exit code.
func (p *Process) Ended() int {
	p.env.T.Helper()
	select {
	case <-p.exited:
	case <-time.After(Patience):
		p.env.T.Fatal("the worker process does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

// WriteSettings puts another settings file in the place of the process's.
func (p *Process) WriteSettings(yaml string) {
	p.env.T.Helper()
	p.env.must(os.WriteFile(p.path+"~", []byte(yaml), 0o600))
	p.env.must(os.Rename(p.path+"~", p.path))
}

// Output is what the process has logged.
func (p *Process) Output() string { return p.output.String() }

// lockedBuffer takes what is written while it is read.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// built is the directory of what was built for the tests.
var built atomic.Pointer[string]

// RemoveBuilt removes what was built for the tests of this binary.
func RemoveBuilt() {
	if dir := built.Load(); dir != nil {
		_ = os.RemoveAll(*dir) // a leftover of a temporary directory harms nobody
	}
}

// workerBinary builds the worker once for all tests of the binary.
var workerBinary = sync.OnceValues(func() (string, error) {
	root, err := enginetest.ModuleRoot()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "cartumsync-worker-")
	if err != nil {
		return "", err
	}
	built.Store(&dir)
	path := filepath.Join(dir, "worker")
	build := exec.Command("go", "build", "-trimpath", "-o", path, "./worker") //nolint:gosec // nothing in it comes from outside
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the worker: %w: %s", err, output)
	}
	return path, nil
})
