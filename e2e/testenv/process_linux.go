package testenv

import (
	"os/exec"
	"syscall"
)

// bindToParent makes the kernel end the process when the thread that started
// it ends, thus also when the tests are killed.
func bindToParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
