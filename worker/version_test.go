package main

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		flags versionFlags
		want  worker.WorkerDeploymentVersion
		fails string
	}{
		"none":                      {},
		"both":                      {versionFlags{"cartumsync", "v1"}, worker.WorkerDeploymentVersion{DeploymentName: "cartumsync", BuildID: "v1"}, ""},
		"no deployment":             {versionFlags{build: "v1"}, worker.WorkerDeploymentVersion{}, "needs --deployment-name"},
		"a dot in the name":         {versionFlags{"cartum.sync", "v1"}, worker.WorkerDeploymentVersion{}, "no dot"},
		"a build of unknown origin": {versionFlags{deployment: "cartumsync"}, worker.WorkerDeploymentVersion{}, "needs --build-id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.flags.version()
			if test.fails != "" { // the program of a test has no revision
				require.ErrorContains(t, err, test.fails)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestRevisionIsWhatTheProgramWasBuiltFrom(t *testing.T) {
	t.Parallel()
	built := func(modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "5eedf00d"}, {Key: "vcs.modified", Value: modified}}}
	}
	assert.Equal(t, "5eedf00d", revision(built("false")))
	assert.Equal(t, "5eedf00d-modified", revision(built("true")), "which is another program each time")
	assert.Empty(t, revision(&debug.BuildInfo{}))
	assert.Empty(t, revision(nil))
}
