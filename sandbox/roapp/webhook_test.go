package roapp_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

type delivery struct {
	id, signature string
	event         answer
}

// receiver takes webhooks, answering the first few with an error.
func receiver(t *testing.T, failures int32) (url string, deliveries <-chan delivery, attempts *atomic.Int32) {
	t.Helper()
	taken := make(chan delivery, 100)
	attempts = &atomic.Int32{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if attempts.Add(1) <= failures {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		raw, _ := io.ReadAll(r.Body)
		d := delivery{id: r.Header.Get("X-Webhook-Id"), signature: r.Header.Get("X-Signature")}
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.UseNumber()
		_ = decoder.Decode(&d.event.json)
		taken <- d
	}))
	t.Cleanup(web.Close)
	return web.URL, taken, attempts
}

func next(t *testing.T, deliveries <-chan delivery) delivery {
	t.Helper()
	select {
	case d := <-deliveries:
		return d
	case <-time.After(30 * time.Second):
		t.Fatal("no webhook came")
		return delivery{}
	}
}

func TestWebhooksAreSigned(t *testing.T) {
	t.Parallel()
	url, deliveries, _ := receiver(t, 0)
	a := open(t, roapp.Options{WebhookURL: url, WebhookSecret: "s3cret"})
	client := a.person("Jan", "+48501234567")
	d := next(t, deliveries)
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write([]byte(d.id))
	if d.signature != hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("signature %s", d.signature)
	}
	check(t, d.event, map[string]string{
		"id": d.id, "event_name": "Client.Created", "created_at": "2026-11-02T09:30:00Z",
		"context.object_type": "client", "context.object_id": fmt.Sprint(client),
		"metadata.client.fullname": "Jan", "employee.id": "56", "employee.full_name": "Anna Nowak",
	})
	order := a.post("/v2/orders", newOrder(34, client)).id("id")
	check(t, next(t, deliveries).event, map[string]string{
		"event_name": "Order.Created", "context.object_id": fmt.Sprint(order), "metadata.order.name": "Z00001",
		"metadata.client.id": fmt.Sprint(client), "metadata.status.id": "101",
	})
	a.post(orderPath(order)+"/status", `{"status_id":101}`)
	a.post(orderPath(order)+"/status", `{"status_id":105}`)
	check(t, next(t, deliveries).event, map[string]string{
		"event_name": "Order.Status.Changed", "metadata.new.id": "105", "metadata.old.id": "101",
	})
	a.post("/sandbox/people", `{"first_name":"Anna"}`)
	check(t, next(t, deliveries).event, map[string]string{"event_name": "Client.Created", "employee.id": "57"})
}

func TestWebhookIDSwitch(t *testing.T) {
	t.Parallel()
	for value, same := range map[string]bool{"header": true, "absent": false, "different": false} {
		url, deliveries, _ := receiver(t, 0)
		a := open(t, roapp.Options{WebhookURL: url, WebhookSecret: "s3cret", Switches: map[string]string{string(roapp.WebhookID): value}})
		a.person("Jan", "+48501234567")
		d := next(t, deliveries)
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write([]byte(d.event.at("id")))
		if d.signature != hex.EncodeToString(mac.Sum(nil)) || (d.id == d.event.at("id")) != same || (d.id == "") != (value == "absent") {
			t.Errorf("%s: got %+v", value, d)
		}
	}
}

func TestWebhooksAreRetried(t *testing.T) {
	t.Parallel()
	url, deliveries, attempts := receiver(t, 2)
	a := open(t, roapp.Options{WebhookURL: url, WebhookPause: time.Millisecond})
	a.person("Jan", "+48501234567")
	next(t, deliveries)
	if n := attempts.Load(); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
}

func TestWebhooksAreGivenUp(t *testing.T) {
	t.Parallel()
	url, _, attempts := receiver(t, 100)
	server := roapp.New(roapp.Options{WebhookURL: url, WebhookPause: time.Millisecond, Unlimited: true})
	a := serve(t, server)
	a.person("Jan", "+48501234567")
	eventually(t, func() bool { return attempts.Load() == 4 })
}

func TestCloseStopsDeliveries(t *testing.T) {
	t.Parallel()
	url, _, attempts := receiver(t, 100)
	server := roapp.New(roapp.Options{WebhookURL: url, WebhookPause: time.Hour, Unlimited: true})
	a := serve(t, server)
	a.person("Jan", "+48501234567")
	eventually(t, func() bool { return attempts.Load() == 1 })
	server.Close()
	server.Close() // twice is harmless
	a.person("Anna", "+48501234567")
	if n := attempts.Load(); n != 1 {
		t.Errorf("%d attempts, want 1", n)
	}
}

// serve starts a server of the test's own.
func serve(t *testing.T, server *roapp.Server) *account {
	t.Helper()
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	t.Cleanup(server.Close)
	return &account{t: t, url: web.URL, client: web.Client()}
}
