// Package activities carries out the steps of orders: each asks one service one
// thing, converts between its wire and the domain, and classifies what went
// wrong. They may run twice and be killed at any line.
package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// Activities are all activities of a worker process.
type Activities struct {
	settings *settings.Store
	temporal client.Client
	accounts *pool[settings.Account, *account]
	shops    *pool[settings.Shop, *shop]
	counter  Counter
}

// Counter counts the requests to the services: "ok", or how they failed.
type Counter interface {
	CartumRequest(shop, outcome string)
	RoappRequest(account, outcome string)
}

type noCounter struct{}

func (noCounter) CartumRequest(string, string) {}
func (noCounter) RoappRequest(string, string)  {}

// CountWith has the requests counted; it is called before the first of them.
func (a *Activities) CountWith(counter Counter) { a.counter = counter }

// New makes the activities of one process. Settings are read at each call, so
// that a change takes effect with the next step.
func New(store *settings.Store, temporal client.Client) *Activities {
	a := &Activities{settings: store, temporal: temporal, counter: noCounter{}}
	a.accounts, a.shops = newPool(findAccount, a.connectAccount), newPool(findShop, a.connectShop)
	return a
}

// Register gives all activities to a worker, under the names that workflows use.
func (a *Activities) Register(registry interface {
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
},
) {
	for name, function := range map[string]any{
		workflows.ActivityPlan:           a.Plan,
		string(order.StepReadShopOrder):  a.ReadShopOrder,
		string(order.StepReadCatalogue):  a.ReadCatalogue,
		string(order.StepFindContact):    a.FindContact,
		string(order.StepFindProducts):   a.FindProducts,
		string(order.StepEnsureContact):  a.EnsureContact,
		string(order.StepEnsureProduct):  a.EnsureProduct,
		workflows.ActivityEnsureCategory: a.EnsureCategory,
		workflows.ActivityCreateContact:  a.CreateContact,
		workflows.ActivityCreateProduct:  a.CreateProduct,
		workflows.ActivityCreateCategory: a.CreateCategory,
		string(order.StepCreateOrder):    a.CreateOrder,
		string(order.StepReadOrder):      a.ReadOrder,
		string(order.StepAddItem):        a.AddItem,
		string(order.StepSetStatus):      a.SetStatus,
		string(order.StepPostComment):    a.PostComment,
		string(order.StepWriteLines):     a.WriteLines,
		string(order.StepUpdateFields):   a.UpdateFields,
		string(order.StepPushStatus):     a.PushStatus,
		string(order.StepTakeOverOrder):  a.TakeOverOrder,
		string(order.StepRememberChoice): a.RememberChoice,
		string(order.StepRecallChoice):   a.RecallChoice,
		workflows.ActivitySubscribe:      a.Subscribe,
		workflows.ActivityCollectChanges: a.CollectChanges,
		workflows.ActivityShopSettings:   a.ShopSettings,
		workflows.ActivitySweepShop:      a.SweepShop,
		workflows.ActivityImportSlice:    a.ImportSlice,
		workflows.ActivityResumeHeld:     a.ResumeHeld,
		workflows.ActivityDryRead:        a.DryRead,
		workflows.ActivityDryPlan:        a.DryPlan,
		workflows.ActivityDryContacts:    a.DryContacts,
		workflows.ActivityLookForAlerts:  a.LookForAlerts,
		workflows.ActivityRoappOrders:    a.ReadRoappOrders,
		workflows.ActivitySendAlert:      a.SendAlert,
		workflows.ActivityReadCompany:    a.ReadCompany,
		workflows.ActivityReadDirectory:  a.ReadDirectory,
		workflows.ActivityAskShop:        a.AskShop,
		workflows.ActivityReconcileSlice: a.ReconcileSlice,
	} {
		registry.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
}

// Plan says what an order does next, by the settings in force. It runs as a
// local activity, so that its answer and not its rules stand in the history.
func (a *Activities) Plan(_ context.Context, in workflows.PlanInput) (order.Next, error) {
	current := a.settings.Current()
	rules, ok := current.Rules(in.State.Key.Shop)
	if !ok {
		return order.PlanUnknownShop(current.Absence(in.State.Key.Shop)), nil
	}
	known := a.knownGoods(&in.State, rules)
	next := order.Plan(in.State, rules, in.Running, in.Now)
	next.Goods = known
	return next, nil
}

// knownGoods fills in products that this process has seen minutes ago, so that
// no request is spent on them. An order that was held asks anew.
func (a *Activities) knownGoods(state *order.State, rules order.Rules) map[order.GoodsKey]order.Product {
	acc, err := a.account(rules.Account)
	if err != nil || state.Snapshot == nil || state.Order != nil || state.LastHold != nil || state.Hold != nil {
		return nil
	}
	known := map[order.GoodsKey]order.Product{}
	for _, key := range order.GoodsWanted(*state, rules) {
		if product, ok := acc.products.get(key); ok {
			known[key] = product
		}
	}
	state.Know(known)
	return known
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
