package activities

import (
	"context"
	"time"

	"github.com/cartumsync/cartumsync/internal/index"
)

const (
	// newAccount is how far back an account without open orders is looked at.
	newAccount = time.Hour
	// openOrders bounds the list of an account's open orders.
	openOrders = 100_000
)

// oldestOpen is from when on changes may concern the account's open orders: when
// the oldest of them was last compared, or began. An account's entity that lost
// its cursor catches up from there.
func (a *Activities) oldestOpen(ctx context.Context, account string) (time.Time, error) {
	oldest := time.Now().Add(-newAccount)
	shops := a.settings.Current().ShopsOf(account)
	if len(shops) == 0 {
		return oldest, nil
	}
	open, err := a.index.Orders(ctx, index.All(index.OfShops(shops...), index.Running()), openOrders)
	if err != nil {
		return time.Time{}, engineFailed("list the open orders of account "+account, err)
	}
	for _, one := range open {
		at := one.Synced()
		if at.IsZero() {
			at = one.Started
		}
		if at.Before(oldest) {
			oldest = at
		}
	}
	return oldest, nil
}
