package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

func TestAPersonBeginsAnInitialImport(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Unlimited: true, Since: time.Now().Format(time.DateOnly), RoappSwitches: map[string]string{"search-lag": "0s"}})
	p := newPerson(t, w)
	w.Cartum.PutOrder(1, testenv.J{"stat_created": time.Now().AddDate(0, 0, -5).Format(time.DateTime)})
	w.Cartum.PutOrder(2, testenv.J{"stat_created": time.Now().AddDate(0, 0, -6).Format(time.DateTime), "delivery_phone": ""})

	out, code := p.types("initial-import", "--shop", w.Shop, "--dry-run")
	require.Zero(t, code, out)
	assert.Regexp(t, `would be imported\s+1\n`, out)
	assert.Regexp(t, `new contacts\s+1\n`, out)
	assert.Regexp(t, `would wait for somebody, no-customer\s+1\n`, out)
	assert.Zero(t, w.Roapp.Seen("POST /v2/orders"))

	out, code = p.types("initial-import", "--shop", w.Shop)
	require.Zero(t, code, out)
	assert.Contains(t, out, "days 60 of 60; orders seen 2, started 2")
	assert.Contains(t, out, "Done: orders seen 2, started 2")
	w.AwaitSynced(1)

	out, code = p.types("initial-import", "--shop", w.Shop, "--stop")
	require.Zero(t, code, out)

	for _, wrong := range [][]string{
		{"--shop", "nobody"},
		{},
		{"--shop", w.Shop, "--from", "yesterday"},
		{"--shop", w.Shop, "--from", "2026-02-02", "--to", "2026-02-01"},
		{"--shop", w.Shop, "--dry-run", "--stop"},
	} {
		_, code = p.types(append([]string{"initial-import"}, wrong...)...)
		assert.Equal(t, 1, code, wrong)
	}
}
