package activities

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// undecodable counts signals that cannot be read.
type undecodable struct {
	noCounter
	shops []string
}

func (u *undecodable) UndecodableSignal(shop string) { u.shops = append(u.shops, shop) }

// state is that of a new order, as it stands in a history.
func state(t *testing.T, key order.Key) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(order.NewState(key, order.OriginSweep, time.Now()))
	require.NoError(t, err)
	return text
}

func TestRulesAnswerToWhatHappened(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	counter := new(undecodable)
	s.a.CountWith(counter)
	key := order.Key{Shop: "demo", Number: 115}
	notice, err := json.Marshal(order.ChangeNotice{At: time.Now(), By: order.OriginSweep})
	require.NoError(t, err)
	in := flow.AdvanceInput{
		State: state(t, key), Now: time.Now(), Run: "run", OriginalRun: "run",
		Events: []flow.Event{{Kind: order.SignalShopOrderChanged, At: time.Now(), Payload: notice}},
	}
	answer := done[flow.AdvanceResult](s, s.a.Advance, in)
	require.Len(t, answer.Commands.Start, 1)
	step := answer.Commands.Start[0]
	assert.Equal(t, string(order.StepReadShopOrder), step.Kind)
	assert.Equal(t, engine.CartumQueue("demo"), step.TaskQueue)
	assert.NotEmpty(t, answer.Patch)

	in.Events = []flow.Event{{Kind: order.SignalShopOrderChanged, At: time.Now(), Payload: []byte("{")}}
	done[flow.AdvanceResult](s, s.a.Advance, in)
	assert.Equal(t, []string{"demo"}, counter.shops)

	in.State, in.Events = state(t, order.Key{Shop: "gone", Number: 115}), []flow.Event{{Kind: order.SignalShopOrderChanged, At: time.Now(), Payload: notice}}
	answer = done[flow.AdvanceResult](s, s.a.Advance, in)
	require.NotNil(t, answer.Commands.Attributes)
	assert.Equal(t, string(order.HoldUnknownShop), *answer.Commands.Attributes.HoldReason)

	in.State = json.RawMessage(`"not a state"`)
	_, err = do[flow.AdvanceResult](s, s.a.Advance, in)
	require.ErrorContains(t, err, "read the state of an order")
}

// An order that an operator has reset does not trust what its state says of RO App.
func TestResetIsReportedOnce(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	in := flow.AdvanceInput{State: state(t, order.Key{Shop: "demo", Number: 115}), Now: time.Now(), Run: "second", OriginalRun: "first"}
	answer := done[flow.AdvanceResult](s, s.a.Advance, in)
	assert.Contains(t, string(answer.Patch), `"second"`)
	in.State = merge(t, in.State, answer.Patch)
	answer = done[flow.AdvanceResult](s, s.a.Advance, in)
	assert.NotContains(t, string(answer.Patch), `"second"`)
}

// merge adds the patch's top fields to the state.
func merge(t *testing.T, state, patch json.RawMessage) json.RawMessage {
	t.Helper()
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(state, &all))
	require.NoError(t, json.Unmarshal(patch, &all))
	text, err := json.Marshal(all)
	require.NoError(t, err)
	return text
}

// What one order has found, the next one need not ask for.
func TestFoundProductIsKnownToTheNextOrder(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	red := order.Product{ID: 7, Title: "Rose", Article: "A"}
	s.a.learn("main", map[order.ProductKey]order.ProductState{
		order.ArticleKey("A"): {LookedUpAt: time.Now(), Found: []order.Product{red}},
		order.ArticleKey("B"): {LookedUpAt: time.Now(), Found: []order.Product{red, red}},
		order.ArticleKey("C"): {LookedUpAt: time.Now().Add(-time.Hour), Found: []order.Product{red}},
	})
	s.a.learn("gone", map[order.ProductKey]order.ProductState{order.ArticleKey("D"): {LookedUpAt: time.Now(), Found: []order.Product{red}}})
	fresh := order.NewState(order.Key{Shop: "demo", Number: 115}, order.OriginSweep, time.Now())
	known := s.a.rulesOf(&fresh).KnownProduct
	found, ok := known(order.ArticleKey("A"))
	assert.True(t, ok)
	assert.Equal(t, red, found)
	for _, other := range []string{"B", "C", "D"} {
		_, ok := known(order.ArticleKey(other))
		assert.False(t, ok, other)
	}
}

func TestQueueOfAStep(t *testing.T) {
	t.Parallel()
	for side, queue := range map[order.Side]string{
		order.SideCartum: engine.CartumQueue("x"), order.SideRoapp: engine.RoappQueue("x"), order.SideEnsure: engine.EnsureQueue,
	} {
		assert.Equal(t, queue, queueOf(flow.Step{Side: string(side), Queue: "x"}), side)
	}
}
