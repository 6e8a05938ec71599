package cartum

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var catalogExport = function{name: "catalog/export", accepts: []string{statusOK, statusEmpty}}

const (
	// Articles asked for at once: with descriptions a hundred rows are some megabytes
	// (docs/reference/cartum.md#catalogue).
	articlesPerRequest = 100
	// The most rows that the shop gives at once; it cuts larger wishes without a word
	// (docs/reference/cartum.md#catalogue).
	maxProducts = 500
)

// Everything else of a product is left in the shop.
var productParams = []string{"article", "title", "mod_title", "description", "parent"}

// Product is a product of the catalogue, a modification being a product of its own
// (docs/reference/cartum.md#catalogue). Texts are by the shop's language keys ("ua", not "uk"); a disabled
// language is "".
type Product struct {
	Article     string
	Title       map[string]string
	ModTitle    map[string]string
	Description map[string]string // HTML
	Category    map[string]string // path, as written
}

// Products reads the products of these articles. Empty articles are left out, and none at all asks nothing, as the shop
// would take it for the whole catalogue. Articles that the shop does not have are missing in the result.
//
// With an error of kind Malformed come the products that could be read; with any other kind, none.
func (c *Client) Products(ctx context.Context, articles []string) ([]Product, error) {
	var products []Product
	var unreadable []error
	for batch := range slices.Chunk(distinct(articles), articlesPerRequest) {
		r, err := c.call(ctx, catalogExport, map[string]any{
			"expr":           map[string]any{"article": batch},
			"includedParams": productParams,
			"limit":          maxProducts,
			"offset":         0,
		}, readEnvelope)
		if err != nil {
			return nil, err
		}
		read, bad := decodeProducts(r)
		products = append(products, read...)
		unreadable = append(unreadable, bad...)
	}
	return products, errors.Join(unreadable...)
}

func distinct(articles []string) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(articles)))
	return slices.DeleteFunc(sorted, func(article string) bool { return strings.TrimSpace(article) == "" })
}

// decodeProducts gives the products and one *Error for each row that cannot be read.
func decodeProducts(r reply) ([]Product, []error) {
	list, failure := rows(catalogExport, r, "products")
	if failure != nil {
		return nil, []error{failure}
	}
	var products []Product
	var unreadable []error
	for i, row := range list {
		product := objectOf(row, "", &flaws{}).product()
		if product.Article == "" {
			unreadable = append(unreadable, catalogExport.malformed(fmt.Sprintf("products[%d].article", i), "is missing"))
			continue
		}
		products = append(products, product)
	}
	return products, unreadable
}

// product reads what a product says of itself. Only its article must be there; an order waits for nothing else.
func (o object) product() Product {
	return Product{
		Article:     o.text("article"),
		Title:       o.texts("title"),
		ModTitle:    o.texts("mod_title"),
		Description: o.texts("description"),
		Category:    o.object("parent").texts("value"),
	}
}
