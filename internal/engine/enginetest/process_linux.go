package enginetest

import (
	"os/exec"
	"syscall"
)

// bindToParent makes the kernel end the server when the thread that started it ends, thus also when the test binary is
// killed. The caller keeps that thread.
func bindToParent(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return nil
}
