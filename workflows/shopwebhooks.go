package workflows

import (
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

// Events are Cartum's events that tell of orders
// (docs/reference/cartum.md#events).
var Events = []string{"order_created", "order_update", "order_paid"}

// webhooks takes in what is wanted and what was removed. While subscriptions
// are being made neither is looked at, so that what is removed then is what
// stood before.
func (r *shopRun) webhooks(ctx workflow.Context) {
	if r.subscription != nil {
		return
	}
	var want WebhooksWanted
	wanted := false
	for r.wanted.ReceiveAsync(&want) {
		wanted = true
	}
	var event string
	for r.removed.ReceiveAsync(&event) {
		delete(r.state.Subscriptions, event)
	}
	if !wanted {
		return
	}
	done, settable := workflow.NewFuture(ctx)
	r.subscription = done
	workflow.Go(ctx, func(ctx workflow.Context) {
		r.subscribe(ctx, want.PublicURL)
		settable.Set(nil, nil)
	})
}

// subscribe asks for each event alone, so that an answer once given is kept.
func (r *shopRun) subscribe(ctx workflow.Context, publicURL string) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           engine.CartumQueue(r.state.Shop),
		StartToCloseTimeout: 2 * time.Minute,
		// Nobody takes it where the shop is switched off meanwhile.
		ScheduleToStartTimeout: 10 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 5 * time.Second, MaximumInterval: 5 * time.Minute, MaximumAttempts: 20},
	})
	for _, event := range Events {
		in := SubscribeInput{Shop: r.state.Shop, Event: event, PublicURL: publicURL}
		if was, ok := r.state.Subscriptions[event]; ok {
			in.Was = &was
		}
		var made Subscription
		if err := workflow.ExecuteActivity(ctx, ActivitySubscribe, in).Get(ctx, &made); err != nil {
			workflow.GetLogger(ctx).Error("no webhook for this event; orders come by other ways", "event", event, "error", err)
			continue
		}
		r.state.Subscriptions[event] = made
	}
}
