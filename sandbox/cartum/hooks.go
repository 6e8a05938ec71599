package cartum

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// maxSubscriptions is the limit per event
// (docs/reference/cartum.md#subscriptions).
const maxSubscriptions = 5

// event is the name of a webhook event (docs/reference/cartum.md#events).
type event string

const (
	eventOrderCreated event = "order_created"
	eventOrderUpdate  event = "order_update"
	eventOrderPaid    event = "order_paid"
)

var (
	// basicEvents are those of the Cartum documentation's own page.
	basicEvents = []event{eventOrderCreated, "user_signup", "request_call_me"}
	newerEvents = []event{eventOrderUpdate, eventOrderPaid, "user_update", "comments_created"}
)

type subscription struct {
	id     int
	event  event
	target string
}

// hooksSubscribe answers hooks/subscribe: HTTP 201 and a bare id
// (docs/reference/cartum.md#subscriptions).
func (s *Server) hooksSubscribe(p params) answer {
	name, target := event(p.text("event")), p.text("target_url")
	if !s.eventExists(name) {
		return failure(statusError, "event is not defined or defined incorrectly")
	}
	if !isWebAddress(target) {
		return failure(statusError, "target_url is not defined or defined incorrectly")
	}
	if former, ok := s.subscribed(name, target); ok {
		switch s.switches[SwitchSubscribeTwice] {
		case "refused":
			return failure(statusError, "Subscription already exists")
		case "same-id":
			return subscribedAnswer(former.id)
		}
	}
	if s.countSubscriptions(name) >= maxSubscriptions {
		return failure(statusError, "Subscriptions limit for current event has been reached")
	}
	s.lastSubID++
	s.subscriptions = append(s.subscriptions, subscription{id: s.lastSubID, event: name, target: target})
	s.note("subscription %d to %s", s.lastSubID, name)
	return subscribedAnswer(s.lastSubID)
}

func subscribedAnswer(id int) answer {
	return answer{code: http.StatusCreated, document: map[string]any{"id": id}}
}

func (s *Server) eventExists(name event) bool {
	return slices.Contains(basicEvents, name) || s.is(SwitchHookEvents, "all") && slices.Contains(newerEvents, name)
}

func isWebAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Host != "" && (address.Scheme == "http" || address.Scheme == "https")
}

func (s *Server) subscribed(name event, target string) (subscription, bool) {
	for _, sub := range s.subscriptions {
		if sub.event == name && sub.target == target {
			return sub, true
		}
	}
	return subscription{}, false
}

func (s *Server) countSubscriptions(name event) int {
	count := 0
	for _, sub := range s.subscriptions {
		if sub.event == name {
			count++
		}
	}
	return count
}

// hooksUnsubscribe answers hooks/unSubscribe: HTTP 410 says that it is done
// (docs/reference/cartum.md#subscriptions).
func (s *Server) hooksUnsubscribe(p params) answer {
	id, err := p.number("id")
	if err != nil {
		return failure(statusError, err.Error())
	}
	target := p.text("target_url")
	i := slices.IndexFunc(s.subscriptions, func(sub subscription) bool { return sub.id == id && sub.target == target })
	if i < 0 {
		return failure(statusError, fmt.Sprintf("Subscription %d is not found", id))
	}
	s.note("subscription %d ended by its owner", id)
	s.subscriptions = slices.Delete(s.subscriptions, i, i+1)
	return answer{code: http.StatusGone, word: statusOK, document: map[string]any{"status": statusOK}}
}
