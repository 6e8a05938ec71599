package cartum

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/sandbox/layout"
)

var shopPage = layout.Parse(`{{define "fake"}}It stands for a Cartum shop and its panel, for trying the exchange out. Nothing here is real or kept.{{end}}`, `
{{define "title"}}Cartum shop (fake){{end}}
{{define "content"}}
<h1>Cartum shop (fake)</h1>
{{with .Problem}}<p class="error" role="alert">{{.}}</p>{{end}}
<h2>Place an order</h2>
<form method="post" action="/edit/orders" class="grid">
<label>Name <input name="name" value="Anna Nowak" required maxlength="100"></label>
<label>Phone <input name="phone" value="+48 501 234 567" required maxlength="40"></label>
<label>Product <select name="article">{{range .Products}}<option value="{{.Article}}">{{.Title}}, {{.Price}}</option>{{end}}</select></label>
<label>Quantity <input type="number" name="quantity" min="1" step="1" value="2" required></label>
<label>Delivery <select name="delivery">{{range .Deliveries}}<option value="{{.ID}}">{{.Title}}</option>{{end}}</select></label>
<button>Place</button></form>
<h2>Orders</h2>
{{range $o := .Orders}}
<section id="order-{{.Number}}">
<h2>#{{.Number}}: {{.Name}}, {{.Status}}{{if .Paid}}, paid{{end}}</h2>
<p>{{.Delivery}}{{with .Address}}, {{.}}{{end}}. Total <strong>{{.Total}}</strong></p>
<table>
<thead><tr><th>Line</th><th class="number">Price</th><th>Quantity</th></tr></thead>
<tbody>
{{range .Lines}}<tr><td data-name="Line">{{.Title}} <span class="muted">{{.Article}}</span></td><td class="number" data-name="Price">{{.Price}}</td>
<td>{{if $o.Open}}<form method="post" action="/edit/orders/{{$o.Number}}/lines/{{.Place}}"><input type="number" name="quantity" aria-label="Quantity of {{.Title}}" min="0" step="1" value="{{.Quantity}}" required><button class="quiet">Save</button></form>{{else}}{{.Quantity}}{{end}}</td></tr>
{{end}}</tbody></table>
{{if .Open}}
<form method="post" action="/edit/orders/{{.Number}}/delivery" class="grid">
<label>Delivery <select name="delivery">{{range .Deliveries}}<option value="{{.ID}}"{{if .Now}} selected{{end}}>{{.Title}}</option>{{end}}</select></label>
<label>City <input name="city" value="{{.City}}" maxlength="100"></label>
<label>Address <input name="address" value="{{.Street}}" maxlength="200"></label>
<button class="quiet">Change delivery</button></form>
<div class="actions">
{{if not .Paid}}<form method="post" action="/edit/orders/{{.Number}}/pay"><button class="quiet">Mark as paid</button></form>{{end}}
<form method="post" action="/edit/orders/{{.Number}}/cancel"><button class="quiet">Cancel the order</button></form>
</div>
{{else}}<p class="muted">A cancelled order cannot be changed any more.</p>{{end}}
</section>
{{else}}<p>There are no orders yet.</p>{{end}}
{{end}}`)

// pageRoutes are the shop as its buyers and its manager see it in a browser; /edit/ is the address of Cartum's panel.
func (s *Server) pageRoutes(r chi.Router) {
	r.Use(layout.FormOnly)
	show := func(w http.ResponseWriter, _ *http.Request) { s.showShop(w, http.StatusOK, "") }
	r.Get("/", show)
	r.Get("/edit/", show)
	r.Post("/edit/orders", s.act(s.placeByForm))
	r.Post("/edit/orders/{order_id}/lines/{place}", s.act(s.changed(changeQuantity)))
	r.Post("/edit/orders/{order_id}/delivery", s.act(s.changed(s.changeDelivery)))
	r.Post("/edit/orders/{order_id}/pay", s.act(s.changed(pay)))
	r.Post("/edit/orders/{order_id}/cancel", s.act(s.changed(cancel)))
}

// act does what a form asks for while the shop is locked, and shows what came of it. An action gives the order's number.
func (s *Server) act(work func(*http.Request) (int, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number, err := s.locked(work, r)
		if err != nil {
			code := http.StatusBadRequest
			if known, ok := err.(refusal); ok { //nolint:errorlint // it is never wrapped
				code = known.code
			}
			s.showShop(w, code, err.Error())
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/edit/#order-%d", number), http.StatusSeeOther) //nolint:gosec // a number on this page
	}
}

func (s *Server) locked(work func(*http.Request) (int, error), r *http.Request) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return work(r)
}

// firstNumber is that of the first order that is placed on the page.
const firstNumber = 1001

func (s *Server) placeByForm(r *http.Request) (int, error) {
	product, ok := s.products[r.PostFormValue("article")]
	quantity, err := decimal.NewFromString(r.PostFormValue("quantity"))
	delivery, known := s.deliveryOption(r.PostFormValue("delivery"))
	switch {
	case !ok:
		return 0, badRequest("Choose a product of the catalogue.")
	case err != nil || !quantity.IsPositive():
		return 0, badRequest("The quantity is a number above 0.")
	case !known:
		return 0, badRequest("Choose a delivery.")
	case r.PostFormValue("name") == "":
		return 0, badRequest("An order needs a name.")
	}
	price := amountOf(product["price"])
	number := firstNumber
	for taken := range s.orders {
		number = max(number, taken+1)
	}
	fields := map[string]any{
		"user": jsonNumber(number), "delivery_name": r.PostFormValue("name"), "delivery_email": "", "delivery_phone": r.PostFormValue("phone"),
		"delivery_city": "", "delivery_address": "", "comment": "", "payed": jsonNumber(0), "order_without_callback": false,
		"payment_type":     map[string]any{"id": jsonNumber(payments[0].id), "title": payments[0].title.in(s.opts.Languages[0])},
		"discount_percent": jsonNumber(0), "discount_value": jsonNumber(0), "coupon_code": "", "coupon_percent": jsonNumber(0),
		"coupon_discount_value": jsonNumber(0), "coupon_type": jsonNumber(0), "stat_status": jsonNumber(1), "currency": s.opts.Currency,
		"products": []any{map[string]any{
			"type": "product", "title": s.productTitle(product), "article": scalarText(product["article"]), "discount_marker": "NONE",
			"price": json.Number(price.String()), "quantity": json.Number(quantity.String()),
		}},
	}
	maps.Copy(fields, s.deliveryFields(delivery))
	total(fields)
	o := s.completeOrder(number, fields, s.orders[number])
	s.orders[number] = o
	s.tell("order %d: placed, %s %s", number, scalarText(fields["total_sum"]), s.opts.Currency)
	s.fire(eventOrderCreated, o)
	return number, nil
}

// changed creates an action of a change of an order's fields, which the change may
// not touch in place.
func (s *Server) changed(change func(r *http.Request, fields map[string]any) error) func(*http.Request) (int, error) {
	return func(r *http.Request) (int, error) {
		number, err := orderNumber(r)
		if err != nil {
			return 0, err
		}
		former := s.orders[number]
		switch {
		case former == nil || former.deleted:
			return 0, notFound("There is no order %d.", number)
		case former.status() == lockedStatus:
			return 0, badRequest("Order %d is cancelled and cannot be changed any more.", number)
		}
		fields := maps.Clone(former.fields)
		if err := change(r, fields); err != nil {
			return 0, err
		}
		o := &order{number: number, fields: fields, placed: former.placed}
		s.orders[number] = o
		s.tell("order %d: changed (panel)", number)
		s.orderChanged(o, orderMarks(former), byPanel)
		return number, nil
	}
}

// changeQuantity removes the line where the quantity is 0.
func changeQuantity(r *http.Request, fields map[string]any) error {
	lines, _ := fields["products"].([]any)
	place, err := strconv.Atoi(chi.URLParam(r, "place"))
	if err != nil || place < 0 || place >= len(lines) {
		return notFound("The order has no such line.")
	}
	quantity, err := decimal.NewFromString(r.PostFormValue("quantity"))
	if err != nil || quantity.IsNegative() {
		return badRequest("The quantity is a number, 0 to remove the line.")
	}
	lines = slices.Clone(lines)
	if quantity.IsZero() {
		lines = slices.Delete(lines, place, place+1)
	} else if line, ok := lines[place].(map[string]any); ok {
		line = maps.Clone(line)
		line["quantity"] = json.Number(quantity.String())
		lines[place] = line
	}
	fields["products"] = lines
	total(fields)
	return nil
}

func (s *Server) changeDelivery(r *http.Request, fields map[string]any) error {
	delivery, known := s.deliveryOption(r.PostFormValue("delivery"))
	if !known {
		return badRequest("Choose a delivery.")
	}
	maps.Copy(fields, s.deliveryFields(delivery))
	fields["delivery_city"], fields["delivery_address"] = r.PostFormValue("city"), r.PostFormValue("address")
	return nil
}

func pay(_ *http.Request, fields map[string]any) error {
	fields["payed"] = jsonNumber(1)
	return nil
}

func cancel(_ *http.Request, fields map[string]any) error {
	fields["stat_status"] = json.Number(lockedStatus)
	return nil
}

// total adds the lines up. A discount of the whole order stays as high as it was.
func total(fields map[string]any) {
	discount := amountOf(fields["total_default"]).Sub(amountOf(fields["total_sum"]))
	sum := decimal.Zero
	lines, _ := fields["products"].([]any)
	for i, value := range lines {
		line, ok := value.(map[string]any)
		if !ok {
			continue
		}
		line = maps.Clone(line)
		amount := amountOf(line["price"]).Mul(amountOf(line["quantity"])).Round(2)
		line["total_price"] = json.Number(amount.String())
		lines[i] = line
		sum = sum.Add(amount)
	}
	fields["total_quantity"] = jsonNumber(len(lines))
	fields["total_default"] = json.Number(sum.String())
	fields["total_sum"] = json.Number(decimal.Max(sum.Sub(discount), decimal.Zero).String())
}

// amountOf is 0 where there is no number.
func amountOf(value any) decimal.Decimal {
	amount, err := decimal.NewFromString(scalarText(value))
	if err != nil {
		return decimal.Zero
	}
	return amount
}

func (s *Server) deliveryOption(id string) (option, bool) {
	i := slices.IndexFunc(deliveries, func(o option) bool { return o.enabled && strconv.Itoa(o.id) == id })
	if i < 0 {
		return option{}, false
	}
	return deliveries[i], true
}

func (s *Server) deliveryFields(o option) map[string]any {
	price := json.Number(cmp.Or(o.price, "-1")) // -1: at the carrier's rates
	return map[string]any{
		"delivery_type":  map[string]any{"id": jsonNumber(o.id), "title": o.title.in(s.opts.Languages[0])},
		"delivery_price": price,
	}
}

func (s *Server) productTitle(product map[string]any) string {
	titles := params(product).object("title")
	for _, language := range s.opts.Languages {
		if title := scalarText(titles[language]); title != "" {
			return title
		}
	}
	return scalarText(product["article"])
}

type shownProduct struct{ Article, Title, Price string }

type shownDelivery struct {
	ID    int
	Title string
	Now   bool
}

type shownLine struct {
	Place                           int
	Title, Article, Price, Quantity string
}

type shownOrder struct {
	Number                                               int
	Name, Status, Delivery, Address, City, Street, Total string
	Paid, Open                                           bool
	Lines                                                []shownLine
	Deliveries                                           []shownDelivery
}

func (s *Server) showShop(w http.ResponseWriter, code int, problem string) {
	s.mu.Lock()
	data := map[string]any{
		"Problem": problem, "Products": s.shownProducts(), "Deliveries": s.shownDeliveries(""), "Orders": s.shownOrders(),
	}
	s.mu.Unlock()
	layout.Write(w, code, shopPage, data)
}

func (s *Server) shownProducts() []shownProduct {
	var all []shownProduct
	for _, article := range slices.Sorted(maps.Keys(s.products)) {
		product := s.products[article]
		all = append(all, shownProduct{article, s.productTitle(product), amountOf(product["price"]).StringFixed(2) + " " + s.opts.Currency})
	}
	return all
}

func (s *Server) shownDeliveries(now string) []shownDelivery {
	var all []shownDelivery
	for _, o := range deliveries {
		if o.enabled {
			all = append(all, shownDelivery{o.id, o.title.in(s.opts.Languages[0]), strconv.Itoa(o.id) == now})
		}
	}
	return all
}

// shownOrders are the newest first.
func (s *Server) shownOrders() []shownOrder {
	var all []shownOrder
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(s.orders))) {
		o := s.orders[number]
		if o.deleted {
			continue
		}
		delivery := params(o.fields).object("delivery_type")
		city, street := scalarText(o.fields["delivery_city"]), scalarText(o.fields["delivery_address"])
		shown := shownOrder{
			Number: number, Name: scalarText(o.fields["delivery_name"]), Status: s.statusTitle(o.status()), Delivery: scalarText(delivery["title"]),
			City: city, Street: street, Address: strings.Trim(city+", "+street, ", "),
			Total: amountOf(o.fields["total_sum"]).StringFixed(2) + " " + scalarText(o.fields["currency"]), Paid: o.paid(), Open: o.status() != lockedStatus,
			Deliveries: s.shownDeliveries(scalarText(delivery["id"])),
		}
		lines, _ := o.fields["products"].([]any)
		for place, value := range lines {
			if line, ok := value.(map[string]any); ok {
				shown.Lines = append(shown.Lines, shownLine{
					place, scalarText(line["title"]), scalarText(line["article"]), amountOf(line["price"]).StringFixed(2), scalarText(line["quantity"]),
				})
			}
		}
		all = append(all, shown)
	}
	return all
}

func (s *Server) statusTitle(id string) string {
	for _, one := range standardStatuses {
		if strconv.Itoa(one.id) == id {
			return one.title.in(s.opts.Languages[0])
		}
	}
	return id
}
