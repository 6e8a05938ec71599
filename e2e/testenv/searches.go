package testenv

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cartumsync/cartumsync/internal/service"
)

// Search has people search for other numbers that nobody knows, one after each pause, whether
// the last has been answered or not, until ctx ends.
func (w *Env) Search(ctx context.Context, pause time.Duration) *sync.WaitGroup {
	var searching sync.WaitGroup
	searching.Go(func() {
		ticks := time.NewTicker(pause)
		defer ticks.Stop()
		for i := 0; ctx.Err() == nil; i++ {
			<-ticks.C
			searching.Go(func() {
				if _, err := w.Orders.List(ctx, service.Filter{Number: fmt.Sprintf("X%d", i)}, "", 50); err != nil && ctx.Err() == nil {
					w.T.Error(err)
				}
			})
		}
	})
	return &searching
}
