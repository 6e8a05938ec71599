package roapp

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/shopspring/decimal"
)

// order is a work order. Its items, feed and history belong to it, so that a
// version of the order is a version of all of them.
type order struct {
	id                    int64
	statusID              int64
	createdAt, modifiedAt time.Time
	doneAt, closedAt      time.Time
	closedBy              int64

	branchID, typeID, clientID, payerID   int64
	managerID, assigneeID                 int64
	malfunction, managerNotes             string
	engineerNotes, resume, estimatedPrice string
	dueDate, scheduledFor, scheduledTo    string
	urgent                                bool
	customFields                          map[string]any
	deductionRequired                     bool

	items   []item
	feed    []comment
	history []change
}

// comment is an entry of the event feed, which the API cannot read.
type comment struct {
	At        string `json:"at"`
	Author    string `json:"author"`
	Comment   string `json:"comment"`
	IsPrivate bool   `json:"is_private"`
}

// change is an entry of the order's history, which the API cannot read.
type change struct {
	At     string `json:"at"`
	Author string `json:"author"`
	Text   string `json:"text"`
}

// number is what staff see. It differs from the id, so that a client that takes
// one for the other is detected.
func (o order) number() string { return fmt.Sprintf("Z%05d", o.id-1000) }

func (o order) total() decimal.Decimal {
	sum := decimal.Zero
	for _, line := range o.items {
		sum = sum.Add(line.sum())
	}
	return sum
}

func (o order) discountSum() decimal.Decimal {
	sum := decimal.Zero
	for _, line := range o.items {
		sum = sum.Add(line.discountSum())
	}
	return sum
}

// undeducted is true while items of the order were not written off.
func (o order) undeducted() bool {
	_, found := find(o.items, func(line item) bool { return line.isProduct() && line.writeOffs == nil })
	return found
}

func (s *Server) orderRoutes(r chi.Router) {
	r.Get("/v2/orders", s.handle(s.listOrders))
	r.Post("/v2/orders", s.handle(s.createOrder))
	r.Get("/v2/orders/{id}", s.handle(s.getOrder))
	r.Patch("/v2/orders/{id}", s.handle(s.patchOrder))
	r.Post("/v2/orders/{id}/status", s.handle(s.postStatus))
	r.Post("/v2/orders/{id}/comments", s.handle(s.postComment))
	r.Get("/v2/orders/{id}/public-url", s.handle(s.getPublicURL))
}

// orderFilter holds the documented filters of the list
// (docs/reference/roapp.md#list-orders).
type orderFilter struct {
	types, branches, ids, statuses, managers, clients []int64
	numbers, names, phones, assets                    []string
	created, modified, scheduled, due                 span
}

func (s *Server) listOrders(r *http.Request) (any, error) {
	q := queryOf(r)
	f := orderFilter{
		types: q.ids("types"), branches: q.ids("branches"), ids: q.ids("ids"), numbers: q.texts("numbers"),
		statuses: q.ids("statuses"), managers: q.ids("managers"), clients: q.ids(s.switches.value(ClientFilter)),
		names: q.texts("client_names"), phones: q.texts("client_phones"), assets: q.texts("asset_uid"),
		created: q.span("created_at"), modified: q.span("modified_at"),
		scheduled: q.span("scheduled_for"), due: q.span("due_date"),
	}
	rows := keep(s.store.orders.at(s.visible()), func(o order) bool { return f.fits(o) && s.clientFits(f, o) })
	sortRows(q, rows, orderOrders)
	page := q.page()
	return paged(rows, page, s.orderView), q.err()
}

func (f orderFilter) fits(o order) bool {
	return anyOf(f.types, o.typeID) && anyOf(f.branches, o.branchID) && anyOf(f.ids, o.id) &&
		anyOf(f.numbers, o.number()) && anyOf(f.statuses, o.statusID) && anyOf(f.managers, o.managerID) &&
		anyOf(f.clients, o.clientID) && anyOf(f.assets, "") &&
		f.created.includes(o.createdAt) && f.modified.includes(o.modifiedAt) &&
		f.scheduled.includesText(o.scheduledFor) && f.due.includesText(o.dueDate)
}

func (s *Server) clientFits(f orderFilter, o order) bool {
	client, _ := s.store.contacts.last(o.clientID)
	return anyNamed(f.names, client.fullName()) && s.anyPhone(f.phones, client.numbers())
}

var orderOrders = map[string]func(a, b order) int{
	"id":            func(a, b order) int { return cmp.Compare(a.id, b.id) },
	"modified_at":   func(a, b order) int { return compareSeconds(a.modifiedAt, b.modifiedAt) },
	"scheduled_for": func(a, b order) int { return cmp.Compare(a.scheduledFor, b.scheduledFor) },
	"due_date":      func(a, b order) int { return cmp.Compare(a.dueDate, b.dueDate) },
}

func (s *Server) getOrder(r *http.Request) (any, error) {
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	return s.orderView(o), nil
}

// order is the order that the path names.
func (s *Server) order(r *http.Request) (order, error) {
	id := pathID(r, "id")
	if o, found := s.store.orders.get(id); found {
		return o, nil
	}
	if s.switches.is(UnknownOrder, "400") {
		return order{}, invalid("id", "unknown order %d", id)
	}
	return order{}, errNotFound
}

func (s *Server) orderAndBody(r *http.Request) (order, *body, error) {
	o, err := s.order(r)
	if err != nil {
		return o, nil, err
	}
	b, err := jsonBody(r)
	return o, b, err
}

func (s *Server) createOrder(r *http.Request) (any, error) {
	b, err := jsonBody(r)
	if err != nil {
		return nil, err
	}
	o, err := s.newOrder(b)
	if err != nil {
		return nil, err
	}
	if err := s.requireFields(b, s.fieldsOf(s.store.directories.orderFields)); err != nil {
		return nil, err
	}
	return s.created(s.addOrder(o, keyEmployee)), nil
}

func (s *Server) newOrder(b *body) (order, error) {
	b.require("branch_id", "order_type_id", "client_id")
	o := order{customFields: map[string]any{}}
	s.readOrder(b, &o)
	return o, b.err()
}

// addOrder gives the new order's id.
func (s *Server) addOrder(o order, author int64) int64 {
	kind, _ := s.store.directories.orderType(o.typeID)
	o.id, o.createdAt, o.statusID = s.store.newID("order"), s.now(), kind.initial
	client, _ := s.store.contacts.get(o.clientID)
	s.saveOrder(o, author, "created for %s", client.fullName())
	s.notifyCreated(o, client, author)
	return o.id
}

func (s *Server) notifyCreated(o order, client contact, author int64) {
	s.notify("Order.Created", "order", o.id, author, map[string]any{
		"order":  map[string]any{"id": o.id, "name": o.number()},
		"client": map[string]any{"id": client.id, "fullname": client.fullName()},
		"status": map[string]any{"id": o.statusID},
	})
}

func (s *Server) patchOrder(r *http.Request) (any, error) {
	o, b, err := s.orderAndBody(r)
	if err != nil {
		return nil, err
	}
	for _, field := range []string{"branch_id", "order_type_id", "client_id"} {
		if b.has(field) {
			b.require(field)
		}
	}
	s.readOrder(b, &o)
	if err := b.err(); err != nil {
		return nil, err
	}
	s.saveOrder(o, keyEmployee, "changed")
	return s.created(o.id), nil
}

// readOrder reads the fields that create and update accept. Status, number and
// creation time are not among them (docs/reference/roapp.md#create-orders).
func (s *Server) readOrder(b *body, o *order) {
	s.readOrderReferences(b, o)
	b.text("malfunction", longText, &o.malfunction)
	b.text("manager_notes", longText, &o.managerNotes)
	b.text("engineer_notes", longText, &o.engineerNotes)
	b.text("resume", longText, &o.resume)
	b.text("estimated_price", shortText, &o.estimatedPrice)
	b.moment("scheduled_for", false, &o.scheduledFor)
	b.moment("scheduled_to", false, &o.scheduledTo)
	b.moment("due_date", true, &o.dueDate)
	b.flag("urgent", &o.urgent)
	s.readOrderFields(b, o)
}

func (s *Server) readOrderReferences(b *body, o *order) {
	d, none := s.store.directories, int64(0)
	b.reference("branch_id", &o.branchID, d.hasLocation)
	b.reference("order_type_id", &o.typeID, d.hasOrderType)
	b.reference("client_id", &o.clientID, s.store.contacts.has)
	b.reference("payer_id", &o.payerID, s.store.contacts.has)
	b.reference("manager_id", &o.managerID, d.hasEmployee)
	b.reference("assignee_id", &o.assigneeID, d.hasEmployee)
	b.reference("asset_id", &none, hasNothing)
	b.reference("ad_campaign_id", &none, hasNothing)
	b.reference("resource_id", &none, hasNothing)
}

func (s *Server) readOrderFields(b *body, o *order) {
	if !b.has("custom_fields") {
		return
	}
	values := map[string]any{}
	if s.switches.is(PatchCustomFields, "merge") {
		for key, value := range o.customFields {
			values[key] = value
		}
	}
	readCustomFields(b, s.fieldsOf(s.store.directories.orderFields), values)
	o.customFields = values
}

// saveOrder keeps a changed order as modified now.
func (s *Server) saveOrder(o order, author int64, format string, args ...any) {
	o.modifiedAt = s.now()
	s.keepOrder(o, author, format, args...)
}

// keepOrder keeps a changed order and writes its history and the feed.
func (s *Server) keepOrder(o order, author int64, format string, args ...any) {
	now, text := s.now(), fmt.Sprintf(format, args...)
	o.history = append(o.history, change{At: timestamp(now), Author: s.author(author), Text: text})
	s.store.orders.put(o.id, now, o)
	s.store.tell(now, "order %d %s", o.id, text)
}

func (s *Server) author(id int64) string {
	who, _ := s.store.directories.employee(id)
	return who.fullName()
}

func (s *Server) postStatus(r *http.Request) (any, error) {
	o, b, err := s.orderAndBody(r)
	if err != nil {
		return nil, err
	}
	old, remark := o.statusID, ""
	b.require("status_id")
	b.reference("status_id", &o.statusID, s.store.directories.hasStatus)
	b.text("comment", longText, &remark)
	if err := b.err(); err != nil {
		return nil, err
	}
	if err := s.checkTransition(o, old, remark); err != nil {
		return nil, err
	}
	s.changeStatus(o, old, remark)
	return map[string]any{}, nil
}

// checkTransition refuses what the switches say RO App refuses of an order that
// goes from one status to its new one.
func (s *Server) checkTransition(o order, from int64, remark string) error {
	to, _ := s.store.directories.status(o.statusID)
	switch {
	case s.switches.commentTooLong(remark):
		return invalid("comment", "is longer than %s characters", s.switches.value(CommentLimit))
	case s.switches.forbids(from, to.id):
		return invalid("status_id", "transition from %d to %d is forbidden", from, to.id)
	case remark == "" && s.switches.demandsComment(to.id):
		return invalid("comment", "is required for status %d", to.id)
	case to.closes() && s.switches.is(ClosingUnpaid, "refused") && o.total().IsPositive():
		return invalid("status_id", "an unpaid order cannot be closed")
	case to.closes() && s.switches.is(ClosingUndeducted, "refused") && o.undeducted():
		return invalid("status_id", "an order with goods that are not written off cannot be closed")
	}
	return nil
}

func (s *Server) changeStatus(o order, old int64, remark string) {
	was, _ := s.store.directories.status(old)
	is, _ := s.store.directories.status(o.statusID)
	o.doneAt, o.closedAt, o.closedBy = time.Time{}, time.Time{}, 0
	if is.group == groupDone || is.closes() {
		o.doneAt = s.now()
	}
	if is.closes() {
		o.closedAt, o.closedBy = s.now(), keyEmployee
	}
	text := fmt.Sprintf("status %s to %s", was.name, is.name)
	if remark != "" {
		text += ": " + remark
	}
	s.saveOrder(o, keyEmployee, "%s", text)
	if old == o.statusID {
		return
	}
	s.notify("Order.Status.Changed", "order", o.id, keyEmployee, map[string]any{
		"order": map[string]any{"id": o.id, "name": o.number()},
		"new":   map[string]any{"id": o.statusID},
		"old":   map[string]any{"id": old},
	})
}

func (s *Server) postComment(r *http.Request) (any, error) {
	o, b, err := s.orderAndBody(r)
	if err != nil {
		return nil, err
	}
	entry := comment{At: timestamp(s.now()), Author: s.author(keyEmployee)}
	b.require("comment")
	read(b, "comment", "a string", &entry.Comment)
	b.flag("is_private", &entry.IsPrivate)
	if s.switches.commentTooLong(entry.Comment) {
		b.fail("comment", "is longer than %s characters", s.switches.value(CommentLimit))
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	o.feed = append(o.feed, entry)
	s.saveOrder(o, keyEmployee, "comment: %s", entry.Comment)
	return map[string]any{}, nil
}

func (s *Server) getPublicURL(r *http.Request) (any, error) {
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	url := fmt.Sprintf("https://roapp.page/%s", o.number())
	if s.switches.is(PublicURL, "string") {
		return url, nil
	}
	return map[string]any{"url": url}, nil
}

// orderView is an order as the API shows it
// (docs/reference/roapp.md#order-fields).
func (s *Server) orderView(o order) any {
	view := s.orderPeople(o)
	for key, value := range map[string]any{
		"id": o.id, "number": o.number(), "created_at": timestamp(o.createdAt),
		"modified_at": timestamp(o.modifiedAt), "done_at": timeOrNull(o.doneAt), "closed_at": timeOrNull(o.closedAt),
		"status_overdue": false, "overdue": false, "branch_id": o.branchID,
		"asset": nil, "ad_campaign": nil, "resource": nil, "address": nil, "warranty_date": nil,
		"scheduled_for": orNull(o.scheduledFor), "scheduled_to": orNull(o.scheduledTo), "due_date": orNull(o.dueDate),
		"malfunction": orNull(o.malfunction), "manager_notes": orNull(o.managerNotes),
		"engineer_notes": orNull(o.engineerNotes), "resume": orNull(o.resume),
		"estimated_price": orNull(o.estimatedPrice), "urgent": o.urgent,
		"discount_sum": o.discountSum().StringFixed(2), "total": o.total().StringFixed(2), "payed": "0.00",
		"custom_fields": s.customFieldsView(o), "is_deduction_required": o.deductionRequired,
	} {
		view[key] = value
	}
	return view
}

// orderPeople are the order's references as they are shown.
func (s *Server) orderPeople(o order) map[string]any {
	is, _ := s.store.directories.status(o.statusID)
	kind, _ := s.store.directories.orderType(o.typeID)
	client, _ := s.store.contacts.last(o.clientID)
	view := map[string]any{
		"status":     map[string]any{"id": is.id, "name": is.name, "color": is.color},
		"order_type": map[string]any{"id": kind.id, "name": kind.name},
		"client":     clientView(client), "payer": nil,
		"manager_id": orNull(o.managerID), "assignee_id": orNull(o.assigneeID),
		"created_by_id": keyEmployee, "closed_by_id": orNull(o.closedBy),
	}
	if payer, found := s.store.contacts.last(o.payerID); found {
		view["payer"] = clientView(payer)
	}
	return view
}

// customFieldsView shows every field of the account, empty ones as null.
func (s *Server) customFieldsView(o order) map[string]any {
	view := map[string]any{}
	for _, field := range s.fieldsOf(s.store.directories.orderFields) {
		view[field.key()] = o.customFields[field.key()]
	}
	return view
}

func timeOrNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return timestamp(at)
}
