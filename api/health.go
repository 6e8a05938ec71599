package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/service"
)

// ShopPath names a shop of the settings.
type ShopPath struct {
	Shop string `path:"shop" doc:"the shop's id in the settings" example:"kwiaty"`
}

// AccountPath names an account of the settings.
type AccountPath struct {
	Account string `path:"account" doc:"the account's id in the settings" example:"main"`
}

// initialImportInput asks for an initial import.
type initialImportInput struct {
	ShopPath
	Body initialImportDays
}

type initialImportDays struct {
	From string `json:"from,omitempty" format:"date" doc:"first day; by default as many days before the shop's since as the settings say, else 60"`
	To   string `json:"to,omitempty" format:"date" doc:"last day; by default the one before the shop's since"`
}

type initialImportBody struct {
	Shop string `json:"shop"`
	// Import is absent where there never was one.
	Import *health.Import `json:"initial_import,omitempty"`
}

// registerHealth registers the health of shops and accounts, and what may be done
// about it.
func (a *v1) registerHealth(doc huma.API) {
	huma.Register(doc, read("/health", "health", "The health of shops and accounts"), a.health)
	huma.Register(doc, read("/shops/{shop}/initial-import", "initial-import", "How far a shop's initial import is", http.StatusNotFound), a.initialImport)
	begin := a.act(doc, "/shops/{shop}/initial-import", "start-initial-import", "Start a shop's initial import, or resume the one that was stopped",
		http.StatusNotFound, http.StatusConflict)
	begin.DefaultStatus = http.StatusAccepted
	huma.Register(doc, begin, a.startInitialImport)
	for _, one := range []struct {
		path, id, summary string
		do                func(*service.Orders, context.Context, string) error
	}{
		{"/shops/{shop}/initial-import/stop", "stop-initial-import", "Stop a shop's initial import; what it began is finished", (*service.Orders).StopInitialImport},
		{"/shops/{shop}/sweep", "sweep", "Poll all orders of a shop now", (*service.Orders).Sweep},
	} {
		operation := a.act(doc, one.path, one.id, one.summary, http.StatusNotFound)
		operation.DefaultStatus = http.StatusAccepted
		huma.Register(doc, operation, func(ctx context.Context, in *ShopPath) (*struct{}, error) {
			orders, err := a.ofShop(in.Shop)
			if err == nil {
				err = a.failed(one.summary, one.do(orders, ctx, in.Shop))
			}
			return nil, err
		})
	}
	collect := a.act(doc, "/accounts/{account}/collect", "collect", "Poll an account for changes now", http.StatusNotFound)
	collect.DefaultStatus = http.StatusAccepted
	huma.Register(doc, collect, a.collect)
}

func (a *v1) health(ctx context.Context, _ *struct{}) (*answer[health.Report], error) {
	viewer, connected := a.Overview()
	if !connected {
		return nil, a.failed("health", &service.Error{Code: service.NotConnected, Text: "not connected to Temporal yet"})
	}
	report := viewer.Live(ctx)
	if report.At.IsZero() {
		return nil, later("nobody has answered yet")
	}
	return &answer[health.Report]{report}, nil
}

func (a *v1) initialImport(ctx context.Context, in *ShopPath) (*answer[initialImportBody], error) {
	orders, err := a.ofShop(in.Shop)
	if err != nil {
		return nil, err
	}
	view, err := orders.Shop(ctx, in.Shop)
	if err != nil {
		return nil, a.failed("how far the initial import is", err)
	}
	return &answer[initialImportBody]{initialImportBody{Shop: in.Shop, Import: health.ImportOf(view.Import)}}, nil
}

func (a *v1) startInitialImport(ctx context.Context, in *initialImportInput) (*answer[initialImportBody], error) {
	orders, err := a.ofShop(in.Shop)
	if err != nil {
		return nil, err
	}
	want, err := service.WantedImport(a.Settings.Current().Shops[in.Shop], in.Body.From, in.Body.To, by(ctx))
	if err != nil {
		return nil, a.failed("start the initial import", err)
	}
	if err := orders.StartInitialImport(ctx, in.Shop, want); err != nil {
		return nil, a.failed("start the initial import", err)
	}
	return a.initialImport(ctx, &in.ShopPath)
}

func (a *v1) collect(ctx context.Context, in *AccountPath) (*struct{}, error) {
	if _, known := a.Settings.Current().Accounts[in.Account]; !known {
		return nil, a.failed("collect", &service.Error{Code: service.NoAccount, Text: fmt.Sprintf("the settings have no account %q", in.Account)})
	}
	orders, err := a.orders()
	if err != nil {
		return nil, err
	}
	return nil, a.failed("collect now", orders.PollAccount(ctx, in.Account))
}

// ofShop gives the way to the workflows where the settings have the shop.
func (a *v1) ofShop(shop string) (*service.Orders, error) {
	if _, known := a.Settings.Current().Shops[shop]; !known {
		return nil, a.failed("a shop", &service.Error{Code: service.NoShop, Text: fmt.Sprintf("the settings have no shop %q", shop)})
	}
	return a.orders()
}
