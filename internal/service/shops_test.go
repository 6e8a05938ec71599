package service_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// What a shop's or an account's entity is told starts it where it does not run.
func TestEntitiesAreTold(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	ctx := t.Context()
	wanted := workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-30"}
	for _, err := range []error{
		e.Orders.Webhooks(ctx, "demo", "https://sync.example"), e.Orders.WebhookRemoved(ctx, "demo", "order_paid"), e.Orders.Sweep(ctx, "demo"),
		e.Orders.InitialImport(ctx, "demo", wanted), e.Orders.StopInitialImport(ctx, "demo"), e.Orders.PollAccount(ctx, "main"),
	} {
		require.NoError(t, err)
	}
	assert.Equal(t, []enginetest.Signal{
		{ID: "shop:demo", Name: workflows.SignalWebhooks, Payload: workflows.WebhooksWanted{PublicURL: "https://sync.example"}},
		{ID: "shop:demo", Name: workflows.SignalWebhookRemoved, Payload: "order_paid"},
		{ID: "shop:demo", Name: workflows.SignalPoll},
		{ID: "shop:demo", Name: workflows.SignalInitialImport, Payload: wanted},
		{ID: "shop:demo", Name: workflows.SignalStopInitialImport},
		{ID: "account:main", Name: workflows.SignalPoll},
	}, e.Signals())
	assert.Equal(t, []string{"shop:demo", "account:main"}, e.Started())

	e.Fail(func(string, string) error { return serviceerror.NewUnavailable("away") })
	for _, err := range []error{e.Orders.Sweep(ctx, "demo"), e.Orders.PollAccount(ctx, "main")} {
		assert.True(t, service.Has(err, service.Unanswered))
	}
}

// That webhooks arrive is told once an hour, and again where that failed.
func TestWebhooksThatArriveAreToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := servicetest.New(t)
		e.Fail(func(string, string) error { return serviceerror.NewUnavailable("away") })
		require.Error(t, e.Orders.WebhookReceived(t.Context(), "demo"))
		e.Fail(nil)
		for range 3 {
			require.NoError(t, e.Orders.WebhookReceived(t.Context(), "demo"))
		}
		assert.Len(t, e.Signals(), 1)
		<-time.After(workflows.EventNoticeEvery + time.Second)
		require.NoError(t, e.Orders.WebhookReceived(t.Context(), "demo"))
		assert.Len(t, e.Signals(), 2)
	})
}

// importing puts a shop whose initial import is as far as given.
func importing(e *servicetest.Env, f *workflows.InitialImport) {
	e.Put(enginetest.Run{ID: "shop:demo", Queries: map[string]any{workflows.QueryShop: workflows.ShopView{Shop: "demo", Import: f}}})
}

func TestInitialImport(t *testing.T) {
	t.Parallel()
	september := workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-30"}
	august := workflows.InitialImportWanted{From: "2026-08-01", To: "2026-08-31"}
	for name, tc := range map[string]struct {
		shop string
		runs *workflows.InitialImport
		want service.Code
	}{
		"the first":              {"demo", nil, ""},
		"the same days again":    {"demo", &workflows.InitialImport{InitialImportWanted: september}, ""},
		"while others run":       {"demo", &workflows.InitialImport{InitialImportWanted: august}, service.ImportRuns},
		"after others":           {"demo", &workflows.InitialImport{InitialImportWanted: august, DoneAt: time.Now()}, ""},
		"after others stopped":   {"demo", &workflows.InitialImport{InitialImportWanted: august, Stopped: true}, ""},
		"of no shop":             {"nobody", nil, service.NoShop},
		"of a shop that is off":  {"closed", nil, service.ShopOff},
		"of a shop that is away": {"bikes", nil, service.Unanswered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := servicetest.New(t)
			e.Put(enginetest.Run{ID: "shop:bikes", Queries: map[string]any{workflows.QueryShop: errors.New("no worker")}})
			if tc.runs != nil {
				importing(e, tc.runs)
			}
			err := e.Orders.StartInitialImport(t.Context(), tc.shop, september)
			if tc.want != "" {
				assert.True(t, service.Has(err, tc.want), "%v", err)
				assert.Empty(t, e.Signals())
				return
			}
			require.NoError(t, err)
			assert.Equal(t, []enginetest.Signal{{ID: "shop:demo", Name: workflows.SignalInitialImport, Payload: september}}, e.Signals())
		})
	}
}

func TestDaysOfAnInitialImport(t *testing.T) {
	t.Parallel()
	shop := servicetest.Settings(t).Shops["demo"] // since 2026-01-01
	for name, tc := range map[string]struct {
		days             int
		from, to         string
		wantFrom, wantTo string
		wrong            string // the field
	}{
		"usual":            {wantFrom: "2025-11-02", wantTo: "2025-12-31"},
		"of the settings":  {days: 7, wantFrom: "2025-12-25", wantTo: "2025-12-31"},
		"given":            {from: "2025-12-01", to: "2025-12-02", wantFrom: "2025-12-01", wantTo: "2025-12-02"},
		"in another order": {from: "2025-12-03", to: "2025-12-02", wrong: "from"},
		"no day":           {to: "yesterday", wrong: "to"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := shop
			set.InitialImport.Days, set.InitialImport.SkipStatuses = tc.days, []int{3}
			want, err := service.WantedImport(set, tc.from, tc.to, "Ola")
			if tc.wrong != "" {
				assert.Equal(t, tc.wrong, service.As(err).Field)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, workflows.InitialImportWanted{From: tc.wantFrom, To: tc.wantTo, SkipStatuses: []int{3}, By: "Ola"}, want)
		})
	}
}

// A check is started once for the settings in force, and its answer shown until the
// next one.
func TestChecksOfTheSettings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := servicetest.New(t)
		checked(e)
		e.Put(enginetest.Run{ID: "check:shop:bikes", Status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, Failure: &temporal.TimeoutError{}})
		now := e.Orders.Checks(t.Context())
		assert.False(t, now.Accounts["main"].Running)
		assert.True(t, now.Accounts["second"].Running, "nobody had asked it")
		assert.True(t, now.Shops["bikes"].Running, "its last check failed")
		assert.Equal(t, "it took too long; is a worker running?", now.Shops["bikes"].Problem)
		assert.NotContains(t, now.Shops, "closed")
		assert.True(t, now.Running())

		e.Complete("check:account:second", nil, errors.New("refused"))
		e.Complete("check:shop:bikes", workflows.Checked{Revision: e.Settings.Current().Revision}, nil)
		<-time.After(2 * time.Second)
		now = e.Orders.Checks(t.Context())
		assert.False(t, now.Running(), "one that failed is not started again by itself")
		assert.Equal(t, "refused", now.Accounts["second"].Problem)
		started := e.Calls("ExecuteWorkflow")
		assert.Equal(t, 2, started)

		// A person asks all again, at once.
		require.NoError(t, e.Orders.Check(t.Context(), "Ola"))
		assert.Equal(t, started+4, e.Calls("ExecuteWorkflow"))
		assert.True(t, e.Orders.Checks(t.Context()).Running())
		e.Fail(func(string, string) error { return serviceerror.NewUnavailable("away") })
		assert.Error(t, e.Orders.Check(t.Context(), "Ola"))
		assert.Equal(t, "Temporal does not answer", e.Orders.Checks(t.Context()).Accounts["main"].Problem)
	})
}

func TestReportOfTheChecks(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	checked(e)
	report := e.Orders.Checks(t.Context()).Report(e.Settings.Current(), check.Words{})
	var titles []string
	for _, section := range report {
		titles = append(titles, section.Title)
	}
	require.Len(t, titles, 3, "%v", titles)
	assert.Contains(t, titles[0], "main")
	assert.Contains(t, titles[1], "demo")
	assert.Positive(t, check.Count(report, check.Problem), "the account has not half of what the settings name")
}

func TestSettingsAreShownWithNamesAndWithoutSecrets(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	checked(e)
	set := *e.Settings.Current()
	demo := set.Shops["demo"]
	demo.InitialImport.SkipStatuses, demo.Final.Shop, demo.Final.Roapp = []int{1, 9}, []int{3}, []int64{102}
	demo.Statuses.Export = map[int64]int{102: 4}
	set.Shops["demo"] = demo
	e.Settings.Replace(&set)
	shown := e.Orders.Names(t.Context()).InForce()
	require.Len(t, shown.Accounts, 2)
	main := shown.Accounts[0]
	assert.Equal(t, "main", main.ID)
	assert.Equal(t, "v2", main.CatalogInUse)
	assert.True(t, main.Webhooks)
	require.Len(t, shown.Shops, 3)
	shop := shown.Shops[2]
	assert.Equal(t, "demo", shop.ID)
	assert.Equal(t, service.Named{ID: 12, Name: "Main shop"}, shop.Location)
	assert.Equal(t, []service.Named{{ID: 1, Name: "Nowe zamówienie"}, {ID: 9}}, shop.SkipStatuses)
	assert.Equal(t, service.StatusMapping{From: service.Named{ID: 1, Name: "Nowe zamówienie"}, To: service.Named{ID: 101, Name: "Nowe"}}, shop.Import[0])
	assert.Equal(t, []service.StatusMapping{{From: service.Named{ID: 102, Name: "W realizacji"}, To: service.Named{ID: 4}, Locks: true}}, shop.Export)
	assert.Equal(t, []service.Named{{ID: 102, Name: "W realizacji"}}, shop.FinalRoapp)
	assert.Equal(t, []service.Named{{ID: 56}, {ID: 57}}, shop.Managers)
	assert.False(t, shown.Alerts)
}

func TestRehearsal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := servicetest.New(t)
		want := workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-30"}
		orders := make([]workflows.RehearsedOrder, 0, workflows.RehearsalPage+2)
		for number := range int64(workflows.RehearsalPage + 2) {
			orders = append(orders, workflows.RehearsedOrder{Number: number + 1})
		}
		var known atomic.Int64 // so many orders the rehearsal knows by now
		known.Store(1)
		rehearsing := func() {
			e.Change("rehearsal:demo", func(run *enginetest.Run) {
				run.Queries = map[string]any{workflows.QueryRehearsal: func(args ...any) (any, error) {
					told := args[0].(int)
					return workflows.RehearsalView{Orders: orders[told:min(int(known.Load()), told+workflows.RehearsalPage)]}, nil
				}}
			})
		}
		type end struct {
			result workflows.Rehearsed
			err    error
		}
		begin := func(tell func(workflows.RehearsalView) error) <-chan end {
			ended := make(chan end, 1)
			go func() {
				result, err := e.Orders.Rehearse(t.Context(), "demo", want, tell)
				ended <- end{result, err}
			}()
			synctest.Wait()
			return ended
		}
		var told []int64
		ended := begin(func(view workflows.RehearsalView) error {
			for _, one := range view.Orders {
				told = append(told, one.Number)
			}
			return nil
		})
		rehearsing()
		<-time.After(1500 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, []int64{1}, told)
		known.Store(int64(len(orders)))
		<-time.After(time.Second)
		synctest.Wait()
		assert.Len(t, told, len(orders), "more than one page")
		assert.Equal(t, orders[len(orders)-1].Number, told[len(told)-1])
		e.Complete("rehearsal:demo", workflows.Rehearsed{Imports: 3}, nil)
		done := <-ended
		require.NoError(t, done.err)
		assert.Equal(t, 3, done.result.Imports)
		assert.Len(t, told, len(orders), "each is told once")

		// Where nobody reads on, it ends.
		gone := errors.New("the pipe is closed")
		ended = begin(func(workflows.RehearsalView) error { return gone })
		rehearsing()
		assert.ErrorIs(t, (<-ended).err, gone)
		assert.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, e.Newest("rehearsal:demo").Status)

		ended = begin(func(workflows.RehearsalView) error { return nil })
		e.Complete("rehearsal:demo", nil, temporal.NewApplicationError("the shop refuses the login", "credentials"))
		assert.ErrorContains(t, (<-ended).err, "the shop refuses the login")
	})
}

func TestLogouts(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	connected := false
	logouts := service.NewLogouts(func() (client.Client, bool) { return e.Memory, connected })
	assert.True(t, service.Has(logouts.LogOut(t.Context(), "s1", time.Now().Add(time.Hour)), service.NotConnected))
	_, err := logouts.LoggedOut(t.Context(), "s1")
	assert.True(t, service.Has(err, service.NotConnected))

	connected = true
	for range 2 {
		require.NoError(t, logouts.LogOut(t.Context(), "s1", time.Now().Add(time.Hour)))
	}
	e.Complete("logout:s1", nil, &temporal.TimeoutError{})
	require.NoError(t, logouts.LogOut(t.Context(), "s1", time.Now().Add(time.Hour)), "again, after its end")
	for session, want := range map[string]bool{"s1": true, "s2": false} {
		out, err := logouts.LoggedOut(t.Context(), session)
		require.NoError(t, err)
		assert.Equal(t, want, out, session)
	}
	e.Fail(func(string, string) error { return serviceerror.NewUnavailable("away") })
	_, err = logouts.LoggedOut(t.Context(), "s1")
	assert.True(t, service.Has(err, service.Unanswered), "an error is not a logout")
	assert.Error(t, logouts.LogOut(t.Context(), "s3", time.Now()))
}
