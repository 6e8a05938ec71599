package tracing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"
)

// headerKey is the header of Temporal's requests that has the trace context. Headers
// are not encrypted: a worker that lacks a key can read them.
const headerKey = "_tracer-data"

// longTimer is the shortest timer whose end starts a new trace. Shorter ones are waits
// within what goes on.
const longTimer = 10 * time.Second

// spanKey is where the SDK's interceptor keeps the current span.
type spanKey struct{}

// Interceptors trace a client of Temporal and the workers that use it. A workflow's
// steps belong to the trace of the signal, the update or the start that caused them. A
// workflow may live for months, so there is no span of its whole run, and what follows
// a timer is a trace of its own with a link to the one before.
func (t *Tracing) Interceptors() ([]interceptor.ClientInterceptor, error) {
	if t == nil {
		return nil, nil
	}
	sdk, err := opentelemetry.NewTracer(opentelemetry.TracerOptions{
		Tracer: t.tracer(), TextMapPropagator: propagation.TraceContext{}, DisableBaggage: true,
		// Pages query all the time.
		DisableQueryTracing: true,
		// What cannot be read in a header must not stop an order.
		AllowInvalidParentSpans: true,
		SpanContextKey:          spanKey{}, HeaderKey: headerKey,
		SpanStarter: startSpan,
	})
	if err != nil {
		return nil, fmt.Errorf("traces of Temporal's SDK: %w", err)
	}
	spans := sdkTracer{sdk}
	return []interceptor.ClientInterceptor{
		&separate{}, interceptor.NewTracingInterceptor(spans), &causes{tracer: t.tracer(), sdk: spans},
	}, nil
}

// endless are the SDK's spans that would last for months, or that are repeated with
// every replay. They are left out; what they cause belongs to their parent.
var endless = []string{"RunWorkflow:", "HandleUpdate:", "ValidateUpdate:", "StartActivity:HoldLane", "RunActivity:HoldLane"}

func startSpan(ctx context.Context, tracer trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
	if slices.ContainsFunc(endless, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		return trace.SpanFromContext(ctx)
	}
	_, span := tracer.Start(ctx, name, options...)
	return span
}

// sdkTracer has the lines of workflows and activities name their trace as all others do.
type sdkTracer struct{ interceptor.Tracer }

// GetLogger implements [interceptor.Tracer].
func (sdkTracer) GetLogger(logger log.Logger, span interceptor.TracerSpanRef) log.Logger {
	if s, ok := span.(trace.Span); ok && s.SpanContext().IsValid() {
		return log.With(logger, "trace_id", s.SpanContext().TraceID().String())
	}
	return logger
}

// span is a span of the SDK's interceptor with the context of another one.
func (t sdkTracer) span(of trace.SpanContext) interceptor.TracerSpan {
	return t.SpanFromContext(trace.ContextWithRemoteSpanContext(context.Background(), of))
}

// separate gives each signal that an activity sends a trace of its own: a poll that
// finds a hundred orders would otherwise be one trace of a hundred imports.
type separate struct {
	interceptor.ClientInterceptorBase
}

// senderKey is where the span of the activity that sends the signal is kept.
type senderKey struct{}

// InterceptClient implements [interceptor.ClientInterceptor].
func (*separate) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	return &separateOutbound{interceptor.ClientOutboundInterceptorBase{Next: next}}
}

type separateOutbound struct {
	interceptor.ClientOutboundInterceptorBase
}

func (s *separateOutbound) SignalWorkflow(ctx context.Context, in *interceptor.ClientSignalWorkflowInput) error {
	return s.Next.SignalWorkflow(separated(ctx), in)
}

func (s *separateOutbound) SignalWithStartWorkflow(ctx context.Context, in *interceptor.ClientSignalWithStartWorkflowInput) (client.WorkflowRun, error) {
	return s.Next.SignalWithStartWorkflow(separated(ctx), in)
}

func separated(ctx context.Context) context.Context {
	sender := trace.SpanContextFromContext(ctx)
	if !activity.IsActivity(ctx) || !sender.IsValid() {
		return ctx
	}
	ctx = context.WithValue(ctx, senderKey{}, sender)
	return trace.ContextWithSpan(context.WithValue(ctx, spanKey{}, nil), nil)
}

// causes knows what caused the steps of a workflow.
type causes struct {
	interceptor.InterceptorBase

	tracer trace.Tracer
	sdk    sdkTracer
}

// InterceptClient implements [interceptor.ClientInterceptor].
func (*causes) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	return &linkedOutbound{interceptor.ClientOutboundInterceptorBase{Next: next}}
}

// linkedOutbound links a signal with the activity that sent it.
type linkedOutbound struct {
	interceptor.ClientOutboundInterceptorBase
}

func (l *linkedOutbound) SignalWorkflow(ctx context.Context, in *interceptor.ClientSignalWorkflowInput) error {
	link(ctx)
	return l.Next.SignalWorkflow(ctx, in)
}

func (l *linkedOutbound) SignalWithStartWorkflow(ctx context.Context, in *interceptor.ClientSignalWithStartWorkflowInput) (client.WorkflowRun, error) {
	link(ctx)
	return l.Next.SignalWithStartWorkflow(ctx, in)
}

func link(ctx context.Context) {
	if sender, ok := ctx.Value(senderKey{}).(trace.SpanContext); ok {
		trace.SpanFromContext(ctx).AddLink(trace.Link{SpanContext: sender})
	}
}

// InterceptWorkflow implements [interceptor.WorkerInterceptor].
func (c *causes) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	in := &causedInbound{cause: &cause{causes: c}}
	in.Next = next
	return in
}

// causedInbound notes what comes to one run of a workflow.
type causedInbound struct {
	interceptor.WorkflowInboundInterceptorBase

	cause *cause
}

func (i *causedInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	o := &causedOutbound{cause: i.cause}
	o.Next = outbound
	return i.Next.Init(o)
}

func (i *causedInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	if !i.cause.noted { // a signal may come before
		i.cause.note(ctx)
	}
	return i.Next.ExecuteWorkflow(ctx, in)
}

func (i *causedInbound) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	i.cause.note(ctx)
	return i.Next.HandleSignal(ctx, in)
}

func (i *causedInbound) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	i.cause.note(ctx)
	return i.Next.ExecuteUpdate(ctx, in)
}

// causedOutbound puts what a run does into the trace of its cause.
type causedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	cause *cause
}

func (o *causedOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	return o.Next.ExecuteActivity(o.cause.apply(ctx), name, args...)
}

func (o *causedOutbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	return o.Next.ExecuteLocalActivity(o.cause.apply(ctx), name, args...)
}

func (o *causedOutbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	return o.Next.ExecuteChildWorkflow(o.cause.apply(ctx), name, args...)
}

func (o *causedOutbound) NewContinueAsNewError(ctx workflow.Context, run any, args ...any) error {
	return o.Next.NewContinueAsNewError(o.cause.apply(ctx), run, args...)
}

func (o *causedOutbound) NewTimer(ctx workflow.Context, after time.Duration) workflow.Future {
	return o.cause.timed(after, o.Next.NewTimer(ctx, after))
}

func (o *causedOutbound) NewTimerWithOptions(ctx workflow.Context, after time.Duration, options workflow.TimerOptions) workflow.Future {
	return o.cause.timed(after, o.Next.NewTimerWithOptions(ctx, after, options))
}

func (o *causedOutbound) GetLogger(ctx workflow.Context) log.Logger {
	return o.Next.GetLogger(o.cause.current(ctx))
}

// cause is what a run's next steps come from. It changes nothing of what the run does.
type cause struct {
	*causes

	span   trace.SpanContext
	noted  bool // something came
	timers []workflow.Future
}

// note takes the trace of what comes, which may have none.
func (c *cause) note(ctx workflow.Context) {
	c.noted, c.span = true, fromHeader(interceptor.WorkflowHeader(ctx))
}

// timed keeps a timer to see whether it fires.
func (c *cause) timed(after time.Duration, timer workflow.Future) workflow.Future {
	if after >= longTimer {
		c.timers = append(c.timers, timer)
	}
	return timer
}

// fired reports whether a timer has ended since the last call, and was not canceled.
func (c *cause) fired(ctx workflow.Context) (fired bool) {
	c.timers = slices.DeleteFunc(c.timers, func(timer workflow.Future) bool {
		ended := timer.IsReady()
		fired = fired || ended && timer.Get(ctx, nil) == nil
		return ended
	})
	return fired
}

// apply gives the context of a step. It starts a new trace where a timer or nothing
// that is known caused it; on replay that is left to the first step that is not
// replayed.
func (c *cause) apply(ctx workflow.Context) workflow.Context {
	if c.fired(ctx) || !c.span.IsValid() {
		before := c.span
		c.span = trace.SpanContext{}
		if !workflow.IsReplaying(ctx) {
			c.span = c.wake(workflow.GetInfo(ctx), before)
		}
	}
	return c.current(ctx)
}

func (c *cause) current(ctx workflow.Context) workflow.Context {
	return workflow.WithValue(ctx, spanKey{}, c.sdk.span(c.span))
}

// wake is the root of a new trace, a moment long.
func (c *cause) wake(info *workflow.Info, before trace.SpanContext) trace.SpanContext {
	options := []trace.SpanStartOption{
		trace.WithNewRoot(),
		trace.WithAttributes(
			attribute.String("temporalWorkflowID", info.WorkflowExecution.ID), attribute.String("temporalRunID", info.WorkflowExecution.RunID),
		),
	}
	if before.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: before}))
	}
	_, span := c.tracer.Start(context.Background(), "WakeWorkflow:"+info.WorkflowType.Name, options...)
	span.End()
	return span.SpanContext()
}

// fromHeader is the trace context of a header, none where it cannot be read.
func fromHeader(header map[string]*commonpb.Payload) trace.SpanContext {
	var carrier propagation.MapCarrier
	if payload := header[headerKey]; payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &carrier) != nil {
		return trace.SpanContext{}
	}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
}
