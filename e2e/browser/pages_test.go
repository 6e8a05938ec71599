package browser

import (
	"fmt"
	"testing"

	"github.com/cartumsync/cartumsync/internal/world"
)

// busyWorld is an installation after a shop's day.
func busyWorld(t *testing.T) *world.World {
	t.Helper()
	w := promptWorld(t)
	day(w)
	return w
}

// promptWorld is an installation in which nobody waits for a service.
func promptWorld(t *testing.T) *world.World {
	t.Helper()
	return world.New(t, world.Options{Unlimited: true, Settle: 1, SearchLag: 1, RoappSwitches: map[string]string{"search-lag": "0s"}})
}

// place is a page by a name for its pictures and its path.
type place struct{ name, path string }

// pagesOf are the pages of a world after its [day].
func pagesOf(w *world.World) []place {
	order := func(number int) string { return fmt.Sprintf("/orders/%s/%d", w.Shop, number) }
	return []place{
		{"orders", "/orders"},
		{"order", order(plainOrder)},
		{"order-changed", order(changedOrder)},
		{"order-held", order(twoContacts)},
		{"holds", "/holds"},
		{"health", "/health"},
		{"completeness", "/completeness?shop=" + w.Shop},
		{"settings", "/settings"},
		{"missing", "/nowhere"},
	}
}

func TestEveryPageCanBeUsedByAll(t *testing.T) {
	t.Parallel()
	w := busyWorld(t)
	p := newPerson(w)
	p.opens("/orders")
	p.logsIn(anna)
	for _, page := range pagesOf(w) {
		p.opens(page.path)
		p.seesThat("main", "")
		p.canBeUsedByAll()
	}
}
