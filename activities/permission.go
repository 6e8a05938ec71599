package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/workflows"
)

// permissionSignalEvery is how often an account's entity is told at most that goods may
// be added: an order that is refused for reasons of its own must not have all
// others tried again and again.
const permissionSignalEvery = time.Minute

// permission is whether this process knows that the API key may add goods. No
// API shows permissions, so the first item that is added after a refusal, or after
// the process began, tells that one was given.
type permission struct {
	mu    sync.Mutex
	known bool
	told  time.Time
}

// refused notes that RO App refused an item.
func (p *permission) refused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = false
}

// given notes that RO App took an item. It tells whether that is news.
func (p *permission) given(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known || now.Sub(p.told) < permissionSignalEvery {
		return false
	}
	p.known, p.told = true, now
	return true
}

// itemTaken has the orders resumed that wait for the permission to add goods.
func (a *Activities) itemTaken(ctx context.Context, acc *account) {
	if !acc.permission.given(time.Now()) {
		return
	}
	if err := a.signalOpen(ctx, workflows.AccountID(acc.id), workflows.SignalPermissionGiven, nil); err != nil {
		acc.permission.refused() // the next item tells it
		activity.GetLogger(ctx).Warn("orders that wait for the permission to add goods look for it by themselves", "error", err)
	}
}
