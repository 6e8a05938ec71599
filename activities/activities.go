// Package activities carries out the steps of orders: each asks one service one
// thing, converts between its wire and the domain, and classifies what went
// wrong. They may run twice and be killed at any line.
package activities

import (
	"context"
	"reflect"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// Activities are all activities of a worker process.
type Activities struct {
	settings *settings.Store
	temporal client.Client
	index    *index.Index
	accounts *pool[settings.Account, *account]
	shops    *pool[settings.Shop, *shop]
	counter  Counter
}

// Counter counts the requests to the services, "ok" or how they failed, and what
// cannot be read.
type Counter interface {
	CartumRequest(shop, outcome string)
	RoappRequest(account, outcome string)
	// UndecodableSignal counts a signal to an order that cannot be read.
	UndecodableSignal(shop string)
}

type noCounter struct{}

func (noCounter) CartumRequest(string, string) {}
func (noCounter) RoappRequest(string, string)  {}
func (noCounter) UndecodableSignal(string)     {}

// CountWith has the requests counted; it is called before the first of them.
func (a *Activities) CountWith(counter Counter) { a.counter = counter }

// New makes the activities of one process. Settings are read at each call, so
// that a change takes effect with the next step.
func New(store *settings.Store, temporal client.Client, ix *index.Index) *Activities {
	a := &Activities{settings: store, temporal: temporal, index: ix, counter: noCounter{}}
	a.accounts, a.shops = newPool(findAccount, a.connectAccount), newPool(findShop, a.connectShop)
	return a
}

// Register gives all activities to a worker, under the names that workflows use.
// Those of the steps of orders are the methods with the names of the kinds.
func (a *Activities) Register(registry interface {
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
},
) {
	for _, kind := range order.StepKinds() {
		registry.RegisterActivityWithOptions(reflect.ValueOf(a).MethodByName(string(kind)).Interface(), activity.RegisterOptions{Name: string(kind)})
	}
	for name, function := range map[string]any{
		workflows.ActivityAdvance:           a.Advance,
		workflows.ActivityEnsureCategory:    a.EnsureCategory,
		workflows.ActivityCreateContact:     a.CreateContact,
		workflows.ActivityCreateProduct:     a.CreateProduct,
		workflows.ActivityCreateCategory:    a.CreateCategory,
		workflows.ActivitySubscribe:         a.Subscribe,
		workflows.ActivityCollectChanges:    a.CollectChanges,
		workflows.ActivityShopSettings:      a.ShopSettings,
		workflows.ActivitySweepShop:         a.SweepShop,
		workflows.ActivityImportSlice:       a.ImportSlice,
		workflows.ActivityResumeHeld:        a.ResumeHeld,
		workflows.ActivityRehearsalRead:     a.RehearsalRead,
		workflows.ActivityRehearsalPlan:     a.RehearsalPlan,
		workflows.ActivityRehearsalContacts: a.RehearsalContacts,
		workflows.ActivityRehearsalStanding: a.RehearsalStanding,
		workflows.ActivityCheckAlerts:       a.CheckAlerts,
		workflows.ActivityRoappOrders:       a.ReadRoappOrders,
		workflows.ActivitySendAlert:         a.SendAlert,
		workflows.ActivityReadCompany:       a.ReadCompany,
		workflows.ActivityReadDirectory:     a.ReadDirectory,
		workflows.ActivityAskShop:           a.AskShop,
		workflows.ActivityReconcileSlice:    a.ReconcileSlice,
		workflows.ActivityReconcileTotals:   a.ReconcileTotals,
		workflows.ActivityLookup:            a.Lookup,
		workflows.ActivitySearch:            a.Search,
	} {
		registry.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

// sleep waits unless the activity ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
