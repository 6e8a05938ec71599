// Package tracing exports OpenTelemetry spans: of the requests that the starter
// takes, of what Temporal's SDK does for them, and of each request to Cartum and RO
// App. Nothing personal leaves the process: spans have ids of the settings, of
// workflows and of routes, no texts of errors, no addresses and no queries. No trace
// context is sent to either service.
package tracing

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/contrib/exporters/autoexport" // which exporter and protocol OTEL_* variables ask for
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"golang.org/x/time/rate"
)

// scope names the source of our spans.
const scope = "github.com/cartumsync/cartumsync"

const (
	// closeTimeout bounds how long the end of a process waits for the collector.
	closeTimeout = 3 * time.Second
	// failureEvery is how often a failing export is logged.
	failureEvery = time.Minute
)

// Tracing exports the spans of one process. Nil exports none and costs nothing.
type Tracing struct {
	provider *sdktrace.TracerProvider
	logger   *zap.Logger
}

// Open exports to where the standard OTEL_* variables say. It returns nil where none
// of them asks for traces. Program becomes the service's name, unless OTEL_SERVICE_NAME
// sets another one.
func Open(ctx context.Context, program string, logger *zap.Logger) (*Tracing, error) {
	if !wanted(os.Getenv) {
		return nil, nil
	}
	// What the library itself reports must not be other lines than the process's.
	otel.SetLogger(logr.FromSlogHandler(zapslog.NewHandler(logger.Core())))
	otel.SetErrorHandler(failures(logger))
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces as the OTEL_ variables ask for: %w", err)
	}
	if autoexport.IsNoneSpanExporter(exporter) {
		return nil, nil
	}
	return New(ctx, program, exporter, logger)
}

// wanted reports whether the environment asks for traces. Without that a collector on
// this machine would be assumed.
func wanted(getenv func(string) string) bool {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return false
	}
	variables := []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}
	return slices.ContainsFunc(variables, func(name string) bool { return getenv(name) != "" })
}

// New exports with an exporter, in the background: spans that it cannot take in time
// are dropped.
func New(ctx context.Context, program string, exporter sdktrace.SpanExporter, logger *zap.Logger) (*Tracing, error) {
	described, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(semconv.ServiceName(program)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(discreet{exporter}), sdktrace.WithResource(described))
	return &Tracing{provider, logger}, nil
}

// Close exports what is left, for a short time: a collector that does not answer must
// not delay the end of the process.
func (t *Tracing) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.logger.Warn("the last traces were not exported", zap.Error(err))
	}
}

func (t *Tracing) tracer() trace.Tracer { return t.provider.Tracer(scope) }

// failures logs that traces cannot be exported, without filling the log.
func failures(logger *zap.Logger) otel.ErrorHandler {
	sometimes := rate.Sometimes{Interval: failureEvery}
	return otel.ErrorHandlerFunc(func(err error) {
		sometimes.Do(func() {
			logger.Warn("traces are not exported; nothing else is affected, and this is logged once a minute", zap.Error(err))
		})
	})
}

// discreet keeps the texts of errors in this process: they may repeat what a service
// says of a customer. All spans pass here, no matter who started them.
type discreet struct{ sdktrace.SpanExporter }

// ExportSpans implements [sdktrace.SpanExporter].
func (d discreet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	silent := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		silent[i] = silentSpan{span}
	}
	return d.SpanExporter.ExportSpans(ctx, silent)
}

// silentSpan has no texts of errors, neither in its events nor in its status.
type silentSpan struct{ sdktrace.ReadOnlySpan }

func (silentSpan) Events() []sdktrace.Event { return nil }

func (s silentSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}
