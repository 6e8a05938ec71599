package roapp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
)

const (
	v2Products   = "/v2/catalog/products"
	v2Categories = v2Products + "/categories"
	v2Types      = v2Products + "/types"
	v2Units      = v2Products + "/uoms"
)

// v2Catalogue is the family below /v2.
type v2Catalogue struct {
	catalogueLists

	mu     sync.Mutex
	typeID int64 // of new products, 0 until it is known
}

// find asks for one text at a time: the list has a free-text filter only, which also shows products that have the text
// in another place, or as a part of a longer one.
func (f *v2Catalogue) find(ctx context.Context, q ProductQuery) ([]Product, error) {
	texts := q.Articles
	if len(texts) == 0 {
		texts = []string{q.Title}
	}
	var all []Product
	for _, text := range texts {
		r := request{method: http.MethodGet, path: v2Products, query: url.Values{"q": {text}}}
		found, err := list(ctx, f.client, r, directoryPages, decodeProduct)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return distinctProducts(all), nil
}

func (f *v2Catalogue) product(ctx context.Context, id int64) (*Product, error) {
	return single(ctx, f.client, v2Products+"/{id}", id, decodeProduct, func(p Product) int64 { return p.ID })
}

type v2ProductBody struct {
	Title       string `json:"title"`
	SKU         string `json:"sku,omitempty"`
	Description string `json:"description,omitempty"`
	CategoryID  int64  `json:"category_id,omitempty"`
	UnitID      int64  `json:"uom_id,omitempty"`
	TypeID      int64  `json:"product_type_id"`
}

func (f *v2Catalogue) create(ctx context.Context, p NewProduct) (int64, error) {
	typeID, err := f.productType(ctx)
	if err != nil {
		return 0, err
	}
	return f.client.create(ctx, request{method: http.MethodPost, path: v2Products, body: v2ProductBody{
		Title: p.Title, SKU: p.Article, Description: p.Description, CategoryID: p.CategoryID, UnitID: p.UnitID, TypeID: typeID,
	}})
}

// productType is the configured type, else the account's first one, which is read once.
func (f *v2Catalogue) productType(ctx context.Context) (int64, error) {
	f.mu.Lock()
	known := f.typeID
	f.mu.Unlock()
	if known != 0 {
		return known, nil
	}
	types, err := f.client.ProductTypes(ctx)
	if err != nil {
		return 0, err
	}
	if len(types) == 0 {
		return 0, &Error{
			Kind: Rejected, Endpoint: http.MethodGet + " " + v2Types,
			Message: "the account has no type of products", Err: errors.New("no type of products"),
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.typeID = types[0].ID
	return f.typeID, nil
}
