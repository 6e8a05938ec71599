package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
)

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
	Renew     bool          `json:",omitempty"` // it is replaced in any case, for it delivers nothing
}

// EventCreated is Cartum's event of a new order.
const EventCreated = "order_created"

// Events are Cartum's events about orders (docs/reference/cartum.md#events).
var Events = []string{EventCreated, "order_update", "order_paid"}

// webhooks applies what is wanted and what was removed, and renews what delivers
// nothing any more. While subscriptions are being created none of it is processed,
// so that only earlier subscriptions are removed.
func (r *shopRun) webhooks(ctx workflow.Context) {
	for r.received.ReceiveAsync(nil) {
		r.state.Delivery.received(workflow.Now(ctx))
	}
	if r.subscription != nil {
		return
	}
	wanted := false
	drain(r.wanted, func(want WebhooksWanted) { wanted, r.state.Delivery.PublicURL = true, want.PublicURL })
	drain(r.removed, func(event string) { delete(r.state.Subscriptions, event) })
	switch _, subscribed := r.state.Subscriptions[EventCreated]; {
	case wanted:
		r.startSubscription(ctx, Events, false)
	case subscribed && r.state.Paused == "" && r.state.Delivery.Stale(workflow.Now(ctx)):
		workflow.GetLogger(ctx).Warn("polls find new orders and no webhook comes; the webhooks are subscribed again", "shop", r.state.Shop)
		r.state.Delivery.subscribed(workflow.Now(ctx)) // also where it fails, so that it is not retried all the time
		r.startSubscription(ctx, r.subscribedEvents(), true)
	}
}

// subscribedEvents leaves out what somebody removed in Cartum.
func (r *shopRun) subscribedEvents() []string {
	return slices.DeleteFunc(slices.Clone(Events), func(event string) bool {
		_, subscribed := r.state.Subscriptions[event]
		return !subscribed
	})
}

func (r *shopRun) startSubscription(ctx workflow.Context, events []string, renew bool) {
	done, settable := workflow.NewFuture(ctx)
	r.subscription = done
	workflow.Go(ctx, func(ctx workflow.Context) {
		r.subscribe(ctx, events, renew)
		settable.Set(nil, nil)
	})
}

// subscribe asks for each event alone, so that an answer once given is kept.
func (r *shopRun) subscribe(ctx workflow.Context, events []string, renew bool) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           engine.CartumQueue(r.state.Shop),
		StartToCloseTimeout: 2 * time.Minute,
		// Nobody takes it where the shop is switched off meanwhile.
		ScheduleToStartTimeout: 10 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 5 * time.Second, MaximumInterval: 5 * time.Minute, MaximumAttempts: 20},
	})
	for _, event := range events {
		in := SubscribeInput{Shop: r.state.Shop, Event: event, PublicURL: r.state.Delivery.PublicURL, Renew: renew}
		was, had := r.state.Subscriptions[event]
		if had {
			in.Was = &was
		}
		created, err := execute[Subscription](ctx, ActivitySubscribe, in)
		if err != nil {
			workflow.GetLogger(ctx).Error("no webhook for this event; orders come by other ways", "event", event, "error", err)
			continue
		}
		r.state.Subscriptions[event] = created
		if created != was {
			r.state.Delivery.subscribed(workflow.Now(ctx))
		}
	}
}
