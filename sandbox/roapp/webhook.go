package roapp

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	webhookAttempts = 4
	webhookTimeout  = 10 * time.Second
)

// webhookSender delivers events in the background. RO App's own retries, time
// limits and order are unknown (docs/reference/roapp.md#webhooks).
type webhookSender struct {
	url, secret string
	pause       time.Duration
	switches    *switchboard
	closed      context.Context
	client      *http.Client

	mu      sync.Mutex // so that no delivery starts once wait has started
	pending sync.WaitGroup
}

func newWebhookSender(closed context.Context, options Options, switches *switchboard) *webhookSender {
	return &webhookSender{
		url:      options.WebhookURL,
		secret:   options.WebhookSecret,
		pause:    options.WebhookPause,
		switches: switches,
		closed:   closed,
		client:   &http.Client{Timeout: webhookTimeout},
	}
}

// notify sends a webhook about a record (docs/reference/roapp.md#webhooks). It does
// not wait.
func (s *Server) notify(event, kind string, id, author int64, metadata map[string]any) {
	who, _ := s.store.directories.employee(author)
	eventID := newUUID()
	s.webhooks.send(eventID, map[string]any{
		"id": eventID, "created_at": timestamp(s.now()), "event_name": event,
		"context":  map[string]any{"object_id": id, "object_type": kind},
		"metadata": metadata,
		"employee": map[string]any{"id": who.id, "full_name": who.fullName(), "email": who.email},
	})
}

func (w *webhookSender) send(id string, event map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.url == "" || w.closed.Err() != nil {
		return
	}
	body, err := json.Marshal(event)
	if err != nil {
		panic(err) // an event holds numbers and texts only
	}
	w.pending.Go(func() { w.deliver(id, body) })
}

// wait returns when no delivery runs. The sender must be closed before.
func (w *webhookSender) wait() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending.Wait()
}

func (w *webhookSender) deliver(id string, body []byte) {
	wait := w.pause
	for attempt := 1; !w.post(id, body) && attempt < webhookAttempts; attempt++ {
		pause(w.closed, wait)
		wait *= 2
	}
}

func (w *webhookSender) post(id string, body []byte) (delivered bool) {
	r, err := http.NewRequestWithContext(w.closed, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	switch w.switches.value(WebhookID) {
	case "header":
		r.Header.Set("X-Webhook-Id", id)
	case "different":
		r.Header.Set("X-Webhook-Id", newUUID())
	}
	r.Header.Set("X-Signature", signature(w.secret, id))
	answer, err := w.client.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode >= 200 && answer.StatusCode < 300
}

// signature covers the event's id only, not its body
// (docs/reference/roapp.md#webhooks).
func signature(secret, id string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))
}

func newUUID() string {
	var id [16]byte
	_, _ = rand.Read(id[:])   // never fails
	id[6] = id[6]&0x0f | 0x40 // version 4
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
