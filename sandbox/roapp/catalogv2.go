package roapp

import (
	"cmp"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/shopspring/decimal"
)

func (s *Server) catalogV2Routes(r chi.Router) {
	v2 := func(work endpoint) http.HandlerFunc { return s.handle(s.offered(V2Catalogue, work)) }
	r.Get("/v2/catalog/products", v2(s.listCatalog))
	r.Post("/v2/catalog/products", v2(s.createCatalogProduct))
	r.Get("/v2/catalog/products/categories", v2(s.listCatalogCategories))
	r.Post("/v2/catalog/products/categories", v2(s.createCategory))
	r.Get("/v2/catalog/products/types", v2(s.listProductTypes))
	r.Get("/v2/catalog/products/uoms", v2(s.listCatalogUnits))
	r.Get("/v2/catalog/products/prices", v2(s.listPriceTypes))
	r.Get("/v2/catalog/products/{id}", v2(s.getCatalogProduct))
	r.Patch("/v2/catalog/products/{id}", v2(s.patchCatalogProduct))
	r.Delete("/v2/catalog/products/{id}", v2(s.deleteCatalogProduct))
}

// listCatalog filters by free text, barcode and category only: there is no filter by SKU.
func (s *Server) listCatalog(r *http.Request) (any, error) {
	q := queryOf(r)
	text, barcodes, categories, page := q.values.Get("q"), q.texts("barcode"), q.ids("category_ids"), q.page()
	rows := keep(s.store.products.at(s.visible()), func(p product) bool {
		return s.listed(p) && p.mentions(text) && p.hasBarcode(barcodes) && anyOf(categories, p.categoryID)
	})
	sortRows(q, rows, productOrders)
	return paged(rows, page, catalogView), q.err()
}

var productOrders = map[string]func(a, b product) int{
	"id":    func(a, b product) int { return cmp.Compare(a.id, b.id) },
	"title": func(a, b product) int { return cmp.Compare(a.title, b.title) },
}

func (s *Server) createCatalogProduct(r *http.Request) (any, error) {
	if err := s.creatable(ProductCreate); err != nil {
		return nil, err
	}
	b, err := jsonBody(r)
	if err != nil {
		return nil, err
	}
	b.require("title", "category_id", "product_type_id", "uom_id")
	p := product{}
	s.readCatalogProduct(b, &p)
	if err := b.err(); err != nil {
		return nil, err
	}
	return s.created(s.addProduct(p).id), nil
}

func (s *Server) readCatalogProduct(b *body, p *product) {
	s.readProduct(b, "sku", p)
	b.reference("product_type_id", &p.typeID, func(id int64) bool { return s.store.directories.productTypes[id] != "" })
	if s.switches.is(DuplicateArticle, "refused") {
		s.checkDuplicate(b, *p)
	}
}

func (s *Server) getCatalogProduct(r *http.Request) (any, error) {
	p, err := s.product(r)
	if err != nil {
		return nil, err
	}
	return catalogView(p), nil
}

func (s *Server) patchCatalogProduct(r *http.Request) (any, error) {
	p, err := s.product(r)
	if err != nil {
		return nil, err
	}
	b, err := jsonBody(r)
	if err != nil {
		return nil, err
	}
	s.readCatalogProduct(b, &p)
	if err := b.err(); err != nil {
		return nil, err
	}
	s.store.products.put(p.id, s.now(), p)
	s.store.note(s.now(), "product %d changed: %s (%s)", p.id, p.title, p.article)
	return s.created(p.id), nil
}

func (s *Server) deleteCatalogProduct(r *http.Request) (any, error) {
	p, err := s.product(r)
	if err != nil {
		return nil, err
	}
	s.store.products.remove(p.id, s.now())
	s.store.note(s.now(), "product %d deleted: %s (%s)", p.id, p.title, p.article)
	return map[string]any{}, nil
}

func (s *Server) listCatalogCategories(r *http.Request) (any, error) {
	q := queryOf(r)
	rows, page := s.store.categories.at(s.visible()), q.page()
	if s.switches.is(CategoriesList, "array") {
		return showAll(rows, category.view), q.err()
	}
	return paged(rows, page, category.view), q.err()
}

func (s *Server) listProductTypes(*http.Request) (any, error) {
	rows := []any{}
	for id := int64(1); s.store.directories.productTypes[id] != ""; id++ {
		rows = append(rows, map[string]any{"id": id, "title": s.store.directories.productTypes[id]})
	}
	return rows, nil
}

func (s *Server) listCatalogUnits(*http.Request) (any, error) {
	return showAll(s.store.directories.units, unit.view), nil
}

func (s *Server) listPriceTypes(*http.Request) (any, error) {
	return []any{map[string]any{"id": retailPrice, "title": "Retail"}}, nil
}

// catalogView is a product as /v2 shows it.
func catalogView(p product) any {
	prices := []any{}
	for margin, price := range p.prices {
		prices = append(prices, map[string]any{"id": margin, "price": price.StringFixed(pricePlaces)})
	}
	return map[string]any{
		"id": p.id, "category_id": p.categoryID, "title": p.title, "description": p.description,
		"code": p.code, "sku": p.article, "cost": decimal.Zero.StringFixed(costPlaces), "product_type_id": orNull(p.typeID),
		"uom_id": p.unitID, "is_serial": p.serial, "barcodes": list(p.barcodes), "prices": prices, "is_archived": p.archived,
	}
}
