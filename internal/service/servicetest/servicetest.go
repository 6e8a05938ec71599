// Package servicetest is the service with Temporal in memory, for fast tests of the service and of what stands on it. A
// test puts orders, shops and accounts there as they are, and sees what was asked of them.
package servicetest

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
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
