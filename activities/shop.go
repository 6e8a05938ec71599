package activities

import (
	"context"
	"slices"
	"strings"

	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// openAccount gives the account, unless its credentials were refused a moment ago.
func (a *Activities) openAccount(ctx context.Context, id string) (*account, error) {
	acc, err := a.account(id)
	if err != nil {
		return nil, unknown(ctx, order.SideRoapp, err)
	}
	if err := a.standing(ctx, &acc.breaker, workflows.AccountID(id)); err != nil {
		return nil, acc.roappFailed(ctx, err, asks, false)
	}
	return acc, nil
}

// openShop gives the shop, unless its credentials were refused a moment ago.
func (a *Activities) openShop(ctx context.Context, id string) (*shop, error) {
	s, err := a.shop(id)
	if err != nil {
		return nil, unknown(ctx, order.SideCartum, err)
	}
	if err := a.standing(ctx, &s.breaker, workflows.ShopID(id)); err != nil {
		return nil, s.cartumFailed(ctx, err)
	}
	return s, nil
}

// onAccount carries something out on an account. What fails and was not classified is
// the failure of a search or a directory.
func onAccount[T any](ctx context.Context, a *Activities, id string, do func(acc *account) (T, error)) (T, error) {
	var none T
	acc, err := a.openAccount(ctx, id)
	if err != nil {
		return none, err
	}
	answer, err := do(acc)
	if err != nil {
		return none, acc.roappFailed(ctx, err, asks, true)
	}
	return answer, nil
}

// onShop carries something out on a shop.
func onShop[T any](ctx context.Context, a *Activities, id string, do func(s *shop) (T, error)) (T, error) {
	var none T
	s, err := a.openShop(ctx, id)
	if err != nil {
		return none, err
	}
	answer, err := do(s)
	if err != nil {
		return none, s.cartumFailed(ctx, err)
	}
	return answer, nil
}

func unknown(ctx context.Context, side order.Side, err error) error {
	return failed(ctx, side, order.Failure{
		Kind: order.FailUnknownShop, Text: err.Error(), Definite: activity.GetInfo(ctx).Attempt == 1,
	}, 0, err)
}

// ReadShopOrder reads the order as the shop has it now.
func (a *Activities) ReadShopOrder(ctx context.Context, in order.ReadShopOrder) (order.ShopOrderRead, error) {
	return onShop(ctx, a, in.Shop, func(s *shop) (order.ShopOrderRead, error) { return a.readSnapshot(ctx, s, in.Number) })
}

// ReadCatalogue reads products of the shop's catalogue in the shop's language.
func (a *Activities) ReadCatalogue(ctx context.Context, in order.ReadCatalogue) (order.CatalogueRead, error) {
	return onShop(ctx, a, in.Shop, func(s *shop) (read order.CatalogueRead, err error) {
		products, err := s.products(ctx, in.Articles)
		if err != nil {
			return read, err
		}
		read.Entries = map[string]order.CatalogueEntry{}
		for _, product := range products {
			read.Entries[order.CleanText(product.Article)] = entryOf(product, s.settings.Language)
		}
		return read, nil
	})
}

// products reads products of the shop's catalogue, those that can be read, and
// remembers their descriptions.
func (s *shop) products(ctx context.Context, articles []string) ([]cartum.Product, error) {
	products, err := s.client.Products(ctx, articles)
	if err != nil && cartum.KindOf(err) != cartum.Malformed {
		return nil, err
	}
	if err != nil {
		// What cannot be read is imported by what the line says.
		activity.GetLogger(ctx).Warn("products of the shop's catalogue cannot be read", "error", err)
	}
	s.breaker.accepted()
	s.rememberDescriptions(products)
	return products, nil
}

func entryOf(product cartum.Product, language string) order.CatalogueEntry {
	title := order.CleanText(inLanguage(product.Title, language))
	mod := order.CleanText(inLanguage(product.ModTitle, language))
	switch {
	case strings.Contains(mod, title):
		title = mod // the whole name of the modification
	case !strings.Contains(title, mod):
		title += " " + mod
	}
	entry := order.CatalogueEntry{Title: order.Shorten(title, order.TitleLimit)}
	for part := range strings.SplitSeq(inLanguage(product.Category, language), `\`) {
		if part = order.CleanText(part); part != "" {
			entry.Category = append(entry.Category, part)
		}
	}
	return entry
}

// inLanguage takes the text in the language, else in English, else the first one
// that is not empty: a disabled language comes as ""
// (docs/reference/cartum.md#catalogue).
func inLanguage(texts map[string]string, language string) string {
	keys := []string{language, "en"}
	if language == "uk" {
		keys = []string{"ua", "uk", "en"} // Cartum calls Ukrainian "ua" (docs/reference/cartum.md#statuses)
	}
	for key := range texts {
		keys = append(keys, key)
	}
	slices.Sort(keys[len(keys)-len(texts):])
	for _, key := range keys {
		if text := strings.TrimSpace(texts[key]); text != "" {
			return text
		}
	}
	return ""
}
