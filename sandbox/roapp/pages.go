package roapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/sandbox/layout"
)

const fakeBlock = `{{define "fake"}}It stands for RO App's web application, for trying the exchange out. Nothing here is real or kept.{{end}}`

var accountPage = layout.Parse(fakeBlock, `
{{define "title"}}RO App (fake){{end}}
{{define "content"}}
<h1>RO App (fake)</h1>
{{with .Problem}}<p class="error" role="alert">{{.}}</p>{{end}}
<h2>Orders</h2>
{{if .Orders}}
<table>
<thead><tr><th>Number</th><th>Client</th><th>Status</th><th class="number">Total</th></tr></thead>
<tbody>
{{range .Orders}}<tr><td data-name="Number"><a href="/orders/table/{{.ID}}">{{.Number}}</a></td><td data-name="Client">{{.Client}}</td><td data-name="Status">{{.Status}}</td><td class="number" data-name="Total">{{.Total}}</td></tr>
{{end}}</tbody></table>
{{else}}<p>There are no orders yet.</p>{{end}}
<h2>Contacts</h2>
{{if .Contacts}}
<table>
<thead><tr><th>Name</th><th>Phones</th><th>Merge</th></tr></thead>
<tbody>
{{range $one := .Contacts}}<tr id="contact-{{.ID}}"><td data-name="Name">{{.Name}} <span class="muted">{{.ID}}</span></td><td data-name="Phones">{{.Phones}}</td>
<td>{{if .Others}}<form method="post" action="/contacts/people/{{.ID}}/merge"><label>Another contact becomes part of this one
<select name="ids">{{range .Others}}<option value="{{.ID}}">{{.Name}} ({{.ID}})</option>{{end}}</select></label><button class="quiet">Merge</button></form>{{end}}</td></tr>
{{end}}</tbody></table>
{{else}}<p>There are no contacts yet.</p>{{end}}
{{end}}`)

var orderPage = layout.Parse(fakeBlock, `
{{define "title"}}Order {{.Number}}, RO App (fake){{end}}
{{define "content"}}
<p><a href="/">All orders</a></p>
<h1>Order {{.Number}}</h1>
{{with .Problem}}<p class="error" role="alert">{{.}}</p>{{end}}
<p>{{.Client}}, {{.Status}}, total <strong>{{.Total}}</strong>{{if .WrittenOff}}, stock is written off{{end}}</p>
{{with .Notes}}<p class="feed">{{.}}</p>{{end}}
<h2>Items</h2>
{{$id := .ID}}
{{if .Items}}
<table>
<thead><tr><th>Item</th><th>Stock</th><th>Quantity and price</th><th></th></tr></thead>
<tbody>
{{range .Items}}<tr><td data-name="Item">{{.Title}}{{with .SKU}} <span class="muted">{{.}}</span>{{end}}</td><td data-name="Stock">{{if .WrittenOff}}written off{{else}}not written off{{end}}</td>
<td><form method="post" action="/orders/table/{{$id}}/items/{{.ID}}"><input type="number" name="quantity" aria-label="Quantity of {{.Title}}" min="0" step="0.001" value="{{.Quantity}}" required><input type="number" name="price" aria-label="Price of {{.Title}}" min="0" step="0.01" value="{{.Price}}" required><button class="quiet">Save</button></form></td>
<td><form method="post" action="/orders/table/{{$id}}/items/{{.ID}}/remove"><button class="quiet" aria-label="Take out {{.Title}}">Take out</button></form></td></tr>
{{end}}</tbody></table>
{{else}}<p>There are no items.</p>{{end}}
<h2>Add an item</h2>
<form method="post" action="/orders/table/{{.ID}}/items" class="grid">
<label>Product or service <select name="entity_id">{{range .Offers}}<option value="{{.ID}}">{{.Title}}</option>{{end}}</select></label>
<label>Quantity <input type="number" name="quantity" min="0.001" step="0.001" value="1" required></label>
<label>Price <input type="number" name="price" min="0" step="0.01" value="0" required></label>
<button>Add</button></form>
<h2>Stock</h2>
<div class="actions">
<form method="post" action="/orders/table/{{.ID}}/write-off"><button>Write off</button></form>
<form method="post" action="/orders/table/{{.ID}}/write-off/back"><button class="quiet">Take the write-off back</button></form>
</div>
<h2>Status</h2>
<form method="post" action="/orders/table/{{.ID}}/status" class="grid">
<label>New status <select name="status_id">{{range .Statuses}}<option value="{{.ID}}"{{if .Now}} selected{{end}}>{{.Title}}</option>{{end}}</select></label>
<label>Comment <input name="comment" value="by staff" maxlength="200"></label>
<button>Change status</button></form>
<h2>Feed</h2>
{{range .Feed}}<p class="feed"><span class="muted">{{.At}}, {{.Author}}{{if .IsPrivate}}, for staff only{{end}}</span>
{{.Comment}}</p>{{else}}<p>There are no comments.</p>{{end}}
<h2>History</h2>
<ul>{{range .History}}<li><span class="muted">{{.At}}, {{.Author}}</span> {{.Text}}</li>{{end}}</ul>
{{end}}`)

// pageRoutes are the account as its staff see it in a browser, at the addresses of RO App's web application.
func (s *Server) pageRoutes() *chi.Mux {
	r := chi.NewRouter()
	r.Use(layout.FormOnly)
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) { s.showAccount(w, nil) })
	r.Get("/contacts/people/{id}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/#contact-"+chi.URLParam(r, "id"), http.StatusFound) //nolint:gosec // an anchor on this page
	})
	r.Post("/contacts/people/{id}/merge", s.act(s.mergePeople, mergeBody))
	r.Route("/orders/table/{id}", func(r chi.Router) {
		r.Get("/", func(w http.ResponseWriter, r *http.Request) { s.showOrder(w, r, nil) })
		r.Post("/status", s.act(s.postStatus, statusBody))
		r.Post("/items", s.act(s.addItem, newItemBody))
		r.Post("/items/{item}", s.act(s.patchItem, itemBody))
		r.Post("/items/{item}/remove", s.act(s.deleteItem, noBody))
		r.Post("/write-off", s.act(s.writeOffOrder, noBody))
		r.Post("/write-off/back", s.act(s.takeWriteOffBack, noBody))
	})
	return r
}

// isPage distinguishes the pages from the API.
func isPage(r *http.Request) bool {
	return r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/orders/table/") || strings.HasPrefix(r.URL.Path, "/contacts/people/")
}

// act does what a form asks for by the endpoint that a program would use, and shows what came of it.
func (s *Server) act(work endpoint, body func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := json.Marshal(body(r))
		if err == nil {
			asked := r.Clone(r.Context())
			asked.Header.Set("Content-Type", "application/json")
			asked.Body = io.NopCloser(bytes.NewReader(data))
			_, err = s.run(work, asked)
		}
		ofOrder := strings.HasPrefix(r.URL.Path, "/orders/")
		switch {
		case err != nil && ofOrder:
			s.showOrder(w, r, err)
		case err != nil:
			s.showAccount(w, err)
		case ofOrder:
			http.Redirect(w, r, "/orders/table/"+chi.URLParam(r, "id"), http.StatusSeeOther) //nolint:gosec // another page of this site
		default:
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	}
}

func noBody(*http.Request) any { return map[string]any{} }

func mergeBody(r *http.Request) any {
	return map[string]any{"ids": []json.RawMessage{numberIn(r, "ids")}}
}

func statusBody(r *http.Request) any {
	return map[string]any{"status_id": numberIn(r, "status_id"), "comment": r.PostFormValue("comment")}
}

func itemBody(r *http.Request) any {
	return map[string]any{"quantity": numberIn(r, "quantity"), "price": numberIn(r, "price")}
}

func newItemBody(r *http.Request) any {
	return map[string]any{
		"entity_id": numberIn(r, "entity_id"), "assignee_id": staffEmployee,
		"quantity": numberIn(r, "quantity"), "price": numberIn(r, "price"), "cost": 0,
		"discount": map[string]any{"type": "percentage", "percentage": 0, "amount": 0, "sponsor": "staff"},
		"warranty": map[string]any{"period": "0", "periodUnits": "days"},
	}
}

// numberIn is a number of the form as it is; anything else becomes a text, which the endpoint refuses.
func numberIn(r *http.Request, name string) json.RawMessage {
	text := strings.TrimSpace(r.PostFormValue(name))
	if _, err := decimal.NewFromString(text); err == nil && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // a text always encodes
	return quoted
}

// problemText is an error for people; its status is that of the page.
func problemText(err error) (status int, text string) {
	if err == nil {
		return http.StatusOK, ""
	}
	var refusal *apiError
	if !errors.As(err, &refusal) {
		return http.StatusInternalServerError, err.Error()
	}
	if text = refusal.Error(); text == "" {
		text = http.StatusText(refusal.status)
	}
	return refusal.status, text
}

type shownOrder struct {
	ID                            int64
	Number, Client, Status, Total string
}

func (s *Server) shown(o order) shownOrder {
	client, _ := s.store.contacts.last(o.clientID)
	status, _ := s.store.directories.status(o.statusID)
	return shownOrder{o.id, o.number(), client.fullName(), status.name, o.total().StringFixed(2) + " " + s.options.Currency}
}

type shownContact struct {
	ID           int64
	Name, Phones string
	Others       []shownContact
}

func (s *Server) showAccount(w http.ResponseWriter, problem error) {
	status, text := problemText(problem)
	s.mu.Lock()
	var orders []shownOrder
	for _, o := range s.store.orders.all() {
		orders = append(orders, s.shown(o))
	}
	slices.Reverse(orders)
	var contacts []shownContact
	for _, c := range s.store.contacts.all() {
		if c.kind == person {
			contacts = append(contacts, shownContact{ID: c.id, Name: c.fullName(), Phones: strings.Join(c.numbers(), ", ")})
		}
	}
	s.mu.Unlock()
	people := slices.Clone(contacts)
	for i, c := range contacts {
		contacts[i].Others = slices.DeleteFunc(slices.Clone(people), func(other shownContact) bool { return other.ID == c.ID })
	}
	layout.Write(w, status, accountPage, map[string]any{"Problem": text, "Orders": orders, "Contacts": contacts})
}

type choiceOf struct {
	ID    int64
	Title string
	Now   bool
}

type shownItem struct {
	ID                          int64
	Title, SKU, Quantity, Price string
	WrittenOff                  bool
}

func (s *Server) showOrder(w http.ResponseWriter, r *http.Request, problem error) {
	status, text := problemText(problem)
	s.mu.Lock()
	o, err := s.sandboxOrder(r)
	if err != nil {
		s.mu.Unlock()
		s.showAccount(w, &apiError{status: http.StatusNotFound, text: "There is no order with the id " + strconv.FormatInt(pathID(r, "id"), 10) + "."})
		return
	}
	shown := s.shown(o)
	data := map[string]any{
		"Problem": text, "ID": o.id, "Number": shown.Number, "Client": shown.Client, "Status": shown.Status, "Total": shown.Total,
		"Notes": o.managerNotes, "Items": s.shownItems(o), "Offers": s.offers(), "Statuses": s.statusChoices(o),
		"Feed": slices.Clone(o.feed), "History": slices.Clone(o.history),
		"WrittenOff": slices.ContainsFunc(o.items, func(line item) bool { return line.writeOffs != nil }),
	}
	s.mu.Unlock()
	layout.Write(w, status, orderPage, data)
}

func (s *Server) shownItems(o order) []shownItem {
	var items []shownItem
	for _, line := range o.items {
		shown := shownItem{
			ID: line.id, Title: s.store.directories.services[line.serviceID],
			Quantity: line.quantity.String(), Price: line.price.StringFixed(pricePlaces), WrittenOff: line.writeOffs != nil,
		}
		if p, found := s.store.products.last(line.productID); found {
			shown.Title, shown.SKU = p.title, p.article
		}
		items = append(items, shown)
	}
	return items
}

// offers are what can be added to an order.
func (s *Server) offers() []choiceOf {
	var all []choiceOf
	for _, p := range s.store.products.all() {
		all = append(all, choiceOf{ID: p.id, Title: p.title})
	}
	for id, title := range s.store.directories.services {
		all = append(all, choiceOf{ID: id, Title: title})
	}
	return all
}

func (s *Server) statusChoices(o order) []choiceOf {
	var all []choiceOf
	for _, status := range s.store.directories.statuses {
		all = append(all, choiceOf{status.id, status.name, status.id == o.statusID})
	}
	return all
}
