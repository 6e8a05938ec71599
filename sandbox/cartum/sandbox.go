package cartum

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"
)

// sandboxRoutes are the requests that only a fake has: what the shop's staff and
// buyers do, and what a test wants to know. They need no token and are not
// counted.
func (s *Server) sandboxRoutes(r chi.Router) {
	r.Put("/orders/{order_id}", s.sandbox(s.putOrder))
	r.Delete("/orders/{order_id}", s.sandbox(s.deleteOrder))
	r.Get("/orders", s.sandbox(s.listOrders))
	r.Put("/products/{article}", s.sandbox(s.putProduct))
	r.Delete("/products/{article}", s.sandbox(s.deleteProduct))
	r.Post("/faults", s.sandbox(s.postFault))
	r.Delete("/faults", s.sandbox(s.deleteFaults))
	r.Get("/requests", s.sandbox(s.getRequests))
	r.Delete("/requests", s.sandbox(s.deleteRequests))
	r.Put("/switches", s.sandbox(s.putSwitches))
	r.Get("/webhooks", s.sandbox(s.getWebhooks))
	r.Post("/tokens/expire", s.sandbox(s.expireTokens))
	r.Get("/subscriptions", s.sandbox(s.getSubscriptions))
	r.Delete("/subscriptions/{id}", s.sandbox(s.deleteSubscription))
	r.Get("/feed", s.sandbox(s.getFeed))
	r.NotFound(s.sandbox(func(*http.Request, []byte) (answer, error) {
		return answer{}, refusal{http.StatusNotFound, "the sandbox has no such request"}
	}))
}

// refusal is an error of a sandbox request, with its HTTP status.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

func badRequest(format string, values ...any) error {
	return refusal{http.StatusBadRequest, fmt.Sprintf(format, values...)}
}

func notFound(format string, values ...any) error {
	return refusal{http.StatusNotFound, fmt.Sprintf(format, values...)}
}

// sandbox creates a handler: the body is read, the answer encoded.
func (s *Server) sandbox(handle func(*http.Request, []byte) (answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			refuse(w, refusal{http.StatusRequestEntityTooLarge, "the body is too large"})
			return
		}
		done, err := handle(r, body)
		if err != nil {
			refuse(w, err)
			return
		}
		if done.document == nil {
			w.WriteHeader(done.code)
			return
		}
		encode(done).write(w)
	}
}

func refuse(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	if r, ok := errors.AsType[refusal](err); ok {
		code = r.code
	}
	encode(answer{code: code, document: map[string]string{"error": err.Error()}}).write(w)
}

func okAnswer(document any) answer { return answer{code: http.StatusOK, document: document} }

var noContent = answer{code: http.StatusNoContent}

func orderNumber(r *http.Request) (int, error) {
	number, err := strconv.Atoi(chi.URLParam(r, "order_id"))
	if err != nil || number <= 0 {
		return 0, badRequest("an order's number is a whole number above 0")
	}
	return number, nil
}

// putOrder is a buyer's or an employee's work: a new order fires
// order_created, a changed one what its change fires.
func (s *Server) putOrder(r *http.Request, body []byte) (answer, error) {
	number, err := orderNumber(r)
	if err != nil {
		return answer{}, err
	}
	fields, err := decodeObject(body)
	if err != nil {
		return answer{}, badRequest("the body is not a JSON object: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	former := s.orders[number]
	o := s.completeOrder(number, fields, former)
	s.orders[number] = o
	code := http.StatusOK
	if former == nil || former.deleted {
		code = http.StatusCreated
		s.tell("order %d: placed, %s %s", number, scalarText(fields["total_sum"]), scalarText(fields["currency"]))
		s.fire(eventOrderCreated, o)
	} else {
		s.tell("order %d: put again (panel)", number)
		s.orderChanged(o, orderMarks(former), byPanel)
	}
	// The answer is encoded without the lock; the order's fields are never
	// changed in place.
	return answer{code: code, document: o.fields}, nil
}

// completeOrder fills in the number and the time of creation where they are
// missing; a replaced order keeps its time.
func (s *Server) completeOrder(number int, fields map[string]any, former *order) *order {
	o := &order{number: number, fields: fields, placed: s.now()}
	if former != nil && !former.deleted {
		o.placed = former.placed
	}
	if _, ok := fields["order_id"]; !ok {
		fields["order_id"] = jsonNumber(number)
	}
	if _, ok := fields["stat_created"]; !ok {
		fields["stat_created"] = o.placed.In(s.opts.TimeZone).Format(createdLayout)
		if former != nil && !former.deleted {
			fields["stat_created"] = former.fields["stat_created"]
		}
	}
	return o
}

func (s *Server) deleteOrder(r *http.Request, _ []byte) (answer, error) {
	number, err := orderNumber(r)
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.orders[number]
	if o == nil || o.deleted {
		return answer{}, notFound("no order %d", number)
	}
	o.deleted = true
	s.tell("order %d: deleted (panel)", number)
	return noContent, nil
}

// listOrders shows the orders as they are kept, by number, without what
// switches change.
func (s *Server) listOrders(*http.Request, []byte) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []map[string]any{}
	for _, number := range slices.Sorted(maps.Keys(s.orders)) {
		if o := s.orders[number]; !o.deleted {
			list = append(list, o.fields)
		}
	}
	return okAnswer(list), nil
}

// articleOf is the path's article, which may hold any character.
func articleOf(r *http.Request) (string, error) {
	article := chi.URLParam(r, "article")
	if r.URL.RawPath == "" { // the router saw the decoded path
		return article, nil
	}
	article, err := url.PathUnescape(article)
	if err != nil {
		return "", badRequest("the article is not well escaped")
	}
	return article, nil
}

func (s *Server) putProduct(r *http.Request, body []byte) (answer, error) {
	article, err := articleOf(r)
	if err != nil {
		return answer{}, err
	}
	product, err := decodeObject(body)
	if err != nil {
		return answer{}, badRequest("the body is not a JSON object: %v", err)
	}
	if _, ok := product["article"]; !ok {
		product["article"] = article
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	code := http.StatusCreated
	if _, ok := s.products[article]; ok {
		code = http.StatusOK
	}
	s.products[article] = product
	s.tell("product %s put", article)
	return answer{code: code, document: product}, nil
}

func (s *Server) deleteProduct(r *http.Request, _ []byte) (answer, error) {
	article, err := articleOf(r)
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.products[article]; !ok {
		return answer{}, notFound("no product %s", article)
	}
	delete(s.products, article)
	s.tell("product %s deleted", article)
	return noContent, nil
}

// decodeStrict refuses unknown fields: a misspelt one would test nothing.
func decodeStrict(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badRequest("the body is not what is expected: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badRequest("there is text after the body")
	}
	return nil
}

func (s *Server) postFault(_ *http.Request, body []byte) (answer, error) {
	var q faultRequest
	if err := decodeStrict(body, &q); err != nil {
		return answer{}, err
	}
	f, err := q.fault()
	if err != nil {
		return answer{}, badRequest("%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
	return noContent, nil
}

func (s *Server) deleteFaults(*http.Request, []byte) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	return noContent, nil
}

func (s *Server) getRequests(*http.Request, []byte) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return okAnswer(s.requests.report()), nil
}

func (s *Server) deleteRequests(*http.Request, []byte) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = newRequestLog()
	return noContent, nil
}

// putSwitches answers all switches as they are then.
func (s *Server) putSwitches(_ *http.Request, body []byte) (answer, error) {
	var values map[string]string
	if err := decodeStrict(body, &values); err != nil {
		return answer{}, err
	}
	if err := s.setSwitches(values); err != nil {
		return answer{}, badRequest("%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return okAnswer(maps.Clone(s.switches)), nil
}

func (s *Server) getWebhooks(*http.Request, []byte) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return okAnswer(append([]attempt{}, s.attempts...)), nil
}

func (s *Server) expireTokens(*http.Request, []byte) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endTokens(s.now())
	s.tell("all tokens expired")
	return noContent, nil
}

// subscriptionView is one row of GET /sandbox/subscriptions.
type subscriptionView struct {
	ID        int    `json:"id"`
	Event     event  `json:"event"`
	TargetURL string `json:"target_url"`
}

func (s *Server) getSubscriptions(*http.Request, []byte) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []subscriptionView{}
	for _, sub := range s.subscriptions {
		list = append(list, subscriptionView{ID: sub.id, Event: sub.event, TargetURL: maskURL(sub.target)})
	}
	return okAnswer(list), nil
}

// deleteSubscription is what an administrator does: the subscriber is notified by
// a DELETE (docs/reference/cartum.md#delivery-of-webhooks).
func (s *Server) deleteSubscription(r *http.Request, _ []byte) (answer, error) {
	id, err := strconv.Atoi(chi.URLParam(r, "id"))
	if err != nil {
		return answer{}, badRequest("a subscription's id is a whole number")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.subscriptions, func(sub subscription) bool { return sub.id == id })
	if i < 0 {
		return answer{}, notFound("no subscription %d", id)
	}
	d := delivery{subscription: s.subscriptions[i]}
	s.subscriptions = slices.Delete(s.subscriptions, i, i+1)
	s.tell("subscription %d removed (panel)", id)
	s.inBackground(func() { s.sendWebhook(http.MethodDelete, d, 1) })
	return noContent, nil
}

func (s *Server) getFeed(r *http.Request, _ []byte) (answer, error) {
	after := 0
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = strconv.Atoi(text); err != nil {
			return answer{}, badRequest("after is a whole number")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return okAnswer(s.feedAfter(after)), nil
}
