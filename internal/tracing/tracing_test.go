package tracing

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// recorded traces into memory.
func recorded(t *testing.T) (*Tracing, func() tracetest.SpanStubs) {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	traced, err := New(t.Context(), "test", exporter, zap.NewNop())
	require.NoError(t, err)
	t.Cleanup(traced.Close)
	return traced, func() tracetest.SpanStubs {
		require.NoError(t, traced.provider.ForceFlush(t.Context()))
		return exporter.GetSpans()
	}
}

func TestTracesAreExportedOnlyWhereTheEnvironmentAsksForThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env    map[string]string
		wanted bool
	}{
		"nothing":         {nil, false},
		"a name alone":    {map[string]string{"OTEL_SERVICE_NAME": "exchange"}, false},
		"an endpoint":     {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, true},
		"one for traces":  {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, true},
		"an exporter":     {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true},
		"it is disabled":  {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "True"}, false},
		"another signal":  {map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4318"}, false},
		"an empty string": {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, false},
	} {
		assert.Equal(t, c.wanted, wanted(func(name string) string { return c.env[name] }), name)
	}
}

func TestNoTracingCostsNothing(t *testing.T) {
	t.Parallel()
	var none *Tracing
	none.Close()
	interceptors, err := none.Interceptors()
	require.NoError(t, err)
	assert.Empty(t, interceptors)
	ctx, end := Requests[string](Account("main"))(t.Context(), "GET", "/v2/orders")
	assert.False(t, trace.SpanFromContext(ctx).IsRecording())
	end(200, "")
	assert.Equal(t, zap.Skip(), Field(t.Context()))
}

func TestExporterThatIsUnknownStopsTheStart(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "pigeon")
	_, err := Open(t.Context(), "test", zap.NewNop())
	require.ErrorContains(t, err, "OTEL_ variables")
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	none, err := Open(t.Context(), "test", zap.NewNop())
	require.NoError(t, err)
	assert.Nil(t, none)
}

// hanging is a collector that takes a connection and never answers.
type hanging struct{ released chan struct{} }

func (h hanging) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	<-h.released
	return nil
}

func (hanging) Shutdown(context.Context) error { return nil }

func TestCollectorThatHangsDelaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, lines := observer.New(zapcore.DebugLevel)
		collector := hanging{make(chan struct{})}
		traced, err := New(t.Context(), "test", collector, zap.New(core))
		require.NoError(t, err)
		requests := Requests[string](Account("main"))
		began := time.Now()
		for range 3 * sdktrace.DefaultMaxQueueSize {
			ctx, span := traced.tracer().Start(t.Context(), "import")
			_, end := requests(ctx, "POST", "/v2/orders")
			end(200, "")
			span.End()
		}
		assert.Zero(t, time.Since(began), "more spans than the queue takes, and nobody waited")
		traced.Close()
		assert.Equal(t, closeTimeout, time.Since(began), "the end of the process waits for a short time")
		assert.Len(t, lines.FilterMessageSnippet("not exported").All(), 1)
		close(collector.released)
	})
}

func TestFailingExportsAreLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, lines := observer.New(zapcore.DebugLevel)
		handler := failures(zap.New(core))
		for range 100 {
			handler.Handle(errors.New("no connection"))
			<-time.After(590 * time.Millisecond)
		}
		assert.Len(t, lines.All(), 1)
		<-time.After(time.Second)
		handler.Handle(errors.New("no connection"))
		assert.Len(t, lines.All(), 2)
	})
}

func TestTextsOfErrorsAreNotExported(t *testing.T) {
	t.Parallel()
	traced, spans := recorded(t)
	_, span := traced.tracer().Start(t.Context(), "RunActivity:CreateOrder")
	span.RecordError(errors.New("cannot serve Anna Nowak"))
	span.SetStatus(codes.Error, "cannot serve Anna Nowak")
	span.End()
	require.Len(t, spans(), 1)
	assert.Empty(t, spans()[0].Events)
	assert.Equal(t, sdktrace.Status{Code: codes.Error}, spans()[0].Status)
}
