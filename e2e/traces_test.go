package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/zap"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/tracing"
)

// collector takes spans as OpenTelemetry's collector does.
type collector struct {
	url string

	mu    sync.Mutex
	spans []span
	text  strings.Builder // of all that was sent
}

// span is one that was exported, with what the test asks of it.
type span struct {
	*tracepb.Span

	service string
	values  map[string]string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/v1/traces", r.URL.Path)
		assert.NoError(t, c.take(r))
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *collector) take(r *http.Request) error {
	body := r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(body); err != nil {
			return err
		}
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var sent collectorpb.ExportTraceServiceRequest
	if err := proto.Unmarshal(raw, &sent); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.WriteString(protojson.Format(&sent))
	for _, of := range sent.GetResourceSpans() {
		var service string
		for _, attribute := range of.GetResource().GetAttributes() {
			if attribute.GetKey() == "service.name" {
				service = attribute.GetValue().GetStringValue()
			}
		}
		for _, scope := range of.GetScopeSpans() {
			for _, one := range scope.GetSpans() {
				c.spans = append(c.spans, newSpan(one, service))
			}
		}
	}
	return nil
}

func newSpan(exported *tracepb.Span, service string) span {
	s := span{Span: exported, service: service, values: map[string]string{}}
	for _, attribute := range exported.GetAttributes() {
		s.values[attribute.GetKey()] = attribute.GetValue().GetStringValue()
	}
	return s
}

// withName are the spans whose name starts so.
func withName(spans []span, prefix string) []span {
	return slices.DeleteFunc(slices.Clone(spans), func(s span) bool { return !strings.HasPrefix(s.GetName(), prefix) })
}

// tracedRequests counts the requests to a service among spans, by what the attribute says.
func tracedRequests(spans []span, of, id string) map[string]int {
	counted := map[string]int{}
	for _, s := range spans {
		if s.GetKind() == tracepb.Span_SPAN_KIND_CLIENT && s.values[of] == id {
			counted[s.GetName()]++
		}
	}
	return counted
}

// An import is one trace, from the webhook to each request of both services, by way
// of two processes. Nothing in it is personal or secret.
func TestOrderIsOneTrace(t *testing.T) {
	t.Parallel()
	to := newCollector(t)
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(to.url+"/v1/traces"))
	require.NoError(t, err)
	starter, err := tracing.New(t.Context(), "starter", exporter, zap.NewNop())
	require.NoError(t, err)
	s := sceneByArticle()
	o := s.options
	o.Idle, o.Tracing = true, starter
	w := s.open(t, o)
	w.Roapp.Break(testenv.Fault{
		Match: "POST /v2/orders", Kind: "status", Status: 500, Body: `{"message": "cannot serve Anna Nowak, +48501234567, anna@example.com"}`,
	})
	w.Env["OTEL_EXPORTER_OTLP_ENDPOINT"] = to.url
	worker := w.StartProcess()
	s.place(w)
	w.AwaitSynced(sceneNumber)
	worker.Stop()
	starter.Close()

	to.mu.Lock()
	defer to.mu.Unlock()
	delete(w.Env, "OTEL_EXPORTER_OTLP_ENDPOINT")
	assertDiscreet(t, w, to.text.String())
	assertDiscreet(t, w, worker.Output())
	assert.Empty(t, withName(to.spans, "RunWorkflow"), "a span of a whole run would last for months")
	assert.Empty(t, withName(to.spans, "RunActivity:HoldLane"))

	webhooks := withName(to.spans, "PUT /webhooks/cartum/{shop}/{key}")
	require.NotEmpty(t, webhooks, spanNames(to.spans))
	webhook := webhooks[0]
	assert.Equal(t, "starter", webhook.service)
	assert.Empty(t, webhook.GetParentSpanId())
	trace := slices.DeleteFunc(slices.Clone(to.spans), func(s span) bool { return !bytes.Equal(s.GetTraceId(), webhook.GetTraceId()) })
	for _, name := range []string{"SignalWithStartWorkflow:Order", "HandleSignal:shop-order-changed", "StartActivity:Advance", "RunActivity:Advance"} {
		assert.NotEmpty(t, withName(trace, name), "%s among %s", name, spanNames(trace))
	}
	seen := w.Roapp.Requests(0).Endpoints
	traced := tracedRequests(trace, "cartumsync.account", "main")
	for endpoint, times := range seen {
		method, _, _ := strings.Cut(endpoint, " ")
		if method != http.MethodGet { // polls read too
			assert.Equal(t, times, traced[endpoint]+traced[endpoint+"/"], endpoint) // the fake leaves a last slash out
		}
	}
	for _, endpoint := range []string{createOrder, addItem, readItems, postComment, findPeople} {
		assert.Positive(t, traced[endpoint], "%s among %v", endpoint, traced)
	}
	assert.Positive(t, tracedRequests(trace, "cartumsync.shop", w.Shop)["POST /api/orders/get/"], spanNames(trace))
	failed := slices.DeleteFunc(withName(trace, createOrder), func(s span) bool { return s.GetStatus().GetCode() != tracepb.Status_STATUS_CODE_ERROR })
	failed = slices.DeleteFunc(failed, func(s span) bool { return s.GetName() != createOrder })
	require.Len(t, failed, 1, "the request that the service failed")
	assert.Equal(t, "500", failed[0].values["error.type"])

	known := map[string]bool{}
	for _, s := range to.spans {
		known[string(s.GetSpanId())] = true
	}
	for _, s := range to.spans {
		assert.True(t, len(s.GetParentSpanId()) == 0 || known[string(s.GetParentSpanId())], "the parent of %s is exported", s.GetName())
	}
}

// spanNames are those of the spans, once each.
func spanNames(spans []span) []string {
	all := map[string]bool{}
	for _, s := range spans {
		all[s.GetName()] = true
	}
	return slices.Sorted(maps.Keys(all))
}
