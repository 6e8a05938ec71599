package cartum

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func (s *shop) subscribe(event, target string) reply {
	s.t.Helper()
	return s.call("hooks/subscribe", params{"event": event, "target_url": target})
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for n := 1; n <= maxSubscriptions; n++ {
		r := s.subscribe("order_created", fmt.Sprintf("http://127.0.0.1:1/%d", n))
		equal(t, "code", r.code, http.StatusCreated)
		same(t, "body", r.doc, fmt.Sprintf(`{"id":%d}`, n))
	}
	r := s.subscribe("order_created", "http://127.0.0.1:1/6")
	equal(t, "limit", r.at("response", "message"), any("Subscriptions limit for current event has been reached"))
	equal(t, "another event", s.subscribe("order_paid", "http://127.0.0.1:1/6").code, http.StatusCreated)

	r = s.call("hooks/unSubscribe", params{"id": 1, "target_url": "http://127.0.0.1:1/1"})
	equal(t, "gone", r.code, http.StatusGone)
	same(t, "gone body", r.doc, `{"status":"OK"}`)
	equal(t, "room again", s.subscribe("order_created", "http://127.0.0.1:1/6").code, http.StatusCreated)
	equal(t, "wrong target", s.call("hooks/unSubscribe", params{"id": 2, "target_url": "http://127.0.0.1:1/1"}).at("status"), "ERROR")
	equal(t, "wrong id", s.call("hooks/unSubscribe", params{"id": "x"}).at("status"), "ERROR")
	equal(t, "event", s.subscribe("order_deleted", "http://127.0.0.1:1/1").at("status"), "ERROR")
	for _, target := range []string{"", "/path", "ftp://x/y", ":"} {
		equal(t, "target "+target, s.subscribe("order_update", target).at("status"), "ERROR")
	}
	same(t, "listed", s.sandbox("GET", "subscriptions", "", 200).at(0),
		`{"id":2,"event":"order_created","target_url":"http://127.0.0.1:1/***"}`)
}

func TestHooksRefusal(t *testing.T) {
	t.Parallel()
	cases := []struct {
		value       string
		token, call int // codes of a bad token and of a bad call
		bare        bool
	}{
		{"envelope", 200, 200, false}, {"http", 401, 400, true},
	}
	for _, c := range cases {
		t.Run(c.value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"hooks_refusal": c.value})
			for _, p := range []params{{}, {"token": "x"}} {
				r := s.post("hooks/subscribe", p)
				equal(t, "token code", r.code, c.token)
				equal(t, "bare", r.at("error") != nil, c.bare)
				equal(t, "envelope", r.at("status") != nil, !c.bare)
			}
			equal(t, "call code", s.subscribe("nonsense", "http://127.0.0.1:1/").code, c.call)
			equal(t, "other functions", s.post("orders/get", params{"token": "x"}).at("status"), "UNAUTHORIZED")
		})
	}
}

func TestSubscribeTwice(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"allowed": `{"id":2}`, "same-id": `{"id":1}`,
		"refused": `{"status":"ERROR","response":{"message":"Subscription already exists"}}`,
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"subscribe_twice": value})
			s.subscribe("order_created", "http://127.0.0.1:1/a")
			same(t, "answer", s.subscribe("order_created", "http://127.0.0.1:1/a").doc, want)
		})
	}
}

func TestHookEvents(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"hook_events": "basic"})
	equal(t, "created", s.subscribe("order_created", "http://127.0.0.1:1/a").code, http.StatusCreated)
	equal(t, "paid", s.subscribe("order_paid", "http://127.0.0.1:1/a").at("status"), "ERROR")
	s.set(SwitchHookEvents, "all")
	equal(t, "paid", s.subscribe("order_paid", "http://127.0.0.1:1/a").code, http.StatusCreated)
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"order_update": "always", "webhook_number": "always", "order_update_body": "small"})
	created, updated, paid := newSubscriber(t, always(200)), newSubscriber(t, always(202)), newSubscriber(t, always(204))
	s.subscribe("order_created", created.url)
	s.subscribe("order_update", updated.url)
	s.subscribe("order_paid", paid.url)

	s.put("115", documentedOrder)
	got := created.wait(t, 1)[0]
	equal(t, "method", got.method, http.MethodPut)
	same(t, "created", got.doc, documentedOrder)

	s.call("orders/update", params{"orders": []params{{"order_id": 115, "status": 2, "payed": 1}}})
	same(t, "updated", updated.wait(t, 1)[0].doc, `{"order_id":115,"user":99,"stat_status":2}`)
	same(t, "paid", paid.wait(t, 1)[0].doc, `{"order_id":115,"user":99,"delivery_name":"sdbgdasgdasg",
		"delivery_email":"dasgdsga@zz.cc","delivery_phone":"+38 (012) 421-42-14","payed":1}`)

	s.put("115", `{"stat_status":1,"payed":1}`)
	s.put("115", `{"stat_status":3,"payed":1}`)
	same(t, "by the panel", at(updated.wait(t, 2)[1].doc, "stat_status"), `3`)
	s.put("116", `{"stat_status":1,"payed":1}`)
	created.wait(t, 2)
	equal(t, "created, updated, paid", []int{len(created.all()), len(updated.all()), len(paid.all())}, []int{2, 2, 1})

	eventually(t, "deliveries in the log", func() bool { return len(s.sandbox("GET", "webhooks", "", 200).list()) == 5 })
	first := s.sandbox("GET", "webhooks", "", 200).at(0)
	masked := strings.TrimSuffix(created.url, "secret") + "***"
	same(t, "log", first, `{"at":"2026-11-20T13:00:00Z","event":"order_created","method":"PUT","url":"`+masked+`","attempt":1,"code":200}`)
}

func TestOrderUpdateFires(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"silent": nil, "always": {"2", "3"}, "panel-only": {"3"},
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"order_update": value})
			sub := newSubscriber(t, always(200))
			s.subscribe("order_update", sub.url)
			s.put("1", `{"stat_status":1}`)
			s.call("orders/update", params{"orders": []params{{"order_id": 1, "status": 2}}})
			s.server.background.Wait()
			s.put("1", `{"stat_status":3}`)
			s.server.background.Wait()
			var got []string
			for _, r := range sub.all() {
				got = append(got, scalarText(at(r.doc, "stat_status")))
			}
			equal(t, "statuses", got, want)
		})
	}
}

func TestWebhookBodies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		set                    Switch
		value                  string
		created, updated, paid string
	}{
		{
			SwitchWebhookNumber, "always", `{"order_id":1,"stat_status":1,"payed":0,"x":1}`, `{"order_id":1,"stat_status":2}`,
			`{"order_id":1,"payed":1}`,
		},
		{
			SwitchWebhookNumber, "except-update", `{"order_id":1,"stat_status":1,"payed":0,"x":1}`, `{"stat_status":2}`,
			`{"order_id":1,"payed":1}`,
		},
		{SwitchWebhookNumber, "never", `{"stat_status":1,"payed":0,"x":1}`, `{"stat_status":2}`, `{"payed":1}`},
		{
			SwitchOrderUpdateBody, "full", `{"order_id":1,"stat_status":1,"payed":0,"x":1}`,
			`{"stat_status":2,"payed":1,"x":1}`, `{"order_id":1,"payed":1}`,
		},
	}
	for _, c := range cases {
		t.Run(string(c.set)+" "+c.value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"order_update": "always", string(c.set): c.value})
			subscribers := map[string]*subscriber{}
			for _, event := range []string{"order_created", "order_update", "order_paid"} {
				subscribers[event] = newSubscriber(t, always(200))
				s.subscribe(event, subscribers[event].url)
			}
			s.put("1", `{"stat_status":1,"payed":0,"x":1}`)
			s.call("orders/update", params{"orders": []params{{"order_id": 1, "status": 2, "payed": 1}}})
			for event, want := range map[string]string{"order_created": c.created, "order_update": c.updated, "order_paid": c.paid} {
				doc, _ := subscribers[event].wait(t, 1)[0].doc.(map[string]any)
				delete(doc, "stat_created")
				same(t, event, any(doc), want)
			}
		})
	}
}

func TestWebhookContentType(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"form": "application/x-www-form-urlencoded", "json": "application/json", "none": "",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"webhook_content_type": value})
			sub := newSubscriber(t, always(200))
			s.subscribe("order_created", sub.url)
			s.put("1", `{}`)
			equal(t, "type", sub.wait(t, 1)[0].kind, want)
		})
	}
}

func TestWebhookDelivery(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"once": 1, "twice": 2, "never": 0} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"webhook_delivery": value})
			sub := newSubscriber(t, always(200))
			s.subscribe("order_created", sub.url)
			s.put("1", `{}`)
			sub.wait(t, want)
			s.server.background.Wait()
			equal(t, "deliveries", len(sub.all()), want)
		})
	}
}

func TestWebhookRetries(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		answer func(n int) int
		want   int
	}{
		{"until 20x", func(n int) int { return map[bool]int{true: 201, false: 503}[n == 3] }, 3},
		{"ten times at most", always(404), maxAttempts},
		{"a redirect is no 20x", func(n int) int { return map[bool]int{true: 200, false: 302}[n == 2] }, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShopWith(t, Options{WebhookRetry: time.Millisecond})
			sub := newSubscriber(t, c.answer)
			s.subscribe("order_created", sub.url)
			s.put("1", `{}`)
			sub.wait(t, c.want)
			s.server.background.Wait()
			equal(t, "attempts", len(sub.all()), c.want)
			log := s.sandbox("GET", "webhooks", "", 200).list()
			equal(t, "logged", scalarText(at(log[len(log)-1], "attempt")), fmt.Sprint(c.want))
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, nil)
		s.subscribe("order_created", "http://127.0.0.1:1/hooks/secret")
		s.put("1", `{}`)
		s.server.background.Wait()
		log := s.sandbox("GET", "webhooks", "", 200).list()
		equal(t, "attempts", len(log), maxAttempts)
		same(t, "code", at(log[0], "code"), `0`)
	})
}

func TestWebhookDelay(t *testing.T) {
	t.Parallel()
	s := newShopWith(t, Options{WebhookDelay: time.Hour})
	sub := newSubscriber(t, always(200))
	s.subscribe("order_created", sub.url)
	s.put("1", `{}`)
	s.server.Close() // drops what waits
	equal(t, "delivered", len(sub.all()), 0)
	s.put("2", `{}`) // no new goroutine

	soon := newShopWith(t, Options{WebhookDelay: 30 * time.Millisecond})
	soon.subscribe("order_created", sub.url)
	start := time.Now()
	soon.put("1", `{}`)
	sub.wait(t, 1)
	if d := time.Since(start); d < 30*time.Millisecond {
		t.Errorf("delivered after %s", d)
	}
}

func TestSubscriptionRemovedInThePanel(t *testing.T) {
	t.Parallel()
	s := newShopWith(t, Options{WebhookRetry: time.Hour})
	sub := newSubscriber(t, always(500))
	s.subscribe("order_created", sub.url)
	s.sandbox("DELETE", "subscriptions/9", "", 404)
	s.sandbox("DELETE", "subscriptions/x", "", 400)
	s.sandbox("DELETE", "subscriptions/1", "", 204)
	got := sub.wait(t, 1)
	equal(t, "method", got[0].method, http.MethodDelete)
	s.put("1", `{}`)
	s.server.background.Wait()
	equal(t, "no more deliveries", len(sub.all()), 1)
	same(t, "subscriptions", s.sandbox("GET", "subscriptions", "", 200).doc, `[]`)
}

func TestUnsubscribedDeliveryIsDropped(t *testing.T) {
	t.Parallel()
	s := newShopWith(t, Options{WebhookRetry: 300 * time.Millisecond})
	sub := newSubscriber(t, always(500))
	s.subscribe("order_created", sub.url)
	s.put("1", `{}`)
	sub.wait(t, 1)
	equal(t, "gone", s.call("hooks/unSubscribe", params{"id": 1, "target_url": sub.url}).code, http.StatusGone)
	s.server.background.Wait()
	if n := len(sub.all()); n == maxAttempts {
		t.Error("delivered to the end")
	}
}
