package roapp

import (
	"context"
	"net/http"
	"slices"
)

// nowhere is a text that no record has.
const nowhere = "cartumsync-probe"

// Probe finds out with a harmless read whether a collection's endpoint is offered: Missing where it is not. One of a
// catalogue counts as offered where the catalogue in use has it.
func (c *Client) Probe(ctx context.Context, path string) error {
	var err error
	switch {
	case slices.Contains([]string{legacyProducts, v2Products}, path):
		_, err = c.FindProducts(ctx, ProductQuery{Articles: []string{nowhere}})
	case slices.Contains([]string{legacyCategories, v2Categories}, path):
		_, err = c.Categories(ctx)
	case slices.Contains([]string{legacyUnits, v2Units}, path):
		_, err = c.Units(ctx)
	default:
		_, err = c.do(ctx, request{method: http.MethodGet, path: path})
	}
	return err
}
