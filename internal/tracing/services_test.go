package tracing

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
)

func attributesOf(all []attribute.KeyValue) map[string]string {
	values := map[string]string{}
	for _, one := range all {
		values[string(one.Key)] = one.Value.String()
	}
	return values
}

func TestRequestToAService(t *testing.T) {
	t.Parallel()
	traced, spans := recorded(t)
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Traceparent", "Tracestate", "Baggage"} {
			assert.Empty(t, r.Header.Get(name), "the services learn nothing of traces")
		}
	}))
	defer service.Close()
	activity, span := traced.tracer().Start(t.Context(), "RunActivity:FindContact")
	ctx, end := Requests[string](Account("main"))(activity, http.MethodGet, "/v2/contacts/people")
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, service.URL+"/v2/contacts/people?phone=501234567", http.NoBody)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	end(answer.StatusCode, "")
	for _, failed := range []struct {
		status int
		kind   string
	}{{0, "Unavailable"}, {200, "Rejected"}, {502, ""}} {
		_, end := Requests[string](Shop("demo"))(activity, http.MethodPost, "/api/orders/get/")
		end(failed.status, failed.kind)
	}
	span.End()

	require.Len(t, spans(), 5)
	for _, one := range spans()[:4] {
		assert.Equal(t, span.SpanContext().SpanID(), one.Parent.SpanID())
	}
	assert.Equal(t, "GET /v2/contacts/people", spans()[0].Name)
	assert.Equal(t, codes.Unset, spans()[0].Status.Code)
	assert.Equal(t, map[string]string{
		"http.request.method": "GET", "url.template": "/v2/contacts/people", "cartumsync.account": "main", "http.response.status_code": "200",
	}, attributesOf(spans()[0].Attributes))
	for i, kind := range []string{"Unavailable", "Rejected", "502"} {
		failed := spans()[1+i]
		assert.Equal(t, codes.Error, failed.Status.Code, kind)
		assert.Equal(t, kind, attributesOf(failed.Attributes)["error.type"])
		assert.Equal(t, "demo", attributesOf(failed.Attributes)["cartumsync.shop"])
	}
}
