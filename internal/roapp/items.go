package roapp

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/shopspring/decimal"
)

// Item is a line of an order.
type Item struct {
	ID int64
	// ProductID is 0 for a service.
	ProductID int64
	// Quantity has up to three places, Price is of one unit, in the account's currency, before the line's discount.
	Quantity, Price decimal.Decimal
	// WrittenOff says that stock was taken for the line, in whole or in part. DeductionRequired says that some still
	// has to be (docs/reference/roapp.md#deduction).
	WrittenOff        bool
	DeductionRequired bool
}

// NewItem is a line to add: a product, and the employee it is put down to.
type NewItem struct {
	ProductID, AssigneeID int64
	Quantity, Price       decimal.Decimal
}

// Items returns all lines of an order, those of the staff too.
func (c *Client) Items(ctx context.Context, orderID int64) ([]Item, error) {
	r := request{method: http.MethodGet, path: "/v2/orders/{id}/items", id: orderID}
	return list(ctx, c, r, directoryPages, decodeItem)
}

// decodeItem reads the form of docs/reference/roapp.md#order-items. Quantity and price must be there: a line that
// seems to have none would be corrected.
func decodeItem(n node) Item {
	return Item{
		ID:                n.at("id").id(),
		ProductID:         productIn(n.at("entity")),
		Quantity:          n.at("quantity").decimal(),
		Price:             n.at("price").decimal(),
		WrittenOff:        n.at("write_offs").filled(),
		DeductionRequired: n.at("is_deduction_required").yes(),
	}
}

// productIn keeps a service's id from being taken for a product's: they are numbered apart.
func productIn(entity node) int64 {
	switch entity.at("type").text() {
	case "service", "work":
		return 0
	}
	return entity.at("id").optionalID()
}

type itemBody struct {
	EntityID   int64        `json:"entity_id"`
	AssigneeID int64        `json:"assignee_id"`
	Quantity   json.Number  `json:"quantity"`
	Price      json.Number  `json:"price"`
	Cost       json.Number  `json:"cost"`
	Discount   discountBody `json:"discount"`
	Warranty   warrantyBody `json:"warranty"`
}

type discountBody struct {
	Type       string      `json:"type"`
	Percentage json.Number `json:"percentage"`
	Amount     json.Number `json:"amount"`
	Sponsor    string      `json:"sponsor"`
}

type warrantyBody struct {
	Period string `json:"period"`
	Units  string `json:"periodUnits"`
}

// AddItem adds a line without discount and warranty and returns its id, or 0 when the answer has none: find it in
// Items then. Cost, discount and warranty are required by the service (docs/reference/roapp.md#order-items).
func (c *Client) AddItem(ctx context.Context, orderID int64, item NewItem) (int64, error) {
	body := itemBody{
		EntityID:   item.ProductID,
		AssigneeID: item.AssigneeID,
		Quantity:   wireNumber(item.Quantity),
		Price:      wireNumber(item.Price),
		Cost:       "0",
		Discount:   discountBody{Type: "percentage", Percentage: "0", Amount: "0", Sponsor: "staff"},
		Warranty:   warrantyBody{Period: "0", Units: "days"},
	}
	id, err := c.create(ctx, request{method: http.MethodPost, path: "/v2/orders/{id}/items", id: orderID, body: body})
	if id == orderID {
		return 0, err // the answer is about the order, not the line
	}
	return id, err
}

// ItemChange is what to change of a line; what is nil stays.
type ItemChange struct{ Quantity, Price *decimal.Decimal }

// UpdateItem changes a line. A line cannot be switched to another product, nor be removed
// (docs/reference/roapp.md#order-items).
func (c *Client) UpdateItem(ctx context.Context, orderID, itemID int64, change ItemChange) error {
	body := map[string]json.Number{}
	if change.Quantity != nil {
		body["quantity"] = wireNumber(*change.Quantity)
	}
	if change.Price != nil {
		body["price"] = wireNumber(*change.Price)
	}
	return c.write(ctx, request{method: http.MethodPatch, path: "/v2/orders/{id}/items/{item}", id: orderID, item: itemID, body: body})
}
