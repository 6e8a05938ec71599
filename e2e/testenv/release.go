package testenv

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Release is the worker of an earlier commit.
type Release struct {
	// Name is the release's tag, or "HEAD", the last commit, as long as nothing was
	// released.
	Name   string
	Binary string
}

// LastRelease builds the worker of the last release that the working tree is based on,
// once for all tests of the binary. Where git shows no release, it is the last commit's.
func (w *Env) LastRelease() Release {
	w.T.Helper()
	release, err := lastRelease()
	w.must(err)
	w.T.Logf("the worker of %s is the old one", release.Name)
	return release
}

var lastRelease = sync.OnceValues(func() (Release, error) {
	root, err := moduleRoot()
	if err != nil {
		return Release{}, err
	}
	name := "HEAD"
	if tag, err := output(root, "git", "describe", "--tags", "--abbrev=0", "--match", "v*"); err == nil {
		name = strings.TrimSpace(tag)
	}
	own, err := workerBinary() // its directory is removed after the tests
	if err != nil {
		return Release{}, err
	}
	release := Release{Name: name, Binary: filepath.Join(filepath.Dir(own), "worker-of-"+name)}
	tree := release.Binary + ".tree"
	defer func() { _ = os.RemoveAll(tree) }() // a leftover goes with the directory
	if err := os.Mkdir(tree, 0o700); err != nil {
		return Release{}, err
	}
	for _, step := range [][]string{
		{root, "git", "archive", "--output", tree + ".tar", name},
		{tree, "tar", "-xf", tree + ".tar"},
		{tree, "go", "build", "-trimpath", "-buildvcs=false", "-o", release.Binary, "./worker"},
	} {
		if _, err := output(step[0], step[1:]...); err != nil {
			return Release{}, fmt.Errorf("build the worker of %s: %w", name, err)
		}
	}
	return release, nil
})

// output is what a command writes that runs in a folder.
func output(dir string, command ...string) (string, error) {
	cmd := exec.CommandContext(context.Background(), command[0], command[1:]...) //nolint:gosec // nothing in it comes from outside
	cmd.Dir = dir
	var failed strings.Builder
	cmd.Stderr = &failed
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, failed.String())
	}
	return string(text), nil
}
