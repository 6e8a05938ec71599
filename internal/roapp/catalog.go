package roapp

import (
	"context"
	"net/http"
	"net/url"
	"slices"
)

// The catalogue is read and written in the unversioned family: v2 has no documented filter and no create for products
// (reference, roapp-api 4).

// maxArticles is how many articles go into one request, so that a long order does not make too long a URL.
const maxArticles = 40

// Product is a product of the catalogue.
type Product struct {
	ID          int64
	Title       string
	Article     string
	Code        string
	Description string
	CategoryID  int64
}

// ProductQuery asks for products by article, or by title where Articles is empty.
type ProductQuery struct {
	Articles []string
	// Title is matched exactly by the service (reference, roapp-api 4.2).
	Title string
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

// FindProducts returns what the service finds. Its comparison is not to be relied on: compare the products' own
// values. A query with nothing in it finds nothing, without a request.
func (c *Client) FindProducts(ctx context.Context, q ProductQuery) ([]Product, error) {
	articles := filled(q.Articles)
	if len(articles) == 0 {
		titles := filled([]string{q.Title})
		if len(titles) == 0 {
			return nil, nil
		}
		return c.findProducts(ctx, url.Values{"title": titles})
	}
	var all []Product
	seen := make(map[int64]bool)
	for some := range slices.Chunk(articles, maxArticles) {
		found, err := c.findProducts(ctx, url.Values{"articles[]": some})
		if err != nil {
			return nil, err
		}
		for _, product := range found {
			if !seen[product.ID] {
				seen[product.ID] = true
				all = append(all, product)
			}
		}
	}
	return all, nil
}

func (c *Client) findProducts(ctx context.Context, query url.Values) ([]Product, error) {
	r := request{method: http.MethodGet, path: "/products/", query: query}
	return list(ctx, c, r, searchPages, decodeProduct)
}

// Product returns one product, NotFound when there is none.
func (c *Client) Product(ctx context.Context, id int64) (*Product, error) {
	answer, err := c.do(ctx, request{method: http.MethodGet, path: "/products/{id}", id: id})
	if err != nil {
		return nil, err
	}
	record := answer.record()
	product := decodeProduct(record)
	record.mustBe(id, product.ID)
	if err := answer.check(); err != nil {
		return nil, err
	}
	return &product, nil
}

// decodeProduct knows both families' names: "article" is "sku" in v2 (reference, roapp-api 4.2).
func decodeProduct(n node) Product {
	category := n.at("category_id")
	if category.null() {
		category = n.at("category").at("id")
	}
	return Product{
		ID:          n.at("id").id(),
		Title:       n.at("title").text(),
		Article:     n.first("article", "sku").text(),
		Code:        n.at("code").text(),
		Description: n.at("description").text(),
		CategoryID:  category.optionalID(),
	}
}

type productBody struct {
	Title       string `json:"title"`
	Article     string `json:"article,omitempty"`
	Description string `json:"description,omitempty"`
	CategoryID  int64  `json:"category_id,omitempty"`
	UnitID      int64  `json:"uom_id,omitempty"`
}

// CreateProduct returns the new product's id. The request's form is a guess from the form in which products are read,
// and an account may not allow it (reference, roapp-api 4.2).
func (c *Client) CreateProduct(ctx context.Context, p NewProduct) (int64, error) {
	return c.create(ctx, request{method: http.MethodPost, path: "/products/", body: productBody(p)})
}

// Categories returns all categories of products.
func (c *Client) Categories(ctx context.Context) ([]Category, error) {
	r := request{method: http.MethodGet, path: "/warehouse/categories/"}
	return list(ctx, c, r, directoryPages, decodeCategory)
}

func decodeCategory(n node) Category {
	parent := n.at("parent_id")
	if parent.null() {
		parent = n.at("parent").at("id")
	}
	return Category{
		ID:       n.at("id").id(),
		Title:    n.first("title", "name").text(),
		ParentID: parent.optionalID(),
	}
}

type categoryBody struct {
	Title    string `json:"title"`
	ParentID int64  `json:"parent_id,omitempty"`
}

// CreateCategory returns the new category's id; parentID 0 means the top. No endpoint for it is documented
// (reference, roapp-api 4.2): expect NotFound or Rejected.
func (c *Client) CreateCategory(ctx context.Context, title string, parentID int64) (int64, error) {
	body := categoryBody{Title: title, ParentID: parentID}
	return c.create(ctx, request{method: http.MethodPost, path: "/warehouse/categories/", body: body})
}

// Units returns the units of measure.
func (c *Client) Units(ctx context.Context) ([]Unit, error) {
	r := request{method: http.MethodGet, path: "/catalogs/uoms"}
	return list(ctx, c, r, directoryPages, func(n node) Unit {
		return Unit{ID: n.at("id").id(), Title: n.first("title", "name").text()}
	})
}
