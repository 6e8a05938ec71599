package activities

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// Lookup reads one record by its id, for a person who named it.
func (a *Activities) Lookup(ctx context.Context, in workflows.LookupInput) (workflows.LookupResult, error) {
	if in.Kind == workflows.RecordShopOrder {
		return onShop(ctx, a, in.Shop, func(s *shop) (workflows.LookupResult, error) {
			read, err := a.readSnapshot(ctx, s, in.ID)
			return workflows.LookupResult{Found: read.Snapshot != nil}, err
		})
	}
	return onAccount(ctx, a, in.Account, func(acc *account) (workflows.LookupResult, error) {
		found, err := acc.lookup(ctx, in)
		if roapp.KindOf(err) == roapp.NotFound {
			return workflows.LookupResult{}, acc.answered(nil)
		}
		found.Found = true
		found.Title = order.Shorten(order.NormalizeText(found.Title), longestName)
		return found, acc.answered(err)
	})
}

func (acc *account) lookup(ctx context.Context, in workflows.LookupInput) (workflows.LookupResult, error) {
	switch in.Kind {
	case workflows.RecordPerson, workflows.RecordOrganization:
		contact, err := acc.client.Contact(ctx, in.ID, in.Kind == workflows.RecordOrganization)
		if err != nil {
			return workflows.LookupResult{}, err
		}
		return contactFound(contact), nil
	case workflows.RecordProduct:
		product, err := acc.client.Product(ctx, in.ID)
		if err != nil {
			return workflows.LookupResult{}, err
		}
		return productFound(product), nil
	case workflows.RecordOrder:
		placed, err := acc.client.Order(ctx, in.ID)
		if err != nil {
			return workflows.LookupResult{}, err
		}
		return workflows.LookupResult{Title: cmp.Or(placed.Number, strconv.FormatInt(placed.ID, 10))}, nil
	default:
		return workflows.LookupResult{}, fmt.Errorf("RO App has no records of the kind %q", in.Kind)
	}
}
