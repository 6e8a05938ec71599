package cartum

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

var (
	ordersGet    = function{name: "orders/get", accepts: []string{statusOK, statusEmpty}}
	ordersUpdate = function{name: "orders/update", accepts: []string{statusOK, statusWarning}, writes: true}
)

// OrdersQuery chooses orders (reference, cartum-api 2.1). Empty fields do not filter, so the zero query means all orders.
type OrdersQuery struct {
	// From and To bound the creation, both inclusive, in the shop's local time, as "2006-01-02 15:04:05".
	From, To string
	IDs      []int64 // order numbers
	Statuses []int
	// Limit is the number of rows; 0 leaves it to the shop, whose default is unknown.
	// Offset works only together with Limit. Rows have no documented order and shift while orders arrive.
	Limit, Offset int
}

func (q OrdersQuery) params() map[string]any {
	params := map[string]any{"additionalData": true}
	if q.From != "" {
		params["from"] = q.From
	}
	if q.To != "" {
		params["to"] = q.To
	}
	if len(q.IDs) > 0 {
		params["ids"] = q.IDs
	}
	if len(q.Statuses) > 0 {
		params["status"] = q.Statuses
	}
	if q.Limit > 0 {
		params["limit"] = q.Limit
		params["offset"] = q.Offset
	}
	return params
}

// OrdersPage is one answer of orders/get.
type OrdersPage struct {
	Orders []Order
	// Failed are the rows that could not be read; they never cost the others.
	Failed []OrderError
	// Rows counts both, so that a short page is told from one with failures.
	Rows int
}

// OrderError is a row that could not be read. Its Err is an *Error of kind Malformed.
type OrderError struct {
	Number int64  // 0 when unreadable
	Row    int    // place in the page, from 0
	Field  string // such as "products[1].price"; "order" where the row is no object
	// CreatedRaw is the order's, empty when unreadable.
	CreatedRaw string
	Err        error
}

func (e OrderError) Error() string { return e.Err.Error() }

// Unwrap gives the *Error.
func (e OrderError) Unwrap() error { return e.Err }

// Order is an order as the shop has it (reference, cartum-api 2.2).
type Order struct {
	Number     int64  // order_id, as shown in the panel's heading
	Status     int    // 0 where the shop gave none
	CreatedRaw string // stat_created as written: the shop's local time, without zone
	Currency   string // ISO code

	// The recipient as written; Phone is formatted text, Address may join its parts with "@".
	Name, Email, Phone, City, Address, Country string

	DeliveryType  Option
	DeliveryPrice *decimal.Decimal // nil: not given; -1: not calculated, at the carrier's rates. Not part of TotalSum
	PaymentType   Option
	PaymentPrice  *decimal.Decimal // nil: not given
	Paid          bool

	Comment, ManagerComment string
	WithoutCallback         bool // the buyer asks not to be called

	TotalDefault decimal.Decimal // before discounts of the whole order
	TotalSum     decimal.Decimal // with discounts, without delivery

	// 0 where they do not apply; percents are of 100.
	DiscountPercent, DiscountValue   decimal.Decimal
	CouponPercent, CouponDiscount    decimal.Decimal
	ManagerDiscount                  decimal.Decimal
	CouponCode, ManagerDiscountTitle string

	// Lines are nil where the shop gave none at all.
	Lines []Line

	// From delivery_data, else additional_data; empty where neither has them in a known shape (reference, cartum-api 2.4).
	Tracking, TrackingStatus, Branch string
}

// Option is a delivery or payment option of the shop; its id differs from shop to shop.
type Option struct {
	ID    int64 // 0: not given
	Title string
}

// Line is one line of an order. Lines have no id, and the same article may repeat (reference, cartum-api 2.2).
type Line struct {
	Title, Article       string // Article may be empty
	Type, DiscountMarker string
	Price                decimal.Decimal // of one unit, with the product's own discount
	Quantity, Total      decimal.Decimal
}

// Orders reads one page of orders. It fails only as a whole answer fails: rows that cannot be read are in Failed.
func (c *Client) Orders(ctx context.Context, q OrdersQuery) (OrdersPage, error) {
	r, err := c.call(ctx, ordersGet, q.params(), readEnvelope)
	if err != nil {
		return OrdersPage{}, err
	}
	page, failure := decodeOrders(r)
	if failure != nil {
		return OrdersPage{}, failure
	}
	return page, nil
}

// Order reads one order by its number. Kind NotFound: the shop answered well and has none of this number; a row with
// another number is not it. Kind Malformed: the order is there but cannot be read.
func (c *Client) Order(ctx context.Context, number int64) (*Order, error) {
	page, err := c.Orders(ctx, OrdersQuery{IDs: []int64{number}})
	if err != nil {
		return nil, err
	}
	for i := range page.Orders {
		if page.Orders[i].Number == number {
			return &page.Orders[i], nil
		}
	}
	for _, failed := range page.Failed {
		if failed.Number == number || failed.Number == 0 { // a row without a number may be the one
			return nil, failed.Err
		}
	}
	return nil, &Error{Kind: NotFound, Function: ordersGet.name}
}

// UpdateStatus sets an order's status. Kind Rejected carries the shop's reason. The shop may answer OK and not have saved
// it: who must know reads the order back. Status 4 locks an order for ever (reference, cartum-api 3).
func (c *Client) UpdateStatus(ctx context.Context, number int64, status int) error {
	change := map[string]any{"order_id": number, "status": status}
	_, err := c.call(ctx, ordersUpdate, map[string]any{"orders": []any{change}}, readUpdateOf(number))
	return err
}

// readUpdateOf looks into the log of the answer, as an envelope's OK does not vouch for each order in it.
func readUpdateOf(number int64) reader {
	return func(f function, a answer) (reply, *Error) {
		r, failure := readEnvelope(f, a)
		if failure != nil {
			return reply{}, failure
		}
		log, failure := readLog(f, r)
		if failure != nil {
			return reply{}, failure
		}
		entry, found := entryOf(number, log)
		switch {
		case found && entry.status == statusOK, len(log) == 0 && r.status == statusOK:
			return r, nil
		case len(log) > 0 && !found:
			return reply{}, f.malformed(flaw{"log", "does not speak of the order"})
		}
		return reply{}, rejection(f, a, r.status, entry.message)
	}
}

// rejection prefers the log's words to those of the envelope.
func rejection(f function, a answer, status, message string) *Error {
	failure := f.failure(Rejected, a, nil)
	failure.Status = status
	if message != "" {
		failure.Message = message
	}
	if failure.Message == "" {
		failure.Err = errNoReason
	}
	return failure
}

// logEntry is the shop's word about one order of an update.
type logEntry struct {
	number          int64 // 0: not given
	status, message string
}

func readLog(f function, r reply) ([]logEntry, *Error) {
	var bad flaw
	response := objectOf(r.response, "", &bad)
	elements, isList := asArray(response.fields["log"])
	if !isList && !isVacant(response.fields["log"]) {
		bad.note("log", "is not a list")
	}
	entries := make([]logEntry, len(elements))
	for i, element := range elements {
		o := objectOf(element, fmt.Sprintf("log[%d]", i), &bad)
		entries[i] = logEntry{number: o.integer("order_id"), status: strings.ToUpper(o.text("status")), message: words(element)}
	}
	if bad.found() {
		return nil, f.malformed(bad)
	}
	return entries, nil
}

// entryOf matches by number where the log has numbers, else by place: the official example has none (reference, cartum-api 3).
func entryOf(number int64, log []logEntry) (logEntry, bool) {
	for _, entry := range log {
		if entry.number == number {
			return entry, true
		}
	}
	if len(log) > 0 && log[0].number == 0 {
		return log[0], true // ours is the only order of the request
	}
	return logEntry{}, false
}

func decodeOrders(r reply) (OrdersPage, *Error) {
	list, failure := rows(ordersGet, r, "orders")
	if failure != nil {
		return OrdersPage{}, failure
	}
	page := OrdersPage{Rows: len(list)}
	for i, row := range list {
		order, bad := decodeOrder(row)
		if bad.found() {
			page.Failed = append(page.Failed, OrderError{Number: order.Number, Row: i, Field: bad.field, CreatedRaw: order.CreatedRaw, Err: ordersGet.malformed(bad)})
			continue
		}
		page.Orders = append(page.Orders, order)
	}
	return page, nil
}

// decodeOrder reads as much as it can: the number names the order even where the rest is unreadable.
func decodeOrder(row json.RawMessage) (Order, flaw) {
	var bad flaw
	fields, ok := asObject(row)
	if !ok {
		return Order{}, flaw{"order", "is not an object"}
	}
	o := object{fields: fields, bad: &bad}
	order := Order{
		Number:          o.id("order_id"),
		Status:          int(o.integer("stat_status")),
		CreatedRaw:      o.text("stat_created"),
		Currency:        o.text("currency"),
		Name:            o.text("delivery_name"),
		Email:           o.text("delivery_email"),
		Phone:           o.text("delivery_phone"),
		City:            o.text("delivery_city"),
		Address:         o.text("delivery_address"),
		Country:         o.text("delivery_country"),
		DeliveryType:    o.option("delivery_type"),
		DeliveryPrice:   o.optionalAmount("delivery_price"),
		PaymentType:     o.option("payment_type"),
		PaymentPrice:    o.optionalAmount("payment_price"),
		Paid:            o.flag("payed"),
		Comment:         o.text("comment"),
		ManagerComment:  o.text("manager_comment"),
		WithoutCallback: o.flag("order_without_callback"),
		Lines:           o.lines("products"),
	}
	o.readTotals(&order)
	readShipment(fields, &order)
	return order, bad
}

func (o object) readTotals(order *Order) {
	order.TotalDefault = o.amount("total_default")
	order.TotalSum = o.amount("total_sum")
	order.DiscountPercent = o.amountOrZero("discount_percent")
	order.DiscountValue = o.amountOrZero("discount_value")
	order.CouponCode = o.text("coupon_code")
	order.CouponPercent = o.amountOrZero("coupon_percent")
	order.CouponDiscount = o.amountOrZero("coupon_discount_value")
	order.ManagerDiscount = o.amountOrZero("manager_discount")
	order.ManagerDiscountTitle = o.text("manager_discount_title")
}

func (o object) lines(name string) []Line {
	if isAbsent(o.fields[name]) {
		return nil
	}
	list, ok := asArray(o.fields[name])
	if !ok {
		o.note(name, "is not a list")
		return nil
	}
	lines := make([]Line, len(list))
	for i, raw := range list {
		lines[i] = decodeLine(raw, fmt.Sprintf("%s%s[%d]", o.path, name, i), o.bad)
	}
	return lines
}

func decodeLine(raw json.RawMessage, path string, bad *flaw) Line {
	if _, ok := asObject(raw); !ok {
		bad.note(path, "is not an object")
		return Line{}
	}
	o := objectOf(raw, path, bad)
	return Line{
		Title:          o.text("title"),
		Article:        o.text("article"),
		Type:           o.text("type"),
		DiscountMarker: o.text("discount_marker"),
		Price:          o.amount("price"),
		Quantity:       o.amount("quantity"),
		Total:          o.amount("total_price"),
	}
}

// readShipment takes what it recognises and lets the rest be: these blocks are known from single carriers only, so an
// unknown shape must not cost the order.
func readShipment(order map[string]json.RawMessage, into *Order) {
	into.Tracking = firstText(order, "delivery_data.tnNumber", "np_number")
	into.TrackingStatus = firstText(order, "delivery_data.tnStatusName")
	into.Branch = firstText(order, "delivery_data.destination.address.geoObject.id", "additional_data.recipient_warehouse_ref")
}

func firstText(record map[string]json.RawMessage, paths ...string) string {
	for _, path := range paths {
		names := strings.Split(path, ".")
		last := len(names) - 1
		at := record
		for _, name := range names[:last] {
			at, _ = asObject(at[name])
		}
		if text, _ := asLiteral(at[names[last]]); text != "" {
			return text
		}
	}
	return ""
}
