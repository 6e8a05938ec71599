package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/service"
)

// accountChanged takes RO App's events. The signature covers an event's id, which stands in the body and in a header that may
// be missing, and not the body, so nothing of the body is believed: any event only makes the account's entity ask RO App what
// changed; a replayed one makes it ask once more. Every signed event is answered with 200, for RO App may switch a webhook off
// that is refused (docs/reference/roapp.md#webhooks).
func (h *webhooks) accountChanged(w http.ResponseWriter, r *http.Request) {
	account := chi.URLParam(r, "account")
	log := h.logger.With(zap.String("account", account))
	set := h.settings.Current().Accounts[account]
	if set.WebhookSecret.Reveal() == "" {
		http.NotFound(w, r) // an unknown account looks the same
		return
	}
	body, err := readWebhook(w, r, log)
	if err != nil {
		return
	}
	ids := eventIDs(body, r.Header.Get("X-Webhook-Id"))
	if len(ids) == 0 {
		log.Warn("a webhook of RO App was refused: it names no event")
		http.Error(w, "neither the body nor the header X-Webhook-Id has the event's id", http.StatusBadRequest)
		return
	}
	signature := r.Header.Get("X-Signature")
	if !slices.ContainsFunc(ids, func(id string) bool { return set.Signed(id, signature) }) {
		log.Warn("a webhook of RO App was refused: its signature is not the account's; compare webhook_secret with RO App's settings")
		http.Error(w, "the signature does not fit", http.StatusUnauthorized)
		return
	}
	h.hand(w, r, log, http.StatusOK, func(ctx context.Context, orders *service.Orders) error { return orders.PollAccount(ctx, account) })
}

// eventIDs are what the event may be called: by its body, and by the header.
func eventIDs(body []byte, header string) []string {
	var event struct {
		ID any `json:"id"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	_ = decoder.Decode(&event) // a body that is no JSON names nothing
	ids := []string{strings.TrimSpace(header)}
	switch id := event.ID.(type) {
	case string:
		ids = append(ids, id)
	case json.Number:
		ids = append(ids, id.String())
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}
