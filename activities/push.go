package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
)

// PushStatus moves the shop's order to a status. It is read before, for the shop
// may have moved on since, and its buyers are told of each change; and after,
// for the shop may say OK without having saved
// (docs/reference/cartum.md#update-orders).
func (a *Activities) PushStatus(ctx context.Context, in order.PushStatus) (order.StatusPushed, error) {
	return onShop(ctx, a, in.Shop, func(s *shop) (none order.StatusPushed, err error) {
		if err := settle(ctx, in.Precheck); err != nil {
			return none, err
		}
		before, err := a.readSnapshot(ctx, s, in.Number)
		if err != nil {
			return none, err
		}
		if before.Snapshot == nil || before.Snapshot.Status != in.From {
			return order.StatusPushed{Snapshot: before.Snapshot, Digest: before.Digest}, nil
		}
		err = s.client.UpdateStatus(ctx, in.Number, in.To)
		if err != nil && cartum.KindOf(err) != cartum.NotFound { // which the next read tells
			return none, err
		}
		after, err := a.readSnapshot(ctx, s, in.Number)
		if err == nil && after.Snapshot != nil && after.Snapshot.Status == in.From {
			err = failed(ctx, order.SideCartum, order.Failure{
				Kind: order.FailRejected, Definite: true,
				Text: fmt.Sprintf("it answered OK, but the order still has status %d", in.From),
			}, 0, nil)
		}
		return order.StatusPushed{Snapshot: after.Snapshot, Digest: after.Digest, Pushed: true}, err
	})
}

// readSnapshot reads the order as the shop has it now; it has no snapshot where
// the shop does not show the order.
func (a *Activities) readSnapshot(ctx context.Context, s *shop, number int64) (order.ShopOrderRead, error) {
	// Taken before the request: the shop may be switched off meanwhile.
	rules, ok := a.settings.Current().Rules(s.id)
	if !ok {
		return order.ShopOrderRead{}, unknown(ctx, order.SideCartum, errors.New(a.settings.Current().Absence(s.id)))
	}
	at := time.Now()
	row, err := s.client.Order(ctx, number)
	if cartum.KindOf(err) == cartum.NotFound {
		s.breaker.accepted()
		return order.ShopOrderRead{}, nil
	}
	if err != nil {
		return order.ShopOrderRead{}, err
	}
	s.breaker.accepted()
	snapshot := snapshotOf(*row, rules, at)
	return order.ShopOrderRead{Snapshot: &snapshot, Digest: order.Digest(snapshot, rules.IdentityKey)}, nil
}
