//go:build !linux

package main

import "os/exec"

// bindToSandbox leaves the process in the terminal's group: where no kernel
// ends it together with the sandbox, Ctrl-C must reach it.
func bindToSandbox(*exec.Cmd) {}
