package tracing

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// Root gives each request that passes a trace of its own, whatever its headers say.
// It is for requests whose sender nobody vouches for.
func (t *Tracing) Root(next http.Handler) http.Handler {
	return t.serve(next, func(ctx context.Context, _ http.Header) context.Context { return ctx })
}

// Continue goes on with the trace of the header traceparent. It is for requests whose
// sender is known. The header tracestate may hold anything and is left out.
func (t *Tracing) Continue(next http.Handler) http.Handler {
	return t.serve(next, func(ctx context.Context, header http.Header) context.Context {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
		caller := trace.SpanContextFromContext(ctx).WithTraceState(trace.TraceState{})
		return trace.ContextWithRemoteSpanContext(ctx, caller)
	})
}

// serve is a span of each request, named by its route: paths hold keys, and queries
// hold names. That is why it is not otelhttp, which exports both.
func (t *Tracing) serve(next http.Handler, parent func(context.Context, http.Header) context.Context) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.tracer().Start(parent(r.Context(), r.Header), r.Method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(method(r.Method)))
		defer span.End()
		answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(answer, r.WithContext(ctx))
		if route := chi.RouteContext(ctx); route != nil { // known only now
			span.SetName(r.Method + " " + route.RoutePattern())
			span.SetAttributes(semconv.HTTPRoute(route.RoutePattern()))
		}
		status := answer.Status()
		if status == 0 {
			status = http.StatusOK // nothing was written
		}
		span.SetAttributes(semconv.HTTPResponseStatusCode(status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	})
}

func method(name string) attribute.KeyValue { return semconv.HTTPRequestMethodKey.String(name) }

// Requests traces the requests of a client. The attribute says whose they are.
//
// What it returns starts the span of one request, which belongs to the span in ctx;
// without one it does nothing. The template is the path with names in the place of
// values. The span ends with the answer's status, 0 where there was none, and the kind
// of failure, empty for a success.
func Requests[K ~string](of attribute.KeyValue) func(ctx context.Context, verb, template string) (context.Context, func(status int, failed K)) {
	return func(ctx context.Context, verb, template string) (context.Context, func(status int, failed K)) {
		tracer := trace.SpanFromContext(ctx).TracerProvider().Tracer(scope)
		ctx, span := tracer.Start(ctx, verb+" "+template, trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(method(verb), semconv.URLTemplate(template), of))
		return ctx, func(status int, failed K) { end(span, status, string(failed)) }
	}
}

// Shop is the attribute of requests to a shop.
func Shop(id string) attribute.KeyValue { return attribute.String("cartumsync.shop", id) }

// Account is the attribute of requests to an account.
func Account(id string) attribute.KeyValue { return attribute.String("cartumsync.account", id) }

func end(span trace.Span, status int, failure string) {
	if status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	if failure == "" && status >= http.StatusBadRequest {
		failure = strconv.Itoa(status)
	}
	if failure != "" {
		span.SetAttributes(semconv.ErrorTypeKey.String(failure))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Field is the trace of a log line, nothing where there is none.
func Field(ctx context.Context) zap.Field {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		return zap.Stringer("trace_id", span.TraceID())
	}
	return zap.Skip()
}
