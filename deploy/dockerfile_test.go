package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ignored reports whether .dockerignore keeps a file of the project out of the build.
func ignored(t *testing.T) func(path string) bool {
	t.Helper()
	text, err := os.Open("../.dockerignore")
	require.NoError(t, err)
	defer func() { assert.NoError(t, text.Close()) }()
	patterns, err := ignorefile.ReadAll(text)
	require.NoError(t, err)
	matcher, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	return func(path string) bool {
		matches, err := matcher.MatchesOrParentMatches(path)
		require.NoError(t, err)
		return matches
	}
}

// What the Dockerfile compiles is in the build's context, with all that it embeds.
func TestTheBuildHasEverySource(t *testing.T) {
	t.Parallel()
	dockerfile, err := os.ReadFile("../Dockerfile")
	require.NoError(t, err)
	build := regexp.MustCompile(`go build .* -o /out/ (.*)`).FindSubmatch(dockerfile)
	require.NotNil(t, build, "the Dockerfile's command that builds the programs")
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles"}, strings.Fields(string(build[1]))...)...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	packages, err := cmd.Output()
	require.NoError(t, err)

	root, err := filepath.Abs("..")
	require.NoError(t, err)
	isIgnored, seen := ignored(t), 0
	for decoder := json.NewDecoder(bytes.NewReader(packages)); ; {
		var p struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, file := range append(p.GoFiles, p.EmbedFiles...) {
			path, err := filepath.Rel(root, filepath.Join(p.Dir, file))
			require.NoError(t, err)
			// The Dockerfile copies these from another stage.
			if strings.HasPrefix(path, "pages/assets/npm/") {
				continue
			}
			seen++
			assert.False(t, isIgnored(path), "%s is compiled, but .dockerignore keeps it out of the build", path)
		}
	}
	assert.Greater(t, seen, 100, "files that are compiled")
}

// Settings and secrets never belong into an image or the build's cache.
func TestTheBuildHasNoSecrets(t *testing.T) {
	t.Parallel()
	isIgnored := ignored(t)
	for _, path := range []string{".env", ".env.old", "secrets.env", "settings.yaml", "settings/settings.yaml", "settings/kwiaty", ".git/config", "deploy/secrets.env.example"} {
		assert.True(t, isIgnored(path), path)
	}
	assert.False(t, isIgnored("go.mod"))
}
