package service_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// refreshable puts an order that carries refreshes out as the function says. It is
// given the state that the order shows while it does so, and may change it.
func refreshable(e *servicetest.Env, state order.State, refresh func(ctx context.Context, shown *order.State) (flow.Refresh, error)) {
	run := servicetest.Run(state)
	run.Queries = map[string]any{workflows.QueryOrder: func(...any) (any, error) {
		return servicetest.Run(state, "Read the order from RO App").Queries[workflows.QueryOrder], nil
	}}
	run.Updates = map[string]func(context.Context, string) (any, error){
		workflows.UpdateRefresh: func(ctx context.Context, _ string) (any, error) { return refresh(ctx, &state) },
	}
	e.Put(run)
}

func refused(latest flow.Refresh) error {
	return temporal.NewApplicationError("the order takes no refresh now", workflows.RefreshRefused, latest)
}

var changes = []flow.Message{{Code: "delivery-changed"}}

func TestRefreshThatEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		result flow.RefreshResult
		want   service.RefreshState
	}{
		"both sides were compared":      {flow.RefreshResult{Changed: changes}, service.RefreshDone},
		"the order waits for something": {flow.RefreshResult{Problem: &flow.Message{Code: "hold"}}, service.RefreshFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := servicetest.New(t)
			again := time.Now().Add(10 * time.Minute)
			refreshable(e, servicetest.Synced(3), func(context.Context, *order.State) (flow.Refresh, error) {
				return flow.Refresh{Number: 1, AllowedAt: again, Result: tc.result}, nil
			})
			got, err := e.Orders.Refresh(t.Context(), servicetest.Key(3), "Ola")
			require.NoError(t, err)
			assert.Equal(t, tc.want, got.State)
			assert.Equal(t, "refresh:1", got.ID)
			assert.Equal(t, tc.result.Changed, got.Changed)
			assert.Equal(t, tc.result.Problem, got.Problem)
			assert.True(t, again.Equal(got.Next))
		})
	}
}

// One that runs longer than its asker waits goes on, and its end is asked for later.
func TestRefreshThatGoesOn(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]bool{"the workflow says so": true, "nobody answers in time": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := servicetest.New(t)
				var shown *order.State
				refreshable(e, servicetest.Synced(3), func(ctx context.Context, state *order.State) (flow.Refresh, error) {
					shown = state
					shown.Refresh = order.RefreshState{Number: 1, Running: true}
					if answers {
						return flow.Refresh{Number: 1, Running: true}, nil
					}
					<-ctx.Done()
					return flow.Refresh{}, ctx.Err()
				})
				got, err := e.Orders.Refresh(t.Context(), servicetest.Key(3), "Ola")
				require.NoError(t, err)
				assert.Equal(t, service.Refreshed{State: service.RefreshRunning, ID: "refresh:1", Waits: []string{"Read the order from RO App"}}, got)

				shown.Refresh = order.RefreshState{Number: 1, Changed: changes, EndedAt: time.Now(), Succeeded: time.Now()}
				got, err = e.Orders.RefreshEnd(t.Context(), servicetest.Key(3), got.ID)
				require.NoError(t, err)
				assert.Equal(t, service.RefreshDone, got.State)
				assert.Equal(t, changes, got.Changed)
				assert.Equal(t, time.Now().Add(10*time.Minute).UTC(), got.Next.UTC())

				_, err = e.Orders.RefreshEnd(t.Context(), servicetest.Key(3), "refresh:7")
				assert.True(t, service.Has(err, service.NoRefresh))
			})
		})
	}
}

func TestRefreshThatIsRefused(t *testing.T) {
	t.Parallel()
	again := time.Now().Add(5 * time.Minute).UTC()
	for name, tc := range map[string]struct {
		err  error
		want service.RefreshState
		code service.Code
	}{
		"a moment after another": {err: refused(flow.Refresh{Number: 1, AllowedAt: again}), want: service.RefreshTooSoon},
		"of a closed order":      {err: refused(flow.Refresh{Closed: true}), code: service.Closed},
		"by a defect":            {err: temporal.NewApplicationError("broken", "Other"), code: service.Unanswered},
		"by the connection":      {err: errors.New("broken pipe"), code: service.Unanswered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := servicetest.New(t)
			refreshable(e, servicetest.Synced(3), func(context.Context, *order.State) (flow.Refresh, error) { return flow.Refresh{}, tc.err })
			got, err := e.Orders.Refresh(t.Context(), servicetest.Key(3), "Ola")
			if tc.code != "" {
				assert.True(t, service.Has(err, tc.code), "%v", err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, service.Refreshed{State: tc.want, ID: "refresh:1", Next: again}, got)
		})
	}
}

// The very refresh that is asked for may have ended a moment ago: its answer counts,
// not that another one is refused.
func TestRefreshThatHasJustEnded(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	refreshable(e, servicetest.Synced(3), func(_ context.Context, shown *order.State) (flow.Refresh, error) {
		shown.Refresh = order.RefreshState{Number: 1, Changed: changes, EndedAt: time.Now(), Succeeded: time.Now()}
		return flow.Refresh{}, refused(flow.Refresh{Number: 1, AllowedAt: time.Now().Add(10 * time.Minute)})
	})
	got, err := e.Orders.Refresh(t.Context(), servicetest.Key(3), "Ola")
	require.NoError(t, err)
	assert.Equal(t, service.RefreshDone, got.State)
	assert.Equal(t, changes, got.Changed)
}

func TestRefreshOfOrdersThatTakeNone(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	ended := servicetest.Run(servicetest.Synced(5))
	ended.Status = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	e.Put(ended, servicetest.Run(servicetest.Closed(4, "final-on-both-sides")))
	ask := map[string]func(order.Key) error{
		"refresh": func(key order.Key) error { _, err := e.Orders.Refresh(t.Context(), key, "Ola"); return err },
		"begin":   func(key order.Key) error { _, err := e.Orders.StartRefresh(t.Context(), key, "Ola"); return err },
	}
	for name, ask := range ask {
		assert.True(t, service.Has(ask(servicetest.Key(9)), service.NoOrder), name)
		closed := service.As(ask(servicetest.Key(4)))
		assert.Equal(t, service.Closed, closed.Code, name)
		assert.Equal(t, "final-on-both-sides", closed.Why.Code, name)
		closed = service.As(ask(servicetest.Key(5)))
		assert.Equal(t, service.Closed, closed.Code, name)
		assert.Nil(t, closed.Why, name)
	}
	_, err := e.Orders.RefreshEnd(t.Context(), servicetest.Key(9), "refresh:1")
	assert.True(t, service.Has(err, service.NoOrder))
	e.Fail(func(string, string) error { return serviceerror.NewUnavailable("away") })
	assert.True(t, service.Has(ask["refresh"](servicetest.Key(4)), service.Unanswered))
}

// Begin does not wait for the end. What is refused anyway is not asked for.
func TestRefreshesThatBegin(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	refreshable(e, servicetest.Synced(1), func(_ context.Context, shown *order.State) (flow.Refresh, error) {
		shown.Refresh = order.RefreshState{Number: 1, Running: true}
		return flow.Refresh{}, nil
	})
	soon := servicetest.Synced(2)
	soon.Refresh = order.RefreshState{Number: 1, Succeeded: time.Now(), EndedAt: time.Now()}
	refreshable(e, soon, func(context.Context, *order.State) (flow.Refresh, error) {
		t.Error("it is refused without being asked")
		return flow.Refresh{}, nil
	})
	// One that no worker has taken yet.
	refreshable(e, servicetest.Synced(3), func(context.Context, *order.State) (flow.Refresh, error) { return flow.Refresh{}, nil })
	refreshable(e, servicetest.Synced(4), func(_ context.Context, shown *order.State) (flow.Refresh, error) {
		shown.Closed = &order.Closed{Message: flow.Message{Code: "skipped"}}
		return flow.Refresh{}, nil
	})
	keys := []order.Key{servicetest.Key(1), servicetest.Key(2), servicetest.Key(3), servicetest.Key(4), servicetest.Key(9)}
	all, err := e.Orders.StartRefreshes(t.Context(), keys, "Ola")
	require.NoError(t, err)
	assert.Equal(t, service.RefreshRunning, all[0].State)
	assert.Equal(t, []string{"Read the order from RO App"}, all[0].Waits)
	assert.Equal(t, service.RefreshTooSoon, all[1].State)
	assert.WithinDuration(t, time.Now().Add(10*time.Minute), all[1].Next, time.Minute)
	assert.Equal(t, service.RefreshRunning, all[2].State)
	assert.Empty(t, all[2].Waits)
	assert.Equal(t, service.RefreshRunning, all[3].State, "it was started; that it closed meanwhile its end says")
	assert.True(t, service.Has(all[4].Err, service.NoOrder))
	_, err = e.Orders.RefreshEnd(t.Context(), servicetest.Key(4), "refresh:1")
	assert.True(t, service.Has(err, service.Closed))
	_, err = e.Orders.StartRefreshes(t.Context(), make([]order.Key, service.MostAtOnce+1), "Ola")
	assert.True(t, service.Has(err, service.Invalid))
}

func TestRefreshThatNobodyTakesInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := servicetest.New(t)
		refreshable(e, servicetest.Synced(1), func(ctx context.Context, _ *order.State) (flow.Refresh, error) {
			<-ctx.Done()
			return flow.Refresh{}, ctx.Err()
		})
		_, err := e.Orders.StartRefresh(t.Context(), servicetest.Key(1), "Ola")
		assert.True(t, service.Has(err, service.Unanswered))
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		_, err = e.Orders.Refresh(ctx, servicetest.Key(1), "Ola")
		assert.ErrorIs(t, err, context.DeadlineExceeded, "its asker has left")
	})
}
