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
	"github.com/cartumsync/cartumsync/workflows"
)

// webhookLimit is how much of a webhook's body is read.
const webhookLimit = 1 << 20

// webhooks takes the events of both services.
type webhooks struct {
	settings *settings.Store
	orders   func() (*service.Orders, bool) // false while Temporal is not connected
	tracing  *tracing.Tracing
	logger   *zap.Logger
}

// changed takes Cartum's order_created, order_update and order_paid. They are unsigned
// (docs/reference/cartum.md#delivery-of-webhooks), so a secret stands in the URL, and of the body only the order's number is
// believed, as a hint to read that order. All are taken alike, but of an update it is expected that the order is known.
func (h *webhooks) changed(w http.ResponseWriter, r *http.Request) {
	shop := chi.URLParam(r, "shop")
	log := h.logger.With(zap.String("shop", shop))
	if !h.authentic(r) {
		http.NotFound(w, r)
		return
	}
	body, err := readWebhook(w, r, log)
	if err != nil {
		return
	}
	number, err := orderNumber(body)
	if err != nil {
		log.Warn("a webhook was refused", zap.Error(err))
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	event := r.URL.Query().Get("event")
	log = log.With(zap.Int64("order", number), zap.String("event", event))
	h.hand(w, r, log, http.StatusNoContent, func(ctx context.Context, orders *service.Orders) error {
		notify := orders.Updated
		if event == workflows.EventCreated {
			notify = orders.Changed
		}
		if err := notify(ctx, order.Key{Shop: shop, Number: number}, order.OriginWebhook); err != nil {
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
	log.Warn("a webhook was removed in Cartum; the starter subscribes again at its next start or change of settings")
	h.hand(w, r, log, http.StatusNoContent, func(ctx context.Context, orders *service.Orders) error {
		return orders.WebhookRemoved(ctx, shop, event)
	})
}

// hand gives the event on and answers with the status. Where that fails, the service is told to send it again.
func (h *webhooks) hand(w http.ResponseWriter, r *http.Request, log *zap.Logger, status int, give func(context.Context, *service.Orders) error) {
	h.tracing.Root(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log := log.With(tracing.Field(r.Context()))
		err := errors.New("not connected to Temporal yet")
		if orders, connected := h.orders(); connected {
			err = give(r.Context(), orders)
		}
		if err != nil {
			log.Error("a webhook could not be handed over; Cartum sends it again, and RO App's next poll brings what it told", zap.Error(err))
			w.Header().Set("Retry-After", "60")
			http.Error(w, "the order exchange cannot take this now; send it again", http.StatusServiceUnavailable)
			return
		}
		log.Info("webhook taken")
		w.WriteHeader(status)
	})).ServeHTTP(w, r)
}

// readWebhook reads the body, and answers where it did not come as a whole.
func readWebhook(w http.ResponseWriter, r *http.Request, log *zap.Logger) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhookLimit))
	if err == nil {
		return body, nil
	}
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
	return nil, err
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
