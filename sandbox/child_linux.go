package main

import (
	"os/exec"
	"syscall"
)

// bindToSandbox gives the process a group of its own, so that Ctrl-C reaches
// the sandbox alone, which then ends its parts in order, and has the kernel
// kill it where the sandbox is gone.
func bindToSandbox(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
