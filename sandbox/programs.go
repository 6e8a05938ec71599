package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// envTemporal names the Temporal CLI where it is neither on PATH nor built here.
const envTemporal = "CARTUMSYNC_TEMPORAL_CLI"

// findTemporal searches for the Temporal CLI.
func findTemporal() (string, error) {
	if path := os.Getenv(envTemporal); path != "" {
		return path, nil
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return path, nil
	}
	root, err := repository()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "bin", "temporal")
	if _, err := os.Stat(path); err != nil {
		return "", errors.New("there is no Temporal CLI, neither on PATH nor built in bin; run make tools, which builds it in about three minutes")
	}
	return path, nil
}

// repository is the folder of go.mod, from the working directory upwards.
func repository() (string, error) {
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
			return "", errors.New("run the sandbox inside the project's folder: worker and starter are built from there")
		}
		dir = parent
	}
}

// buildPrograms builds worker and starter into a folder.
func buildPrograms(ctx context.Context, into string) error {
	root, err := repository()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", into+string(filepath.Separator), "./worker", "./starter") //nolint:gosec // a folder that we made
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build worker and starter: %w\n%s", err, text)
	}
	return nil
}
