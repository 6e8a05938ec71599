package activities

import (
	"context"
	"net/url"
	"strings"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// Subscribe has Cartum send one event to our webhook. A subscription to the same
// URL is kept, unless it is to be renewed; what is replaced is given back first, for
// there are five places an event.
func (a *Activities) Subscribe(ctx context.Context, in workflows.SubscribeInput) (workflows.Subscription, error) {
	return onShop(ctx, a, in.Shop, func(s *shop) (workflows.Subscription, error) {
		target := webhookURL(in, s.settings.WebhookKey.Reveal())
		if in.Was != nil && in.Was.URL == target && !in.Renew {
			return *in.Was, nil
		}
		if in.Was != nil {
			err := s.client.Unsubscribe(ctx, in.Was.ID, in.Was.URL)
			if kind := cartum.KindOf(err); err != nil && kind != cartum.Rejected && kind != cartum.NotFound {
				return workflows.Subscription{}, err
			}
		}
		id, err := s.client.Subscribe(ctx, in.Event, target)
		return workflows.Subscription{ID: id, URL: target}, err
	})
}

// webhookURL differs by event, for Cartum's body does not name it.
func webhookURL(in workflows.SubscribeInput, key string) string {
	return strings.TrimRight(in.PublicURL, "/") + settings.CartumHooks + url.PathEscape(in.Shop) + "/" + url.PathEscape(key) +
		"?" + url.Values{"event": {in.Event}}.Encode()
}
