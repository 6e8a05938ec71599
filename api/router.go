// Package api is the starter's HTTP surface: the webhooks of both services, the
// JSON API of programs, and the pages.
package api

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/tracing"
)

// Options of [NewRouter]; all are required unless they say otherwise.
type Options struct {
	Settings *settings.Store
	// Orders gives the way to the workflows, false while Temporal is not connected.
	Orders func() (*service.Orders, bool)
	// Overview reports the health of all, false while Temporal is not connected.
	Overview func() (*health.Viewer, bool)
	// SettingsProblem says why the file's settings are not in force, nil while
	// they are. It is optional.
	SettingsProblem func() error
	// Health answers /healthz and /readyz.
	Health http.Handler
	// Guard knows who asks.
	Guard *access.Guard
	// Pages are what people see; without them there is the API alone.
	Pages http.Handler
	// Metrics answers /metrics. Webhooks counts what comes of the webhooks. Both
	// are optional.
	Metrics  http.Handler
	Webhooks WebhookCounter
	// Tracing traces requests whose sender is known. Nil traces none.
	Tracing *tracing.Tracing
	Logger  *zap.Logger
}

// Limits of the open surface. A shop's queue sends its events in one go every
// five minutes, so the webhooks' rate is generous; the guard limits the rest.
const (
	webhooksPerSecond = 200
	requestTimeout    = 20 * time.Second
	// requestLimit is how much of any request's body is read, in bytes.
	requestLimit = 1 << 20
)

// NewRouter builds the starter's routes. Webhooks and health are open; all the
// rest is for those whom the guard knows, but for what the login itself needs.
func NewRouter(o Options) http.Handler {
	hooks := &webhooks{settings: o.Settings, orders: o.Orders, tracing: o.Tracing, logger: o.Logger}
	r := chi.NewRouter()
	r.Use(middleware.Recoverer, middleware.RequestSize(requestLimit), middleware.Timeout(requestTimeout))
	r.Handle("/healthz", o.Health)
	r.Handle("/readyz", o.Health)
	r.Route(settings.CartumHooks+"{shop}/{key}", func(r chi.Router) {
		r.Use(o.counted("cartum", "shop"), httprate.LimitBy(webhooksPerSecond, time.Second, access.ByClient(o.Settings)))
		r.Put("/", hooks.changed)
		r.Post("/", hooks.changed)
		r.Delete("/", hooks.removed)
	})
	r.With(o.counted("roapp", "account"), httprate.LimitBy(webhooksPerSecond, time.Second, access.ByClient(o.Settings))).
		Post(settings.RoappHooks+"{account}", hooks.accountChanged)
	r.Group(func(r chi.Router) {
		r.Use(o.Guard.Before()...)
		r.Use(named)
		o.Guard.Routes(r)
		r.Route("/v1", func(r chi.Router) {
			r.Use(access.Require(access.RoleView), o.Tracing.Continue)
			(&v1{o}).routes(r)
		})
		if o.Metrics != nil {
			r.With(access.Require(access.RoleView)).Handle("/metrics", o.Metrics)
		}
		if o.Pages != nil {
			r.Handle("/assets/*", o.Pages)
			r.Post("/language", o.Pages.ServeHTTP)
			r.With(access.Require(access.RoleView), o.Tracing.Continue).Handle("/*", o.Pages)
		}
	})
	return r
}

// named tells the service who asks.
func named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, known := access.Who(r.Context()); known {
			r = r.WithContext(service.WithUser(r.Context(), user.Name))
		}
		next.ServeHTTP(w, r)
	})
}
