package activities_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/activities"
	"github.com/cartumsync/cartumsync/internal/order"
)

// A kind of step is its definition among the rules and the activity that carries it
// out: who adds one and forgets the other sees it here.
func TestEachKindOfStepHasItsActivity(t *testing.T) {
	t.Parallel()
	for _, kind := range order.StepKinds() {
		method, exists := reflect.TypeFor[*activities.Activities]().MethodByName(string(kind))
		if !assert.True(t, exists, "no activity %s", kind) {
			continue
		}
		in, out := order.StepTypes(kind)
		signature := reflect.FuncOf(
			[]reflect.Type{reflect.TypeFor[*activities.Activities](), reflect.TypeFor[context.Context](), in},
			[]reflect.Type{out, reflect.TypeFor[error]()}, false)
		assert.Equal(t, signature, method.Type, "the activity %s", kind)
	}
}
