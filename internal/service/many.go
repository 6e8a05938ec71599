package service

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/order"
)

const (
	// MostAtOnce is how many orders one call may be about.
	MostAtOnce = 100
	// sideBySide bounds how many of them are asked at the same time.
	sideBySide = 10
)

// each asks for each order side by side, and answers in the order of the keys.
func each[T any](ctx context.Context, keys []order.Key, ask func(context.Context, order.Key) T) ([]T, error) {
	if len(keys) > MostAtOnce {
		return nil, invalid("orders", fmt.Sprintf("%d at once are too many; send %d at most", len(keys), MostAtOnce))
	}
	answers := make([]T, len(keys))
	var group errgroup.Group
	group.SetLimit(sideBySide)
	for i, key := range keys {
		group.Go(func() error {
			answers[i] = ask(ctx, key)
			return nil
		})
	}
	return answers, group.Wait()
}
