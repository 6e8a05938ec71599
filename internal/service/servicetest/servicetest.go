// Package servicetest is the service with Temporal in memory, for fast tests of the service and of what stands on it. A
// test puts orders, shops and accounts there as they are, and sees what was asked of them.
package servicetest

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	"github.com/cartumsync/cartumsync/workflows"
)

// Tokens of the programs of [Settings].
const (
	ActToken  = "token-of-a-program-that-acts"  //nolint:gosec // of tests
	ViewToken = "token-of-a-program-that-views" //nolint:gosec // of tests
)

// Env is the service of [Settings].
type Env struct {
	*enginetest.Memory
	Settings *settings.Store
	Index    *index.Index
	Orders   *service.Orders
}

// New makes one without orders.
func New(tb testing.TB) *Env {
	tb.Helper()
	memory, store := enginetest.NewMemory(), settings.NewStore(Settings(tb))
	ix := index.New(memory)
	return &Env{Memory: memory, Settings: store, Index: ix, Orders: service.NewOrders(memory, ix, "default", store)}
}

// StartWorker lets a worker run, and puts the workflows of all shops and accounts, which were polled a moment ago.
func (e *Env) StartWorker() {
	e.Fail(nil)
	e.Queue(engine.OrdersQueue, enginetest.Polled())
	set := e.Settings.Current()
	for id := range set.Shops {
		if set.InForce(id) {
			e.PutEntity(workflows.ShopID(id), Healthy())
		}
	}
	for id := range set.Accounts {
		e.PutEntity(workflows.AccountID(id), Healthy())
	}
}

// StopWorker stops the worker: nobody polls, and no workflow answers queries.
func (e *Env) StopWorker() {
	e.Queue(engine.OrdersQueue, &workflowservice.DescribeTaskQueueResponse{})
	e.Fail(func(call, _ string) error {
		if call == "QueryWorkflow" {
			return serviceerror.NewFailedPrecondition("no poller seen for task queue recently, worker may be down")
		}
		return nil
	})
}

// Healthy is the health of a shop or an account that was polled a moment ago.
func Healthy() workflows.HealthView {
	return workflows.HealthView{Since: time.Now().Add(-time.Hour), Health: workflows.Health{LastSuccess: time.Now()}}
}

// PutEntity puts the workflow of a shop or an account, which says that of its health, or refuses with an error.
func (e *Env) PutEntity(id string, health any) {
	e.Put(enginetest.Run{ID: id, Queries: map[string]any{workflows.QueryHealth: health}})
}

// Settings have the shops "demo" of the account "main", "bikes" of the account "second", which has EUR, and "closed" of
// "main", which is switched off.
func Settings(tb testing.TB) *settings.Settings {
	tb.Helper()
	s := settingstest.Load(tb, settingstest.Text("https://roapp.example", "https://kwiaty.example"), settingstest.Env())
	demo, second := s.Shops["demo"], s.Accounts["main"]
	second.Currency, second.WebURL = "EUR", "https://second.example"
	s.Accounts["second"] = second
	bikes, off := demo, demo
	bikes.Name, bikes.Account = "Rowery", "second"
	off.Name, off.Enabled = "Zamknięty", false
	s.Shops["bikes"], s.Shops["closed"] = bikes, off
	s.APITokens = []settings.APIToken{
		{Name: "warehouse", SHA256: hash(ActToken), Role: "act"}, {Name: "monitor", SHA256: hash(ViewToken), Role: "view"},
	}
	return s
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
