package testenv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// Patience is how long a test waits for an order that does not change: the fake allows
// three requests a second, and tests share one small machine.
const Patience = 90 * time.Second

// Webhook sends Cartum's event for an order, until it is taken.
func (w *Env) Webhook(number int64) {
	w.T.Helper()
	body, _ := json.Marshal(w.Cartum.Order(number, nil))
	w.Eventually(Patience, func() string {
		code, answer := w.PutWebhook(w.Shop, WebhookKey, body)
		if code == http.StatusNoContent {
			return ""
		}
		text := fmt.Sprintf("webhook of order %d: %d %s", number, code, answer)
		if code != http.StatusServiceUnavailable { // see Signal
			w.T.Fatal(text)
		}
		return text
	})
}

// PutWebhook sends any body to any shop's webhook.
func (w *Env) PutWebhook(shop, key string, body []byte) (code int, answer string) {
	w.T.Helper()
	req, err := http.NewRequestWithContext(w.T.Context(), http.MethodPut, w.StarterURL+"/webhooks/cartum/"+shop+"/"+key, bytes.NewReader(body))
	w.must(err)
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	w.must(err)
	return resp.StatusCode, string(text)
}

// Place puts an order into the shop and sends its webhook.
func (w *Env) Place(number int64, fields J) {
	w.T.Helper()
	w.Cartum.PutOrder(number, fields)
	w.Webhook(number)
}

// ByHand asks for an order as a person does.
func (w *Env) ByHand(number int64) {
	w.T.Helper()
	w.taken(func() error { return w.Orders.Changed(w.T.Context(), w.Key(number), order.OriginHand) })
}

// Key is the key of one of the shop's orders.
func (w *Env) Key(number int64) order.Key { return order.Key{Shop: w.Shop, Number: number} }

// Refused sends a decision that is not taken, and gives why.
func (w *Env) Refused(number int64, d order.Decision) *service.Error {
	w.T.Helper()
	d.By = "tester"
	err := w.Orders.Decide(w.T.Context(), w.Key(number), d)
	if !service.Has(err, service.Unfit) {
		w.T.Fatalf("the decision %s was not refused as one that does not fit: %v", d.Kind, err)
	}
	return service.As(err)
}
