package main

import (
	"errors"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/worker"
)

// versionFlags say which version of which Worker Deployment the worker is. Without a
// deployment's name it is none, and carries on all workflows.
type versionFlags struct{ deployment, build string }

// add declares the flags. Their variables are those that Temporal's Worker Controller
// for Kubernetes sets.
func (f *versionFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.deployment, "deployment-name", os.Getenv("TEMPORAL_DEPLOYMENT_NAME"),
		"Worker Deployment that this worker belongs to, also TEMPORAL_DEPLOYMENT_NAME; without it there is no Worker Versioning")
	cmd.Flags().StringVar(&f.build, "build-id", os.Getenv("TEMPORAL_WORKER_BUILD_ID"),
		"its version there, also TEMPORAL_WORKER_BUILD_ID; by default the revision that the program was built from")
}

func (f *versionFlags) version() (worker.WorkerDeploymentVersion, error) {
	v := worker.WorkerDeploymentVersion{DeploymentName: f.deployment, BuildID: f.build}
	switch {
	case v.DeploymentName == "" && v.BuildID == "":
		return v, nil
	case v.DeploymentName == "":
		return v, errors.New("--build-id needs --deployment-name")
	case strings.ContainsAny(v.DeploymentName, ".:"):
		return v, errors.New("--deployment-name must have no dot and no colon, which separate it from build ids")
	}
	if v.BuildID == "" {
		info, _ := debug.ReadBuildInfo()
		v.BuildID = revision(info)
	}
	if v.BuildID == "" {
		return v, errors.New("--deployment-name needs --build-id, for the program does not know what it was built from")
	}
	return v, nil
}

// revision is the commit that the program was built from, "" where it is not known.
func revision(info *debug.BuildInfo) string {
	if info == nil {
		return ""
	}
	set := map[string]string{}
	for _, setting := range info.Settings {
		set[setting.Key] = setting.Value
	}
	if set["vcs.revision"] != "" && set["vcs.modified"] == "true" {
		return set["vcs.revision"] + "-modified"
	}
	return set["vcs.revision"]
}
