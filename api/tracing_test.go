package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/tracing"
)

// kept has its spans still after its end.
type kept struct{ *tracetest.InMemoryExporter }

func (kept) Shutdown(context.Context) error { return nil }

// A webhook is traced once it is known to be the service's, and not before: strangers
// fill no collector, and nobody chooses the trace.
func TestOnlyKnownSendersAreTraced(t *testing.T) {
	t.Parallel()
	exporter := kept{tracetest.NewInMemoryExporter()}
	traced, err := tracing.New(t.Context(), "starter", exporter, zap.NewNop())
	require.NoError(t, err)
	router := newTracedRouter(withRoappHooks(t), &temporal{}, traced)
	const callers = "0af7651916cd43dd8448eb211c80319c"
	send := func(r *http.Request) int {
		r.Header.Set("Traceparent", "00-"+callers+"-b7ad6b7169203331-01")
		return answerTo(router, r).Code
	}
	hookOf := func(path string) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), http.MethodPut, path, strings.NewReader(`{"order_id": 7}`))
	}
	forged := event(t, "/webhooks/roapp/main", eventBody, eventUUID)
	forged.Header.Set("X-Signature", "00")
	assert.Equal(t, http.StatusNotFound, send(hookOf("/webhooks/cartum/demo/wrong/")))
	assert.Equal(t, http.StatusUnauthorized, send(forged))
	assert.Equal(t, http.StatusUnauthorized, send(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/orders", http.NoBody)))
	assert.Equal(t, http.StatusNoContent, send(hookOf(hook+"/?event=order_paid")))
	assert.Equal(t, http.StatusOK, send(event(t, "/webhooks/roapp/main", eventBody, eventUUID)))
	traced.Close()

	spans := exporter.GetSpans()
	require.Len(t, spans, 2)
	assert.Equal(t, "PUT /webhooks/cartum/{shop}/{key}", spans[0].Name)
	assert.Equal(t, "POST /webhooks/roapp/{account}", spans[1].Name)
	for _, span := range spans {
		assert.False(t, span.Parent.IsValid())
		assert.NotEqual(t, callers, span.SpanContext.TraceID().String())
		for _, attribute := range span.Attributes {
			assert.NotContains(t, attribute.Value.String(), key)
		}
	}
}
