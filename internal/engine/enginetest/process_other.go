//go:build !linux

package enginetest

import (
	"fmt"
	"os/exec"
)

// bindToParent runs the server under a shell that ends it when its standard input closes, thus also when the test binary
// is killed.
func bindToParent(cmd *exec.Cmd) error {
	shell, err := exec.LookPath("sh")
	if err != nil {
		return fmt.Errorf("shell that ends the server with the tests: %w", err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		return err
	}
	const guard = `"$@" & server=$!; cat >/dev/null; kill -9 $server`
	cmd.Args = append([]string{"sh", "-c", guard, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = shell
	return nil
}
