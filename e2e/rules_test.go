package e2e

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/workflows"
)

// otherRules are rules that have become others: they panic, or decide nothing.
type otherRules struct {
	interceptor.InterceptorBase
	panics bool
	asked  atomic.Int32
}

func (o *otherRules) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &otherRulesActivity{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, rules: o}
}

type otherRulesActivity struct {
	interceptor.ActivityInboundInterceptorBase
	rules *otherRules
}

func (a *otherRulesActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	if activity.GetInfo(ctx).ActivityType.Name != workflows.ActivityAdvance {
		return a.Next.ExecuteActivity(ctx, in)
	}
	a.rules.asked.Add(1)
	if a.rules.panics {
		panic(errors.New("the rules have become others"))
	}
	return flow.AdvanceResult{}, nil
}

// Orders in progress replay whatever the rules have become: a worker whose rules
// panic, or decide something else, gives the same view of an order as the one that
// has recorded it, and its rules are not even asked.
func TestOrdersReplayWithOtherRules(t *testing.T) {
	t.Parallel()
	for name, panics := range map[string]bool{"that panic": true, "that decide otherwise": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, quick(testenv.Options{Idle: true}))
			recorded := w.StartWorker()
			made := place(w, 1, nil)
			w.Roapp.SetStatus(made.ID, 102)
			w.Edit(1, testenv.J{"products": roseAndVase("3", "1"), "stat_status": 2})
			before := w.Await(1, func(v testenv.Order) string {
				if v.Lines[0].Roapp.Quantity.String() != "3" || len(v.Running) > 0 || v.State != order.SyncSynced {
					return "the edit is not synced"
				}
				return ""
			})
			recorded.Stop()
			rules := &otherRules{panics: panics}
			w.StartWorkerWith(rules)
			assert.Equal(t, before, w.Order(1))
			assert.Zero(t, rules.asked.Load(), "a replay asks no rules")
		})
	}
}
