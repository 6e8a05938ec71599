package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// upgrade takes an installation from the last release's worker to this one, and back.
type upgrade struct {
	w *testenv.Env
	// start starts the worker of a release that goes on with all.
	oldStart, newStart func() *testenv.Process
	placed             int64
}

// placeSome has orders come at once, so that a worker is in the middle of their
// imports, of which it has started at least one more.
func (u *upgrade) placeSome(count int64) {
	u.w.T.Helper()
	started := u.w.Roapp.Seen(createOrder)
	for range count {
		u.placed++
		u.w.Place(u.placed, testenv.J{"products": roseAndVase("2", "1"), "delivery_phone": fmt.Sprintf("+48 502 000 %03d", u.placed)})
	}
	u.w.AwaitSeen(u.w.Roapp, createOrder, started+1)
}

// placeHeld has an order come that waits for somebody.
func (u *upgrade) placeHeld() (number int64) {
	u.w.T.Helper()
	u.placed++
	u.w.Place(u.placed, testenv.J{"products": roseAndVase("2", "1"), "delivery_phone": ""})
	u.w.AwaitHeld(u.placed, order.HoldNoCustomer)
	return u.placed
}

// refresh asks for a refresh, and does not wait for its end.
func (u *upgrade) refresh(number int64) {
	u.w.T.Helper()
	answer := ask(u.w, testenv.APIToken, http.MethodPost, fmt.Sprintf("/v1/orders/%s/%d/refresh", u.w.Shop, number), nil)
	require.Contains(u.w.T, []int{http.StatusOK, http.StatusAccepted, http.StatusTooManyRequests}, answer.StatusCode, answer.text)
}

// The worker of the last release imports orders. This one goes on in the middle of
// imports, holds and refreshes, the old one comes back, and then this one once more.
// All orders end right, and nothing is there twice.
func TestOrdersGoOnThroughAnUpgradeAndBack(t *testing.T) {
	t.Parallel()
	for name, ways := range map[string]func(w *testenv.Env, old testenv.Release) (oldStart, newStart func() *testenv.Process){
		"rolling restart": func(w *testenv.Env, old testenv.Release) (oldStart, newStart func() *testenv.Process) {
			return func() *testenv.Process { return w.StartBinary(old.Binary) }, func() *testenv.Process { return w.StartProcess() }
		},
		"versions of a deployment": func(w *testenv.Env, old testenv.Release) (oldStart, newStart func() *testenv.Process) {
			as := func(start func(flags ...string) *testenv.Process, buildID string) func() *testenv.Process {
				return func() *testenv.Process {
					p := start(versioned(buildID)...)
					setCurrent(w, buildID)
					return p
				}
			}
			return as(func(flags ...string) *testenv.Process { return w.StartBinary(old.Binary, flags...) }, "old"), as(w.StartProcess, "new")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testenv.New(t, testenv.Options{Idle: true, RoappSwitches: noLag, Server: testenv.NewDatabase(t).Server})
			u := &upgrade{w: w}
			u.oldStart, u.newStart = ways(w, w.LastRelease())

			old := u.oldStart()
			u.placeSome(1)
			w.AwaitSynced(1)
			first := u.placeHeld()
			u.placeSome(4)
			u.refresh(1)
			current := u.newStart()
			old.Stop()
			w.Decide(first, order.Decision{Kind: order.DecideCreateContact})

			u.placeSome(4)
			second := u.placeHeld()
			u.refresh(1)
			old = u.oldStart()
			current.Stop()
			w.Decide(second, order.Decision{Kind: order.DecideCreateContact})

			u.placeSome(2)
			u.newStart()
			old.Stop()
			for number := int64(1); number <= u.placed; number++ {
				w.AwaitSynced(number)
			}
			for number := int64(1); number <= u.placed; number++ {
				w.Edit(number, testenv.J{"products": roseAndVase("3", "1")})
			}
			for number := int64(1); number <= u.placed; number++ {
				view := w.Order(number)
				awaitItems(w, view.Roapp.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30")
				assert.Equal(t, order.SyncSynced, w.Order(number).State, "order %d", number)
			}
			assertNothingTwice(w, int(u.placed))
		})
	}
}
