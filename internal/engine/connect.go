package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

var (
	// ErrNamespaceMissing means that Temporal answers, but has no such namespace.
	ErrNamespaceMissing = errors.New("namespace does not exist")
	// ErrPermissionDenied means that Temporal answers, but refuses the credentials.
	ErrPermissionDenied = errors.New("permission denied")
)

// minServer is the oldest server that knows priorities.
var minServer = version{1, 29}

// Options of [Connect].
type Options struct {
	// Logger is required; the SDK logs through it too.
	Logger *zap.Logger
	// Codec encrypts payloads. Nil means none.
	Codec converter.PayloadCodec
	// Identity of this process in Temporal. Empty means process id and host.
	Identity string
	// HostPort and Namespace override what environment and profile say.
	HostPort  string
	Namespace string
	// Metrics receives the SDK's metrics. Nil means none.
	Metrics client.MetricsHandler
	// Interceptors are of the client, and of the workers that use it.
	Interceptors []interceptor.ClientInterceptor
	// Repeated notes workflow tasks that fail again and again. Nil notes none.
	Repeated *RepeatedTasks
}

// Connect returns a client for the server that Temporal's standard environment variables (TEMPORAL_ADDRESS,
// TEMPORAL_NAMESPACE, TEMPORAL_TLS..., TEMPORAL_API_KEY) or TOML profile name. It waits until the server answers and the
// namespace exists, and says in the log what it waits for. It gives up when ctx ends, with [ErrPermissionDenied] at once, and
// with [ErrNamespaceMissing] after a while, for a server that was just set up makes its namespaces a moment later.
func Connect(ctx context.Context, opts Options) (client.Client, error) {
	clientOptions, err := opts.clientOptions()
	if err != nil {
		return nil, err
	}
	c, err := client.NewLazyClient(clientOptions)
	if err != nil {
		return nil, fmt.Errorf("temporal client: %w", err)
	}
	w := waiter{
		service:        c.WorkflowService(),
		logger:         opts.Logger,
		hostPort:       clientOptions.HostPort,
		namespace:      clientOptions.Namespace,
		firstDelay:     500 * time.Millisecond,
		maxDelay:       15 * time.Second,
		attempt:        5 * time.Second,
		namespaceGrace: 30 * time.Second,
	}
	if err := w.wait(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (o Options) clientOptions() (client.Options, error) {
	// The profile may name a remote codec; ours runs in this process, so it is not asked for.
	opts, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("temporal environment or profile: %w", err)
	}
	opts.HostPort = cmp.Or(o.HostPort, opts.HostPort, client.DefaultHostPort)
	opts.Namespace = cmp.Or(o.Namespace, opts.Namespace, client.DefaultNamespace)
	opts.Identity = o.Identity
	opts.Logger = TemporalLogger(o.Logger)
	opts.MetricsHandler = o.Metrics
	opts.Interceptors = o.Interceptors
	if o.Repeated != nil {
		opts.ConnectionOptions.DialOptions = append(opts.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(o.Repeated.intercept))
	}
	// Payloads are compressed before they are encrypted. To compress requests once
	// more takes nearly a tenth of a process's time, and the server's, and saves
	// little.
	opts.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	opts.DataConverter = DataConverter(o.Codec)
	opts.FailureConverter = FailureConverter(o.Codec)
	return opts, nil
}

// waiter waits for a server and its namespace.
type waiter struct {
	service   workflowservice.WorkflowServiceClient
	logger    *zap.Logger
	hostPort  string
	namespace string

	firstDelay     time.Duration // grows up to maxDelay
	maxDelay       time.Duration
	attempt        time.Duration // longest time of one try
	namespaceGrace time.Duration
}

func (w waiter) wait(ctx context.Context) error {
	var missingSince time.Time
	for delay := w.firstDelay; ; delay = min(2*delay, w.maxDelay) {
		err := w.check(ctx)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ErrPermissionDenied):
			return w.fail(err)
		case errors.Is(err, ErrNamespaceMissing):
			if missingSince.IsZero() {
				missingSince = time.Now()
			} else if time.Since(missingSince) > w.namespaceGrace {
				return w.fail(fmt.Errorf("%w; create it with: temporal operator namespace create --namespace %s", err, w.namespace))
			}
		default:
			missingSince = time.Time{}
		}
		if ctx.Err() == nil {
			w.logger.Warn(fmt.Sprintf("waiting for Temporal at %s, namespace %s: %v", w.hostPort, w.namespace, err),
				zap.Duration("next_try", delay))
		}
		if sleepErr := sleep(ctx, delay); sleepErr != nil {
			return w.fail(fmt.Errorf("%w: %w", err, sleepErr))
		}
	}
}

func (w waiter) fail(err error) error {
	return fmt.Errorf("temporal at %s, namespace %s: %w", w.hostPort, w.namespace, err)
}

// check tries once.
func (w waiter) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.attempt)
	defer cancel()
	_, err := w.service.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: w.namespace})
	if err != nil {
		return classify(err)
	}
	// Temporal's services know a new namespace some seconds after it is there.
	_, err = w.service.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: w.namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: OrdersQueue}, TaskQueueType: enumspb.TASK_QUEUE_TYPE_WORKFLOW,
	})
	if err != nil {
		return classify(err)
	}
	info, err := w.service.GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		return classify(err)
	}
	fields := []zap.Field{
		zap.String("address", w.hostPort), zap.String("namespace", w.namespace), zap.String("server", info.GetServerVersion()),
	}
	w.logger.Info("connected to Temporal", fields...)
	if v, ok := parseVersion(info.GetServerVersion()); ok && v.before(minServer) {
		w.logger.Warn(fmt.Sprintf("Temporal's server is older than %v: priorities may not work", minServer), fields...)
	}
	return nil
}

// classify distinguishes the answers that waiting does not change from the others.
func classify(err error) error {
	if _, ok := errors.AsType[*serviceerror.NamespaceNotFound](err); ok {
		return ErrNamespaceMissing
	}
	if refused(err) {
		return fmt.Errorf("%w: %w", ErrPermissionDenied, err)
	}
	return err
}

// Transient reports whether an error says that Temporal did not answer in time or could not, so that another try may
// succeed, and nothing about what was asked.
func Transient(err error) bool {
	switch serviceerror.ToStatus(err).Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Internal:
		return true
	default:
		return false
	}
}

func refused(err error) bool {
	code := serviceerror.ToStatus(err).Code()
	return code == codes.PermissionDenied || code == codes.Unauthenticated
}

func unimplemented(err error) bool {
	return serviceerror.ToStatus(err).Code() == codes.Unimplemented
}

// version is a server's major and minor version.
type version struct{ major, minor int }

func parseVersion(s string) (version, bool) {
	var v version
	n, err := fmt.Sscanf(s, "%d.%d", &v.major, &v.minor)
	return v, n == 2 && err == nil
}

func (v version) before(other version) bool {
	return v.major < other.major || v.major == other.major && v.minor < other.minor
}

func (v version) String() string { return fmt.Sprintf("%d.%d", v.major, v.minor) }
