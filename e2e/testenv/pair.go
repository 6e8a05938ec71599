package testenv

import (
	"fmt"
	"maps"
	"slices"
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

	join(first, map[string]*Env{"second": second})
	if !o.Idle {
		first.StartWorker()
	}
	return first, second
}

// NewGroup builds an installation of so many accounts, each with a shop of its own. No worker runs yet.
func NewGroup(t testing.TB, o Options, accounts int) []*Env {
	t.Helper()
	o.Idle = true
	all, others := []*Env{New(t, o)}, map[string]*Env{}
	o.Server = all[0].Server
	for i := 1; i < accounts; i++ {
		w := New(t, o)
		id := fmt.Sprintf("account-%d", i)
		w.Settings.Shops[id] = w.Settings.Shops[w.Shop]
		w.Shop = id
		others[id], all = w, append(all, w)
	}
	join(all[0], others)
	return all
}

// join makes one installation of several: others are by the ids that their accounts get.
func join(first *Env, others map[string]*Env) {
	all := *first.Settings
	all.Accounts, all.Shops = maps.Clone(all.Accounts), maps.Clone(all.Shops)
	envs := []*Env{first}
	for _, id := range slices.Sorted(maps.Keys(others)) {
		w := others[id]
		all.Accounts[id] = w.Settings.Accounts["main"]
		shop := w.Settings.Shops[w.Shop]
		shop.Account = id
		all.Shops[w.Shop] = shop
		all.Revision += w.Settings.Revision
		envs = append(envs, w)
	}
	first.inForce.Replace(&all)
	for _, w := range envs {
		w.inForce, w.Settings, w.Namespace, w.Temporal = first.inForce, &all, first.Namespace, first.Temporal
		w.startStarter()
	}
}

// Reconfigured is the test environment's settings with other values of their variables.
func (w *Env) Reconfigured(env map[string]string) *settings.Settings {
	w.T.Helper()
	maps.Copy(w.Env, env)
	w.parseSettings()
	return w.Settings
}
