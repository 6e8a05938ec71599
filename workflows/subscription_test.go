package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/workflows"
)

func TestSubscriptionThatDeliversNothingIsStale(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 2, 20, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	three := []time.Time{ago(3 * time.Hour), ago(2 * time.Hour), ago(time.Hour)}
	for name, test := range map[string]struct {
		subscribed  time.Time
		unannounced []time.Time
		want        bool
	}{
		"orders and no event": {subscribed: ago(24 * time.Hour), unannounced: three, want: true},
		"no orders":           {subscribed: ago(24 * time.Hour)},
		"few orders":          {subscribed: ago(24 * time.Hour), unannounced: three[:2]},
		"events on their way": {subscribed: ago(24 * time.Hour), unannounced: []time.Time{ago(3 * time.Hour), ago(2 * time.Hour), ago(time.Minute)}},
		"just renewed":        {subscribed: ago(2 * time.Hour), unannounced: three},
		"never subscribed":    {unannounced: three},
	} {
		delivery := workflows.Delivery{PublicURL: "https://sync.example", Subscribed: test.subscribed, Unannounced: test.unannounced}
		assert.Equal(t, test.want, delivery.Stale(now), name)
	}
	nowhere := workflows.Delivery{Subscribed: ago(24 * time.Hour), Unannounced: three}
	assert.False(t, nowhere.Stale(now), "there is no address to subscribe")
}

// secondRun is when an entity's second run starts.
const secondRun = 6*time.Hour + 5*time.Minute

// subscribing is a shop whose polls find a fresh order each, and counts the renewals.
func subscribing(t *testing.T, after time.Duration) (w *shopWorld, renewed map[string]int) {
	t.Helper()
	w, renewed = newShopWorld(t), map[string]int{}
	w.fresh = 1
	w.force.RecentEvery, w.force.WholeEvery = 10*time.Minute, time.Hour
	w.begun = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC).Add(after)
	w.env.SetStartTime(w.begun)
	w.env.RegisterActivityWithOptions(func(_ context.Context, in workflows.SubscribeInput) (workflows.Subscription, error) {
		assert.Equal(t, "https://sync.example", in.PublicURL)
		switch {
		case in.Was == nil:
			return workflows.Subscription{ID: 1, URL: in.PublicURL + "/" + in.Event}, nil
		case in.Renew:
			renewed[in.Event]++
			return workflows.Subscription{ID: in.Was.ID + 1, URL: in.Was.URL}, nil
		default:
			return *in.Was, nil
		}
	}, activity.RegisterOptions{Name: workflows.ActivitySubscribe})
	if after == 0 {
		w.after(20*time.Minute, workflows.SignalWebhooks, workflows.WebhooksWanted{PublicURL: "https://sync.example"})
	}
	return w, renewed
}

func TestShop_WebhooksThatDeliverNothingAreSubscribedAgain(t *testing.T) {
	t.Parallel()
	w, renewed := subscribing(t, 0)
	first := w.run(workflows.ShopState{Shop: "demo"})
	assert.Len(t, first.Subscriptions, 3)
	assert.Len(t, first.Delivery.Unannounced, 3)
	assert.Empty(t, renewed, "too early")

	w, renewed = subscribing(t, secondRun)
	next := w.run(first)
	assert.Equal(t, map[string]int{"order_created": 1, "order_update": 1, "order_paid": 1}, renewed, "once in six hours")
	assert.EqualValues(t, 2, next.Subscriptions["order_created"].ID)
	assert.True(t, next.Delivery.Subscribed.After(first.Delivery.Subscribed))
}

func TestShop_WebhooksThatArriveAreLeft(t *testing.T) {
	t.Parallel()
	w, _ := subscribing(t, 0)
	first := w.run(workflows.ShopState{Shop: "demo"})
	for after := secondRun; after < 24*time.Hour; after += secondRun {
		w, renewed := subscribing(t, after)
		for hour := range 6 {
			w.after(time.Duration(hour)*time.Hour+5*time.Minute, workflows.SignalWebhookReceived, nil)
		}
		first.Delivery.Unannounced = nil
		first = w.run(first)
		assert.Empty(t, renewed)
	}
}

func TestShop_WebhooksThatSomebodyRemovedAreNotSubscribedAgain(t *testing.T) {
	t.Parallel()
	w, _ := subscribing(t, 0)
	w.after(21*time.Minute, workflows.SignalWebhookRemoved, "order_paid")
	first := w.run(workflows.ShopState{Shop: "demo"})

	w, renewed := subscribing(t, secondRun)
	w.run(first)
	assert.Equal(t, map[string]int{"order_created": 1, "order_update": 1}, renewed)
}
