package e2e

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// swept is what a sweep reports of an order that it saw so.
func swept(snapshot order.Snapshot) order.ChangeNotice {
	return order.ChangeNotice{
		At: snapshot.SeenAt, By: order.OriginSweep, Snapshot: &snapshot,
		Digest: order.Digest(snapshot, []byte("identity-key-of-the-tests")),
	}
}

// firstRead is the order as it was first read from the shop.
func firstRead(w *testenv.Env, number int64) order.Snapshot {
	w.T.Helper()
	codec, err := payload.Codec(w.Settings)
	require.NoError(w.T, err)
	var started int64
	history := w.Temporal.GetWorkflowHistory(w.T.Context(), w.Key(number).WorkflowID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(w.T, err)
		if scheduled := event.GetActivityTaskScheduledEventAttributes(); scheduled.GetActivityType().GetName() == string(order.StepReadShopOrder) {
			started = event.GetEventId()
		}
		if done := event.GetActivityTaskCompletedEventAttributes(); done != nil && done.GetScheduledEventId() == started {
			var read order.ShopOrderRead
			require.NoError(w.T, engine.DataConverter(codec).FromPayloads(done.GetResult(), &read))
			return *read.Snapshot
		}
	}
	w.T.Fatalf("order %d was not read", number)
	return order.Snapshot{}
}

// withQuantity is the order as the shop has it after another edit, seen now.
func withQuantity(was order.Snapshot, quantity int64) order.Snapshot {
	is := was
	is.SeenAt = time.Now()
	is.Lines = append([]order.Line{}, was.Lines...)
	is.Lines[0].Quantity = decimal.NewFromInt(quantity)
	is.Lines[0].Total = is.Lines[0].Price.Mul(is.Lines[0].Quantity)
	is.Totals.Sum = decimal.Zero
	for _, line := range is.Lines {
		is.Totals.Sum = is.Totals.Sum.Add(line.Total)
	}
	is.Totals.Default = is.Totals.Sum
	return is
}

// What a slow sweep saw before it, changes nothing any more; what it saw after it,
// is synced without another read.
func TestT10_OlderSnapshotAfterANewerOneChangesNothing(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	view := w.Order(1)
	first := firstRead(w, 1)
	second := withQuantity(first, 3)
	third := withQuantity(second, 4)
	reads := w.Cartum.Seen("orders/get")

	w.Notify(1, swept(third))
	awaitItems(w, o.ID, "A-1 x 4 at 12.5", "B-1 x 1 at 30")
	for _, late := range []order.Snapshot{second, first, second} {
		w.Notify(1, swept(late))
	}
	w.Notify(1, swept(third)) // once more the same, after them
	view = awaitRest(w, 1, total("80"))
	assert.Equal(t, []string{"A-1 x 4 at 12.5", "B-1 x 1 at 30"}, items(w.Roapp.Order(o.ID)))
	assert.True(t, third.SeenAt.Equal(*view.Cartum.Read))
	assert.Equal(t, 1, strings.Count(timelineText(view), "quantity-changed"))
	assert.Equal(t, reads, w.Cartum.Seen("orders/get"), "a snapshot needs no read")
}

// Sweeps, webhooks, people, staff and a restarted worker, in any order: the
// order ends as both sides stand, and what others own is theirs still.
func TestT10_AnyOrderOfFeedsEndsAtTheNewest(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true, RoappSwitches: noLag})
	worker := w.StartWorker()
	w.Place(1, testenv.J{"delivery_phone": "", "products": roseAndVase("2", "1")})
	w.AwaitHeld(1, order.HoldNoCustomer)
	chosen := w.Roapp.Create("people", testenv.J{"first_name": "Ewa", "phones": []string{"+48601000111"}})
	w.Decide(1, order.Decision{Kind: order.DecideContact, ContactID: chosen})
	view, o := w.AwaitSynced(1)
	require.Equal(t, chosen, o.Client.ID)
	first := firstRead(w, 1)
	second := withQuantity(first, 3)
	third := withQuantity(second, 4)
	w.Cartum.Change(1, testenv.J{"delivery_phone": "", "products": roseAndVase("5", "1")})
	feeds := []func(){
		func() { w.Notify(1, swept(first)) },
		func() { w.Notify(1, swept(second)) },
		func() { w.Notify(1, swept(third)) },
		func() { w.Webhook(1) },
		func() { w.ByHand(1) },
		func() { w.Collect() },
		func() { w.ForceContinueAsNew(1) },
		func() { worker.Stop(); worker = w.StartWorker() },
	}
	for range 3 {
		rand.Shuffle(len(feeds), func(i, j int) { feeds[i], feeds[j] = feeds[j], feeds[i] })
		for _, feed := range feeds {
			feed()
		}
	}
	w.Webhook(1)
	view = awaitRest(w, 1, total("92.5"))
	awaitItems(w, o.ID, "A-1 x 5 at 12.5", "B-1 x 1 at 30")
	assert.Equal(t, chosen, view.Roapp.Contact)
	assert.Equal(t, chosen, w.Roapp.Order(o.ID).Client.ID, "the person's choice stays")
	feed := w.Roapp.Order(o.ID).Feed
	assert.Contains(t, feed[len(feed)-1].Comment, "92,50 PLN")
	assert.Len(t, w.Roapp.Orders(), 1)
	assert.Contains(t, timelineText(view), "decided decision=contact", "what happened is kept")
	newest := "2" // the shop's quantity only ever grew
	for _, change := range quantitiesSeen.FindAllStringSubmatch(timelineText(view), -1) {
		assert.Equal(t, newest, change[2])
		assert.Greater(t, change[1], newest, "the state went backwards")
		newest = change[1]
	}
	assert.Equal(t, "5", newest)
}

// quantitiesSeen are the changes of a quantity in the timeline.
var quantitiesSeen = regexp.MustCompile(`quantity-changed is=(\d) sku=A-1 was=(\d)`)

// errBlind is what visibility answers who must not ask it.
var errBlind = errors.New("visibility is not to be asked")

// blind gives a way to the orders that cannot see visibility.
func blind(w *testenv.Env) *service.Orders {
	w.T.Helper()
	codec, err := payload.Codec(w.Settings)
	require.NoError(w.T, err)
	refuse := func(ctx context.Context, method string, in, out any, conn *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption) error {
		name := method[strings.LastIndex(method, "/")+1:]
		for _, asks := range []string{"List", "Scan", "Count"} {
			if strings.HasPrefix(name, asks) {
				return errBlind
			}
		}
		return call(ctx, method, in, out, conn, options...)
	}
	c, err := client.DialContext(w.T.Context(), client.Options{
		HostPort: w.Server.Address(), Namespace: w.Namespace,
		DataConverter: engine.DataConverter(codec), FailureConverter: engine.FailureConverter(codec),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(refuse)}},
	})
	require.NoError(w.T, err)
	w.T.Cleanup(c.Close)
	return service.NewOrders(c, index.New(c), w.Namespace, settings.NewStore(w.Settings))
}

// A person's actions reach the workflow itself, however far visibility lags.
func TestT08_ActionsNeverAskVisibility(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	orders := blind(w)
	w.Cartum.PutOrder(1, testenv.J{"delivery_phone": "", "products": roseAndVase("2", "1")})
	require.NoError(t, orders.Changed(t.Context(), w.Key(1), order.OriginHand))
	w.AwaitHeld(1, order.HoldNoCustomer)
	require.NoError(t, orders.Decide(t.Context(), w.Key(1), order.Decision{Kind: order.DecideCreateContact, By: "Ola"}))
	w.AwaitSynced(1)
	w.Cartum.Change(1, testenv.J{"delivery_phone": "", "products": roseAndVase("3", "1")})
	answer, err := orders.Refresh(t.Context(), w.Key(1), "Ola")
	require.NoError(t, err)
	assert.Equal(t, service.RefreshDone, answer.State)
	assert.Contains(t, textOf(answer.Changed...), "quantity-changed is=3 sku=A-1 was=2")
	answer, err = orders.Refresh(t.Context(), w.Key(1), "Jan")
	require.NoError(t, err)
	assert.Equal(t, service.RefreshTooSoon, answer.State)
}

// Many orders are acted upon in the very moment that they come to be, before any
// list can show them.
func TestT08_ActionsOnOrdersThatHaveJustStarted(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	orders := blind(w)
	var all sync.WaitGroup
	for number := int64(1); number <= 10; number++ {
		w.Cartum.PutOrder(number, nil)
		all.Go(func() {
			if !assert.NoError(t, orders.Changed(t.Context(), w.Key(number), order.OriginWebhook)) {
				return
			}
			answer, err := orders.Refresh(t.Context(), w.Key(number), "Ola")
			assert.NoError(t, err)
			assert.NotEqual(t, service.RefreshTooSoon, answer.State)
		})
	}
	all.Wait()
	for number := int64(1); number <= 10; number++ {
		view, _ := w.AwaitSynced(number)
		assert.Equal(t, 1, strings.Count(timelineText(view), "refresh-requested"))
	}
	assert.Len(t, w.Roapp.Orders(), 10)
}
