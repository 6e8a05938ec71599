package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// child is a process of the sandbox. It ends with the sandbox, however that
// ends.
type child struct {
	name    string
	logPath string
	cmd     *exec.Cmd
	exited  chan struct{}
	err     error // how it ended; valid once exited is closed
}

// spec says what to start.
type spec struct {
	name    string
	command []string
	env     []string
	logPath string
	echo    io.Writer // where the log goes besides its file; may be nil
}

func startChild(s spec) (*child, error) {
	file, err := os.Create(s.logPath)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", s.name, err)
	}
	var log io.Writer = file
	if s.echo != nil {
		log = io.MultiWriter(file, s.echo)
	}
	cmd := exec.Command(s.command[0], s.command[1:]...) //nolint:gosec,noctx // our own programs; stop ends them in order
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, log, log
	bindToSandbox(cmd)
	c := &child{name: s.name, logPath: s.logPath, cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer func() { _ = file.Close() }()
		// The kernel takes the end of the thread that started a process for the
		// end of its parent, see bindToSandbox.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.err = cmd.Wait()
			close(c.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	return c, nil
}

// patience is how long a process may take to end in order.
const patience = 15 * time.Second

// stop asks the process to end, and ends it where it takes too long.
func (c *child) stop() {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		_ = c.cmd.Process.Kill() // systems without signals
	}
	select {
	case <-c.exited:
		return
	case <-time.After(patience):
	}
	_ = c.cmd.Process.Kill()
	<-c.exited
}

// ended is the error for a process that ended though nobody asked it to.
func (c *child) ended() error {
	how := "without an error"
	if c.err != nil {
		how = c.err.Error()
	}
	return fmt.Errorf("%s ended by itself: %s; its log %s ends with:\n%s", c.name, how, c.logPath, c.tail())
}

// tail is the end of the log.
func (c *child) tail() string {
	const most = 15
	text, err := os.ReadFile(c.logPath)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-most):], "\n  ")
}
