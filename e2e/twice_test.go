package e2e

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// forgetful loses the result of the first execution of each activity of some
// types, as a worker does that dies after its work.
type forgetful struct {
	interceptor.InterceptorBase
	types map[string]bool

	mu   sync.Mutex
	lost map[string]int // executions whose result was lost, by type
}

var errLost = errors.New("the result was lost")

func (f *forgetful) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &forgetfulActivity{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, forgetful: f}
}

type forgetfulActivity struct {
	interceptor.ActivityInboundInterceptorBase
	forgetful *forgetful
}

func (a *forgetfulActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	result, err := a.Next.ExecuteActivity(ctx, in)
	info := activity.GetInfo(ctx)
	kind := info.ActivityType.Name
	if err != nil || info.Attempt > 1 || !a.forgetful.types[kind] {
		return result, err
	}
	a.forgetful.mu.Lock()
	defer a.forgetful.mu.Unlock()
	a.forgetful.lost[kind]++
	return nil, errLost
}

func TestT02_EveryActivityExecutedTwice(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	options := s.options
	options.Idle = true
	groups := map[string][]string{
		"every second activity": {
			string(order.StepReadShopOrder), string(order.StepFindContact), workflows.ActivityCreateContact, string(order.StepEnsureProduct),
			workflows.ActivityCreateCategory, string(order.StepCreateOrder), string(order.StepPostComment),
		},
		"the others": {
			string(order.StepReadCatalogue), string(order.StepFindProducts), string(order.StepEnsureContact), workflows.ActivityEnsureCategory,
			workflows.ActivityCreateProduct, string(order.StepAddItems), string(order.StepSetStatus),
		},
		"the rules": {workflows.ActivityAdvance},
	}
	for _, group := range slices.Collect(maps.Values(groups)) {
		groups["all"] = append(groups["all"], group...)
	}
	for name, steps := range groups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.open(t, options)
			loses := &forgetful{types: map[string]bool{}, lost: map[string]int{}}
			for _, step := range steps {
				loses.types[step] = true
			}
			w.StartWorkerWith(loses)
			s.place(w)
			w.AwaitSynced(sceneNumber)
			for _, step := range steps {
				assert.Positive(t, loses.lost[step], step)
			}
			assert.Equal(t, s.quiet(t), withoutRepetitions(accountOf(w), 1))
		})
	}
}

// A person's poll of RO App's order, executed twice.
func TestT02_OrderReadTwiceForAPerson(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	options := s.options
	options.Idle = true
	w := s.open(t, options)
	loses := &forgetful{types: map[string]bool{string(order.StepReadOrder): true}, lost: map[string]int{}}
	w.StartWorkerWith(loses)
	s.place(w)
	w.AwaitSynced(sceneNumber)
	before := accountOf(w)
	w.ByHand(sceneNumber)
	w.Await(sceneNumber, func(v testenv.Order) string {
		if v.Roapp.Total == nil {
			return "RO App's total is not known"
		}
		return ""
	})
	assert.Equal(t, 1, loses.lost[string(order.StepReadOrder)])
	assertQuiet(t, before, w)
}
