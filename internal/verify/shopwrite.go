package verify

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
)

func needsHooks(e *examination) string {
	switch {
	case e.PublicURL == "":
		return "needs --public-url"
	case e.server == nil:
		return "no webhook can arrive"
	default:
		return ""
	}
}

func needsSubscription(e *examination) string {
	return needs(int64(len(e.subscriptions)), "the shop's events are not subscribed to")
}

func needsFresh(e *examination) string { return needs(e.fresh, "there is no test order in the shop") }

const (
	eventCreated = "order_created"
	eventPaid    = "order_paid"
	eventUpdate  = "order_update"
)

// shopEvents are what the starter subscribes to.
var shopEvents = []string{eventCreated, eventPaid, eventUpdate}

var shopWrites = []probe{
	{
		service: shopService, assumption: "Webhooks reach --public-url",
		sights: []string{"yes"},
		see:    seeArrival,
		means: map[string]means{
			"yes, at the starter that runs": fine("stop the starter and run this again to see what the events look like"),
			"no":                            bad("check DNS, the certificate and the proxy before the starter; until then orders are seen by sweeps alone"),
		},
	},
	{
		service: shopService, assumption: "All events of orders can be subscribed to",
		covers: []string{"hook_events", "POST /api/hooks/subscribe/: event"},
		sights: []string{"yes"},
		writes: "subscribe to the shop's events of orders until this command ends",
		ready:  needsHooks,
		see: func(ctx context.Context, e *examination) (string, error) {
			var refused []string
			for _, event := range shopEvents {
				id, err := e.cartum.Subscribe(ctx, event, e.target)
				switch {
				case err == nil:
					e.subscribed(id, event)
				case cartum.KindOf(err) == cartum.Rejected:
					refused = append(refused, event)
				default:
					return "", err
				}
			}
			if len(refused) == 0 {
				return "yes", nil
			}
			return "some are refused: " + strings.Join(refused, ", "), nil
		},
		means: map[string]means{"some are refused": fine("such changes are seen by sweeps alone")},
	},
	{
		service: shopService, assumption: "A URL can be subscribed twice to one event",
		covers: []string{"subscribe_twice", "POST /api/hooks/subscribe/: target_url"},
		sights: []string{"a second subscription", "refused", "the same subscription"},
		writes: "subscribe to order_created once more, and end that subscription",
		ready:  needsSubscription,
		see: func(ctx context.Context, e *examination) (string, error) {
			id, err := e.cartum.Subscribe(ctx, eventCreated, e.target)
			switch {
			case cartum.KindOf(err) == cartum.Rejected:
				return "refused", nil
			case err != nil:
				return "", err
			case e.subscriptions[id] != "":
				return "the same subscription", nil
			}
			if err := e.cartum.Unsubscribe(ctx, id, e.target); err != nil {
				e.subscribed(id, eventCreated)
			}
			return "a second subscription", nil
		},
	},
	{
		service: shopService, assumption: "The functions of hooks refuse in the common envelope",
		covers: []string{"hooks_refusal", "answer HookRefusal", "answer HookHTTPRefusal", "answer HookHTTPRefusal: error"},
		sights: []string{"in the envelope", "by HTTP status", "not at all"},
		writes: "end a subscription that does not exist",
		ready:  needsSubscription,
		see: func(ctx context.Context, e *examination) (string, error) {
			const nobodysSubscription = 999_999_999
			err := e.cartum.Unsubscribe(ctx, nobodysSubscription, e.target)
			answer := e.cartumWire.newest()
			switch {
			case err == nil:
				return "not at all", nil
			case answer.status == http.StatusOK:
				return "in the envelope", nil
			case answer.status >= http.StatusBadRequest && answer.status < http.StatusInternalServerError:
				return "by HTTP status", nil
			default:
				return "", err
			}
		},
	},
	{
		service: shopService, assumption: "A new order is seen in the shop's list, on the settings' clock",
		sights: []string{"yes"},
		writes: "wait for you to place a test order in the shop",
		see:    seeTestOrder,
		means:  map[string]means{"another zone": bad("correct the shop's time_zone, or orders are dated wrongly and fresh ones are missed")},
	},
	{
		service: shopService, assumption: "An event is delivered once",
		covers: []string{"webhook_delivery"},
		sights: []string{"once", "more than once"},
		writes: "wait for the event of that order",
		ready:  needsAll(needsSubscription, needsFresh),
		see: func(ctx context.Context, e *examination) (string, error) {
			found, err := e.awaitEvent(ctx, settings.CartumHooks, e.placed, isCreated)
			if err != nil || len(found) == 0 {
				return "never", err
			}
			if err := pause(ctx, e.Patience/10); err != nil {
				return "", err
			}
			if len(e.events(isCreated)) == 1 {
				return "once", nil
			}
			return "more than once", nil
		},
		means: map[string]means{
			"never": fine("new orders are seen by sweeps alone; ask Cartum whether the shop's plan includes webhooks, or shorten sweep.recent_every"),
		},
	},
	{
		service: shopService, assumption: "An event says that it is a form, though its body is JSON",
		covers: []string{"webhook_content_type"},
		sights: []string{"a form", "JSON", "nothing", "another type"},
		writes: "look at that event",
		ready:  needsArrival,
		see: func(_ context.Context, e *examination) (string, error) {
			kind, _, _ := strings.Cut(e.events(isCreated)[0].header.Get("Content-Type"), ";")
			switch kind {
			case "application/x-www-form-urlencoded":
				return "a form", nil
			case "application/json":
				return "JSON", nil
			case "":
				return "nothing", nil
			default:
				return "another type", nil
			}
		},
	},
	{
		service: shopService, assumption: "A status that the API writes is saved",
		covers: []string{"status_update"},
		sights: []string{"saved"},
		writes: "change the status of the test order in the shop",
		ready:  needsFresh,
		see: func(ctx context.Context, e *examination) (string, error) {
			e.changed = e.hookMark()
			if err := e.cartum.UpdateStatus(ctx, e.fresh, e.otherStatus()); err != nil {
				return shopRefusal(err)
			}
			read, err := e.cartum.Order(ctx, e.fresh)
			switch {
			case err != nil:
				return "", err
			case read.Status == e.otherStatus():
				return "saved", nil
			default:
				return "lost", nil
			}
		},
		means: map[string]means{
			"refused": bad("statuses of RO App cannot come to the shop; check the permissions of the shop's user"),
			"lost":    bad("the shop says yes and saves nothing; empty statuses.export, or rows warn"),
		},
	},
	{
		service: shopService, assumption: "The log of an update has its text under messages, without the order's number",
		covers: []string{"update_log", "POST /api/orders/update/: response.log[].order_id"},
		sights: []string{"under messages", "under message"},
		writes: "look at the answer to that",
		ready:  needsFresh,
		see: func(_ context.Context, e *examination) (string, error) {
			answer, ok := e.cartumWire.last("POST /api/orders/update/")
			entry := firstOf(in(answer.value(), "response", "log"))
			switch {
			case !ok || entry == nil:
				return "", unseen("the answer has no log")
			case in(entry, "messages") != nil:
				return "under messages", nil
			default:
				return "under message", nil
			}
		},
	},
	{
		service: shopService, assumption: "A changed status fires no event",
		covers: []string{"order_update"},
		sights: []string{"none", "for every change", "for changes in the panel"},
		writes: "wait for an event of that change, and for you to change the status in the shop's panel",
		ready:  needsAll(needsSubscription, needsFresh),
		see: func(ctx context.Context, e *examination) (string, error) {
			if found, err := e.awaitEvent(ctx, settings.CartumHooks, e.changed, isUpdate); err != nil || len(found) > 0 {
				return "for every change", err
			}
			mark := e.hookMark()
			if !e.Person.Did(ctx, "change the status of the test order in the shop's panel to another one than "+
				"the first, and not to cancelled") {
				return "", unseen("none came for the API's change, and nobody changed the status in the panel")
			}
			if found, err := e.awaitEvent(ctx, settings.CartumHooks, mark, isUpdate); err != nil || len(found) > 0 {
				return "for changes in the panel", err
			}
			return "none", nil
		},
		means: map[string]means{"none": fine("changes are seen by sweeps alone")},
	},
	{
		service: shopService, assumption: "That event's body has a few fields",
		covers: []string{"order_update_body"},
		sights: []string{"a few fields", "the whole order"},
		writes: "look at that event",
		ready:  needsUpdateEvent,
		see: func(_ context.Context, e *examination) (string, error) {
			if _, whole := e.events(isUpdate)[0].body["products"]; whole {
				return "the whole order", nil
			}
			return "a few fields", nil
		},
	},
	{
		service: shopService, assumption: "All events but order_update name the order's number",
		covers: []string{"webhook_number"},
		sights: []string{"all but order_update", "all"},
		writes: "look at these events",
		ready:  needsArrival,
		see: func(_ context.Context, e *examination) (string, error) {
			numbered := func(a arrival) bool { return a.body["order_id"] != nil }
			created, update := e.events(isCreated), e.events(isUpdate)
			switch {
			case !numbered(created[0]):
				return "none", nil
			case len(update) == 0:
				return "", unseen("order_created names it; no order_update came")
			case numbered(update[0]):
				return "all", nil
			default:
				return "all but order_update", nil
			}
		},
		means: map[string]means{"none": fine("an event makes cartumsync read the newest orders")},
	},
	{
		service: shopService, assumption: "A cancelled order is locked, and says so",
		covers: []string{"status_4"},
		sights: []string{"locked", "open"},
		writes: "cancel the test order in the shop, and try to change it afterwards",
		ready:  needsFresh,
		see: func(ctx context.Context, e *examination) (string, error) {
			if err := e.cartum.UpdateStatus(ctx, e.fresh, order.CancelledStatus); err != nil {
				return shopRefusal(err)
			}
			if read, err := e.cartum.Order(ctx, e.fresh); err != nil || read.Status != order.CancelledStatus {
				return "", cmp.Or[error](err, unseen("the order is not cancelled"))
			}
			if err := e.cartum.UpdateStatus(ctx, e.fresh, e.otherStatus()); cartum.KindOf(err) == cartum.Rejected {
				return "locked", nil
			} else if err != nil {
				return "", err
			}
			read, err := e.cartum.Order(ctx, e.fresh)
			switch {
			case err != nil:
				return "", err
			case read.Status == order.CancelledStatus:
				return "locked without a word", nil
			default:
				return "open", nil
			}
		},
		means: map[string]means{
			"locked without a word": fine("rows warn where RO App reopens a cancelled order"),
			"refused":               fine("RO App's cancellations cannot come to the shop; take them out of statuses.export"),
		},
	},
	{
		service: shopService, assumption: "A deleted order is no longer in the list",
		covers: []string{"deleted_order"},
		sights: []string{"it vanishes"},
		writes: "wait for you to delete the test order in the shop's panel",
		ready:  needsFresh,
		see: func(ctx context.Context, e *examination) (string, error) {
			if !e.Person.Did(ctx, "delete the test order in the shop's panel") {
				return "", unseen("nobody deleted the order")
			}
			_, err := e.cartum.Order(ctx, e.fresh)
			if cartum.KindOf(err) == cartum.NotFound {
				return "it vanishes", nil
			}
			return "it stays", err
		},
		means: map[string]means{"it stays": fine("an order that is deleted in the shop is not seen to be; cancel it before")},
	},
	{
		service: accountService, assumption: "A signed event carries its id in X-Webhook-Id",
		covers: []string{"webhook-id"},
		sights: []string{"yes", "absent", "another id"},
		writes: "change the status of the order in RO App and wait for RO App's webhook",
		ready:  needsAll(needsHooks, needsOrder),
		see:    seeRoappEvent,
		means: map[string]means{
			"not signed by the settings' secret": bad("put the secret that RO App shows into webhook_secret"),
			"no event":                           fine("changes in RO App are seen by polls alone; create the webhook in RO App, Settings > API"),
		},
	},
}

// needsAll is ready where all are.
func needsAll(all ...func(*examination) string) func(*examination) string {
	return func(e *examination) string {
		for _, needs := range all {
			if missing := needs(e); missing != "" {
				return missing
			}
		}
		return ""
	}
}

func needsArrival(e *examination) string {
	return needs(int64(len(e.events(isCreated))), "no event has arrived")
}

func needsUpdateEvent(e *examination) string {
	return needs(int64(len(e.events(isUpdate))), "no event of a changed status has arrived")
}

// An event's body does not say which it is: a small one with a status is order_update, one with the order's first status is
// order_created.
func isCreated(a arrival) bool {
	return a.body["products"] != nil && text(a.body["stat_status"]) == "1"
}

func isUpdate(a arrival) bool {
	status := text(a.body["stat_status"])
	return status != "" && status != "1"
}

// events are those of the test order.
func (e *examination) events(wanted func(arrival) bool) []arrival {
	return e.arrived(settings.CartumHooks, e.placed, wanted)
}

func (e *examination) subscribed(id int64, event string) {
	if e.subscriptions == nil {
		e.subscriptions = map[int64]string{}
	}
	e.subscriptions[id] = event
}

func shopRefusal(err error) (string, error) {
	if cartum.KindOf(err) == cartum.Rejected {
		return "refused", nil
	}
	return "", err
}

// otherStatus is one that the test order gets: in work, else another of statuses.import.
func (e *examination) otherStatus() int {
	const inWork = 2
	if _, mapped := e.shop.Statuses.Import[inWork]; mapped {
		return inWork
	}
	for id := range e.shop.Statuses.Import {
		if id != 1 && id != order.CancelledStatus {
			return id
		}
	}
	return inWork
}

// seeTestOrder waits for a new order, unless one was named.
func seeTestOrder(ctx context.Context, e *examination) (string, error) {
	before, err := e.recent(ctx)
	if err != nil {
		return "", err
	}
	e.placed = e.hookMark()
	if e.fresh = e.Order; e.fresh == 0 {
		if !e.Person.Did(ctx, `place a test order in the shop, with the comment: O'Connor & "Test"`) {
			return "", unseen("nobody placed a test order")
		}
		fresh := func(o cartum.Order) bool {
			return !slices.ContainsFunc(before, func(b cartum.Order) bool { return b.Number == o.Number })
		}
		found, _, err := awaitOne(ctx, e, e.recent, fresh)
		if e.fresh = found.Number; err != nil || e.fresh == 0 {
			return "", cmp.Or[error](err, unseen("no new order is in the list"))
		}
	}
	now, err := e.recent(ctx)
	if err != nil {
		return "", err
	}
	created := ""
	for _, one := range now {
		if one.Number == e.fresh {
			created = one.CreatedRaw
		}
	}
	at, err := time.ParseInLocation(time.DateTime, created, e.shop.Zone())
	if err != nil {
		return "", unseen("the time of the test order cannot be read")
	}
	if ahead := time.Until(at); ahead > clockSlack || ahead < -freshFor {
		return "another zone: " + ahead.Round(15*time.Minute).String() + " from the settings' " + e.shop.TimeZone, nil
	}
	return "yes", nil
}

// recent are the orders of these days.
func (e *examination) recent(ctx context.Context) ([]cartum.Order, error) {
	if !e.loggedIn {
		return nil, errNoLogin
	}
	now := time.Now()
	page, err := e.cartum.Orders(ctx, cartum.OrdersQuery{
		From: now.AddDate(0, 0, -1).Format(time.DateTime), To: now.AddDate(0, 0, 1).Format(time.DateTime), Limit: readLimit,
	})
	return page.Orders, err
}

func seeRoappEvent(ctx context.Context, e *examination) (string, error) {
	address := strings.TrimRight(e.PublicURL, "/") + settings.RoappHooks + e.shop.Account
	if !e.Person.Did(ctx, "create a webhook for the events of orders in RO App, Settings > API, to "+address+", if there is none") {
		return "", unseen("nobody created a webhook in RO App")
	}
	read, err := e.roapp.Order(ctx, e.order)
	if err != nil {
		return "", err
	}
	mark := e.hookMark()
	for _, to := range e.targets(false) {
		if to == read.StatusID {
			continue
		}
		if err := e.roapp.SetStatus(ctx, e.order, to, "test"); err != nil {
			return "", err
		}
		break
	}
	found, err := e.awaitEvent(ctx, settings.RoappHooks, mark, anyEvent)
	if err != nil || len(found) == 0 {
		return "no event", err
	}
	event := found[0]
	id, header := text(event.body["id"]), event.header.Get("X-Webhook-Id")
	switch {
	case e.account.WebhookSecret.Reveal() != "" && !e.signed(event, id) && !e.signed(event, header):
		return "not signed by the settings' secret", nil
	case header == "":
		return "absent", nil
	case header != id:
		return "another id", nil
	default:
		return "yes", nil
	}
}
