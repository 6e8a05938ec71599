package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/problem"
	"github.com/cartumsync/cartumsync/internal/service"
)

// v1 is the JSON API. Its description is generated from what is registered, and
// its errors are problems as RFC 9457 has them.
type v1 struct{ Options }

// routes serves the API, its description and a page to browse it.
func (a *v1) routes(r chi.Router) {
	config := huma.DefaultConfig("cartumsync", "1")
	config.Info.Description = "Orders of Cartum shops, imported into RO App and kept in sync with it. " +
		"Send an API token of the settings as `Authorization: Bearer <token>`, or use a browser that is logged in. " +
		"A token of the role `view` reads; `act` also changes. Every action may be sent twice: the second changes nothing."
	config.Servers = []*huma.Server{{URL: "/v1"}}
	config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", nil
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	config.Security = []map[string][]string{{"token": {}}}
	// The answers hold people's data.
	doc := humachi.New(r.With(middleware.SetHeader("Cache-Control", "no-store")), config)
	for _, register := range []func(huma.API){
		a.registerOrders, a.registerRefreshes, a.registerActions, a.registerHolds,
		a.registerHealth, a.registerReconciliation, a.registerSettings,
	} {
		register(doc)
	}
	r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, http.StatusNotFound, "the API has no such path; see /v1/docs")
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, http.StatusMethodNotAllowed, "the API has no method "+r.Method+" for this path; see /v1/docs")
	})
	serveDocs(r, doc.OpenAPI())
}

// read describes an operation that changes nothing, with the errors that not all operations have.
func read(path, id, summary string, errors ...int) huma.Operation {
	all := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Errors: append(all, errors...)}
}

// act describes an operation that only the role act may ask for.
func (a *v1) act(doc huma.API, path, id, summary string, errors ...int) huma.Operation {
	operation := read(path, id, summary, errors...)
	operation.Method = http.MethodPost
	operation.Description = "Needs the role `act`."
	operation.MaxBodyBytes = maxBody
	operation.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		if user, _ := access.Who(ctx.Context()); user.Role != access.RoleAct {
			_ = huma.WriteErr(doc, ctx, http.StatusForbidden, "your role is view; this needs the role act") // the client has gone
			return
		}
		next(ctx)
	}}
	return operation
}

// answer is what an operation answers with.
type answer[T any] struct{ Body T }

// each makes a list of another; it is never null in JSON.
func each[From, To any](all []From, of func(From) To) []To {
	list := make([]To, 0, len(all))
	for _, one := range all {
		list = append(list, of(one))
	}
	return list
}

// maxBody is the most that an action's body may have, in bytes.
const maxBody = 64 << 10

// by is the name that stands in the timeline.
func by(ctx context.Context) string {
	user, _ := access.Who(ctx)
	return user.Name
}

// orders gives the way to the workflows.
func (a *v1) orders() (*service.Orders, error) {
	orders, connected := a.Options.Orders()
	if !connected {
		return nil, a.failed("the way to the workflows", &service.Error{Code: service.NotConnected, Text: "not connected to Temporal yet"})
	}
	return orders, nil
}

// connected answers with the way to the workflows, once it is there.
func connected[In, Out any](a *v1, answer func(context.Context, *service.Orders, *In) (*Out, error)) func(context.Context, *In) (*Out, error) {
	return func(ctx context.Context, in *In) (*Out, error) {
		orders, err := a.orders()
		if err != nil {
			return nil, err
		}
		return answer(ctx, orders, in)
	}
}
