package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/workflows"
)

// subscription is one as the shop shows it, its target without the secret.
type subscription struct {
	ID        int    `json:"id"`
	Event     string `json:"event"`
	TargetURL string `json:"target_url"`
}

// delivery is one attempt of the shop to send a webhook.
type delivery struct {
	Event  string `json:"event"`
	Method string `json:"method"`
	Code   int    `json:"code"`
}

func get[T any](w *testenv.Env, path string) (list []T) {
	w.T.Helper()
	request, err := http.NewRequestWithContext(w.T.Context(), http.MethodGet, w.Cartum.URL+path, http.NoBody)
	require.NoError(w.T, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.T, err)
	defer func() { _ = response.Body.Close() }()
	require.NoError(w.T, json.NewDecoder(response.Body).Decode(&list))
	return list
}

func subscriptions(w *testenv.Env) []subscription {
	w.T.Helper()
	return get[subscription](w, "/sandbox/subscriptions")
}

// awaitEvents waits until the shop has these subscriptions, and gives them.
func awaitEvents(w *testenv.Env, host string, events ...string) []subscription {
	w.T.Helper()
	var have []subscription
	w.Eventually(testenv.Patience, func() string {
		have = subscriptions(w)
		var got []string
		for _, s := range have {
			if strings.Contains(s.TargetURL, host+"/webhooks/cartum/demo/") {
				got = append(got, s.Event)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, events) || len(have) != len(events) {
			return fmt.Sprintf("%v are subscribed at %s, not %v; all: %v", got, host, events, have)
		}
		return ""
	})
	return have
}

// awaitDelivery waits until the shop has sent an event and we have taken it.
func awaitDelivery(w *testenv.Env, want delivery) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		attempts := get[delivery](w, "/sandbox/webhooks")
		if !slices.Contains(attempts, want) {
			return fmt.Sprintf("%v is not among %v", want, attempts)
		}
		return ""
	})
}

// start is what a starter does when it starts.
func start(w *testenv.Env, publicURL string) {
	w.T.Helper()
	require.NoError(w.T, w.Orders.Webhooks(w.T.Context(), w.Shop, publicURL))
}

var allEvents = []string{"order_created", "order_paid", "order_update"}

func TestEventsAreSubscribedOnceAndFollowThePublicURL(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Unlimited: true})
	_, port, _ := strings.Cut(strings.TrimPrefix(w.StarterURL, "http://"), ":")
	here, there := "127.0.0.1:"+port, "localhost:"+port
	start(w, "http://"+here)
	first := awaitEvents(w, here, allEvents...)

	// The move to another address comes after the second start, so that it
	// proves what the second start did.
	start(w, "http://"+here+"/")
	start(w, "http://"+there)
	moved := awaitEvents(w, there, allEvents...)
	assert.Equal(t, 6, w.Cartum.Seen("hooks/subscribe"), "the second start subscribed nothing")
	for _, s := range moved {
		assert.Greater(t, s.ID, first[len(first)-1].ID)
	}

	// Somebody removes a subscription in Cartum, which tells us.
	removeSubscription(w, moved[0])
	awaitDelivery(w, delivery{Event: moved[0].Event, Method: http.MethodDelete, Code: http.StatusNoContent})
	start(w, "http://"+there)
	awaitEvents(w, there, allEvents...)
	assert.Equal(t, 7, w.Cartum.Seen("hooks/subscribe"), "the other two were kept")
}

func removeSubscription(w *testenv.Env, s subscription) {
	w.T.Helper()
	request, err := http.NewRequestWithContext(w.T.Context(), http.MethodDelete, fmt.Sprintf("%s/sandbox/subscriptions/%d", w.Cartum.URL, s.ID), http.NoBody)
	require.NoError(w.T, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.T, err)
	require.NoError(w.T, response.Body.Close())
	require.Equal(w.T, http.StatusNoContent, response.StatusCode)
}

// Both messages may wait for a worker, and then come at once.
func TestASubscriptionThatWasRemovedWhileNobodyWorked(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Unlimited: true, Idle: true})
	target := w.StarterURL + "/webhooks/cartum/demo/" + testenv.WebhookKey + "?event=order_paid"
	options := client.StartWorkflowOptions{ID: workflows.ShopID(w.Shop), TaskQueue: engine.OrdersQueue}
	_, err := w.Temporal.ExecuteWorkflow(t.Context(), options, workflows.ShopWorkflow, workflows.ShopState{
		Shop: w.Shop, Subscriptions: map[string]workflows.Subscription{"order_paid": {ID: 77, URL: target}},
	})
	require.NoError(t, err)
	require.NoError(t, w.Orders.WebhookRemoved(t.Context(), w.Shop, "order_paid"))
	start(w, w.StarterURL)
	w.StartWorker()
	awaitEvents(w, "", allEvents...)
}

// Cartum lost the subscriptions, and polls have found new orders for hours without one event.
func TestSubscriptionsThatDeliverNothingAreRenewed(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Unlimited: true, Idle: true})
	state := workflows.ShopState{
		Shop: w.Shop, Subscriptions: map[string]workflows.Subscription{},
		Delivery: workflows.Delivery{PublicURL: w.StarterURL, Subscribed: time.Now().Add(-24 * time.Hour)},
	}
	for i, event := range allEvents {
		target := w.StarterURL + "/webhooks/cartum/demo/" + testenv.WebhookKey + "?event=" + event
		state.Subscriptions[event] = workflows.Subscription{ID: int64(70 + i), URL: target}
		state.Delivery.Unannounced = append(state.Delivery.Unannounced, time.Now().Add(-time.Hour))
	}
	options := client.StartWorkflowOptions{ID: workflows.ShopID(w.Shop), TaskQueue: engine.OrdersQueue}
	_, err := w.Temporal.ExecuteWorkflow(t.Context(), options, workflows.ShopWorkflow, state)
	require.NoError(t, err)
	w.StartWorker()
	awaitEvents(w, "", allEvents...)
	w.Cartum.PutOrder(302, nil)
	view, _ := w.AwaitSynced(302)
	assert.Equal(t, "webhook", string(view.Origin))
}

// Nothing but the subscription brings the order.
func TestAnOrderArrivesByItsSubscribedWebhook(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Unlimited: true})
	start(w, w.StarterURL)
	awaitEvents(w, "", allEvents...)
	w.Cartum.PutOrder(301, nil)
	view, placed := w.AwaitSynced(301)
	assert.Equal(t, "webhook", string(view.Origin))
	assert.Len(t, placed.Items, 1)
	awaitDelivery(w, delivery{Event: "order_created", Method: http.MethodPut, Code: http.StatusNoContent})

	w.Cartum.PutOrder(301, testenv.J{"payed": 1})
	awaitDelivery(w, delivery{Event: "order_paid", Method: http.MethodPut, Code: http.StatusNoContent})
	w.Await(301, func(v testenv.Order) string {
		if !v.Cartum.Paid {
			return "not seen as paid"
		}
		return ""
	})
}
