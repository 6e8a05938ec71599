package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
)

// ShopState is what a shop's entity remembers: Cartum lists no subscriptions,
// so whoever makes them must keep their ids.
type ShopState struct {
	Shop          string
	Subscriptions map[string]Subscription `json:",omitempty"` // by event

	Health   Health   `json:",omitzero"`
	Alerting Alerting `json:",omitzero"`
}

// Subscription is one of Cartum's webhooks.
type Subscription struct {
	ID  int64
	URL string
}

// WebhooksWanted asks to have the shop's events sent below a public URL.
type WebhooksWanted struct{ PublicURL string }

// SubscribeInput is what the activity Subscribe works from.
type SubscribeInput struct {
	Shop      string
	Event     string
	PublicURL string
	Was       *Subscription // the one that is replaced where its URL differs
}

// Events are Cartum's events that tell of orders (reference, cartum-api 5.2).
var Events = []string{"order_created", "order_update", "order_paid"}

// Shop is the entity of a shop. It keeps the webhooks subscribed.
func Shop(ctx workflow.Context, state ShopState) error {
	if err := state.Alerting.watch(ctx, Owner{Shop: state.Shop}, &state.Health); err != nil {
		return err
	}
	wanted := workflow.GetSignalChannel(ctx, SignalWebhooks)
	removed := workflow.GetSignalChannel(ctx, SignalWebhookRemoved)
	if state.Subscriptions == nil {
		state.Subscriptions = map[string]Subscription{}
	}
	for {
		var want *WebhooksWanted
		selector := workflow.NewSelector(ctx)
		selector.AddReceive(wanted, func(c workflow.ReceiveChannel, _ bool) {
			want = &WebhooksWanted{}
			c.Receive(ctx, want)
		})
		selector.AddReceive(removed, func(c workflow.ReceiveChannel, _ bool) {
			var event string
			c.Receive(ctx, &event)
			delete(state.Subscriptions, event)
		})
		selector.Select(ctx)
		if want != nil {
			// What was removed before must not count as subscribed.
			state.forget(removed)
			state.subscribe(ctx, want.PublicURL)
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && wanted.Len()+removed.Len() == 0 {
			return workflow.NewContinueAsNewError(ctx, ShopWorkflow, state)
		}
	}
}

// forget takes in all removals that wait.
func (s *ShopState) forget(removed workflow.ReceiveChannel) {
	var event string
	for removed.ReceiveAsync(&event) {
		delete(s.Subscriptions, event)
	}
}

// subscribe asks for each event alone, so that an answer once given is kept.
func (s *ShopState) subscribe(ctx workflow.Context, publicURL string) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           engine.CartumQueue(s.Shop),
		StartToCloseTimeout: 2 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 5 * time.Second, MaximumInterval: 5 * time.Minute, MaximumAttempts: 20},
	})
	for _, event := range Events {
		in := SubscribeInput{Shop: s.Shop, Event: event, PublicURL: publicURL}
		if was, ok := s.Subscriptions[event]; ok {
			in.Was = &was
		}
		var made Subscription
		if err := workflow.ExecuteActivity(ctx, ActivitySubscribe, in).Get(ctx, &made); err != nil {
			workflow.GetLogger(ctx).Error("no webhook for this event; orders come by other ways", "event", event, "error", err)
			continue
		}
		s.Subscriptions[event] = made
	}
}
