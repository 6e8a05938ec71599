package roapp

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"
)

// sandboxRoutes are requests that RO App does not have: what staff do in its user
// interface, what the API does not show, and control over the fake.
func (s *Server) sandboxRoutes() *chi.Mux {
	r := chi.NewRouter()
	r.Route("/sandbox", func(r chi.Router) {
		r.Get("/orders", s.handleSandbox(s.allOrders))
		r.Post("/orders", s.handleSandbox(s.staffOrder))
		r.Get("/orders/{id}", s.handleSandbox(s.wholeOrder))
		r.Post("/orders/{id}/items", s.handleSandbox(s.addItem))
		r.Post("/orders/{id}/status", s.handleSandbox(s.postStatus))
		r.Post("/orders/{id}/write-off", s.handleSandbox(s.writeOffOrder))
		r.Delete("/orders/{id}/write-off", s.handleSandbox(s.takeWriteOffBack))
		r.Patch("/orders/{id}", s.handleSandbox(s.setFields))
		r.Delete("/orders/{id}", s.handleSandbox(s.deleteOrder))
		r.Delete("/orders/{id}/items/{item}", s.handleSandbox(s.deleteItem))
		r.Get("/people", s.handleSandbox(s.allContacts(person)))
		r.Post("/people", s.handleSandbox(s.staffContact(person)))
		r.Post("/people/{id}/merge", s.handleSandbox(s.mergePeople))
		r.Get("/organizations", s.handleSandbox(s.allContacts(organization)))
		r.Post("/organizations", s.handleSandbox(s.staffContact(organization)))
		r.Get("/products", s.handleSandbox(s.allProducts))
		r.Post("/products", s.handleSandbox(s.staffProduct))
		r.Post("/products/{id}/archive", s.handleSandbox(s.archiveProduct))
		r.Get("/categories", s.handleSandbox(s.allCategories))
		r.Post("/categories", s.handleSandbox(s.staffCategory))
		r.Get("/feed", s.handleSandbox(s.eventsAfter))
		r.Put("/switches", s.handleSandbox(s.setSwitches))
		r.Post("/faults", s.handleSandbox(s.addFault))
		r.Delete("/faults", s.handleSandbox(s.clearFaults))
		r.Get("/requests", s.handleSandbox(s.reportRequests))
		r.Delete("/requests", s.handleSandbox(s.resetRequests))
	})
	return r
}

// handleSandbox creates a handler of one of the sandbox's own endpoints.
func (s *Server) handleSandbox(work endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r, err := withWholeBody(w, r)
		var result any
		if err == nil {
			result, err = s.run(work, r)
		}
		if err != nil {
			s.writeError(w, sandboxError, err)
			return
		}
		writeJSON(w, http.StatusOK, result)
	}
}

// decode reads a body of the sandbox's own requests strictly: an unknown field
// is a mistake in a test. Without a body nothing is read.
func decode(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return refused("body: %v", err)
	}
	return nil
}

func (s *Server) allOrders(*http.Request) (any, error) {
	return showAll(s.store.orders.all(), s.wholeOrderView), nil
}

func (s *Server) wholeOrder(r *http.Request) (any, error) {
	o, err := s.sandboxOrder(r)
	if err != nil {
		return nil, err
	}
	return s.wholeOrderView(o), nil
}

// staffOrder creates an order as an employee does, and gives its id.
func (s *Server) staffOrder(r *http.Request) (any, error) {
	b, err := looseBody(r)
	if err != nil {
		return nil, err
	}
	o, err := s.newOrder(b)
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": s.addOrder(o, staffEmployee)}, nil
}

func (s *Server) sandboxOrder(r *http.Request) (order, error) {
	o, found := s.store.orders.get(pathID(r, "id"))
	if !found {
		return order{}, &apiError{status: http.StatusNotFound, text: "no such order"}
	}
	return o, nil
}

func (s *Server) wholeOrderView(o order) any {
	return map[string]any{
		"order": s.orderView(o), "items": showAll(o.items, s.itemView),
		"feed": list(o.feed), "history": list(o.history),
	}
}

// writeOffOrder writes off all items of an order, or only those of the items
// {"items":[..]}.
func (s *Server) writeOffOrder(r *http.Request) (any, error) {
	o, err := s.sandboxOrder(r)
	if err != nil {
		return nil, err
	}
	var only struct {
		Items []int64 `json:"items"`
	}
	if err := decode(r, &only); err != nil {
		return nil, err
	}
	written := []int64{}
	leaveFlag := s.switches.is(WriteOffLeavesFlag, "yes")
	o.items = slices.Clone(o.items)
	for i, line := range o.items {
		if line.isProduct() && line.writeOffs == nil && anyOf(only.Items, line.id) {
			o.items[i] = line.deduct(leaveFlag)
			written = append(written, line.id)
		}
	}
	if len(written) > 0 {
		s.keepWriteOff(o, leaveFlag, len(written))
	}
	return map[string]any{"written_off": written}, nil
}

func (s *Server) keepWriteOff(o order, leaveFlag bool, count int) {
	if !leaveFlag {
		o.deductionRequired = o.undeducted()
	}
	save := s.saveOrder
	if s.switches.is(WriteOffLeavesModifiedAt, "yes") {
		save = s.keepOrder
	}
	save(o, staffEmployee, "goods written off, items: %d", count)
}

// takeWriteOffBack puts the items of all items back into stock, as an employee who
// cancels a write-off does.
func (s *Server) takeWriteOffBack(r *http.Request) (any, error) {
	o, err := s.sandboxOrder(r)
	if err != nil {
		return nil, err
	}
	back := []int64{}
	o.items = slices.Clone(o.items)
	for i, line := range o.items {
		if line.writeOffs != nil {
			o.items[i].writeOffs, o.items[i].deductionRequired = nil, true
			o.deductionRequired = true
			back = append(back, line.id)
		}
	}
	if len(back) > 0 {
		save := s.saveOrder
		if s.switches.is(WriteOffLeavesModifiedAt, "yes") {
			save = s.keepOrder
		}
		save(o, staffEmployee, "write-off taken back, items: %d", len(back))
	}
	return map[string]any{"taken_back": back}, nil
}

// setFields sets custom fields as an employee does; the others keep their values.
func (s *Server) setFields(r *http.Request) (any, error) {
	o, err := s.sandboxOrder(r)
	if err != nil {
		return nil, err
	}
	b, err := looseBody(r)
	if err != nil {
		return nil, err
	}
	o.customFields = maps.Clone(o.customFields)
	readCustomFields(b, s.fieldsOf(s.store.directories.orderFields), o.customFields)
	if err := b.err(); err != nil {
		return nil, err
	}
	s.saveOrder(o, staffEmployee, "custom fields changed")
	return s.wholeOrderView(o), nil
}

func (s *Server) archiveProduct(r *http.Request) (any, error) {
	p, err := s.product(r)
	if err != nil {
		return nil, err
	}
	p.archived = true
	s.store.products.put(p.id, s.now(), p)
	s.store.tell(s.now(), "product %d archived: %s (%s)", p.id, p.title, p.article)
	return s.productView(p), nil
}

func (s *Server) deleteOrder(r *http.Request) (any, error) {
	o, err := s.sandboxOrder(r)
	if err != nil {
		return nil, err
	}
	s.store.orders.remove(o.id, s.now())
	s.store.tell(s.now(), "order %d deleted", o.id)
	return map[string]any{}, nil
}

func (s *Server) deleteItem(r *http.Request) (any, error) {
	o, err := s.sandboxOrder(r)
	if err != nil {
		return nil, err
	}
	line, found := find(o.items, func(i item) bool { return i.id == pathID(r, "item") })
	if !found {
		return nil, &apiError{status: http.StatusNotFound, text: "no such item"}
	}
	o.items = keep(slices.Clone(o.items), func(i item) bool { return i.id != line.id })
	s.saveOrder(o, staffEmployee, "item deleted: %s", s.lineText(line))
	return map[string]any{}, nil
}

func (s *Server) allContacts(kind contactKind) endpoint {
	return func(*http.Request) (any, error) {
		rows := keep(s.store.contacts.all(), func(c contact) bool { return c.kind == kind })
		return showAll(rows, s.contactView), nil
	}
}

// staffContact creates a contact as an employee would, with phones as they were
// typed: strings, or objects as in the API.
func (s *Server) staffContact(kind contactKind) endpoint {
	return func(r *http.Request) (any, error) {
		b, err := looseBody(r)
		if err != nil {
			return nil, err
		}
		c := contact{kind: kind}
		s.readContact(b, &c)
		var numbers []string
		if json.Unmarshal(b.fields["phones"], &numbers) == nil {
			for _, number := range numbers {
				c.phones = append(c.phones, phone{Phone: number})
			}
		} else {
			readPhones(b, &c.phones)
		}
		if err := b.err(); err != nil {
			return nil, err
		}
		return s.contactView(s.addContact(c, staffEmployee)), nil
	}
}

func (s *Server) allProducts(*http.Request) (any, error) {
	return showAll(s.store.products.all(), s.productView), nil
}

// staffProduct makes a product as an employee would; only its title is required.
func (s *Server) staffProduct(r *http.Request) (any, error) {
	b, err := looseBody(r)
	if err != nil {
		return nil, err
	}
	p := product{categoryID: fallbackCategory, unitID: pieceUnit}
	s.readProduct(b, "article", &p)
	if err := b.err(); err != nil {
		return nil, err
	}
	return s.productView(s.addProduct(p)), nil
}

func (s *Server) allCategories(*http.Request) (any, error) {
	return showAll(s.store.categories.all(), category.view), nil
}

func (s *Server) staffCategory(r *http.Request) (any, error) {
	b, err := looseBody(r)
	if err != nil {
		return nil, err
	}
	c, err := s.newCategory(b)
	if err != nil {
		return nil, err
	}
	return s.addCategory(c).view(), nil
}

// eventsAfter returns the feed's events after a sequence number.
func (s *Server) eventsAfter(r *http.Request) (any, error) {
	after, err := numberParameter(r, "after", 0)
	if err != nil {
		return nil, err
	}
	start := slices.IndexFunc(s.store.events, func(e event) bool { return e.Seq > after })
	if start < 0 {
		return []event{}, nil
	}
	return slices.Clone(s.store.events[start:]), nil
}

func numberParameter(r *http.Request, name string, otherwise int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 {
		return 0, invalid(name, "must be a number from 0 on, got %q", text)
	}
	return number, nil
}

// setSwitches sets the given switches, none of them when one is unknown, and
// returns the values of all.
func (s *Server) setSwitches(r *http.Request) (any, error) {
	var values map[string]string
	if err := decode(r, &values); err != nil {
		return nil, err
	}
	if err := s.switches.set(values); err != nil {
		return nil, refused("%v", err)
	}
	return s.switches.all(), nil
}

func (s *Server) addFault(r *http.Request) (any, error) {
	var f fault
	if err := decode(r, &f); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	return map[string]any{"faults": s.faults.add(f)}, nil
}

func (s *Server) clearFaults(*http.Request) (any, error) {
	s.faults.clear()
	return map[string]any{"faults": 0}, nil
}

// reportRequests counts the API's requests; ?last=N shortens the list.
func (s *Server) reportRequests(r *http.Request) (any, error) {
	last, err := numberParameter(r, "last", keptRequests)
	if err != nil {
		return nil, err
	}
	return s.requests.report(last), nil
}

func (s *Server) resetRequests(*http.Request) (any, error) {
	s.requests.reset()
	return map[string]any{}, nil
}
