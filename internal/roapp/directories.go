package roapp

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// OrderStatus is a status that an order can have.
type OrderStatus struct {
	ID   int64
	Name string
	// GroupType is the group's number, 0 when the answer has none: 4, 6 and 7 were seen to mean finished, closed and
	// rejected (docs/reference/roapp.md#order-statuses).
	GroupType int
	GroupName string
}

// Named is a record with a name: a type of order, a place of business that orders belong to, or a member of the staff.
type Named struct {
	ID   int64
	Name string
}

func decodeNamed(n node) Named { return Named{ID: n.at("id").id(), Name: name(n)} }

// UnknownType is a custom field's type when the answer has none.
const UnknownType = -1

// CustomField is a field that the account added to its orders or contacts.
type CustomField struct {
	// ID is the key under which records have the value, "f101".
	ID    string
	Title string
	// Required fields must be sent when a record is created; an empty text will do.
	Required bool
	// Type is the service's number: 0 a flag, 1 to 3 text, 4 and 5 a time, 6 a number
	// (docs/reference/roapp.md#custom-fields).
	Type int
}

// Company is the account itself.
type Company struct {
	// Name and Currency (as the service writes it) are "" when the answer does not have them.
	Name, Currency string
}

// OrderStatuses returns all statuses.
func (c *Client) OrderStatuses(ctx context.Context) ([]OrderStatus, error) {
	return directory(ctx, c, "/v2/orders/statuses", decodeOrderStatus)
}

func decodeOrderStatus(n node) OrderStatus {
	group := n.at("group")
	return OrderStatus{
		ID:        n.at("id").id(),
		Name:      name(n),
		GroupType: int(group.at("type").integerOr(0)),
		GroupName: name(group),
	}
}

// OrderTypes returns all types of order.
func (c *Client) OrderTypes(ctx context.Context) ([]Named, error) {
	return directory(ctx, c, "/v2/orders/types", decodeNamed)
}

// OrderCustomFields returns the account's own fields of orders.
func (c *Client) OrderCustomFields(ctx context.Context) ([]CustomField, error) {
	return directory(ctx, c, "/v2/orders/custom-fields", decodeCustomField)
}

// PeopleCustomFields returns the account's own fields of people.
func (c *Client) PeopleCustomFields(ctx context.Context) ([]CustomField, error) {
	return directory(ctx, c, "/v2/contacts/people/custom-fields", decodeCustomField)
}

func decodeCustomField(n node) CustomField {
	return CustomField{
		ID:       customFieldKey(n.at("id")),
		Title:    n.first("title", "name").text(),
		Required: n.first("required", "is_required").yes(),
		Type:     int(n.at("type").integerOr(UnknownType)),
	}
}

// customFieldKey turns 101 into "f101" and leaves "f101" as it is.
func customFieldKey(id node) string {
	if text, ok := id.value.(string); ok && strings.HasPrefix(text, "f") {
		return text
	}
	return "f" + strconv.FormatInt(id.id(), 10)
}

// Locations returns the places of business.
func (c *Client) Locations(ctx context.Context) ([]Named, error) {
	return directory(ctx, c, "/v2/company/locations", decodeNamed)
}

// Employees returns the staff.
func (c *Client) Employees(ctx context.Context) ([]Named, error) {
	return directory(ctx, c, "/v2/company/employees", decodeNamed)
}

func directory[T any](ctx context.Context, c *Client, path string, decode func(node) T) ([]T, error) {
	return list(ctx, c, request{method: http.MethodGet, path: path}, directoryPages, decode)
}

// name is under one of several keys: most directories' answers are not documented
// (docs/reference/roapp.md#directories).
func name(n node) string {
	if text := n.first("name", "title", "full_name").text(); text != "" {
		return text
	}
	return strings.TrimSpace(n.at("first_name").text() + " " + n.at("last_name").text())
}

// Company reads the account: the cheapest request that proves the key. The answer's form is not documented
// (docs/reference/roapp.md#directories), so whatever cannot be read is left empty.
func (c *Client) Company(ctx context.Context) (Company, error) {
	answer, err := c.do(ctx, request{method: http.MethodGet, path: "/v2/company"})
	if err != nil {
		return Company{}, err
	}
	return decodeCompany(answer.record()), nil
}

func decodeCompany(n node) Company {
	n = n.apart()
	currency := n.at("currency")
	if _, object := currency.value.(map[string]any); object {
		currency = currency.first("code", "iso", "name")
	}
	return Company{Name: scalarText(n.first("name", "title").value), Currency: scalarText(currency.value)}
}
