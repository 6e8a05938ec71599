package testenv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/contract"
)

// fake talks to a fake's own requests.
type fake struct {
	t   testing.TB
	URL string
}

func (s fake) call(method, path string, body, into any) {
	s.t.Helper()
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, reader)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer sandbox") // of RO App's own API; the fakes' requests need none
	req.Header.Set(contract.StaffHeader, "yes")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		s.t.Fatalf("%s %s: %v: %s", method, path, err, answer)
	}
}

// Fault is something that goes wrong on purpose.
type Fault struct {
	Match  string `json:"match"` // "POST /v2/orders"
	Kind   string `json:"kind"`
	Status int    `json:"status,omitempty"`
	Times  int    `json:"times,omitempty"`
	Delay  string `json:"delay,omitempty"`
	Body   string `json:"body,omitempty"`
	// RetryAfter is the header of a status, of RO App only.
	RetryAfter string `json:"retry_after,omitempty"`
}

// Break posts a fault.
func (s fake) Break(f Fault) { s.t.Helper(); s.call(http.MethodPost, "/sandbox/faults", f, nil) }

// Restore removes all faults.
func (s fake) Restore() { s.t.Helper(); s.call(http.MethodDelete, "/sandbox/faults", nil, nil) }

// Switch sets one named switch.
func (s fake) Switch(name, value string) {
	s.t.Helper()
	s.call(http.MethodPut, "/sandbox/switches", map[string]string{name: value}, nil)
}

// Cartum is the shop's fake.
type Cartum struct {
	fake
	Currency string
	zone     *time.Location
}

// J is a JSON object.
type J map[string]any

// PutOrder creates or replaces an order; fields overwrite those of a plain
// order, and nil removes one.
func (c *Cartum) PutOrder(number int64, fields J) {
	c.t.Helper()
	c.call(http.MethodPut, fmt.Sprintf("/sandbox/orders/%d", number), c.Order(number, fields), nil)
}

// Order is a plain order of one line, changed by fields.
func (c *Cartum) Order(number int64, fields J) J {
	o := J{
		"order_id": number, "user": 99, "delivery_name": "Anna Nowak", "delivery_email": "anna@example.com",
		"delivery_phone": "+48 501 234 567", "delivery_city": "Kraków", "delivery_address": "ul. Długa 5",
		"delivery_type": J{"id": 42, "title": "Odbiór własny"}, "delivery_price": 0, "comment": "",
		"payment_type": J{"id": 13, "title": "Gotówka"}, "payed": 0,
		"discount_percent": 0, "discount_value": 0,
		"coupon_code": "", "coupon_percent": 0, "coupon_discount_value": 0, "coupon_type": 0,
		"stat_status": 1, "stat_created": time.Now().In(c.zone).Format("2006-01-02 15:04:05"), "currency": c.Currency,
		"order_without_callback": false,
		"products":               []J{Line("A-1", "Róża czerwona", "12.50", "2")},
	}
	for name, value := range fields {
		o[name] = value
		if value == nil {
			delete(o, name)
		}
	}
	if lines, ok := o["products"].([]J); ok {
		total := decimal.Zero
		for _, line := range lines {
			if text, ok := line["total_price"].(json.Number); ok {
				amount, err := decimal.NewFromString(text.String())
				if err == nil {
					total = total.Add(amount)
				}
			}
		}
		for _, name := range []string{"total_default", "total_sum"} {
			if _, set := fields[name]; !set {
				o[name] = json.Number(total.String())
			}
		}
		o["total_quantity"] = len(lines)
	}
	return o
}

// Line is an order's line.
func Line(article, title, price, quantity string) J {
	total := decimal.RequireFromString(price).Mul(decimal.RequireFromString(quantity))
	return J{
		"title": title, "article": article, "price": json.Number(price), "quantity": json.Number(quantity),
		"discount_marker": "NONE", "total_price": json.Number(total.String()), "type": "product",
	}
}

// PutProduct puts a product into the shop's catalogue.
func (c *Cartum) PutProduct(article string, fields J) {
	c.t.Helper()
	product := J{"article": article}
	for name, value := range fields {
		product[name] = value
	}
	c.call(http.MethodPut, "/sandbox/products/"+article, product, nil)
}

// Requests counts the API's requests by function.
func (c *Cartum) Requests() (counts struct {
	Total     int            `json:"total"`
	Functions map[string]int `json:"functions"`
	Logins    int            `json:"logins"`
	// FailedLogins are those that were refused.
	FailedLogins int `json:"failed_logins"`
},
) {
	c.t.Helper()
	c.call(http.MethodGet, "/sandbox/requests", nil, &counts)
	return counts
}

// Roapp is the account's fake.
type Roapp struct{ fake }

// RoappOrder is an order with all that staff see of it.
type RoappOrder struct {
	ID     int64              `json:"id"`
	Number string             `json:"number"`
	Status struct{ ID int64 } `json:"status"`
	Client struct {
		ID             int64  `json:"id"`
		IsOrganization bool   `json:"is_organization"`
		FirstName      string `json:"first_name"`
		LastName       string `json:"last_name"`
	} `json:"client"`
	ManagerID    int64             `json:"manager_id"`
	ManagerNotes string            `json:"manager_notes"`
	Total        decimal.Decimal   `json:"total"`
	CustomFields map[string]string `json:"custom_fields"`
	Items        []RoappItem       `json:"-"`
	Feed         []RoappFeed       `json:"-"`
	// History is what was done to the order, which the API does not show.
	History []RoappChange `json:"-"`
}

// RoappChange is one entry of an order's history.
type RoappChange struct {
	Text string `json:"text"`
}

// RoappFeed is one comment in an order's event feed.
type RoappFeed struct {
	Comment   string `json:"comment"`
	IsPrivate bool   `json:"is_private"`
}

// RoappItem is an order's line in RO App.
type RoappItem struct {
	ID       int64           `json:"id"`
	Quantity decimal.Decimal `json:"quantity"`
	Price    decimal.Decimal `json:"price"`
	Entity   struct {
		ID    int64  `json:"id"`
		Title string `json:"title"`
		SKU   string `json:"sku"`
	} `json:"entity"`
	IsDeductionRequired bool              `json:"is_deduction_required"`
	WriteOffs           []json.RawMessage `json:"write_offs"`
	Discount            struct {
		Percentage decimal.Decimal `json:"percentage"`
	} `json:"discount"`
}

// RoappContact is a person or an organization.
type RoappContact struct {
	ID        int64           `json:"id"`
	FirstName string          `json:"first_name"`
	LastName  string          `json:"last_name"`
	Name      string          `json:"name"`
	Email     string          `json:"email"`
	Phones    json.RawMessage `json:"phones"`
}

// RoappProduct is a product of RO App's catalogue.
type RoappProduct struct {
	ID          int64  `json:"id"`
	Title       string `json:"title"`
	Article     string `json:"article"`
	Description string `json:"description"`
	Category    struct {
		ID    int64  `json:"id"`
		Title string `json:"title"`
	} `json:"category"`
	UOM struct {
		ID int64 `json:"id"`
	} `json:"uom"`
}

// wholeOrder is an order as the fake's own requests show it.
type wholeOrder struct {
	Order   RoappOrder    `json:"order"`
	Items   []RoappItem   `json:"items"`
	Feed    []RoappFeed   `json:"feed"`
	History []RoappChange `json:"history"`
}

func (o wholeOrder) flat() RoappOrder {
	o.Order.Items, o.Order.Feed, o.Order.History = o.Items, o.Feed, o.History
	return o.Order
}

// Orders are all orders of the account.
func (r *Roapp) Orders() (orders []RoappOrder) {
	r.t.Helper()
	var whole []wholeOrder
	r.call(http.MethodGet, "/sandbox/orders", nil, &whole)
	for _, o := range whole {
		orders = append(orders, o.flat())
	}
	return orders
}

// Order is one order, whole.
func (r *Roapp) Order(id int64) RoappOrder {
	r.t.Helper()
	var whole wholeOrder
	r.call(http.MethodGet, fmt.Sprintf("/sandbox/orders/%d", id), nil, &whole)
	return whole.flat()
}

// People are all people of the account.
func (r *Roapp) People() (people []RoappContact) {
	r.t.Helper()
	r.call(http.MethodGet, "/sandbox/people", nil, &people)
	return people
}

// Products are all products of the account.
func (r *Roapp) Products() (products []RoappProduct) {
	r.t.Helper()
	r.call(http.MethodGet, "/sandbox/products", nil, &products)
	return products
}

// Create creates a record as an employee would, in people, organizations,
// products, categories or orders, and gives its id.
func (r *Roapp) Create(kind string, fields J) int64 {
	r.t.Helper()
	var created struct {
		ID int64 `json:"id"`
	}
	r.call(http.MethodPost, "/sandbox/"+kind, fields, &created)
	return created.ID
}

// Delete deletes a record as an employee would: "orders/7", "orders/7/items/9".
func (r *Roapp) Delete(path string) {
	r.t.Helper()
	r.call(http.MethodDelete, "/sandbox/"+path, nil, nil)
}

// RoappRequests counts the requests that the account saw.
type RoappRequests struct {
	Total         int            `json:"total"`
	MostPerSecond int            `json:"most_per_second"`
	Endpoints     map[string]int `json:"endpoints"`
	Statuses      map[string]int `json:"statuses"`
	List          []struct {
		At     time.Time `json:"at"`
		Method string    `json:"method"`
		Path   string    `json:"path"`
		Status int       `json:"status"`
	} `json:"list"`
}

// Requests counts the API's requests; the last ones are listed.
func (r *Roapp) Requests(last int) (counts RoappRequests) {
	r.t.Helper()
	r.call(http.MethodGet, fmt.Sprintf("/sandbox/requests?last=%d", last), nil, &counts)
	return counts
}

// ResetRequests counts from zero.
func (r *Roapp) ResetRequests() {
	r.t.Helper()
	r.call(http.MethodDelete, "/sandbox/requests", nil, nil)
}
