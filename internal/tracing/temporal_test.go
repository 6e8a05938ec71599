package tracing

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
)

// workflowIn is a test environment whose worker is traced.
func workflowIn(t *testing.T, traced *Tracing, header *commonpb.Payload) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	interceptors, err := traced.Interceptors()
	require.NoError(t, err)
	var ofWorkers []interceptor.WorkerInterceptor
	for _, one := range interceptors {
		if both, ok := one.(interceptor.WorkerInterceptor); ok {
			ofWorkers = append(ofWorkers, both)
		}
	}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: ofWorkers})
	if header != nil {
		env.SetHeader(&commonpb.Header{Fields: map[string]*commonpb.Payload{headerKey: header}})
	}
	env.RegisterActivity(Step)
	return env
}

// Step is what the workflows of these tests do.
func Step(context.Context) error { return nil }

func step(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	return workflow.ExecuteActivity(ctx, Step).Get(ctx, nil)
}

func localStep(ctx workflow.Context) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
	return workflow.ExecuteLocalActivity(ctx, Step).Get(ctx, nil)
}

func callersHeader(t *testing.T) *commonpb.Payload {
	t.Helper()
	payload, err := converter.GetDefaultDataConverter().ToPayload(map[string]string{"traceparent": traceparent})
	require.NoError(t, err)
	return payload
}

// steps are the spans of activities that ran, in the order of their start.
func steps(spans tracetest.SpanStubs) tracetest.SpanStubs {
	ran := slices.DeleteFunc(slices.Clone(spans), func(s tracetest.SpanStub) bool { return s.Name != "RunActivity:Step" })
	slices.SortStableFunc(ran, func(a, b tracetest.SpanStub) int { return a.EndTime.Compare(b.EndTime) })
	return ran
}

func named(spans tracetest.SpanStubs, name string) tracetest.SpanStubs {
	return slices.DeleteFunc(slices.Clone(spans), func(s tracetest.SpanStub) bool { return s.Name != name })
}

func TestStepsBelongToTheTraceThatStartedTheWorkflow(t *testing.T) {
	t.Parallel()
	traced, spans := recorded(t)
	env := workflowIn(t, traced, callersHeader(t))
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		if err := localStep(ctx); err != nil {
			return err
		}
		if err := workflow.Sleep(ctx, longTimer-time.Second); err != nil { // a wait within the import
			return err
		}
		return step(ctx)
	})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, steps(spans()), 2)
	for _, span := range spans() {
		assert.Equal(t, callersTrace, span.SpanContext.TraceID().String(), span.Name)
		assert.NotContains(t, span.Name, "RunWorkflow", "a span of a whole run would last for months")
	}
}

func TestTimerStartsATraceOfItsOwn(t *testing.T) {
	t.Parallel()
	traced, spans := recorded(t)
	env := workflowIn(t, traced, callersHeader(t))
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		if err := step(ctx); err != nil {
			return err
		}
		withdrawn, cancel := workflow.WithCancel(ctx)
		workflow.NewTimer(withdrawn, time.Hour)
		cancel()
		if err := step(ctx); err != nil {
			return err
		}
		if err := workflow.Sleep(ctx, 30*24*time.Hour); err != nil {
			return err
		}
		if err := localStep(ctx); err != nil {
			return err
		}
		return step(ctx)
	})
	require.NoError(t, env.GetWorkflowError())
	ran := steps(spans())
	require.Len(t, ran, 4)
	for _, early := range ran[:2] {
		assert.Equal(t, callersTrace, early.SpanContext.TraceID().String())
	}
	woken := spans()
	roots := slices.DeleteFunc(woken, func(s tracetest.SpanStub) bool { return s.Parent.IsValid() })
	require.Len(t, roots, 1)
	assert.Regexp(t, "^WakeWorkflow:", roots[0].Name)
	require.Len(t, roots[0].Links, 1)
	assert.Equal(t, callersTrace, roots[0].Links[0].SpanContext.TraceID().String())
	for _, late := range ran[2:] {
		assert.Equal(t, roots[0].SpanContext.TraceID(), late.SpanContext.TraceID())
	}
}

func TestHeaderThatCannotBeReadStopsNothing(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]*commonpb.Payload{
		"encrypted with a key that is gone": {Metadata: map[string][]byte{"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte("k0")}, Data: []byte("?")},
		"not of the form":                   {Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`["x"]`)},
		"no trace":                          {Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`{"traceparent":"00-nonsense"}`)},
		"empty":                             {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traced, spans := recorded(t)
			env := workflowIn(t, traced, header)
			env.ExecuteWorkflow(step)
			require.NoError(t, env.GetWorkflowError())
			require.Len(t, steps(spans()), 1)
			root := named(spans(), "WakeWorkflow:step")
			require.Len(t, root, 1)
			assert.Equal(t, root[0].SpanContext.TraceID(), steps(spans())[0].SpanContext.TraceID())
		})
	}
}

// clientOf is a client whose signals go nowhere; it gives the trace context that each one carries.
func clientOf(t *testing.T, traced *Tracing) (client.Client, func() trace.SpanContext) {
	t.Helper()
	interceptors, err := traced.Interceptors()
	require.NoError(t, err)
	var sent trace.SpanContext
	take := func(_ context.Context, _ string, request, _ any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
		if signal, ok := request.(*workflowservice.SignalWorkflowExecutionRequest); ok {
			sent = fromHeader(signal.GetHeader().GetFields())
		}
		return nil
	}
	c, err := client.NewLazyClient(client.Options{
		Interceptors:      interceptors,
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithUnaryInterceptor(take)}},
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, func() trace.SpanContext { return sent }
}

// A poll that notifies a hundred orders is not one trace of a hundred imports.
func TestSignalOfAnActivityStartsATraceWithALink(t *testing.T) {
	t.Parallel()
	traced, spans := recorded(t)
	c, sent := clientOf(t, traced)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	var poll trace.Span
	activity := func(ctx context.Context) error {
		ctx, poll = traced.tracer().Start(ctx, "RunActivity:Poll")
		defer poll.End()
		return c.SignalWorkflow(ctx, "order:demo:1", "", "status-changed", nil)
	}
	env.RegisterActivity(activity)
	_, err := env.ExecuteActivity(activity)
	require.NoError(t, err)
	signal := named(spans(), "SignalWorkflow:status-changed")
	require.Len(t, signal, 1)
	assert.Equal(t, signal[0].SpanContext.SpanID(), sent().SpanID())
	assert.False(t, signal[0].Parent.IsValid())
	assert.NotEqual(t, poll.SpanContext().TraceID(), signal[0].SpanContext.TraceID())
	require.Len(t, signal[0].Links, 1)
	assert.Equal(t, poll.SpanContext().SpanID(), signal[0].Links[0].SpanContext.SpanID())

	ctx, request := traced.tracer().Start(t.Context(), "PUT /webhooks")
	require.NoError(t, c.SignalWorkflow(ctx, "order:demo:1", "", "status-changed", nil))
	assert.Equal(t, request.SpanContext().TraceID(), sent().TraceID(), "a webhook's signal stays in its trace")
}
