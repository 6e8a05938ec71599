// Package metrics is what a process shows to Prometheus: the health of shops and
// accounts, the requests to both services, the webhooks, and the metrics of
// Temporal's SDK. Labels hold ids of the settings and outcomes, never an order.
package metrics

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"

	"github.com/cartumsync/cartumsync/internal/health"
)

// Metrics are those of one process.
type Metrics struct {
	registry *prometheus.Registry
	temporal client.MetricsHandler

	cartumRequests *prometheus.CounterVec
	roappRequests  *prometheus.CounterVec
	undecodable    *prometheus.CounterVec
	webhooks       *prometheus.CounterVec
}

// sdkBuckets are of Temporal's latencies, in seconds: from one turn of a queue
// to the longest request.
var sdkBuckets = []float64{0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600}

// New creates the metrics of a process, all of them zero.
func New() (*Metrics, error) {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		cartumRequests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartumsync_cartum_requests_total", Help: "Requests to Cartum, by shop and outcome.",
		}, []string{"shop", "outcome"}),
		roappRequests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartumsync_roapp_requests_total", Help: "Requests to RO App, by account and outcome.",
		}, []string{"account", "outcome"}),
		undecodable: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartumsync_undecodable_signals_total", Help: "Signals to orders that nobody can read, by shop.",
		}, []string{"shop"}),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartumsync_webhooks_total", Help: "Webhooks taken and refused, by the service that sent them, shop or account, and outcome.",
		}, []string{"service", "id", "outcome"}),
	}
	m.registry.MustRegister(m.cartumRequests, m.roappRequests, m.undecodable, m.webhooks,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(m.registry),
		otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("metrics of Temporal's SDK: %w", err)
	}
	latencies := metric.NewView(metric.Instrument{Kind: metric.InstrumentKindHistogram},
		metric.Stream{Aggregation: metric.AggregationExplicitBucketHistogram{Boundaries: sdkBuckets}})
	provider := metric.NewMeterProvider(metric.WithReader(exporter), metric.WithView(latencies))
	m.temporal = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: provider.Meter("temporal-sdk-go"), UseMonotonicCounters: true,
		OnError: func(error) {}, // a metric that cannot be created is left out
	})
	return m, nil
}

// Temporal takes the metrics of Temporal's SDK; nil, where nobody shows metrics,
// takes none.
func (m *Metrics) Temporal() client.MetricsHandler {
	if m == nil {
		return nil
	}
	return m.temporal
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// CartumRequest counts a request to a shop.
func (m *Metrics) CartumRequest(shop, outcome string) {
	m.cartumRequests.WithLabelValues(shop, outcome).Inc()
}

// RoappRequest counts a request to an account.
func (m *Metrics) RoappRequest(account, outcome string) {
	m.roappRequests.WithLabelValues(account, outcome).Inc()
}

// UndecodableSignal counts a signal to an order of a shop that nobody can read.
func (m *Metrics) UndecodableSignal(shop string) { m.undecodable.WithLabelValues(shop).Inc() }

// Webhook counts a webhook of a service. The id is a shop's or an account's of the
// settings, or empty: invented ids must not fill the memory.
func (m *Metrics) Webhook(service, id, outcome string) {
	m.webhooks.WithLabelValues(service, id, outcome).Inc()
}

// ShowKeys shows the names of the encryption keys, of which the first one encrypts, so
// that it is seen whether all processes have a new key.
func (m *Metrics) ShowKeys(names []string) {
	for i, name := range names {
		use := "decrypt"
		if i == 0 {
			use = "encrypt"
		}
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "cartumsync_encryption_key_info", Help: "The encryption keys of the process: one encrypts, all decrypt.",
			ConstLabels: prometheus.Labels{"key": name, "use": use},
		}, func() float64 { return 1 }))
	}
}

// ShowOverview shows the health of shops and accounts, by the report that is the
// last one when Prometheus asks.
func (m *Metrics) ShowOverview(last func() health.Report) {
	m.registry.MustRegister(reportCollector{last})
}
