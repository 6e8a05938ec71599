package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/cartumsync/cartumsync/internal/engine"
)

const (
	startTimeout = time.Minute
	logTail      = 8 << 10
)

// dynamicConfig is that of production (see the deployment's dynamic config), with limits that tests running side by side
// do not reach.
var dynamicConfig = []string{
	"matching.numTaskqueueReadPartitions=1",
	"matching.numTaskqueueWritePartitions=1",
	"matching.useNewMatcher=true",
	"frontend.rps=20000",
	"frontend.namespaceRPS=20000",
	"frontend.namespaceRPS.visibility=5000",
	"frontend.namespaceCount=10000",
	"frontend.rps.namespaceReplicationInducingAPIs=1000",
	"frontend.namespaceRPS.namespaceReplicationInducingAPIs=1000",
	"frontend.globalNamespaceRPS.namespaceReplicationInducingAPIs=1000",
	"history.rps=20000",
	"matching.rps=20000",
}

// cachedSearchAttributes is for benchmarks: the dev server reads search attributes from its database for each start and
// upsert, so that tests may use new ones at once, and no deployed server does that.
const cachedSearchAttributes = "system.forceSearchAttributesCacheRefreshOnRead=false"

// noWorkers is for a server that many tests share: schedules, batches and deployments need a worker of the server in each
// namespace, of which it has many.
const noWorkers = "worker.perNamespaceWorkerCount=0"

// systemNamespace is there before any other, on every server.
const systemNamespace = "temporal-system"

// process is a running server, Temporal's or its database's.
type process struct {
	address string
	cmd     *exec.Cmd
	log     *os.File
	exited  chan struct{} // closed when the process has ended
}

// devServer is how a dev server runs.
type devServer struct {
	dbFile    string // "" is in memory
	port      int    // 0 is a free one
	ui        int    // port of Temporal's UI, 0 for none
	codec     string // URL of the codec endpoint that the UI asks
	benchmark bool
}

// start starts a dev server and waits until it answers.
func (d devServer) start(cli string) (*process, error) {
	// The server picks some ports of its own, and another one that starts at the same
	// time may take them first.
	for try := 1; ; try++ {
		one := d
		if one.port == 0 {
			var err error
			if one.port, err = freePort(); err != nil {
				return nil, err
			}
		}
		if p, err := one.launch(cli); err == nil || try == 3 {
			return p, err
		}
	}
}

func (d devServer) launch(cli string) (*process, error) {
	args := []string{"server", "start-dev", "--ip", "127.0.0.1", "--port", strconv.Itoa(d.port)}
	if d.ui == 0 {
		args = append(args, "--headless")
	} else {
		args = append(args, "--ui-port", strconv.Itoa(d.ui), "--ui-codec-endpoint", d.codec)
	}
	if d.dbFile == "" {
		args = append(args, "--dynamic-config-value", noWorkers)
	} else {
		// Without a sync per write it starts and stops in a third of the time; only a power failure could harm the file.
		args = append(args, "--db-filename", d.dbFile, "--sqlite-pragma", "synchronous=OFF")
	}
	if d.benchmark {
		args = append(args, "--dynamic-config-value", cachedSearchAttributes)
	}
	for _, value := range dynamicConfig {
		args = append(args, "--dynamic-config-value", value)
	}
	cmd := exec.Command(cli, args...) //nolint:gosec,noctx // the tester's own CLI; it outlives every test's context
	p, err := run(cmd, net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)))
	if err != nil {
		return nil, err
	}
	if err := p.waitReady(); err != nil {
		p.stop()
		return nil, fmt.Errorf("dev server %s: %w; its log ends with:\n%s", cli, err, p.tail())
	}
	return p, nil
}

// run starts a program that will answer at the address, and does not wait for that.
func run(cmd *exec.Cmd, address string) (*process, error) {
	logFile, err := unlinkedFile()
	if err != nil {
		return nil, err
	}
	p := &process{address: address, cmd: cmd, log: logFile, exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = logFile, logFile
	// With everything in memory, collecting garbage would be most of its work.
	p.cmd.Env = append(os.Environ(), "GOGC=400")
	if err := bindToParent(p.cmd); err != nil {
		return nil, err
	}
	if err := p.start(); err != nil {
		return nil, err
	}
	return p, nil
}

// start keeps the thread that starts the process until the process ends: its end would end the process (see bindToParent).
func (p *process) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended shows in its log
			close(p.exited)
		}
	}()
	return <-started
}

func (p *process) waitReady() error {
	c, err := client.NewLazyClient(client.Options{HostPort: p.address, Namespace: systemNamespace, Logger: silent})
	if err != nil {
		return err
	}
	defer c.Close()
	return p.waitFor(func(ctx context.Context) error { return probe(ctx, c) })
}

// waitFor waits until the program is as it should be.
func (p *process) waitFor(ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return errors.New("ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("not ready in %v: %w", startTimeout, err)
		case <-ticker.C:
		}
	}
}

// probe asks the services behind the frontend too: they come up after it.
func probe(ctx context.Context, c client.Client) error {
	if _, err := c.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return err
	}
	if _, err := c.DescribeTaskQueue(ctx, "probe", enumspb.TASK_QUEUE_TYPE_ACTIVITY); err != nil {
		return fmt.Errorf("matching: %w", err)
	}
	_, err := c.DescribeWorkflow(ctx, "probe", "")
	if engine.Missing(err) {
		return nil
	}
	return fmt.Errorf("history: %w", err)
}

// stop ends the server as an operator would, so that a database file is complete, and kills it if that takes too long.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt) // fails only if it has ended
	select {
	case <-p.exited:
		return
	case <-time.After(10 * time.Second):
	}
	p.kill()
}

// kill ends the program as a power failure would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.exited
}

// tail returns the end of the server's log.
func (p *process) tail() string {
	info, err := p.log.Stat()
	if err != nil {
		return err.Error()
	}
	from := max(0, info.Size()-logTail)
	text, err := io.ReadAll(io.NewSectionReader(p.log, from, logTail))
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(text))
}

// unlinkedFile has no name, so that nothing is left behind however the tests end.
func unlinkedFile() (*os.File, error) {
	f, err := os.CreateTemp("", "temporal-*.log")
	if err != nil {
		return nil, fmt.Errorf("dev server's log: %w", err)
	}
	_ = os.Remove(f.Name()) // Windows refuses while it is open; then it stays in the temporary folder
	return f, nil
}

func freePort() (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// findCLI searches for the Temporal CLI: the environment first, then PATH, then
// what "make tools" built.
func findCLI() (string, error) {
	if path := os.Getenv(EnvCLI); path != "" {
		if _, err := os.Stat(path); err != nil { //nolint:gosec // the tester's own variable
			return "", fmt.Errorf("%s names no Temporal CLI: %w", EnvCLI, err)
		}
		return path, nil
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return path, nil
	}
	return builtTool("temporal")
}

// builtTool finds what make built into bin.
func builtTool(name string) (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "bin", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("no %s at %s, nor on PATH: run make bin/%s", name, path, name)
	}
	return path, nil
}

// ModuleRoot is the folder of go.mod above the working directory.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// silent drops the SDK's lines: connecting fails until the server is up.
var silent = log.NewStructuredLogger(slog.New(slog.DiscardHandler))
