package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
)

func TestR03_APersonRefreshesSelectedOrders(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Unlimited: true, RoappSwitches: map[string]string{"search-lag": "0s"}})
	p := newPerson(t, w)
	w.Place(301, nil)
	w.Place(302, testenv.J{"delivery_phone": "601000222"})
	w.Place(303, testenv.J{"delivery_phone": ""})
	w.Place(304, testenv.J{"stat_status": 4})
	_, o := w.AwaitSynced(301)
	w.AwaitSynced(302)
	w.AwaitHeld(303, order.HoldNoCustomer)
	w.AwaitClosed(304)

	w.Cartum.Change(301, testenv.J{"products": []testenv.J{testenv.Line("A-1", "Róża czerwona", "12.50", "3")}})
	output, code := p.types("refresh", "--shop", "demo", "--order", "301,302", "--as", "Ola")
	require.Equal(t, 0, code, output)
	assert.Contains(t, output, "order:demo:301  quantity of A-1 in Cartum: 2 → 3; ")
	assert.Contains(t, output, "order:demo:302  nothing changed\n")

	output, code = p.types("refresh", "--shop", "demo", "--order", "301", "--order", "303")
	require.Equal(t, exitHeld, code, output)
	assert.Regexp(t, `order:demo:301  again from \d\d:\d\d \(in (9|10) min\)\n`, output)
	assert.Contains(t, output, "order:demo:303  on hold: The order has no usable phone")
	assert.Contains(t, output, "(in 30 s)")
	assert.Contains(t, output, "orders that were refused or wait: 2 of 2")

	output, code = p.types("refresh", "--shop", "demo", "--order", "301,304,999")
	assert.Equal(t, 1, code, output)
	assert.Contains(t, output, "order:demo:301  again from ")
	assert.Contains(t, output, "demo #304 is closed (cancelled in Cartum before it was imported); import it by hand to bring it back: starter import --shop demo --order 304")
	assert.Contains(t, output, "demo #999 is not known here")

	w.Roapp.WriteOff(o.ID)
	w.Edit(301, testenv.J{"products": []testenv.J{testenv.Line("A-1", "Róża czerwona", "12.50", "5")}})
	w.AwaitMark(301, order.WarnNotSynced)
	output, code = p.types("show", "--shop", "demo", "--order", "301")
	require.Equal(t, 0, code, output)
	output = strings.Join(strings.Fields(output), " ")
	assert.Regexp(t, `next refresh from \d{4}-\d\d-\d\d \d\d:\d\d`, output)
	assert.Contains(t, output, "Not synced LINE IN CARTUM IN RO APP a:A-1#1 5 x 12.50 3 x 12.50")
	assert.Contains(t, output, order.WarnNotSynced)
	assert.Contains(t, output, "Ola update requested")
}

func TestT09_RefreshThatRunsOnIsFollowed(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Unlimited: true, RequestTimeout: 2 * time.Second, RoappSwitches: map[string]string{"search-lag": "0s"}})
	p := newPerson(t, w)
	w.Place(311, nil)
	w.AwaitSynced(311)
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/orders/*", Kind: "hang", Times: 1000})
	output, code := p.types("refresh", "--shop", "demo", "--order", "311", "--wait", "90s")
	assert.Equal(t, exitHeld, code, output)
	assert.Contains(t, output, "order:demo:311  still runs, waits for: Read the order from RO App")
	assert.Contains(t, output, "on hold: RO App does not answer as it should")
}

func TestRefreshWithoutAWorker(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Idle: true})
	p := newPerson(t, w)
	w.Webhook(5)
	output, code := p.types("refresh", "--shop", "demo", "--order", "5")
	assert.Equal(t, 1, code, output)
	assert.Contains(t, output, "is a worker running?")
}

func TestRefreshInOneLine(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	now := time.Date(2026, 11, 1, 11, 33, 10, 0, time.UTC)
	for name, tc := range map[string]struct {
		answer service.Refreshed
		want   string
	}{
		"changes":        {service.Refreshed{State: service.RefreshDone, Changed: []flow.Message{{Code: "final-on-both-sides"}, {Code: "canceled"}}}, "final on both sides; canceled by an operator"},
		"nothing":        {service.Refreshed{State: service.RefreshDone, Next: now.Add(time.Hour)}, "nothing changed"},
		"too soon":       {service.Refreshed{State: service.RefreshTooSoon, Next: now.Add(6*time.Minute + 40*time.Second)}, "again from 12:40 (in 7 min)"},
		"at once":        {service.Refreshed{State: service.RefreshTooSoon, Next: now}, "was updated a moment ago; again from now on"},
		"waits":          {service.Refreshed{State: service.RefreshFailed, Problem: &flow.Message{Code: "hold", Params: map[string]string{"reason": "no-items"}}, Next: now.Add(20 * time.Second)}, "on hold: The order has no items.; again from 12:33:30 (in 20 s)"},
		"runs":           {service.Refreshed{State: service.RefreshRunning, Waits: []string{"Read the order from RO App"}}, "still runs, waits for: Read the order from RO App"},
		"nobody took it": {service.Refreshed{State: service.RefreshRunning}, "still runs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, refreshText(tc.answer, now, zone))
		})
	}
}
