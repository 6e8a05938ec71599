package polling

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// inForce are settings of an account with a shop.
func inForce() *settings.Settings {
	return &settings.Settings{
		Revision: "1", Accounts: map[string]settings.Account{"main": {URL: "http://127.0.0.1:1", APIKey: settings.NewSecret("key"), RequestsPerSecond: 3}},
		Shops: map[string]settings.Shop{"demo": {URL: "http://127.0.0.1:1", Account: "main", Enabled: true}},
	}
}

// startOn starts the workers of a process on a frontend.
func startOn(t *testing.T, f *enginetest.Frontend, set *settings.Settings) *Workers {
	t.Helper()
	c := f.Client(t)
	w, err := Start(t.Context(), Options{
		Client: c, Index: index.New(c), Namespace: "unit", Settings: settings.NewStore(set), Logger: zap.NewNop(), Repeated: engine.NewRepeatedTasks(),
	})
	require.NoError(t, err)
	t.Cleanup(w.Stop)
	return w
}

func soon(t *testing.T, condition func() bool, said string) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 5*time.Millisecond, said)
}

// offerLane has Temporal offer the account's lane under an id.
func offerLane(t *testing.T, f *enginetest.Frontend, id string) {
	t.Helper()
	input, err := converter.GetDefaultDataConverter().ToPayloads("main")
	require.NoError(t, err)
	f.Offer(engine.LanesQueue, workflows.ActivityHoldLane, id, input)
}

func TestProcessPollsWhatIsInForce(t *testing.T) {
	t.Parallel()
	f := enginetest.NewFrontend(t)
	w := startOn(t, f, inForce())
	assert.Equal(t, []string{"account:main", "lane:main", "shop:demo"}, f.Running())
	for _, queue := range []string{engine.OrdersQueue, engine.EnsureQueue, engine.LanesQueue, engine.CartumQueue("demo")} {
		soon(t, func() bool { return f.Polled(queue) }, queue)
	}
	assert.False(t, f.Polled(engine.RoappQueue("main")), "no lane is held")
	assert.Len(t, f.Signals(), 2, "both entities know the settings")
	select {
	case err := <-w.Fatal():
		t.Fatal(err)
	default:
	}

	off := inForce()
	off.Revision = "2"
	off.Shops["demo"] = settings.Shop{Account: "main"}
	w.options.Settings.Replace(off)
	require.NoError(t, w.Apply(t.Context()))
	assert.NotContains(t, w.own, engine.CartumQueue("demo"))
	w.fail(assert.AnError)
	w.fail(assert.AnError)
	require.ErrorIs(t, <-w.Fatal(), assert.AnError)
	w.Stop()
	require.NoError(t, w.Apply(t.Context()), "a process that ends follows nothing")
}

// Settings that are replaced while the process runs are followed by themselves.
func TestProcessFollowsTheSettings(t *testing.T) {
	t.Parallel()
	f := enginetest.NewFrontend(t)
	w := startOn(t, f, inForce())
	go w.Follow(t.Context())
	two := inForce()
	two.Revision = "2"
	two.Shops["other"] = settings.Shop{URL: "http://127.0.0.1:1", Account: "main", Enabled: true}
	w.options.Settings.Replace(two)
	soon(t, func() bool { return f.Polled(engine.CartumQueue("other")) }, "the new shop is polled")
	soon(t, func() bool { return slices.Contains(f.Running(), "shop:other") }, "and its entity runs")
}

// The process that holds a lane sends the account's requests until the account leaves the settings.
func TestLaneIsHeldUntilItsAccountIsGone(t *testing.T) {
	t.Parallel()
	f := enginetest.NewFrontend(t)
	w := startOn(t, f, inForce())
	offerLane(t, f, "first")
	soon(t, func() bool { return f.Polled(engine.RoappQueue("main")) }, "the account's queue is polled")
	assert.Equal(t, 1, w.lanes.count())
	assert.Positive(t, f.Beats("first"))

	faster := inForce()
	faster.Revision = "2"
	account := faster.Accounts["main"]
	account.RequestsPerSecond = 5
	faster.Accounts["main"] = account
	w.options.Settings.Replace(faster)
	require.NoError(t, w.Apply(t.Context()))
	assert.Equal(t, 1, w.lanes.count(), "another pace changes no lane")

	gone := &settings.Settings{Revision: "3", Accounts: map[string]settings.Account{}, Shops: map[string]settings.Shop{}}
	w.options.Settings.Replace(gone)
	require.NoError(t, w.Apply(t.Context()))
	soon(t, func() bool { return f.Ended("first") == "handed over" }, "the lane is given back")
	assert.Zero(t, w.lanes.count())
	offerLane(t, f, "second")
	soon(t, func() bool { return f.Ended("second") != "" }, "it is left to others")
	assert.Contains(t, f.Ended("second"), "do not have the account")
}

// A process whose lease another one has sends nothing more at once, and has the lane given out again.
func TestLostLeaseEndsTheLane(t *testing.T) {
	t.Parallel()
	f := enginetest.NewFrontend(t)
	w := startOn(t, f, inForce())
	offerLane(t, f, "first")
	soon(t, func() bool { return w.lanes.count() == 1 && f.Beats("first") > 0 }, "the lane is held")
	f.End("lane:main")
	f.Lose("first")
	soon(t, func() bool { return f.Ended("first") != "" }, "the next heartbeat is refused")
	assert.Contains(t, f.Ended("first"), "lease of the lane of account main lost")
	assert.Zero(t, w.lanes.count())
	assert.Contains(t, f.Running(), "lane:main")
}

func TestProcessThatEndsHandsItsLaneOver(t *testing.T) {
	t.Parallel()
	f := enginetest.NewFrontend(t)
	w := startOn(t, f, inForce())
	offerLane(t, f, "first")
	soon(t, func() bool { return w.lanes.count() == 1 }, "the lane is held")
	w.Stop()
	assert.Equal(t, "handed over", f.Ended("first"))
}

// With two lanes for two processes each holds one.
func TestLaneAboveTheShareIsGivenUp(t *testing.T) {
	t.Parallel()
	first, second := &lane{account: "a"}, &lane{account: "b"}
	l := &lanes{held: map[string]*lane{"a": first, "b": second}}
	assert.Equal(t, 2, l.count())
	assert.False(t, l.giveUp(first, 2))
	assert.False(t, l.giveUp(&lane{account: "a"}, 1), "it is another hold")
	assert.True(t, l.giveUp(first, 1))
	assert.False(t, l.giveUp(second, 1))
	assert.Equal(t, 1, l.count())
}

// An entity that an operator ended is started again.
func TestEntityThatWasEndedIsStartedAgain(t *testing.T) {
	t.Parallel()
	f := enginetest.NewFrontend(t)
	w := startOn(t, f, inForce())
	f.End("shop:demo")
	require.NoError(t, w.check(t.Context()))
	assert.Contains(t, f.Running(), "shop:demo")
}
