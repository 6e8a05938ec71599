package tracing

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

const (
	callersTrace = "0af7651916cd43dd8448eb211c80319c"
	callersSpan  = "b7ad6b7169203331"
	traceparent  = "00-" + callersTrace + "-" + callersSpan + "-01"
)

func TestRequestsAreNamedByTheirRoute(t *testing.T) {
	t.Parallel()
	traced, spans := recorded(t)
	router := chi.NewRouter()
	answer := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	router.With(traced.Root).Post("/webhooks/{shop}/{key}", answer(http.StatusServiceUnavailable))
	router.With(traced.Continue).Get("/v1/orders", answer(http.StatusNotFound))
	for _, r := range []*http.Request{
		httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/demo/secretkey?event=Nowak", http.NoBody),
		httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/orders?phone=501234567", http.NoBody),
	} {
		r.Header.Set("Traceparent", traceparent)
		r.Header.Set("Tracestate", "phone=501234567")
		r.Header.Set("Baggage", "name=Nowak")
		router.ServeHTTP(httptest.NewRecorder(), r)
	}
	require.Len(t, spans(), 2)
	webhook, api := spans()[0], spans()[1]
	assert.Equal(t, "POST /webhooks/{shop}/{key}", webhook.Name)
	assert.Equal(t, trace.SpanKindServer, webhook.SpanKind)
	assert.Equal(t, codes.Error, webhook.Status.Code)
	assert.False(t, webhook.Parent.IsValid(), "a webhook's sender chooses no trace")
	assert.NotEqual(t, callersTrace, webhook.SpanContext.TraceID().String())
	assert.Empty(t, webhook.Links)

	assert.Equal(t, "GET /v1/orders", api.Name)
	assert.Equal(t, codes.Unset, api.Status.Code, "the caller's mistake")
	assert.Equal(t, callersTrace, api.SpanContext.TraceID().String())
	assert.Equal(t, callersSpan, api.Parent.SpanID().String())
	for _, span := range spans() {
		assert.Zero(t, span.SpanContext.TraceState().Len())
		for _, attribute := range span.Attributes {
			assert.NotRegexp(t, "secretkey|Nowak|501234567", attribute.Value.String(), attribute.Key)
		}
	}
}

func TestLogLinesNameTheirTrace(t *testing.T) {
	t.Parallel()
	traced, _ := recorded(t)
	ctx, span := traced.tracer().Start(t.Context(), "webhook")
	assert.True(t, zap.Stringer("trace_id", span.SpanContext().TraceID()).Equals(Field(ctx)))
}
