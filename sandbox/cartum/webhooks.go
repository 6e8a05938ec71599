package cartum

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// maxAttempts bounds one delivery
	// (docs/reference/cartum.md#delivery-of-webhooks).
	maxAttempts = 10
	// webhookTimeout bounds one attempt.
	webhookTimeout = 10 * time.Second
	// keptAttempts bounds the log of deliveries.
	keptAttempts = 20_000
)

// attempt is one request that was sent to a subscriber.
type attempt struct {
	At     time.Time `json:"at"`
	Event  event     `json:"event"`
	Method string    `json:"method"`
	// URL has its last path segment masked: it is the subscriber's secret.
	URL     string `json:"url"`
	Attempt int    `json:"attempt"`
	// Code is the subscriber's answer, 0 where there was none.
	Code int `json:"code"`
}

// delivery is one event pending to one subscriber.
type delivery struct {
	subscription subscription
	order        int
	kind         string // Content-Type
	body         []byte
}

func newWebhookClient() *http.Client {
	return &http.Client{
		Timeout:   webhookTimeout,
		Transport: &http.Transport{}, // no proxy: subscribers are on this machine
		// A redirect is an answer other than 20x.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fire puts an event into the queue of each of its subscribers, with the
// order as it is now.
func (s *Server) fire(name event, o *order) {
	copies := map[string]int{"once": 1, "twice": 2}[s.switches[SwitchWebhookDelivery]]
	if copies == 0 {
		return
	}
	body, err := marshal(s.webhookBody(name, o))
	if err != nil { // cannot be: it was decoded from JSON
		return
	}
	for _, sub := range s.subscriptions {
		if sub.event != name {
			continue
		}
		d := delivery{subscription: sub, order: o.number, kind: s.webhookKind(), body: body}
		for range copies {
			s.inBackground(func() { s.deliver(d) })
		}
	}
}

// inBackground starts a goroutine that Close waits for. The lock is held.
func (s *Server) inBackground(run func()) {
	if !s.closed {
		s.background.Go(run)
	}
}

func (s *Server) webhookKind() string {
	return map[string]string{
		"form": "application/x-www-form-urlencoded", "json": "application/json",
	}[s.switches[SwitchWebhookContentType]]
}

// webhookBody is an event's body; it never has the event's name
// (docs/reference/cartum.md#events and
// docs/reference/cartum.md#delivery-of-webhooks).
func (s *Server) webhookBody(name event, o *order) map[string]any {
	body := s.render(o)
	switch {
	case name == eventOrderPaid:
		body = pick(body, "order_id", "user", "delivery_name", "delivery_email", "delivery_phone", "payed")
	case name == eventOrderUpdate && s.is(SwitchOrderUpdateBody, "small"):
		body = pick(body, "order_id", "user", "stat_status")
	}
	if s.is(SwitchWebhookNumber, "never") || name == eventOrderUpdate && s.is(SwitchWebhookNumber, "except-update") {
		delete(body, "order_id")
	}
	return body
}

func pick(fields map[string]any, names ...string) map[string]any {
	picked := map[string]any{}
	for _, name := range names {
		if value, ok := fields[name]; ok {
			picked[name] = value
		}
	}
	return picked
}

// deliver sends until the subscriber answers 20x, at most ten times, while the
// subscription lives (docs/reference/cartum.md#delivery-of-webhooks).
func (s *Server) deliver(d delivery) {
	s.wait(s.opts.WebhookDelay)
	for n := 1; n <= maxAttempts; n++ {
		if s.stopped.Err() != nil || !s.subscriptionLives(d.subscription.id) {
			return
		}
		code := s.sendWebhook(http.MethodPut, d, n)
		if code >= 200 && code < 210 {
			return
		}
		if n < maxAttempts {
			s.wait(s.opts.WebhookRetry)
		}
	}
}

func (s *Server) subscriptionLives(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.subscriptions, func(sub subscription) bool { return sub.id == id })
}

// sendWebhook makes one attempt and notes it; 0 is no answer.
func (s *Server) sendWebhook(method string, d delivery, n int) int {
	at := s.now()
	code := s.exchange(method, d)
	if s.stopped.Err() != nil {
		return code
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts = appendBounded(s.attempts, keptAttempts, attempt{
		At: at, Event: d.subscription.event, Method: method, URL: maskURL(d.subscription.target), Attempt: n, Code: code,
	})
	if method == http.MethodDelete {
		s.tell("subscriber of %s told that its subscription is over: %d", d.subscription.event, code)
	} else {
		s.tell("webhook %s of order %d, attempt %d: %d", d.subscription.event, d.order, n, code)
	}
	return code
}

func (s *Server) exchange(method string, d delivery) int {
	request, err := http.NewRequestWithContext(s.stopped, method, d.subscription.target, bytes.NewReader(d.body))
	if err != nil {
		return 0
	}
	if d.kind != "" {
		request.Header.Set("Content-Type", d.kind)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)) // so that the connection is used again
	return response.StatusCode
}

// maskURL hides what may be a secret: the last segment of the path and the
// query.
func maskURL(target string) string {
	address, err := url.Parse(target)
	if err != nil {
		return "***"
	}
	path := strings.TrimRight(address.Path, "/")
	if i := strings.LastIndex(path, "/"); i >= 0 {
		path = path[:i+1] + "***"
	}
	return address.Scheme + "://" + address.Host + path
}

// appendBounded forgets the oldest entries.
func appendBounded[T any](list []T, limit int, entry T) []T {
	list = append(list, entry)
	return list[max(0, len(list)-limit):]
}
