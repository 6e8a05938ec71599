package bench

import (
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/worker/polling"
)

// startWorkers starts the workers of one process whose workflows and activities
// go through an interceptor: the SDK takes those of the client for its polling.
func startWorkers(w *testenv.Env, through interceptor.Interceptor) {
	w.T.Helper()
	pollWith(w, connect(w, func(o *client.Options) { o.Interceptors = []interceptor.ClientInterceptor{through} }))
}

// startCounted starts the workers of one process whose requests to Temporal are counted.
func startCounted(w *testenv.Env, counted *asked) {
	w.T.Helper()
	pollWith(w, connect(w, func(o *client.Options) {
		o.ConnectionOptions.DialOptions = []grpc.DialOption{grpc.WithChainUnaryInterceptor(counted.count)}
	}))
}

// connect gives a connection as engine.Connect does, changed in one way.
func connect(w *testenv.Env, change func(*client.Options)) client.Client {
	w.T.Helper()
	codec, err := payload.Codec(w.Settings)
	fatal(w.T, err)
	options := client.Options{
		HostPort: w.Server.Address(), Namespace: w.Namespace, Logger: engine.TemporalLogger(zap.NewNop()),
		DataConverter: engine.DataConverter(codec), FailureConverter: engine.FailureConverter(codec),
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}},
	}
	change(&options)
	c, err := client.NewLazyClient(options)
	fatal(w.T, err)
	w.T.Cleanup(c.Close)
	return c
}

func pollWith(w *testenv.Env, c client.Client) {
	w.T.Helper()
	running, err := polling.Start(w.T.Context(), polling.Options{
		Client: c, Index: index.New(c), Namespace: w.Namespace, Settings: settings.NewStore(w.Settings), Logger: zap.NewNop(),
	})
	fatal(w.T, err)
	w.T.Cleanup(running.Stop)
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// equallyUrgent is one process in which every request has the same urgency.
func equallyUrgent(w *testenv.Env) { startWorkers(w, &oneUrgency{}) }

type oneUrgency struct{ interceptor.InterceptorBase }

// InterceptWorkflow implements [interceptor.WorkerInterceptor].
func (*oneUrgency) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	i := &oneUrgencyInbound{}
	i.Next = next
	return i
}

type oneUrgencyInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (i *oneUrgencyInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	o := &oneUrgencyOutbound{}
	o.Next = outbound
	return i.Next.Init(o)
}

type oneUrgencyOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (o *oneUrgencyOutbound) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	equal := temporal.Priority{PriorityKey: int(order.UrgencyNew)}
	return o.Next.ExecuteActivity(workflow.WithPriority(ctx, equal), activityType, args...)
}

// watchedOrders asks over a connection of its own, whose requests are counted.
func watchedOrders(w *testenv.Env, counted *asked) *service.Orders {
	w.T.Helper()
	c := connect(w, func(o *client.Options) {
		o.ConnectionOptions.DialOptions = []grpc.DialOption{grpc.WithChainUnaryInterceptor(counted.count)}
	})
	return service.NewOrders(c, index.New(c), w.Namespace, settings.NewStore(w.Settings))
}
