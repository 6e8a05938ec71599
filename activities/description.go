package activities

import (
	"context"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
)

// descriptionLimit keeps a description within what a work order's product needs, in
// characters.
const descriptionLimit = 4000

// description is the text of a product to be created, as the shop's catalogue has it
// in the shop's language; "" where it has none. It never travels through Temporal,
// where it would stand in the history of each order of the product.
func (a *Activities) description(ctx context.Context, product order.NewProduct) (string, error) {
	if product.Article == "" {
		return "", nil
	}
	s, err := a.openShop(ctx, product.Shop)
	if err != nil {
		return "", err
	}
	if text, known := s.descriptions.get(order.CleanText(product.Article)); known {
		return text, nil
	}
	if _, err := s.products(ctx, []string{product.Article}); err != nil {
		return "", s.cartumFailed(ctx, err)
	}
	text, _ := s.descriptions.get(order.CleanText(product.Article))
	return text, nil
}

// rememberDescriptions keeps the descriptions of products for minutes: those that
// RO App lacks are created soon after the catalogue was read.
func (s *shop) rememberDescriptions(products []cartum.Product) {
	for _, product := range products {
		text := order.PlainText(inLanguage(product.Description, s.settings.Language))
		s.descriptions.put(order.CleanText(product.Article), order.Shorten(text, descriptionLimit))
	}
}
