package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/workflows"
)

// An endpoint that RO App does not offer any more makes the account red at once,
// with one finding, while its changes are collected as usual. It is green again
// once the endpoint is back.
func TestAccountIsRedWhileAnEndpointIsMissing(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	gone := true
	l.answer = func(_ int, in workflows.CollectInput) (workflows.Collected, error) {
		answer := collected()
		if gone {
			answer.Missing = in.Missing
		}
		return answer, nil
	}
	for range 50 {
		l.at(20*time.Second, func() { l.env.SignalWorkflow(workflows.SignalEndpointMissing, "GET /products/") })
	}
	red := func(v workflows.AccountView) bool { return v.Health.Red(l.env.Now(), l.start, time.Minute) }
	l.at(10*time.Second, func() { assert.False(t, red(l.view())) })
	l.at(21*time.Second, func() {
		view := l.view()
		assert.True(t, red(view))
		assert.Equal(t, "RO App no longer offers /products/", view.Health.Problem)
		assert.Equal(t, workflows.FailEndpointMissing, view.Health.Kind)
	})
	l.at(150*time.Second, func() {
		view := l.view()
		assert.True(t, red(view))
		assert.Equal(t, l.start.Add(20*time.Second), view.Health.FailingSince.UTC())
		assert.Equal(t, l.start.Add(2*time.Minute), view.Health.LastSuccess.UTC(), "changes are collected all the same")
		gone = false
	})
	l.at(190*time.Second, func() {
		view := l.view()
		assert.False(t, red(view))
		assert.Empty(t, view.Health.Problem)
	})
	l.live(5*time.Minute - time.Second)
	assert.Equal(t, seconds(0, 60, 120, 180, 240), l.asked)
	for i, want := range [][]string{nil, {"GET /products/"}, {"GET /products/"}, {"GET /products/"}, nil} {
		assert.Equal(t, want, l.inputs[i].Missing, "round %d", i)
	}
}

// A write cannot be tried without changing something: it counts as missing until no order has met it for long.
func TestMissingWriteIsForgottenAfterAWhile(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.at(20*time.Second, func() { l.env.SignalWorkflow(workflows.SignalEndpointMissing, "POST /v2/orders") })
	l.at(time.Hour, func() {
		assert.Equal(t, "RO App no longer offers POST /v2/orders", l.view().Health.Problem)
		l.env.SignalWorkflow(workflows.SignalEndpointMissing, "POST /v2/orders")
	})
	l.at(2*time.Hour, func() { assert.NotEmpty(t, l.view().Health.Problem) })
	l.at(2*time.Hour+15*time.Minute, func() { assert.Empty(t, l.view().Health.Problem) })
	l.live(3 * time.Hour)
	for _, in := range l.inputs {
		assert.Empty(t, in.Missing)
	}
}

// Two endpoints of one outage are one finding.
func TestMissingEndpointsAreOneFinding(t *testing.T) {
	t.Parallel()
	l := newAccountLife(t)
	l.answer = func(_ int, in workflows.CollectInput) (workflows.Collected, error) {
		answer := collected()
		answer.Missing = in.Missing
		return answer, nil
	}
	for _, endpoint := range []string{"POST /v2/contacts/people", "GET /products/"} {
		l.at(20*time.Second, func() { l.env.SignalWorkflow(workflows.SignalEndpointMissing, endpoint) })
	}
	l.at(100*time.Second, func() {
		assert.Equal(t, "RO App no longer offers /products/, POST /v2/contacts/people", l.view().Health.Problem)
	})
	l.live(2 * time.Minute)
}
