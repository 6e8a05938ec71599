package cartum

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

var (
	ordersGet    = function{name: "orders/get", accepts: []string{statusOK, statusEmpty}}
	ordersUpdate = function{name: "orders/update", accepts: []string{statusOK, statusWarning}, writes: true}
)

// OrdersQuery chooses orders (docs/reference/cartum.md#read-orders). Empty fields do not filter, so the zero query
// means all orders.
type OrdersQuery struct {
	// From and To bound the creation, both inclusive, in the shop's local time, as "2006-01-02 15:04:05".
	From, To string
	IDs      []int64 // order numbers
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
	if q.Limit > 0 {
		params["limit"] = q.Limit
		params["offset"] = q.Offset
	}
	return params
}

// OrdersPage is one answer of orders/get.
type OrdersPage struct {
	Orders []Order
	// Failed are the rows that do not say which order they are, each as an error of kind Malformed whose field is
	// "order_id", or "order" where the row is no object; they never cost the others.
	Failed []*Error
	// Rows counts both, so that a short page is distinguished from one with failures.
	Rows int
}

// Order is an order as the shop has it (docs/reference/cartum.md#order-fields).
type Order struct {
	Number     int64  // order_id, as shown in the panel's heading
	Status     int    // 0 where the shop gave none
	CreatedRaw string // stat_created as written: the shop's local time, without zone
	Currency   string // ISO code

	// The recipient as written; Phone is formatted text, Address may join its parts with "@".
	Name, Email, Phone, City, Address string

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

	// Flaws are the values that are not written as documented; the order has the best reading of each, and no value where
	// there is none.
	Flaws []Flaw

	// From delivery_data, else additional_data; empty where neither has them in a known shape
	// (docs/reference/cartum.md#delivery-data).
	Tracking, Branch string
}

// Option is a delivery or payment option of the shop; its id differs from shop to shop.
type Option struct {
	ID    int64 // 0: not given
	Title string
}

// Line is one line of an order. The same article may repeat
// (docs/reference/cartum.md#order-lines).
type Line struct {
	// Path is the line's place in the order, such as "products[1]".
	Path string
	// StorageID distinguishes lines of one SKU, and ParentStorageID ties a gift or a
	// part of a set to its main line, both as written; empty where the shop sends none
	// (docs/reference/cartum.md#read-orders).
	StorageID, ParentStorageID string

	Title, Article  string // Article may be empty
	Type            string
	Price           decimal.Decimal // of one unit, with the product's own discount
	Quantity, Total decimal.Decimal
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
// another number is not it. Kind Malformed: a row does not say which order it is.
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
		return nil, failed // it may be the one
	}
	return nil, &Error{Kind: NotFound, Function: ordersGet.name}
}

// UpdateStatus sets an order's status. Kind Rejected carries the shop's reason. The shop may answer OK and not have
// saved it: who must know reads the order back. Status 4 locks an order for ever
// (docs/reference/cartum.md#update-orders).
func (c *Client) UpdateStatus(ctx context.Context, number int64, status int) error {
	change := map[string]any{"order_id": number, "status": status}
	_, err := c.call(ctx, ordersUpdate, map[string]any{"orders": []any{change}}, readUpdateOf(number))
	return err
}

// readUpdateOf reads the log of the answer, as an envelope's OK does not vouch for
// each order in it.
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
			return reply{}, f.malformed("log", "does not speak of the order")
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
	var noted flaws
	response := objectOf(r.response, "", &noted)
	elements, isList := asList(response.fields["log"])
	if !isList && !isVacant(response.fields["log"]) {
		response.note(Unreadable, "log", "a list", "")
	}
	entries := make([]logEntry, len(elements))
	for i, element := range elements {
		o := objectOf(element, fmt.Sprintf("log[%d]", i), &noted)
		entries[i] = logEntry{number: o.integer("order_id"), status: strings.ToUpper(o.text("status")), message: words(element)}
	}
	if bad := noted.serious(); bad != nil {
		return nil, f.malformed(bad.Field, bad.reason())
	}
	return entries, nil
}

// entryOf matches by number where the log has numbers, else by place: the official example has none
// (docs/reference/cartum.md#update-orders).
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
	for _, row := range list {
		order, bad := decodeOrder(row)
		if bad != nil {
			page.Failed = append(page.Failed, ordersGet.malformed(bad.Field, bad.reason()))
			continue
		}
		page.Orders = append(page.Orders, order)
	}
	return page, nil
}

// decodeOrder reads a row. It fails only where the row does not say which order it is: everything else is read as far as
// it can be, with a flaw where that is not all the way.
func decodeOrder(row json.RawMessage) (Order, *Flaw) {
	fields, ok := asObject(row)
	if !ok {
		return Order{}, &Flaw{Kind: Unreadable, Field: "order", expected: "an object"}
	}
	var noted flaws
	o := object{fields: fields, flaws: &noted}
	order := Order{Number: o.id("order_id")}
	if bad := noted.serious(); bad != nil {
		return Order{}, bad
	}
	order.Status = o.status("stat_status")
	order.CreatedRaw = o.created("stat_created")
	order.Currency = o.code("currency")
	order.Name = o.text("delivery_name")
	order.Email = o.text("delivery_email")
	order.Phone = o.phone("delivery_phone")
	order.City = o.text("delivery_city")
	order.Address = o.text("delivery_address")
	order.DeliveryType = o.option("delivery_type")
	order.DeliveryPrice = o.optionalAmount("delivery_price")
	order.PaymentType = o.option("payment_type")
	order.PaymentPrice = o.optionalAmount("payment_price")
	order.Paid = o.flag("payed")
	order.Comment = o.text("comment")
	order.ManagerComment = o.text("manager_comment")
	order.WithoutCallback = o.flag("order_without_callback")
	order.Lines = o.lines("products")
	o.readTotals(&order)
	readShipment(fields, &order)
	order.Flaws = noted.list
	return order, nil
}

// status is the id of the order's status, which may come as the status itself.
func (o object) status(name string) int {
	if inner, ok := sole(o.fields[name], "id"); ok {
		return int(object{fields: map[string]json.RawMessage{name: inner}, path: o.path, flaws: o.flaws}.integer(name))
	}
	return int(o.integer(name))
}

// created is a time as written. PHP encodes one that it knows as such as {"date", "timezone"}.
func (o object) created(name string) string {
	if date, ok := sole(o.fields[name], "date"); ok {
		if text, ok := asLiteral(date); ok {
			return text
		}
	}
	return o.text(name)
}

// phone is a text; a number comes without decimals.
func (o object) phone(name string) string {
	raw := o.fields[name]
	if _, isText := asLiteral(raw); isText && asString(raw) == "" {
		if number, ok := plainNumber(string(raw)); ok && number.IsInteger() {
			return number.String()
		}
	}
	if list, ok := asList(raw); ok && len(list) > 1 {
		var phones []string
		for _, element := range list {
			if text, ok := asLiteral(element); ok {
				phones = append(phones, text)
			}
		}
		return strings.Join(phones, ", ")
	}
	if fields, ok := asObject(raw); ok {
		if phone := phoneOf(fields); phone != "" {
			o.note(Odd, name, "a text", phone)
			return phone
		}
	}
	return o.text(name)
}

// phoneOf is a phone in parts: the number after the country's code.
func phoneOf(parts map[string]json.RawMessage) string {
	record := []map[string]json.RawMessage{parts}
	number := firstText(record, "phone", "number", "phone_number", "value")
	code := firstText(record, "country_code", "code", "prefix")
	if number == "" || code == "" || strings.HasPrefix(number, "+") {
		return number
	}
	return "+" + strings.TrimPrefix(code, "+") + " " + number
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

// lines reads the lines. An element that is no line is left out, with a flaw.
func (o object) lines(name string) []Line {
	raw := o.fields[name]
	if isAbsent(raw) {
		return nil
	}
	elements, ok := asList(raw)
	if fields, isObject := asObject(raw); !ok && isObject && isLine(fields) {
		o.note(Odd, name, "a list", "a single line")
		elements, ok = []json.RawMessage{raw}, true
	}
	if !ok && !isVacant(raw) {
		o.note(Unreadable, name, "a list", "")
		return nil
	}
	lines := make([]Line, 0, len(elements))
	for i, element := range elements {
		path := fmt.Sprintf("%s%s[%d]", o.path, name, i)
		if _, ok := asObject(element); ok && !isVacant(element) {
			lines = append(lines, decodeLine(element, path, o.flaws))
			continue
		}
		kind := Unreadable
		if isVacant(element) {
			kind = Missing
		}
		o.flaws.note(Flaw{Kind: kind, Field: path, Value: written(element), expected: "an object"})
	}
	return lines
}

func isLine(fields map[string]json.RawMessage) bool {
	_, price := fields["price"]
	_, quantity := fields["quantity"]
	return price || quantity
}

func decodeLine(raw json.RawMessage, path string, noted *flaws) Line {
	o := objectOf(raw, path, noted)
	return Line{
		Path:            path,
		StorageID:       o.reference("storage_id"),
		ParentStorageID: o.reference("parent_storage_id"),
		Title:           o.text("title"),
		Article:         o.text("article"),
		Type:            o.text("type"),
		Price:           o.amount("price"),
		Quantity:        o.amount("quantity"),
		Total:           o.amount("total_price"),
	}
}

// reference names another record, "" where there is none: PHP writes that as 0, too.
func (o object) reference(name string) string {
	text, _ := asLiteral(o.fields[name])
	if text = strings.TrimSpace(text); text == "0" {
		return ""
	}
	return text
}

// readShipment takes what it recognises and lets the rest be: these blocks are known from single carriers only, so an
// unknown shape must not cost the order. They are flat, or by carrier (docs/reference/cartum.md#read-orders).
func readShipment(order map[string]json.RawMessage, into *Order) {
	delivery, additional := withInner(order["delivery_data"]), withInner(order["additional_data"])
	number, _ := asLiteral(order["np_number"])
	into.Tracking = cmp.Or(
		firstText(delivery, "tnNumber", "tracking_number", "tracking_code"), strings.TrimSpace(number),
		firstText(additional, "tracking_number", "tracking_code"))
	into.Branch = cmp.Or(
		firstText(delivery, "destination.address.geoObject.id", "recipient_warehouse_ref"),
		firstText(additional, "recipient_warehouse_ref"))
}

// recordDepth is how deep a known value is looked for: in the block itself, in the
// carrier's record, and in a list of the carrier's parcels.
const recordDepth = 4

// withInner is the record and those in it, which may be the carriers', or the records of a list; the outer ones first.
func withInner(raw json.RawMessage) []map[string]json.RawMessage {
	var records []map[string]json.RawMessage
	level := []json.RawMessage{raw}
	for range recordDepth {
		var inner []json.RawMessage
		for _, raw := range level {
			if record, ok := asObject(raw); ok {
				records = append(records, record)
				for _, name := range slices.Sorted(maps.Keys(record)) {
					inner = append(inner, record[name])
				}
			}
			elements, _ := asArray(raw)
			inner = append(inner, elements...)
		}
		level = inner
	}
	return records
}

func firstText(records []map[string]json.RawMessage, paths ...string) string {
	for _, path := range paths {
		names := strings.Split(path, ".")
		last := len(names) - 1
		for _, at := range records {
			for _, name := range names[:last] {
				at, _ = asObject(at[name])
			}
			if text, _ := asLiteral(at[names[last]]); strings.TrimSpace(text) != "" {
				return strings.TrimSpace(text)
			}
		}
	}
	return ""
}
