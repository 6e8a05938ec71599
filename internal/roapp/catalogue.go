package roapp

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
)

// Catalogue names one of the two families of calls in which RO App offers its products, or the wish to find out which.
type Catalogue string

// The catalogues.
const (
	// CatalogueAuto uses the legacy family for as long as the account has it, as it
	// finds many SKUs with one request, and the v2 family from that time on.
	CatalogueAuto Catalogue = "auto"
	// CatalogueV2 is /v2/catalog/products: it searches one text at a time, and new products need a type.
	CatalogueV2 Catalogue = "v2"
	// CatalogueLegacy is /products/ and what belongs to it, which RO App announced to end.
	CatalogueLegacy Catalogue = "legacy"
)

// Product is a product of the catalogue.
type Product struct {
	ID    int64
	Title string
	// Article is the SKU. Code is RO App's own, which need not be unique.
	Article, Code string
	UnitID        int64 // of stock, 0 where the answer does not say
	// Archived products are out of use: they cannot be added to an order.
	Archived bool
}

// ProductQuery asks for products by SKU, or by title where Articles is empty.
type ProductQuery struct {
	Articles []string
	Title    string
}

// NewProduct is a product to create. Title is required; what is empty or 0 is not sent.
type NewProduct struct {
	Title, Article, Description string
	CategoryID, UnitID          int64
}

// Category is a category of products. ParentID is 0 at the top.
type Category struct {
	ID       int64
	Title    string
	ParentID int64
}

// Unit is a unit of measure.
type Unit struct {
	ID    int64
	Title string
}

// ProductType is a type of product, which the v2 catalogue demands of a new one.
type ProductType struct {
	ID    int64
	Title string
}

// family is one of the two catalogues.
type family interface {
	find(ctx context.Context, q ProductQuery) ([]Product, error)
	search(ctx context.Context, text string) ([]Product, error)
	product(ctx context.Context, id int64) (*Product, error)
	create(ctx context.Context, p NewProduct) (int64, error)
	lists() catalogueLists
}

// catalogueLists are the paths of a family's lists.
type catalogueLists struct {
	client                      *Client
	products, categories, units string
}

func (f catalogueLists) lists() catalogueLists { return f }

func (f catalogueLists) search(ctx context.Context, text string) ([]Product, error) {
	return firstPage(ctx, f.client, request{method: http.MethodGet, path: f.products, query: url.Values{"q": {text}}}, decodeProduct)
}

// catalogues are the families that an account may use, and the one that answered last.
type catalogues struct {
	families map[Catalogue]family
	wanted   Catalogue
	inUse    atomic.Value // a Catalogue
}

func newCatalogues(c *Client, wanted Catalogue, typeID int64) *catalogues {
	return &catalogues{
		families: map[Catalogue]family{
			CatalogueV2:     &v2Catalogue{catalogueLists: catalogueLists{c, v2Products, v2Categories, v2Units}, typeID: typeID},
			CatalogueLegacy: &legacyCatalogue{catalogueLists{c, legacyProducts, legacyCategories, legacyUnits}},
		},
		wanted: cmp.Or(wanted, CatalogueAuto),
	}
}

// CatalogueInUse is the catalogue that is asked: the one that was wanted, or that was found to answer; "" while nothing is known.
func (c *Client) CatalogueInUse() Catalogue {
	if c.catalogues.wanted != CatalogueAuto {
		return c.catalogues.wanted
	}
	inUse, _ := c.catalogues.inUse.Load().(Catalogue)
	return inUse
}

// catalogueOrder gives first the catalogue to ask, second the one to ask where the first does not exist, "" for none.
func (c *Client) catalogueOrder() (first, second Catalogue) {
	switch inUse := c.CatalogueInUse(); {
	case c.catalogues.wanted != CatalogueAuto:
		return inUse, ""
	case inUse == CatalogueV2:
		return CatalogueV2, CatalogueLegacy
	default:
		return CatalogueLegacy, CatalogueV2
	}
}

// inCatalogue asks the catalogue in use. One that turns out not to exist is left for the other for as long as this client
// lives, unless the other does not exist either: then the error is the first one's.
func inCatalogue[T any](c *Client, ask func(family) (T, error)) (T, error) {
	first, second := c.catalogueOrder()
	answer, err := ask(c.catalogues.families[first])
	if KindOf(err) != Missing {
		if err == nil {
			c.catalogues.inUse.Store(first)
		}
		return answer, err
	}
	if second == "" {
		return answer, err
	}
	other, otherErr := ask(c.catalogues.families[second])
	if KindOf(otherErr) == Missing {
		return answer, err
	}
	if otherErr == nil {
		c.catalogues.inUse.Store(second)
	}
	return other, otherErr
}

// FindProducts returns what the service finds. Its comparison is not to be relied on: compare the products' own
// values. A query with nothing in it finds nothing, without a request. The legacy catalogue takes one request for many
// SKUs, v2 one for each.
func (c *Client) FindProducts(ctx context.Context, q ProductQuery) ([]Product, error) {
	q.Articles = filled(q.Articles)
	if len(q.Articles) == 0 && strings.TrimSpace(q.Title) == "" {
		return nil, nil
	}
	return inCatalogue(c, func(f family) ([]Product, error) { return f.find(ctx, q) })
}

// SearchProducts returns the products of the first page that the service gives for a text in any of their texts, one request.
// No text finds nothing, without a request.
func (c *Client) SearchProducts(ctx context.Context, text string) ([]Product, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return inCatalogue(c, func(f family) ([]Product, error) { return f.search(ctx, text) })
}

// Product returns a product by its id, NotFound when there is none. The legacy catalogue does not show an archived one.
func (c *Client) Product(ctx context.Context, id int64) (*Product, error) {
	return inCatalogue(c, func(f family) (*Product, error) { return f.product(ctx, id) })
}

// CreateProduct returns the new product's id; 0 where it was created and the answer does not name it: find it then,
// and never create it again. An account may not let the API create products.
func (c *Client) CreateProduct(ctx context.Context, p NewProduct) (int64, error) {
	return inCatalogue(c, func(f family) (int64, error) { return f.create(ctx, p) })
}

// DeleteProduct deletes a product, which the v2 catalogue alone can do.
func (c *Client) DeleteProduct(ctx context.Context, id int64) error {
	return c.delete(ctx, v2Products+"/{id}", id)
}

// Categories returns all categories of products.
func (c *Client) Categories(ctx context.Context) ([]Category, error) {
	return inCatalogue(c, func(f family) ([]Category, error) {
		return directory(ctx, c, f.lists().categories, decodeCategory)
	})
}

// CreateCategory returns the new category's id, 0 where the answer does not name it; parentID 0 means the top. No
// catalogue documents such a call, so expect Missing or Rejected; neither says anything of the catalogue itself.
func (c *Client) CreateCategory(ctx context.Context, title string, parentID int64) (int64, error) {
	first, _ := c.catalogueOrder()
	path := c.catalogues.families[first].lists().categories
	return c.create(ctx, request{method: http.MethodPost, path: path, body: categoryBody{Title: title, ParentID: parentID}})
}

// Units returns the units of measure.
func (c *Client) Units(ctx context.Context) ([]Unit, error) {
	return inCatalogue(c, func(f family) ([]Unit, error) {
		return directory(ctx, c, f.lists().units, decodeUnit)
	})
}

// ProductTypes returns the types of products, which the v2 catalogue alone has.
func (c *Client) ProductTypes(ctx context.Context) ([]ProductType, error) {
	return directory(ctx, c, v2Types, func(n node) ProductType {
		return ProductType{ID: n.at("id").id(), Title: name(n)}
	})
}

// decodeProduct knows both families' names: the SKU is "SKU" in the legacy one.
func decodeProduct(n node) Product {
	return Product{
		ID:       n.at("id").id(),
		Title:    n.at("title").text(),
		Article:  n.first("article", "sku").text(),
		Code:     n.at("code").text(),
		UnitID:   n.reference("uom").optionalID(),
		Archived: n.at("is_archived").yes(),
	}
}

func decodeCategory(n node) Category {
	return Category{ID: n.at("id").id(), Title: n.first("title", "name").text(), ParentID: n.reference("parent").optionalID()}
}

// reference is the id of another record: beside the record's own values, or within the other one.
func (n node) reference(to string) node {
	if id := n.at(to + "_id"); !id.null() {
		return id
	}
	return n.at(to).at("id")
}

func decodeUnit(n node) Unit {
	return Unit{ID: n.at("id").id(), Title: n.first("title", "name").text()}
}

type categoryBody struct {
	Title    string `json:"title"`
	ParentID int64  `json:"parent_id,omitempty"`
}
