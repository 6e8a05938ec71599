// Package server is what the starter serves over HTTP: the pages, the API, the webhooks and its own health.
package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/metrics"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/tracing"
	"github.com/cartumsync/cartumsync/pages"
)

// Options are what a server needs. All are required, except for the URLs and Tracing.
type Options struct {
	Settings *settings.Store
	// SettingsProblem says why the file's settings are not in force, nil while they are.
	SettingsProblem func() error
	Metrics         *metrics.Metrics
	Logger          *zap.Logger
	// PublicURL is where Cartum and browsers reach the server. Without it no webhooks are subscribed.
	PublicURL string
	// TemporalUI is the URL of the namespace in Temporal's UI, for links.
	TemporalUI string
	// Tracing traces requests; nil traces none.
	Tracing *tracing.Tracing
}

// Server answers from its first moment. Until Temporal is connected it asks Cartum to send again.
type Server struct {
	options   Options
	router    http.Handler
	connected atomic.Pointer[connection]
}

// connection is what a server has once Temporal is connected; it is empty before.
type connection struct {
	client    client.Client
	namespace string
	orders    *service.Orders
	viewer    *health.Viewer
}

// New creates a server without a connection, see [Server.Connect].
func New(o Options) (*Server, error) {
	s := &Server{options: o}
	s.connected.Store(&connection{})
	pageOptions := pages.Options{
		Settings: o.Settings, Orders: s.Orders, Overview: s.overview, Logger: o.Logger,
		SettingsProblem: o.SettingsProblem, TemporalUI: strings.TrimSuffix(o.TemporalUI, "/"),
	}
	guard, err := access.New(access.Options{
		Settings: o.Settings, PublicURL: o.PublicURL, LoginPage: pages.LoginPage(pageOptions), Logouts: service.NewLogouts(s.client), Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	temporal := engine.Check{Name: "temporal", Run: s.checkTemporal}
	s.router = api.NewRouter(api.Options{
		Settings: o.Settings, Guard: guard, Pages: pages.New(pageOptions), Orders: s.Orders, Overview: s.overview, SettingsProblem: o.SettingsProblem,
		Health:  engine.NewHealth(process.HealthTimeout, temporal, process.SettingsCheck(o.SettingsProblem)).WithReport(s.report),
		Metrics: o.Metrics.Handler(), Webhooks: o.Metrics, Tracing: o.Tracing, Logger: o.Logger,
	})
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// Connect gives the server its connection, once.
func (s *Server) Connect(c client.Client, namespace string) {
	ix := index.New(c)
	now := &connection{
		client: c, namespace: namespace,
		orders: service.NewOrders(c, ix, namespace, s.options.Settings), viewer: health.New(c, ix, namespace, s.options.Settings),
	}
	s.options.Metrics.ShowOverview(now.viewer.Last)
	s.connected.Store(now)
}

// Orders is the service behind pages and API, false before [Server.Connect].
func (s *Server) Orders() (*service.Orders, bool) {
	orders := s.connected.Load().orders
	return orders, orders != nil
}

func (s *Server) overview() (*health.Viewer, bool) {
	viewer := s.connected.Load().viewer
	return viewer, viewer != nil
}

func (s *Server) client() (client.Client, bool) {
	c := s.connected.Load().client
	return c, c != nil
}

func (s *Server) checkTemporal(ctx context.Context) error {
	now := s.connected.Load()
	if now.client == nil {
		return errors.New("still connecting to Temporal")
	}
	return process.TemporalCheck(now.client, now.namespace).Run(ctx)
}

// report is the health of shops and accounts, for /readyz.
func (s *Server) report(ctx context.Context) any {
	viewer, connected := s.overview()
	if !connected {
		return nil
	}
	report := viewer.Recent(ctx)
	if report.At.IsZero() {
		return nil // nobody answered in time
	}
	return report.Open()
}

// Run does a connected server's work in the background until ctx ends: it reads the health of all, and keeps the shops'
// webhooks subscribed, also those of shops that the settings get later.
func (s *Server) Run(ctx context.Context) {
	now := s.connected.Load()
	go now.viewer.Run(ctx, s.options.Logger)
	if s.options.PublicURL == "" {
		s.options.Logger.Warn("no --public-url: Cartum's webhooks are not subscribed")
		<-ctx.Done()
		return
	}
	for {
		current, replaced := s.options.Settings.Watch()
		s.subscribe(ctx, now.orders, current)
		select {
		case <-ctx.Done():
			return
		case <-replaced:
		}
	}
}

// subscribe asks for each shop's events; what is subscribed stays as it is. A shop without a key takes no webhooks.
func (s *Server) subscribe(ctx context.Context, orders *service.Orders, current *settings.Settings) {
	for id, shop := range current.Shops {
		if !current.InForce(id) || shop.WebhookKey.Reveal() == "" {
			continue
		}
		err := orders.Webhooks(ctx, id, s.options.PublicURL)
		if err != nil && !errors.Is(err, context.Canceled) {
			s.options.Logger.Error("the shop's webhooks are not subscribed", zap.String("shop", id), zap.Error(err))
		}
	}
}
