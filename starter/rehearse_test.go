package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

func TestRehearsedOrdersAreShownAndWritten(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	var lines, progress, table strings.Builder
	r := rehearsing{lines: &lines, progress: &progress, table: csv.NewWriter(&table), zone: zone}
	view := workflows.RehearsalView{
		Rehearsed: workflows.Rehearsed{ImportCounts: workflows.ImportCounts{Seen: 4}, PerSecond: 3}, Days: 2, AllDays: 5,
		Orders: []workflows.RehearsedOrder{
			{
				Number: 115, Created: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), As: workflows.RehearsedCreate, NewContact: "contact:main:x",
				NewProducts: []string{"product:main:y"}, Found: 2, Requests: 9,
			},
			{Number: 116, As: workflows.RehearsedHeld, Hold: order.HoldMalformed, Field: "products[0].price", Requests: 1},
			{Number: 117, As: workflows.RehearsedLink, RoappOrder: "Z00012", Requests: 6},
			{Number: 118, As: workflows.RehearsedKnown},
		},
	}
	require.NoError(t, r.show(view))
	require.NoError(t, r.show(workflows.RehearsalView{Days: 2, AllDays: 5}), "nothing new")
	assert.Equal(t, `     115  create   contact new, products: 2 found, 1 new, 9 requests
     116  held     malformed: products[0].price, 1 requests
     117  link     RO App has it as Z00012, 6 requests
     118  known    `+"\n", lines.String())
	assert.Equal(t, "days 2 of 5, orders: 4\n", progress.String())
	assert.Equal(t, `115,2026-11-02 10:00:00,create,,,,new,2,1,9,3.0
116,,held,malformed,products[0].price,,,0,0,1,0.3
117,,link,,,Z00012,,0,0,6,2.0
118,,known,,,,,0,0,0,0.0
`, table.String())
}

func TestAPersonRehearses(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Unlimited: true, Since: time.Now().Format(time.DateOnly), RoappSwitches: map[string]string{"search-lag": "0s"}})
	p := newPerson(t, w)
	w.Cartum.PutOrder(1, testenv.J{"stat_created": time.Now().AddDate(0, 0, -5).Format(time.DateTime)})
	w.Cartum.PutOrder(2, testenv.J{"stat_created": time.Now().AddDate(0, 0, -6).Format(time.DateTime), "delivery_phone": ""})
	path := filepath.Join(t.TempDir(), "orders.csv")
	out, code := p.types("rehearse", "--shop", w.Shop, "--csv", path)
	require.Zero(t, code, out)
	assert.Regexp(t, `1\s+create\s+contact new, products: 0 found, 1 new, \d+ requests\n`, out)
	assert.Regexp(t, `2\s+held\s+no-customer`, out)
	assert.Regexp(t, `would be imported\s+1\n`, out)
	assert.Regexp(t, `would wait for somebody, no-customer\s+1\n`, out)
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(written))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	assert.Equal(t, rehearsedColumns, rows[0])
	for _, request := range w.Roapp.Requests(100).List {
		assert.Equal(t, "GET", request.Method)
	}
	for _, wrong := range [][]string{{"--shop", "nobody"}, {}, {"--shop", w.Shop, "--from", "yesterday"}, {"--shop", w.Shop, "--csv", "/no/such/folder/orders.csv"}} {
		_, code = p.types(append([]string{"rehearse"}, wrong...)...)
		assert.Equal(t, 1, code, wrong)
	}
}
