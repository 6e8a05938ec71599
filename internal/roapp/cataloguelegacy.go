package roapp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// maxArticles is how many SKUs go into one request, so that a long order does not
// build too long a URL.
const maxArticles = 40

const (
	legacyProducts   = "/products/"
	legacyCategories = "/warehouse/categories/"
	legacyUnits      = "/catalogs/uoms"
)

// legacyCatalogue is the unversioned family.
type legacyCatalogue struct{ catalogueLists }

// find asks for 40 SKUs at a time. The service compares SKUs and titles exactly.
func (f *legacyCatalogue) find(ctx context.Context, q ProductQuery) ([]Product, error) {
	if len(q.Articles) == 0 {
		return f.list(ctx, url.Values{"title": {q.Title}})
	}
	var all []Product
	for some := range slices.Chunk(q.Articles, maxArticles) {
		found, err := f.list(ctx, url.Values{"articles[]": some})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return distinctProducts(all), nil
}

func (f *legacyCatalogue) list(ctx context.Context, query url.Values) ([]Product, error) {
	return list(ctx, f.client, request{method: http.MethodGet, path: legacyProducts, query: query}, searchPages, decodeProduct)
}

// product asks the list, because there a missing product is distinguished from a
// missing catalogue.
func (f *legacyCatalogue) product(ctx context.Context, id int64) (*Product, error) {
	found, err := f.list(ctx, url.Values{"ids[]": {strconv.FormatInt(id, 10)}})
	if err != nil {
		return nil, err
	}
	for _, product := range found {
		if product.ID == id {
			return &product, nil
		}
	}
	return nil, &Error{Kind: NotFound, Endpoint: http.MethodGet + " " + legacyProducts, Err: errors.New("no product has this id")}
}

// distinctProducts leaves out what several searches found, in place.
func distinctProducts(products []Product) []Product {
	seen := make(map[int64]bool)
	return slices.DeleteFunc(products, func(p Product) bool {
		again := seen[p.ID]
		seen[p.ID] = true
		return again
	})
}

type legacyProductBody struct {
	Title       string `json:"title"`
	Article     string `json:"article,omitempty"`
	Description string `json:"description,omitempty"`
	CategoryID  int64  `json:"category_id,omitempty"`
	UnitID      int64  `json:"uom_id,omitempty"`
}

func (f *legacyCatalogue) create(ctx context.Context, p NewProduct) (int64, error) {
	return f.client.create(ctx, request{method: http.MethodPost, path: legacyProducts, body: legacyProductBody(p)})
}
