// Package process is what the worker and the starter have in common: flags,
// settings, the connection to Temporal, and an orderly end.
package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/metrics"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/tracing"
)

// Flags are those that every command has.
type Flags struct {
	SettingsPath string
	LogFormat    string
	LogLevel     string
}

// Add declares the flags, each with its environment variable's value as default.
func (f *Flags) Add(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.SettingsPath, "settings", cmp.Or(os.Getenv("CARTUMSYNC_SETTINGS"), "settings.yaml"), "settings file, also CARTUMSYNC_SETTINGS")
	flags.StringVar(&f.LogFormat, "log-format", cmp.Or(os.Getenv("CARTUMSYNC_LOG_FORMAT"), "json"), "json or console, also CARTUMSYNC_LOG_FORMAT")
	flags.StringVar(&f.LogLevel, "log-level", cmp.Or(os.Getenv("CARTUMSYNC_LOG_LEVEL"), "info"), "debug, info, warn or error, also CARTUMSYNC_LOG_LEVEL")
}

// Main runs a command until it ends or the process is told to stop; a second
// signal ends it at once. An error, which cobra has printed, ends the process
// with 1, or with the error's own ExitCode.
func Main(cmd *cobra.Command) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := cmd.ExecuteContext(ctx)
	stop()
	os.Exit(ExitCode(err))
}

// ExitCode is the code that a command's error ends the process with.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		return coded.ExitCode()
	}
	return 1
}

// Env is what a command works with.
type Env struct {
	// Settings are those at the start, of a file that may be followed.
	Settings *settings.Settings
	File     *settings.File
	Logger   *zap.Logger
	Codec    converter.PayloadCodec
	Metrics  *metrics.Metrics
	// Tracing exports the process's spans; nil exports none.
	Tracing *tracing.Tracing
	// Repeated notes workflow tasks that fail again and again, of a worker.
	Repeated *engine.RepeatedTasks
}

// Open reads the settings and makes the logger.
func (f *Flags) Open() (Env, error) {
	logger, err := engine.NewLogger(f.LogFormat, f.LogLevel)
	if err != nil {
		return Env{}, err
	}
	file, err := settings.Open(f.SettingsPath, os.LookupEnv, logger)
	if err != nil {
		return Env{}, err
	}
	s := file.Store().Current()
	codec, err := payload.Codec(s)
	if err != nil {
		return Env{}, err
	}
	shown, err := metrics.New()
	if err != nil {
		return Env{}, err
	}
	names, err := payload.KeyNames(s)
	if err != nil {
		return Env{}, err
	}
	shown.ShowKeys(names)
	return Env{Settings: s, File: file, Logger: logger, Codec: codec, Metrics: shown, Repeated: engine.NewRepeatedTasks()}, nil
}

// Run opens what a program works with, exports its spans where the environment asks for that, and closes it all after the work.
func (f *Flags) Run(ctx context.Context, program string, work func(Env) error) error {
	env, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = env.Logger.Sync() }() // a terminal cannot be synced
	if env.Tracing, err = tracing.Open(ctx, "cartumsync-"+program, env.Logger); err != nil {
		return err
	}
	defer env.Tracing.Close() //nolint:contextcheck // what is left is exported after ctx has ended
	return work(env)
}

// Connect waits for Temporal and gives a client and its namespace, whose orders must
// have been made with the settings' identity key.
func (e Env) Connect(ctx context.Context, program string) (client.Client, string, error) {
	interceptors, err := e.Tracing.Interceptors()
	if err != nil {
		return nil, "", err
	}
	c, err := engine.Connect(ctx, engine.Options{
		Logger: e.Logger, Codec: e.Codec, Identity: identity(program), Metrics: e.Metrics.Temporal(), Repeated: e.Repeated,
		Interceptors: interceptors,
	})
	if err != nil {
		return nil, "", err
	}
	namespace, err := Namespace()
	if err == nil {
		err = e.checkIdentityKey(ctx, c, namespace)
	}
	if err != nil {
		c.Close()
		return nil, "", err
	}
	return c, namespace, nil
}

// checkIdentityKey goes on where the key cannot be compared, as on a server that lets
// nobody change its namespaces.
func (e Env) checkIdentityKey(ctx context.Context, c client.Client, namespace string) error {
	err := engine.CheckIdentityKey(ctx, c, namespace, []byte(e.Settings.IdentityKey.Reveal()))
	if errors.Is(err, engine.ErrIdentityKey) {
		return err
	}
	if err != nil {
		e.Logger.Warn("it is not checked that all processes have the same identity_key", zap.Error(err))
	}
	return nil
}

// Namespace is the one that environment or profile name.
func Namespace() (string, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return "", fmt.Errorf("temporal environment or profile: %w", err)
	}
	return cmp.Or(options.Namespace, client.DefaultNamespace), nil
}

func identity(program string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s@%s:%d", program, host, os.Getpid())
}

// TemporalCheck is the readiness check of the connection. It reads the namespace,
// which Temporal takes from its database: without that the server still calls
// itself healthy, and can do nothing.
func TemporalCheck(c client.Client, namespace string) engine.Check {
	return engine.Check{Name: "temporal", Run: func(ctx context.Context) error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
		return err
	}}
}

// SettingsCheck shows the problem of a settings file that cannot be used. The old settings are in force then, and work: to
// stop because of a typing error would be worse.
func SettingsCheck(problem func() error) engine.Check {
	return engine.Check{Name: "settings", Advisory: true, Run: func(context.Context) error { return problem() }}
}

// HealthTimeout is how long a readiness check may take: less than the second that
// Kubernetes waits by default.
const HealthTimeout = 800 * time.Millisecond
