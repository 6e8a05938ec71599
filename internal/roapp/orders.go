package roapp

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Order is a work order.
type Order struct {
	ID int64
	// Number is the label that staff see.
	Number     string
	StatusID   int64
	StatusName string
	// CreatedAt and ModifiedAt are in UTC, whole seconds as a rule; zero when the answer has none.
	CreatedAt, ModifiedAt time.Time
	// ClientID is 0 when the answer has none.
	ClientID int64
	// ClientName is "" when the answer has none, or in no readable form.
	ClientName   string
	ManagerNotes string
	// CustomFields is by key ("f101"); null is "", a list is joined with commas.
	CustomFields map[string]string
	// Total is computed by RO App, in the account's currency.
	Total decimal.Decimal
	// DeductionRequired says that items of the order are still to be written off; nil
	// when the answer does not say (docs/reference/roapp.md#deduction).
	DeductionRequired *bool
}

// OrderQuery filters the list of orders; what is zero does not filter.
type OrderQuery struct {
	ClientIDs []int64
	// CreatedFrom and ModifiedFrom are inclusive and sent as the whole second before them.
	CreatedFrom, ModifiedFrom time.Time

	IDs []int64
	// Numbers are those that staff see.
	Numbers []string
	// Sort is id, modified_at and the like, with "-" for descending
	// (docs/reference/roapp.md#list-orders).
	Sort string
	// Page counts from 1; 0 is 1.
	Page int
}

// OrderPage is one page of the list of orders.
type OrderPage struct {
	Orders []Order
	// Failed are the rows that cannot be read. The others are good.
	Failed []RowError
	// TotalPages is the number of pages; where the answer does not say, it is one more after a full page.
	TotalPages int
}

// RowError is a row of a list that cannot be read.
type RowError struct {
	// ID is the record's id, 0 where that cannot be read either.
	ID int64
	// ModifiedAt is when the record was modified, zero where that cannot be read either.
	ModifiedAt time.Time
	// Err is an *Error of kind Malformed that names the field.
	Err error
}

// NewOrder is an order to create. Location, type and client are required. RO App gives it the number, the time and
// the type's first status; they cannot be set (docs/reference/roapp.md#create-orders).
type NewOrder struct {
	LocationID, OrderTypeID, ClientID int64
	// ManagerID is not sent when 0.
	ManagerID    int64
	ManagerNotes string
	// CustomFields is by key ("f101").
	CustomFields map[string]string
}

// CreatedOrder is what the answer to a create says.
type CreatedOrder struct {
	// ID is 0 when the order was created and the answer does not name it: find it then, and never create it again.
	ID int64
	// Number is "" and StatusID 0 when the answer does not say.
	Number   string
	StatusID int64
}

// FindOrders returns one page. A list sorted by what changes must not be read by page numbers: a row that moves would
// be skipped. Ask for the first page again, from the last ModifiedAt seen.
func (c *Client) FindOrders(ctx context.Context, q OrderQuery) (OrderPage, error) {
	number := max(q.Page, 1)
	r := request{method: http.MethodGet, path: "/v2/orders", query: q.values()}.onPage(number)
	answer, err := c.do(ctx, r)
	if err != nil {
		return OrderPage{}, err
	}
	p := readPage(answer.node)
	if len(p.rows) == 0 && p.count > 0 && (number == 1 || int64(number) <= p.total) {
		answer.at("data").fail("fewer rows than the list says it has")
	}
	if err := answer.check(); err != nil {
		return OrderPage{}, err
	}
	return readOrders(p, number, answer.malformed), nil
}

func (q OrderQuery) values() url.Values {
	values := url.Values{}
	for _, id := range q.ClientIDs {
		// The first name is the documented one, the second the one that is seen in use; the unknown one is ignored.
		values.Add("clients_ids", strconv.FormatInt(id, 10))
		values.Add("client_ids", strconv.FormatInt(id, 10))
	}
	for _, id := range q.IDs {
		values.Add("ids", strconv.FormatInt(id, 10))
	}
	for _, number := range q.Numbers {
		values.Add("numbers", number)
	}
	// One value of a filter by time is its start (docs/reference/roapp.md#list-orders).
	if !q.CreatedFrom.IsZero() {
		values.Set("created_at", wireTime(q.CreatedFrom))
	}
	if !q.ModifiedFrom.IsZero() {
		values.Set("modified_at", wireTime(q.ModifiedFrom))
	}
	if q.Sort != "" {
		values.Set("sort", q.Sort)
	}
	return values
}

func readOrders(p page, number int, malformed func(error) error) OrderPage {
	result := OrderPage{TotalPages: number}
	for _, row := range p.rows {
		row = row.apart()
		order := decodeOrder(row.row())
		if problem := row.err(); problem != nil {
			result.Failed = append(result.Failed, RowError{
				ID: row.apart().at("id").optionalID(), ModifiedAt: row.apart().at("modified_at").time(), Err: malformed(problem),
			})
			continue
		}
		result.Orders = append(result.Orders, order)
	}
	switch {
	case p.total >= 0:
		result.TotalPages = int(p.total)
	case p.count >= 0:
		result.TotalPages = int((p.count-1)/pageSize + 1)
	case p.mayHaveMore():
		result.TotalPages = number + 1
	}
	return result
}

// Order returns one order, NotFound when there is none.
func (c *Client) Order(ctx context.Context, id int64) (*Order, error) {
	return single(ctx, c, "/v2/orders/{id}", id, decodeOrder, func(o Order) int64 { return o.ID })
}

// single returns the one record of a path with its id, NotFound when there is none.
func single[T any](ctx context.Context, c *Client, path string, id int64, decode func(node) T, idOf func(T) int64) (*T, error) {
	answer, err := c.do(ctx, request{method: http.MethodGet, path: path, id: id})
	if err != nil {
		return nil, err
	}
	record := answer.record()
	decoded := decode(record)
	record.mustBe(id, idOf(decoded))
	if err := answer.check(); err != nil {
		return nil, err
	}
	return &decoded, nil
}

// mustBe fails when the answer is about another record than the one asked for.
func (n node) mustBe(asked, answered int64) {
	if asked != answered {
		n.at("id").fail("another record than the one asked for")
	}
}

// decodeOrder reads the form of docs/reference/roapp.md#order-fields; the older family calls the number "id_label".
func decodeOrder(n node) Order {
	status := n.at("status")
	return Order{
		ID:                n.at("id").id(),
		Number:            n.first("number", "id_label").text(),
		StatusID:          status.at("id").id(),
		StatusName:        status.at("name").text(),
		CreatedAt:         n.at("created_at").time(),
		ModifiedAt:        n.at("modified_at").time(),
		ClientID:          n.at("client").at("id").optionalID(),
		ClientName:        clientName(n.at("client").apart()),
		ManagerNotes:      n.at("manager_notes").text(),
		CustomFields:      n.at("custom_fields").texts(),
		Total:             n.at("total").optionalDecimal(),
		DeductionRequired: n.at("is_deduction_required").flag(),
	}
}

// clientName is for people only, so that nothing fails for it.
func clientName(n node) string {
	if name := n.at("name").text(); name != "" {
		return name
	}
	return strings.TrimSpace(n.at("first_name").text() + " " + n.at("last_name").text())
}

type orderBody struct {
	LocationID   int64             `json:"branch_id"`
	OrderTypeID  int64             `json:"order_type_id"`
	ClientID     int64             `json:"client_id"`
	ManagerID    int64             `json:"manager_id,omitempty"`
	ManagerNotes string            `json:"manager_notes,omitempty"`
	CustomFields map[string]string `json:"custom_fields,omitempty"`
}

// CreateOrder returns the new order's id, and what else the answer says.
func (c *Client) CreateOrder(ctx context.Context, o NewOrder) (CreatedOrder, error) {
	answer, err := c.do(ctx, request{method: http.MethodPost, path: "/v2/orders", body: orderBody(o), emptyAnswer: true})
	if err != nil {
		return CreatedOrder{}, err
	}
	created := CreatedOrder{ID: answer.createdID()}
	if err := answer.check(); err != nil {
		return CreatedOrder{}, err
	}
	if _, object := answer.value.(map[string]any); !object {
		return created, nil
	}
	// The order exists whatever the rest looks like, so the rest cannot fail it.
	rest := answer.record().apart()
	created.Number = rest.first("number", "id_label").text()
	created.StatusID = rest.apart().at("status").at("id").optionalID()
	return created, nil
}

// SetManagerNotes replaces the manager's notes of an order.
func (c *Client) SetManagerNotes(ctx context.Context, orderID int64, notes string) error {
	return c.write(ctx, request{method: http.MethodPatch, path: orderPath, id: orderID, body: map[string]string{"manager_notes": notes}})
}

type statusBody struct {
	StatusID int64  `json:"status_id"`
	Comment  string `json:"comment,omitempty"`
}

// SetStatus moves an order. Which moves are allowed depends on the account and on the rights of the key's employee;
// some statuses demand a comment (docs/reference/roapp.md#order-statuses).
func (c *Client) SetStatus(ctx context.Context, orderID, statusID int64, comment string) error {
	return c.write(ctx, request{method: http.MethodPost, path: orderPath + "/status", id: orderID, body: statusBody{StatusID: statusID, Comment: comment}})
}

type commentBody struct {
	Comment string `json:"comment"`
	Private bool   `json:"is_private"`
}

// AddComment writes into an order's event feed. Comments cannot be read back
// (docs/reference/roapp.md#order-comments).
func (c *Client) AddComment(ctx context.Context, orderID int64, text string, private bool) error {
	return c.write(ctx, request{method: http.MethodPost, path: orderPath + "/comments", id: orderID, body: commentBody{Comment: text, Private: private}})
}
