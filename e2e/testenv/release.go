package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

// Release is the worker of an earlier commit.
type Release struct {
	// Name is the release's tag or, as long as nothing was released, the commit that CHANGELOG.md names.
	Name   string
	Binary string
}

// LastRelease builds the worker of the last release that the working tree is based on,
// once for all tests of the binary.
func (w *Env) LastRelease() Release {
	w.T.Helper()
	release, err := lastRelease()
	w.must(err)
	w.T.Logf("the worker of %s is the old one", release.Name)
	return release
}

var lastRelease = sync.OnceValues(func() (Release, error) {
	root, err := enginetest.ModuleRoot()
	if err != nil {
		return Release{}, err
	}
	name, err := lastReleaseName(root)
	if err != nil {
		return Release{}, err
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

var named = regexp.MustCompile("Upgrades are tested from `([0-9a-f]{12})`")

// lastReleaseName is the last release's tag, else the commit that CHANGELOG.md names. A clone without history has
// neither, so what upgrades can be tested from is its only commit.
func lastReleaseName(root string) (string, error) {
	if tag, err := output(root, "git", "describe", "--tags", "--abbrev=0", "--match", "v*"); err == nil {
		return strings.TrimSpace(tag), nil
	}
	if shallow, err := output(root, "git", "rev-parse", "--is-shallow-repository"); err == nil && strings.TrimSpace(shallow) == "true" {
		return "HEAD", nil
	}
	changes, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return "", err
	}
	found := named.FindSubmatch(changes)
	if found == nil {
		return "", errors.New("no tag of a release, and CHANGELOG.md names no commit that upgrades are tested from")
	}
	return string(found[1]), nil
}

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
