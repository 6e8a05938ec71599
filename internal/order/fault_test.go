package order_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// An event that a defect keeps from being applied is kept, holds the order, and is
// applied by a release that can.
func TestEventOfAKindThatNobodyKnowsIsKept(t *testing.T) {
	t.Parallel()
	l := imported(t)
	unknown := flow.Event{Kind: "of-a-later-release", At: l.now, Payload: json.RawMessage(`{"A":1}`)}
	l.advance(unknown)
	hold := l.holds(order.HoldInternalError)
	assert.Contains(t, hold.Params["message"], "of-a-later-release")
	assert.Equal(t, []flow.Event{unknown}, l.state.Failed)
	assert.False(t, l.last.Wake.IsZero(), "it retries by itself")
	assert.Equal(t, "internal-error", *l.last.Attributes.HoldReason)

	l.now = l.last.Wake
	l.report(flow.EventTimer, nil)
	assert.Equal(t, []flow.Event{unknown}, l.state.Failed, "nothing is lost at the retry")
	again := l.holds(order.HoldInternalError)
	assert.True(t, again.NextRetry.After(l.now))
	assert.Len(t, l.noted("held"), 1, "noted once")
}

// A good event that comes with a bad one is applied all the same.
func TestGoodEventBesideABadOneIsTakenIn(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.shop.Delivery.Address = "ul. Długa 2"
	snapshot, digest := l.read()
	payload, err := json.Marshal(order.ChangeNotice{At: l.now, By: order.OriginSweep, Snapshot: snapshot, Digest: digest})
	require.NoError(t, err)
	l.advance(flow.Event{Kind: "unknown", At: l.now}, flow.Event{Kind: order.SignalShopOrderChanged, At: l.now, Payload: payload})
	l.holds(order.HoldInternalError)
	assert.Equal(t, "ul. Długa 2", l.state.Snapshot.Delivery.Address)
	assert.Len(t, l.state.Failed, 1)
}

func TestGarbageInASignalIsNotedAndHoldsNothing(t *testing.T) {
	t.Parallel()
	for _, garbage := range []flow.Event{
		{Kind: order.SignalDecide, Payload: json.RawMessage(`[1,2]`)},
		{Kind: order.SignalShopOrderChanged, Payload: json.RawMessage(`"garbage"`)},
		{Kind: order.SignalWrittenOff, Payload: json.RawMessage(`{"At":"yesterday"}`)},
		{Kind: order.SignalStatusChanged, Payload: json.RawMessage(`{"Total":{}}`)},
		{Kind: order.SignalSettings, Payload: json.RawMessage(`not JSON`)},
		{Kind: order.SignalDecide, Payload: []byte{0xff, 0}},
	} {
		l := imported(t)
		garbage.At = l.now
		l.advance(garbage)
		assert.Nil(t, l.state.Hold, garbage.Kind)
		noted := l.noted("undecodable")
		require.Len(t, noted, 1, garbage.Kind)
		assert.Equal(t, garbage.Kind, noted[0].Params["signal"])
		assert.Empty(t, l.state.Failed)
	}
}

// A step's answer that cannot be read ends the step, is kept, and holds the order.
func TestAnswerThatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	l := received(t)
	l.end(order.StepReadShopOrder, []int{1})
	l.holds(order.HoldInternalError)
	assert.Len(t, l.state.Failed, 1)
	assert.Empty(t, l.kinds())
}

// A creation at the end of all time is a problem of the order, not of the workflow.
func TestOrderOfTheYear9999(t *testing.T) {
	t.Parallel()
	l := received(t, func(l *life) { l.shop.Created = time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -5*3600)) })
	l.settle()
	assert.Equal(t, order.SyncSynced, l.state.SyncState(), "%+v", l.state.Hold)
	require.False(t, l.last.Wake.IsZero())
	assert.Less(t, l.last.Wake.Year(), 2100)
	l.wait(l.now.Add(400 * day))
	assert.Nil(t, l.state.Hold)
}

// A time that cannot be recorded is found before it is recorded.
func TestTimeThatCannotBeRecordedHoldsTheOrder(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.state.Order.At = time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC)
	state, commands := order.Advance(l.state, nil, nil, l.rules, l.now)
	require.NotNil(t, state.Hold)
	assert.Equal(t, order.HoldInternalError, state.Hold.Reason)
	assert.Empty(t, commands.Start)
}

func TestPanicOfTheRulesHoldsTheOrder(t *testing.T) {
	t.Parallel()
	l := received(t)
	l.rules.KnownProduct = func(order.ProductKey) (order.Product, bool) { panic("a defect") }
	l.answer(order.StepReadShopOrder)
	hold := l.holds(order.HoldInternalError)
	assert.Contains(t, hold.Params["message"], "a defect")
	assert.NotContains(t, hold.Params["message"], "goroutine")
	assert.Empty(t, l.kinds())
	l.now = l.last.Wake
	l.rules.KnownProduct = nil // a release that can
	l.report(flow.EventTimer, nil)
	l.settle()
	assert.Equal(t, order.SyncSynced, l.state.SyncState(), "%+v", l.state.Hold)
	assert.Empty(t, l.state.Failed)
}

// Nothing that a service answers makes an order ask it without end.
func TestStepThatChangesNothingIsNotRepeatedWithoutEnd(t *testing.T) {
	t.Parallel()
	l := received(t)
	l.answer(order.StepReadShopOrder)
	for range 300 {
		if len(l.running) == 0 {
			break
		}
		if kinds := l.kinds(); kinds[0] == order.StepFindProducts {
			l.end(kinds[0], order.ProductsFound{}) // with neither a time nor products
			continue
		}
		l.answer(l.kinds()[0])
	}
	hold := l.holds(order.HoldInternalError)
	assert.Equal(t, "loop", hold.Variant)
	assert.Less(t, len(l.starts), 100)
	assert.Empty(t, l.kinds())
}

func TestResetRunLooksBeforeItCreates(t *testing.T) {
	t.Parallel()
	l := received(t)
	l.advance(l.event(flow.EventReset, flow.Reset{RunID: "second"}))
	l.settleUntil(order.StepCreateOrder)
	precheck := in[order.CreateOrder](l, order.StepCreateOrder).Precheck
	assert.True(t, precheck.Needed())
	assert.NotNil(t, precheck.Lost, "what was created a moment ago may not be listed yet")
	l.advance(l.event(flow.EventReset, flow.Reset{RunID: "second"}))
	assert.Len(t, l.noted("workflow-reset"), 1, "known once")
}

func (l *life) event(kind string, payload any) flow.Event {
	text, err := json.Marshal(payload)
	require.NoError(l.t, err)
	return flow.Event{Kind: kind, At: l.now, Payload: text}
}

func TestCanceledOrderWithdrawsAndEnds(t *testing.T) {
	t.Parallel()
	l := received(t)
	l.starting(order.StepReadShopOrder)
	l.advance(flow.Event{Kind: flow.EventCancelRequested, At: l.now})
	assert.Equal(t, []string{"ReadShopOrder"}, l.last.Withdraw)
	assert.Empty(t, l.last.Start)
	l.answer(order.StepReadShopOrder)
	require.NotNil(t, l.last.Close)
	assert.True(t, l.last.Close.Canceled)
	assert.Empty(t, l.kinds())
}

func TestEndingRunWithdrawsAndStartsNothing(t *testing.T) {
	t.Parallel()
	l := received(t)
	l.starting(order.StepReadShopOrder)
	l.advance(flow.Event{Kind: flow.EventRunEnding, At: l.now})
	assert.Equal(t, []string{"ReadShopOrder"}, l.last.Withdraw)
	assert.Empty(t, l.last.Start)

	l = imported(t)
	payload := l.event(order.SignalShopOrderChanged, order.ChangeNotice{At: l.now, By: order.OriginWebhook})
	l.advance(payload, flow.Event{Kind: flow.EventRunEnding, At: l.now})
	assert.Empty(t, l.kinds(), "nothing is started")
	l.advance() // the next run
	assert.Equal(t, []order.StepKind{order.StepReadShopOrder}, l.kinds(), "nothing is forgotten")
}

// The account refuses or loses everything: what failed is started again only after
// pauses that grow.
func TestStepThatFailsForEverIsStartedSeldom(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]order.Failure{
		"malformed":   {Kind: order.FailMalformed, Text: "x", Field: "log", Definite: true},
		"unreachable": {Kind: order.FailUnreachable, Text: "x"},
		"throttled":   {Kind: order.FailThrottled, Text: "x"},
		"rejected":    {Kind: order.FailRejected, Text: "x", Definite: true},
		"credentials": {Kind: order.FailCredentials, Text: "x", Definite: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := imported(t)
			l.now = noon.Add(time.Hour)
			l.failing = &failure
			l.listed(103)
			l.changed(func(o *order.Snapshot) {
				setQuantity(o, 3)
				o.Delivery.Address = "ul. Długa 2"
			})
			l.failAll()
			l.passes, l.starts = 0, nil
			for hour := range 24 {
				starts, passes := len(l.starts), l.passes
				until := noon.Add(time.Hour + time.Duration(hour+1)*time.Hour)
				for l.wakes() && !l.last.Wake.After(until) {
					l.now = latest(l.now, l.last.Wake)
					l.last.Wake = time.Time{}
					l.report(flow.EventTimer, nil)
					l.failAll()
				}
				l.now = until
				assert.LessOrEqual(t, len(l.starts)-starts, 20, "hour %d", hour)
				assert.LessOrEqual(t, l.passes-passes, 60, "hour %d", hour)
			}
		})
	}
}

// failAll fails all steps until none runs.
func (l *life) failAll() {
	l.t.Helper()
	for range 200 {
		steps := l.runningSteps()
		if len(steps) == 0 {
			return
		}
		failure := *l.failing
		failure.Side = order.SideRoapp
		if steps[0].Side == string(order.SideCartum) {
			failure.Side = order.SideCartum
		}
		l.fail(order.StepKind(steps[0].Kind), failure)
	}
	require.FailNow(l.t, "it fails without an end", "running: %v", l.kinds())
}

// Steps fail at random, each in some way, and in between they succeed: an order that is
// being imported, and one that changes, ask the services seldom and record little.
func TestRandomFailuresOfRandomStepsAreBounded(t *testing.T) {
	t.Parallel()
	seeds := uint64(200)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			l := received(t)
			if seed%2 == 0 {
				l = imported(t)
			}
			l.now = noon.Add(time.Hour)
			// Some kinds of steps fail always, others now and then.
			often := map[string]int{}
			endings := func() {
				for range 400 {
					steps := l.runningSteps()
					if len(steps) == 0 {
						return
					}
					step := steps[random.IntN(len(steps))]
					if _, drawn := often[step.Kind]; !drawn {
						often[step.Kind] = []int{0, 50, 90, 100}[random.IntN(4)]
					}
					if random.IntN(100) >= often[step.Kind] {
						l.answer(order.StepKind(step.Kind))
						continue
					}
					failure := []order.Failure{
						{Kind: order.FailMalformed, Field: "log", Definite: true},
						{Kind: order.FailUnreachable},
						{Kind: order.FailThrottled, Definite: true},
						{Kind: order.FailRejected, Definite: true},
						{Kind: order.FailCredentials, Definite: true},
						{Kind: order.FailGone, Definite: true},
						{Kind: order.FailMissingRight, Definite: true},
					}[random.IntN(7)]
					failure.Text, failure.Side = "x", order.Side(step.Side)
					l.fail(order.StepKind(step.Kind), failure)
				}
				require.FailNow(t, "it goes on without an end", "running: %v", l.kinds())
			}
			if seed%2 == 0 {
				l.listed(103)
				l.changed(func(o *order.Snapshot) { setQuantity(o, 3); o.Delivery.Address = "ul. Długa 2" })
			}
			endings()
			for hour := range 48 {
				starts, passes := len(l.starts), l.passes
				until := noon.Add(time.Hour + time.Duration(hour+1)*time.Hour)
				for l.wakes() && !l.last.Wake.After(until) {
					l.now = latest(l.now, l.last.Wake)
					l.last.Wake = time.Time{}
					l.report(flow.EventTimer, nil)
					endings()
				}
				l.now = until
				assert.LessOrEqual(t, len(l.starts)-starts, 25, "requests in hour %d, failing %v", hour, often)
				assert.LessOrEqual(t, l.passes-passes, 60, "answers of the rules in hour %d, failing %v", hour, often)
			}
		})
	}
}
