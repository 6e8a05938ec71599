package service

import (
	"context"
	"fmt"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/workflows"
)

// Webhooks asks the shop's entity to have Cartum's events sent to the public
// URL. It remembers the subscriptions, for Cartum lists none.
func (o *Orders) Webhooks(ctx context.Context, shop, publicURL string) error {
	return o.signalShop(ctx, shop, workflows.SignalWebhooks, workflows.WebhooksWanted{PublicURL: publicURL})
}

// WebhookRemoved tells the shop's entity that somebody removed a subscription
// in Cartum.
func (o *Orders) WebhookRemoved(ctx context.Context, shop, event string) error {
	return o.signalShop(ctx, shop, workflows.SignalWebhookRemoved, event)
}

// WebhookReceived tells the shop's entity that its events arrive, once an hour. One
// that it is not told of is made up for by the next.
func (o *Orders) WebhookReceived(ctx context.Context, shop string) error {
	if _, told := o.received.GetOrSet(shop, struct{}{}); told {
		return nil
	}
	err := o.signalShop(ctx, shop, workflows.SignalWebhookReceived, nil)
	if err != nil {
		o.received.Delete(shop)
	}
	return err
}

// InForce refuses what is about a shop that the settings do not have, or that is
// switched off.
func (o *Orders) InForce(shop string) error {
	set := o.settings.Current()
	if _, known := set.Shops[shop]; !known {
		return &Error{Code: NoShop, Text: fmt.Sprintf("the settings have no shop %q", shop)}
	}
	if !set.InForce(shop) {
		return &Error{Code: ShopOff, Text: fmt.Sprintf("the shop %q is switched off", shop)}
	}
	return nil
}

func (o *Orders) signalShop(ctx context.Context, shop, signal string, payload any) error {
	return o.signal(ctx, workflows.ShopID(shop), signal, payload, workflows.ShopWorkflow, workflows.ShopState{Shop: shop})
}

// Shop asks the shop's entity for its state, which is empty where it never ran.
func (o *Orders) Shop(ctx context.Context, shop string) (workflows.ShopView, error) {
	var view workflows.ShopView
	answer, err := o.temporal.QueryWorkflow(ctx, workflows.ShopID(shop), "", workflows.QueryShop)
	if engine.Missing(err) {
		return view, nil
	}
	if err != nil {
		return view, fmt.Errorf("ask the entity of shop %s: %w", shop, err)
	}
	if err := answer.Get(&view); err != nil {
		return view, fmt.Errorf("read the view of shop %s: %w", shop, err)
	}
	return view, nil
}

// Sweep polls all orders of the shop now.
func (o *Orders) Sweep(ctx context.Context, shop string) error {
	return o.signalShop(ctx, shop, workflows.SignalPoll, nil)
}

// InitialImport begins an import of older orders, or goes on with the one that
// was stopped.
func (o *Orders) InitialImport(ctx context.Context, shop string, want workflows.InitialImportWanted) error {
	return o.signalShop(ctx, shop, workflows.SignalInitialImport, want)
}

// StopInitialImport stops it; what was started is finished.
func (o *Orders) StopInitialImport(ctx context.Context, shop string) error {
	return o.signalShop(ctx, shop, workflows.SignalStopInitialImport, nil)
}
