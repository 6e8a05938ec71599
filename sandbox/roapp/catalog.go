package roapp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/shopspring/decimal"
)

// product is an article of the catalogue. The unversioned API calls its article
// what /v2 calls sku (docs/reference/roapp.md#legacy-catalogue).
type product struct {
	id             int64
	code, article  string
	title          string
	description    string
	categoryID     int64
	unitID         int64
	serial         bool
	barcodes       []string
	prices         map[int64]decimal.Decimal // by price type
	warranty       int
	warrantyPeriod string
	typeID         int64
	archived       bool
}

type category struct {
	id       int64
	title    string
	parentID int64
}

func (c category) view() any {
	return map[string]any{"id": c.id, "title": c.title, "parent_id": orNull(c.parentID)}
}

func (s *Server) catalogRoutes(r chi.Router) {
	s.catalogV2Routes(r)
	legacy := func(work endpoint) http.HandlerFunc { return s.handle(s.offered(LegacyCatalogue, work)) }
	r.Get("/products", legacy(s.listProducts))
	r.Post("/products", legacy(s.createProduct))
	r.Get("/products/{id}", legacy(s.getProduct))
	r.Put("/products/{id}", legacy(s.putProduct))
	r.Get("/warehouse/categories", legacy(s.listCategories))
	r.Post("/warehouse/categories", legacy(s.createCategory))
	r.Get("/catalogs/uoms", legacy(s.listUnits))
	r.Get("/margins", legacy(s.listMargins))
}

// offered has a catalogue's endpoint answer as if it did not exist, where its switch says so.
func (s *Server) offered(catalogue Switch, work endpoint) endpoint {
	return func(r *http.Request) (any, error) {
		switch s.switches.value(catalogue) {
		case "404":
			return nil, errNotFound
		case "405":
			return nil, &apiError{status: http.StatusMethodNotAllowed, text: "Method Not Allowed"}
		case "410":
			return nil, &apiError{status: http.StatusGone, text: "Gone"}
		default:
			return work(r)
		}
	}
}

// listed reports whether lists show the product.
func (s *Server) listed(p product) bool {
	return !p.archived || s.switches.is(ArchivedProducts, "shown")
}

// listProducts knows its array filters with brackets only, as documented; any
// other spelling is an unknown key and filters nothing
// (docs/reference/roapp.md#legacy-catalogue).
func (s *Server) listProducts(r *http.Request) (any, error) {
	q := queryOf(r)
	ids, categories := q.ids("ids[]"), q.ids("categories[]")
	titles, articles, barcodes := q.values["title"], q.values["articles[]"], q.values["barcodes[]"]
	text, page := q.values.Get("q"), q.page()
	rows := keep(s.store.products.at(s.visible()), func(p product) bool {
		return s.listed(p) && anyOf(ids, p.id) && anyOf(categories, p.categoryID) && anyOf(titles, p.title) &&
			anyOf(articles, p.article) && p.hasBarcode(barcodes) && p.mentions(text)
	})
	return oldPaged(rows, page, s.productView), q.err()
}

func (p product) hasBarcode(wanted []string) bool {
	return len(wanted) == 0 ||
		slices.ContainsFunc(p.barcodes, func(code string) bool { return slices.Contains(wanted, code) })
}

// mentions is the free-text filter (docs/reference/roapp.md#legacy-catalogue).
func (p product) mentions(text string) bool {
	texts := append(slices.Clone(p.barcodes), p.title, p.article, p.code)
	return slices.ContainsFunc(texts, func(kept string) bool { return containsFold(kept, text) })
}

func (s *Server) getProduct(r *http.Request) (any, error) {
	p, err := s.product(r)
	if err != nil {
		return nil, err
	}
	return s.productView(p), nil // bare (docs/reference/roapp.md#legacy-catalogue)
}

// product is the product that the path names.
func (s *Server) product(r *http.Request) (product, error) {
	p, found := s.store.products.get(pathID(r, "id"))
	if !found {
		return product{}, &apiError{status: http.StatusNotFound, text: "Not found"}
	}
	return p, nil
}

func (s *Server) createProduct(r *http.Request) (any, error) {
	if err := s.creatable(ProductCreate); err != nil {
		return nil, err
	}
	b, err := jsonBody(r)
	if err != nil {
		return nil, err
	}
	b.require("title", "category_id")
	p := product{unitID: pieceUnit}
	s.readProduct(b, "article", &p)
	if s.switches.is(DuplicateArticle, "refused") {
		s.checkDuplicate(b, p)
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	return s.created(s.addProduct(p).id), nil
}

// creatable applies a switch that may take a right or the endpoint away.
func (s *Server) creatable(name Switch) error {
	switch s.switches.value(name) {
	case "403":
		return &apiError{status: http.StatusForbidden, text: "Access denied"}
	case "404":
		return errNotFound
	}
	return nil
}

func (s *Server) putProduct(r *http.Request) (any, error) {
	p, err := s.product(r)
	if err != nil {
		return nil, err
	}
	b, err := jsonBody(r)
	if err != nil {
		return nil, err
	}
	s.readProduct(b, "article", &p)
	if s.switches.is(DuplicateArticle, "refused") {
		s.checkDuplicate(b, p)
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	s.store.products.put(p.id, s.now(), p)
	s.store.tell(s.now(), "product %d changed: %s (%s)", p.id, p.title, p.article)
	return s.created(p.id), nil
}

// readProduct reads what both catalogues and staff write; sku is what the SKU is called there.
func (s *Server) readProduct(b *body, sku string, p *product) {
	b.text("title", shortText, &p.title)
	b.demand("title", p.title)
	b.text(sku, shortText, &p.article)
	b.text("code", shortText, &p.code)
	b.text("description", longText, &p.description)
	b.reference("category_id", &p.categoryID, s.store.categories.has)
	b.reference("uom_id", &p.unitID, s.store.directories.hasUnit)
	b.flag("is_serial", &p.serial)
	read(b, "warranty", "a number", &p.warranty)
	b.text("warranty_period", shortText, &p.warrantyPeriod)
	readBarcodes(b, p)
	readPrices(b, p)
}

// readBarcodes accepts the forms in which barcodes are read: strings, and
// objects with a code.
func readBarcodes(b *body, p *product) {
	var rows []json.RawMessage
	read(b, "barcodes", "an array", &rows)
	if !b.has("barcodes") {
		return
	}
	p.barcodes = nil
	for _, raw := range rows {
		row := &body{fields: map[string]json.RawMessage{"code": raw}, prefix: "barcodes.", parent: b}
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) == nil {
			row.fields = object
		}
		var code string
		row.require("code")
		row.text("code", shortText, &code)
		p.barcodes = append(p.barcodes, code)
	}
}

func readPrices(b *body, p *product) {
	rows, there := b.object("prices")
	if !there {
		return
	}
	p.prices = map[int64]decimal.Decimal{}
	for key := range rows.fields {
		if key != strconv.FormatInt(retailPrice, 10) {
			rows.fail(key, "unknown price type")
			return
		}
		var price decimal.Decimal
		rows.decimal(key, pricePlaces, &price)
		p.prices[retailPrice] = price
	}
}

// checkDuplicate refuses an article or code that another product has.
func (s *Server) checkDuplicate(b *body, p product) {
	for _, other := range s.store.products.all() {
		if other.id == p.id {
			continue
		}
		if p.article != "" && p.article == other.article {
			b.fail("article", "%q belongs to product %d", p.article, other.id)
		}
		if p.code != "" && p.code == other.code {
			b.fail("code", "%q belongs to product %d", p.code, other.id)
		}
	}
}

// addProduct keeps a new product, with a code of its own where it has none.
func (s *Server) addProduct(p product) product {
	p.id = s.store.newID("product")
	if p.code == "" {
		p.code = fmt.Sprintf("P%06d", p.id)
	}
	s.store.products.put(p.id, s.now(), p)
	s.store.tell(s.now(), "product %d created: %s (%s)", p.id, p.title, p.article)
	return p
}

func (s *Server) listCategories(r *http.Request) (any, error) {
	q := queryOf(r)
	return oldPaged(s.store.categories.at(s.visible()), q.page(), category.view), q.err()
}

func (s *Server) createCategory(r *http.Request) (any, error) {
	if err := s.creatable(CategoryCreate); err != nil {
		return nil, err
	}
	b, err := jsonBody(r)
	if err != nil {
		return nil, err
	}
	c, err := s.newCategory(b)
	if err != nil {
		return nil, err
	}
	return s.created(s.addCategory(c).id), nil
}

func (s *Server) newCategory(b *body) (category, error) {
	c := category{}
	b.text("title", shortText, &c.title)
	b.demand("title", c.title)
	b.reference("parent_id", &c.parentID, s.store.categories.has)
	return c, b.err()
}

func (s *Server) addCategory(c category) category {
	c.id = s.store.newID("category")
	s.store.categories.put(c.id, s.now(), c)
	s.store.tell(s.now(), "category %d created: %s", c.id, c.title)
	return c
}

func (s *Server) listUnits(r *http.Request) (any, error) {
	q := queryOf(r)
	return oldPaged(s.store.directories.units, q.page(), unit.view), q.err()
}

func (s *Server) listMargins(r *http.Request) (any, error) {
	q := queryOf(r)
	return oldPaged([]int64{retailPrice}, q.page(), func(id int64) any {
		return map[string]any{"id": id, "title": "Retail"}
	}), q.err()
}

// productView is a product as the unversioned API shows it
// (docs/reference/roapp.md#legacy-catalogue).
func (s *Server) productView(p product) any {
	of, _ := s.store.categories.get(p.categoryID)
	uom, _ := s.store.directories.unit(p.unitID)
	prices := map[string]json.Number{} // numbers here, unlike anywhere else
	for margin, price := range p.prices {
		prices[strconv.FormatInt(margin, 10)] = json.Number(price.String())
	}
	return map[string]any{
		"id": p.id, "code": p.code, "title": p.title, "is_serial": p.serial, "article": p.article,
		"description": p.description, "is_enable_expiration_tracking": false, "barcodes": p.barcodesView(),
		"category": of.view(), "images": []any{}, "uom": uom.view(), "warranty": p.warranty,
		"warranty_period": orNull(p.warrantyPeriod), "custom_fields": map[string]any{}, "prices": prices,
		"sernum_codes": []any{}, "length_mm": nil, "width_mm": nil, "height_mm": nil, "gross_weight_g": nil,
		"dimensions_unit": nil, "weight_unit": nil, "is_dimensions_weight_enabled": false, "is_archived": p.archived,
	}
}

func (p product) barcodesView() []any {
	rows := []any{}
	for i, code := range p.barcodes {
		rows = append(rows, map[string]any{"id": p.id*100 + int64(i), "code": code, "type": "ean13"})
	}
	return rows
}
