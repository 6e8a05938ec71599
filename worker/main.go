// Worker runs the workflows and carries out their activities.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/worker/polling"
)

func main() { process.Main(command()) }

func command() *cobra.Command {
	var flags process.Flags
	var version versionFlags
	var listen string
	var cached int
	cmd := &cobra.Command{
		Use:          "worker",
		Short:        "Run the workflows of orders and the requests that they make",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.Run(cmd.Context(), "worker", func(env process.Env) error { return run(cmd.Context(), env, version, listen, cached) })
		},
	}
	flags.Add(cmd)
	cmd.Flags().StringVar(&listen, "listen", ":9090", "address of /healthz, /readyz and /metrics")
	cmd.Flags().IntVar(&cached, "cached-orders", 2000, "orders kept in memory between their events, about 40 KiB each")
	version.add(cmd)
	return cmd
}

func run(ctx context.Context, env process.Env, version versionFlags, listen string, cached int) error {
	v, err := version.version()
	if err != nil {
		return err
	}
	worker.SetStickyWorkflowCacheSize(cached)

	// The health page answers while Temporal is waited for.
	group, working := errgroup.WithContext(ctx)
	var ready readiness
	pages := http.NewServeMux()
	pages.Handle("/", engine.NewHealth(process.HealthTimeout, ready.check(), process.SettingsCheck(env.File.Problem)).WithReport(ready.report))
	pages.Handle("GET /metrics", env.Metrics.Handler())
	group.Go(func() error { return engine.Serve(working, listen, pages, env.Logger) })
	group.Go(func() error { env.File.Follow(working); return nil })
	group.Go(func() error { return poll(working, env, v, &ready) })
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// poll works until ctx ends, then lets what is in flight finish.
func poll(ctx context.Context, env process.Env, version worker.WorkerDeploymentVersion, ready *readiness) error {
	c, namespace, err := env.Connect(ctx, "worker")
	if err != nil {
		return err
	}
	defer c.Close()
	ix := index.New(c)
	running, err := untilTemporalAnswers(ctx, env.Logger, func() (*polling.Workers, error) {
		return polling.Start(ctx, polling.Options{
			Client: c, Index: ix, Namespace: namespace, Settings: env.File.Store(), Logger: env.Logger, Metrics: env.Metrics, Repeated: env.Repeated,
			Version: version,
		})
	})
	if err != nil {
		return err
	}
	viewer := health.New(c, ix, namespace, env.File.Store())
	env.Metrics.ShowOverview(viewer.Last)
	go viewer.Run(ctx, env.Logger)
	ready.set(process.TemporalCheck(c, namespace), viewer)
	env.Logger.Info("worker is running", zap.Int("accounts", len(env.Settings.Accounts)), zap.Int("shops", len(env.Settings.Shops)),
		zap.String("settings", env.Settings.Revision), zap.Int("pid", os.Getpid()))
	if version.DeploymentName != "" {
		env.Logger.Info("workflows come once this version is current or ramping: temporal worker deployment set-current-version",
			zap.String("deployment-name", version.DeploymentName), zap.String("build-id", version.BuildID))
	}
	go running.Follow(ctx)
	select {
	case err = <-running.Fatal():
		err = fmt.Errorf("a worker ended by itself: %w", err)
	case <-ctx.Done():
		env.Logger.Info("stopping: no new work is taken, requests in flight are finished")
	}
	running.Stop()
	env.Logger.Info("stopped")
	return err
}

// untilTemporalAnswers tries again what failed for want of Temporal, which may be lost between connecting and the first
// poll.
func untilTemporalAnswers[T any](ctx context.Context, logger *zap.Logger, try func() (T, error)) (T, error) {
	for {
		result, err := try()
		if err == nil || !engine.Transient(err) {
			return result, err
		}
		logger.Warn("waiting for Temporal, which was lost before the first poll", zap.Error(err))
		select {
		case <-ctx.Done():
			return result, err
		case <-time.After(time.Second):
		}
	}
}
