package testenv

import (
	"maps"
	"testing"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// NewPair builds the sandbox's two pairs of a shop and an account as one
// installation: one namespace and one worker for both. The options are those of
// both.
func NewPair(t testing.TB, o Options) (first, second *Env) {
	t.Helper()
	idle := o
	idle.Idle, idle.Second = true, false
	first = New(t, idle)
	idle.Second, idle.Server = true, first.Server
	second = New(t, idle)

	both := *first.Settings
	both.Accounts, both.Shops = maps.Clone(both.Accounts), maps.Clone(both.Shops)
	both.Accounts["second"] = second.Settings.Accounts["main"]
	shop := second.Settings.Shops[second.Shop]
	shop.Account = "second"
	both.Shops[second.Shop] = shop
	both.Revision += second.Settings.Revision

	first.inForce.Replace(&both)
	for _, w := range []*Env{first, second} {
		w.inForce = first.inForce
		w.Settings, w.Namespace, w.Temporal, w.Orders = &both, first.Namespace, first.Temporal, first.Orders
		w.startStarter()
	}
	if !o.Idle {
		first.StartWorker()
	}
	return first, second
}

// Reconfigured is the test environment's settings with other values of their variables.
func (w *Env) Reconfigured(env map[string]string) *settings.Settings {
	w.T.Helper()
	maps.Copy(w.Env, env)
	w.parseSettings()
	return w.Settings
}
