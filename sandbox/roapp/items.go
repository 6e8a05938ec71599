package roapp

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/shopspring/decimal"
)

// Digits after the point (docs/reference/roapp.md#numbers).
const (
	quantityPlaces = 3
	pricePlaces    = 2
	costPlaces     = 5
)

// item is a line of an order: a product, or a service when product is 0.
type item struct {
	id                 int64
	createdAt          time.Time
	productID          int64
	serviceID          int64
	assigneeID         int64
	quantity, price    decimal.Decimal
	cost               decimal.Decimal
	discountType       string
	discountPercentage decimal.Decimal
	discountAmount     decimal.Decimal
	discountSponsor    string
	warrantyPeriod     int
	warrantyUnits      string
	comment            string
	deductionRequired  bool
	writeOffs          []writeOff
}

// writeOff is items taken from stock for an item
// (docs/reference/roapp.md#order-items).
type writeOff struct {
	Cost               string  `json:"cost"`
	CellID             int64   `json:"cellId"`
	GoodID             int64   `json:"goodId"`
	Quantity           string  `json:"quantity"`
	SernumID           *int64  `json:"sernum_id"`
	SernumCode         *string `json:"sernum_code"`
	WarehouseID        int64   `json:"warehouseId"`
	RepairOrderProduct int64   `json:"repairOrderProductId"`
}

func (i item) isProduct() bool { return i.productID != 0 }

func (i item) gross() decimal.Decimal { return i.price.Mul(i.quantity) }

func (i item) discountSum() decimal.Decimal {
	if i.discountType == "value" {
		return i.discountAmount
	}
	return i.gross().Mul(i.discountPercentage).Shift(-2).Round(pricePlaces)
}

func (i item) sum() decimal.Decimal { return i.gross().Sub(i.discountSum()).Round(pricePlaces) }

// deduct writes the item's items off. Whether the flag then still stands is
// unknown (docs/reference/roapp.md#deduction).
func (i item) deduct(leaveFlag bool) item {
	i.writeOffs = []writeOff{{
		Cost: i.cost.StringFixed(costPlaces), CellID: 1, GoodID: i.productID, WarehouseID: 1,
		Quantity: i.quantity.StringFixed(quantityPlaces), RepairOrderProduct: i.id,
	}}
	i.deductionRequired = leaveFlag
	return i
}

// itemRoutes has no DELETE: none is documented
// (docs/reference/roapp.md#order-endpoints), so the router answers 405.
func (s *Server) itemRoutes(r chi.Router) {
	r.Get("/v2/orders/{id}/items", s.handle(s.listItems))
	r.Post("/v2/orders/{id}/items", s.handle(s.addItem))
	r.Patch("/v2/orders/{id}/items/{item}", s.handle(s.patchItem))
}

func (s *Server) listItems(r *http.Request) (any, error) {
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	return showAll(o.items, s.itemView), nil
}

func (s *Server) addItem(r *http.Request) (any, error) {
	o, b, err := s.orderAndBody(r)
	if err != nil {
		return nil, err
	}
	line, err := s.newItem(b)
	if err != nil {
		return nil, err
	}
	if err := s.checkRight(line); err != nil {
		return nil, err
	}
	line.id, line.createdAt = s.store.newID("item"), s.now()
	line.deductionRequired = line.isProduct() // docs/reference/roapp.md#deduction
	if line.isProduct() && s.switches.is(DeductOnAdd, "yes") {
		line = line.deduct(false)
	}
	o.items = append(o.items, line)
	o.deductionRequired = o.deductionRequired || line.deductionRequired
	s.saveOrder(o, keyEmployee, "item added: %s", s.lineText(line))
	return s.created(line.id), nil
}

func (s *Server) newItem(b *body) (item, error) {
	b.require("entity_id", "assignee_id", "quantity", "price", "cost", "discount", "warranty")
	var entity int64
	b.reference("entity_id", &entity, func(id int64) bool { return s.store.products.has(id) || s.isService(id) })
	line := item{productID: entity}
	if s.isService(entity) {
		line.productID, line.serviceID = 0, entity
	}
	if p, _ := s.store.products.get(entity); p.archived {
		b.fail("entity_id", "product %d is archived", entity)
	}
	s.readItem(b, &line)
	if line.quantity.IsZero() {
		b.fail("quantity", "must be more than 0")
	}
	return line, b.err()
}

func (s *Server) isService(id int64) bool {
	_, known := s.store.directories.services[id]
	return known
}

// checkRight refuses a product when the key's employee may not add products
// without deduction (docs/reference/roapp.md#deduction).
func (s *Server) checkRight(line item) error {
	const text = "No right: can add products without deduction"
	switch s.switches.value(MissingRight) {
	case "403":
		if line.isProduct() {
			return &apiError{status: http.StatusForbidden, text: text}
		}
	case "400":
		if line.isProduct() {
			return refused(text)
		}
	}
	return nil
}

func (s *Server) patchItem(r *http.Request) (any, error) {
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(o.items, func(i item) bool { return i.id == pathID(r, "item") })
	if at < 0 {
		return nil, errNotFound
	}
	line := o.items[at]
	if line.writeOffs != nil && s.switches.is(PatchWrittenOff, "refused") {
		return nil, refused("the item's goods are written off, it cannot be changed")
	}
	if err := s.readPatch(r, &line); err != nil {
		return nil, err
	}
	o.items = slices.Clone(o.items)
	o.items[at] = line
	s.saveOrder(o, keyEmployee, "item changed: %s", s.lineText(line))
	return s.created(line.id), nil
}

func (s *Server) readPatch(r *http.Request, line *item) error {
	b, err := jsonBody(r)
	if err != nil {
		return err
	}
	s.readItem(b, line)
	if line.quantity.IsZero() && s.switches.is(QuantityZero, "refused") {
		b.fail("quantity", "must be more than 0")
	}
	return b.err()
}

// readItem reads the fields that add and update share
// (docs/reference/roapp.md#order-items).
func (s *Server) readItem(b *body, line *item) {
	b.reference("assignee_id", &line.assigneeID, s.store.directories.hasEmployee)
	b.decimal("quantity", quantityPlaces, &line.quantity)
	b.decimal("price", pricePlaces, &line.price)
	b.decimal("cost", costPlaces, &line.cost)
	b.text("comment", longText, &line.comment)
	readDiscount(b, line)
	readWarranty(b, line)
	readTaxes(b)
	if line.discountSum().GreaterThan(line.gross()) {
		b.fail("discount", "is more than the line's price")
	}
}

func readDiscount(b *body, line *item) {
	discount, there := b.object("discount")
	if !there {
		return
	}
	discount.require("type", "percentage", "amount", "sponsor")
	discount.choice("type", &line.discountType, "percentage", "value")
	discount.choice("sponsor", &line.discountSponsor, "staff", "company")
	discount.decimal("percentage", pricePlaces, &line.discountPercentage)
	discount.decimal("amount", pricePlaces, &line.discountAmount)
}

func readWarranty(b *body, line *item) {
	warranty, there := b.object("warranty")
	if !there {
		return
	}
	warranty.require("period", "periodUnits")
	warranty.choice("periodUnits", &line.warrantyUnits, "days", "months", "years")
	period, err := strconv.ParseUint(strings.Trim(string(warranty.fields["period"]), `"`), 10, 16)
	if err != nil {
		warranty.fail("period", "must be a whole number")
	}
	line.warrantyPeriod = int(period)
}

func readTaxes(b *body) {
	var taxes []json.Number
	read(b, "tax_ids", "an array of ids", &taxes)
	for _, tax := range taxes {
		b.fail("tax_ids", "unknown id %s", tax) // this account has none
	}
}

// choice reads a string that must be one of a few.
func (b *body) choice(field string, into *string, values ...string) {
	read(b, field, "a string", into)
	if !slices.Contains(values, *into) {
		b.fail(field, "must be one of %s", strings.Join(values, ", "))
	}
}

// lineText is an item in words, for the feed.
func (s *Server) lineText(line item) string {
	title := s.store.directories.services[line.serviceID]
	if p, found := s.store.products.last(line.productID); found {
		title = p.title + " (" + p.article + ")"
	}
	return line.quantity.String() + " x " + title + " at " + line.price.StringFixed(pricePlaces) + " " + s.options.Currency
}

// itemView is an item as the API shows it
// (docs/reference/roapp.md#order-items).
func (s *Server) itemView(line item) any {
	return map[string]any{
		"id": line.id, "created_at": timestamp(line.createdAt), "assignee_id": orNull(line.assigneeID),
		"quantity": line.quantity.StringFixed(quantityPlaces), "price": line.price.StringFixed(pricePlaces),
		"cost": line.cost.StringFixed(costPlaces), "margin_id": nil,
		"is_deduction_required": line.deductionRequired, "write_offs": writeOffsView(line.writeOffs),
		"entity": s.entityView(line), "comment": line.comment, "is_refunded": false,
		"discount": map[string]any{
			"type": line.discountType, "percentage": line.discountPercentage.StringFixed(2),
			"amount": line.discountSum().StringFixed(pricePlaces), "sponsor": line.discountSponsor,
		},
		"warranty": map[string]any{"period": line.warrantyPeriod, "period_units": line.warrantyUnits},
		"taxes":    []any{}, "expiration_date": nil,
	}
}

// writeOffsView is null, not an empty array, until items are taken.
func writeOffsView(rows []writeOff) any {
	if rows == nil {
		return nil
	}
	return rows
}

func (s *Server) entityView(line item) any {
	piece, _ := s.store.directories.unit(pieceUnit)
	view := map[string]any{
		"id": line.serviceID, "type": "service", "title": s.store.directories.services[line.serviceID],
		"code": "", "sku": "", "uom": piece.view(),
		"sn_accounting": false, "image": nil, "thumbnail": nil, "is_hidden": false,
	}
	if p, found := s.store.products.last(line.productID); found {
		uom, _ := s.store.directories.unit(p.unitID)
		view["id"], view["type"], view["title"], view["uom"] = p.id, "product", p.title, uom.view()
		view["code"], view["sku"], view["description"] = p.code, p.article, p.description
		view["sn_accounting"] = p.serial
	}
	return view
}
