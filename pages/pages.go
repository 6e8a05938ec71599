// Package pages is what people see and steer the exchange with: HTML pages, made
// by the server, that work without JavaScript and are live with it.
package pages

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// Options of [New]; all are required unless they say otherwise.
type Options struct {
	Settings *settings.Store
	// Orders and Overview give the way to the workflows, false while Temporal is
	// not connected.
	Orders   func() (*service.Orders, bool)
	Overview func() (*health.Viewer, bool)
	// SettingsProblem says why the file's settings are not in force, nil while
	// they are. It is optional.
	SettingsProblem func() error
	// TemporalUI is the URL of the namespace in Temporal's UI, as a browser of the
	// staff reaches it; "" gives no links there.
	TemporalUI string
	Logger     *zap.Logger
}

type pages struct {
	Options
	templates templates
	results   results
}

// New makes the pages, for whom the guard knows; who may not act is refused here.
func New(o Options) http.Handler {
	p := &pages{Options: o, templates: parsedTemplates(), results: newResults()}
	if !assetsComplete() {
		o.Logger.Warn("built without the pages' libraries, so pages are plain and not live; build with: make build")
	}
	r := chi.NewRouter()
	r.Handle("/assets/*", assetHandler())
	r.Get("/", http.RedirectHandler("/orders", http.StatusSeeOther).ServeHTTP)
	r.Post("/language", p.chooseLanguage)
	r.Post("/zone", p.chooseZone)
	r.Get("/orders", p.connected(p.ordersTable))
	r.Post("/orders/search", p.search)
	r.Get("/orders/counts", p.connected(p.orderCounts))
	r.Get("/orders/{shop}/{number}", p.ofOrder(p.order))
	r.Get("/orders/{shop}/{number}/row", p.ofOrder(p.orderRow))
	r.Get("/alerts", p.alertsPart)
	r.Get("/holds", p.connected(p.holds))
	r.Get("/orders/{shop}/{number}/hold", p.ofOrder(p.holdBox))
	r.Get("/orders/{shop}/{number}/candidates", p.ofOrder(p.candidates))
	r.Get("/orders/{shop}/{number}/refreshes/{id}", p.ofOrder(p.updateEnd))
	r.Get("/health", connected(p, p.Overview, p.health))
	r.Get("/health/now", connected(p, p.Overview, p.healthNow))
	r.Get("/health/history", connected(p, p.Overview, p.healthHistory))
	r.Get("/imports/{shop}", p.connected(p.initialImport))
	r.Get("/imports/{shop}/now", p.connected(p.initialImportNow))
	r.Get("/reconciliation", p.connected(p.reconciliation))
	r.Get("/reconciliation/result", p.connected(p.reconciled))
	r.Get("/settings", p.connected(p.settings))
	r.Get("/settings/check", p.connected(p.checkPart))
	r.Get("/settings/test-alert", p.connected(p.testAlertPart))
	r.Group(func(r chi.Router) {
		r.Use(access.Require(access.RoleAct))
		r.Post("/orders/refresh", p.connected(p.updateMany))
		r.Post("/orders/{shop}/{number}/refresh", p.ofOrder(p.update))
		r.Post("/orders/{shop}/{number}/import", p.ofOrder(p.importOrder))
		r.Post("/orders/{shop}/{number}/candidates", p.ofOrder(p.searchCandidates))
		r.Post("/orders/{shop}/{number}/decisions", p.ofOrder(p.decide))
		r.Post("/holds/decisions", p.connected(p.decideMany))
		r.Post("/health/shops/{shop}/sweep", p.connected(p.sweep))
		r.Post("/health/accounts/{account}/collect", p.connected(p.collect))
		r.Post("/imports/{shop}/preview", p.changeImport("", (*service.Orders).StartRehearsal))
		r.Post("/imports/{shop}/preview/stop", p.changeImport("preview-stopped", stopping((*service.Orders).StopRehearsal)))
		r.Post("/imports/{shop}/start", p.changeImport("started", (*service.Orders).StartInitialImport))
		r.Post("/imports/{shop}/stop", p.changeImport("stopped", stopping((*service.Orders).StopInitialImport)))
		r.Post("/reconciliation/import", p.connected(p.importMissing))
		r.Post("/settings/check", p.connected(p.checkAgain))
		r.Post("/settings/test-alert", p.connected(p.testAlert))
	})
	r.NotFound(func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, http.StatusNotFound, "error.not-found") })
	return r
}
