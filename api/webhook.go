package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/go-chi/chi/v5"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/tracing"
)

// webhookLimit is how much of a webhook's body is read.
const webhookLimit = 1 << 20

// webhooks takes Cartum's events. They are unsigned
// (docs/reference/cartum.md#delivery-of-webhooks), so a secret stands in the
// URL, and of the body only the order's number is believed, as a hint to read
// that order.
type webhooks struct {
	settings *settings.Store
	orders   func() (*service.Orders, bool) // false while Temporal is not connected
	tracing  *tracing.Tracing
	logger   *zap.Logger
}

// changed takes order_created, order_update and order_paid, which differ in
// nothing that matters.
func (h *webhooks) changed(w http.ResponseWriter, r *http.Request) {
	shop := chi.URLParam(r, "shop")
	if !h.authentic(r) {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhookLimit))
	if err != nil {
		refuseUnread(w, h.logger.With(zap.String("shop", shop)), err)
		return
	}
	number, err := orderNumber(body)
	if err != nil {
		h.logger.Warn("a webhook was refused", zap.String("shop", shop), zap.Error(err))
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	log := h.logger.With(zap.String("shop", shop), zap.Int64("order", number), zap.String("event", r.URL.Query().Get("event")))
	h.hand(w, r, log, func(ctx context.Context, orders *service.Orders) error {
		if err := orders.Changed(ctx, order.Key{Shop: shop, Number: number}, order.OriginWebhook); err != nil {
			return err
		}
		if err := orders.WebhookReceived(ctx, shop); err != nil {
			log.Warn("the shop was not told that its webhooks arrive; the next one tells it", zap.Error(err))
		}
		return nil
	})
}

// removed is how Cartum tells that somebody deleted the subscription
// (docs/reference/cartum.md#delivery-of-webhooks).
func (h *webhooks) removed(w http.ResponseWriter, r *http.Request) {
	shop := chi.URLParam(r, "shop")
	if !h.authentic(r) {
		http.NotFound(w, r)
		return
	}
	event := r.URL.Query().Get("event")
	log := h.logger.With(zap.String("shop", shop), zap.String("event", event))
	log.Warn("a webhook was removed in Cartum; the next start of the starter subscribes again")
	h.hand(w, r, log, func(ctx context.Context, orders *service.Orders) error {
		return orders.WebhookRemoved(ctx, shop, event)
	})
}

// hand gives the event on. Where that fails Cartum is told to send it again.
func (h *webhooks) hand(w http.ResponseWriter, r *http.Request, log *zap.Logger, give func(context.Context, *service.Orders) error) {
	h.tracing.Root(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log := log.With(tracing.Field(r.Context()))
		if err := withOrders(r.Context(), h.orders, give); err != nil {
			log.Error("a webhook could not be handed over; Cartum sends it again", zap.Error(err))
			http.Error(retryLater(w), sendAgain, http.StatusServiceUnavailable)
			return
		}
		log.Info("webhook taken")
		w.WriteHeader(http.StatusNoContent)
	})).ServeHTTP(w, r)
}

// refuseUnread answers a body that did not come as a whole.
func refuseUnread(w http.ResponseWriter, log *zap.Logger, err error) {
	log.Warn("a webhook's body could not be read", zap.Error(err))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit), http.StatusRequestEntityTooLarge)
	case errors.Is(err, os.ErrDeadlineExceeded):
		http.Error(w, "the body came too slowly", http.StatusRequestTimeout)
	default:
		http.Error(w, "the body did not come as a whole", http.StatusBadRequest)
	}
}

// authentic compares the URL's key with the shop's in constant time. An unknown
// shop, one that is switched off, one without key and a wrong key look the same
// from outside.
func (h *webhooks) authentic(r *http.Request) bool {
	current, id := h.settings.Current(), chi.URLParam(r, "shop")
	shop := current.Shops[id]
	want := sha256.Sum256([]byte(shop.WebhookKey.Reveal()))
	got := sha256.Sum256([]byte(chi.URLParam(r, "key")))
	same := subtle.ConstantTimeCompare(want[:], got[:]) == 1
	return same && current.InForce(id) && shop.WebhookKey.Reveal() != ""
}

// orderNumber reads the one value of the body that is used, a number or the
// text of one.
func orderNumber(body []byte) (int64, error) {
	var event struct {
		OrderID json.RawMessage `json:"order_id"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return 0, errors.New("the body is not a JSON object with order_id")
	}
	digits := bytes.Trim(event.OrderID, `"`)
	// Without a sign, and within int64.
	number, err := strconv.ParseUint(string(digits), 10, 63)
	if err != nil || number == 0 {
		return 0, errors.New("order_id is not the number of an order: send a positive whole number")
	}
	return int64(number), nil
}
