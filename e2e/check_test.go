package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// awaitChecks waits until all were asked after a moment that the condition knows.
func awaitChecks(w *testenv.Env, condition func(service.Checks) string) service.Checks {
	w.T.Helper()
	var last service.Checks
	w.Eventually(testenv.Patience, func() string {
		last = w.Orders.Checks(w.T.Context())
		if last.Running() || last.Accounts["main"].At.IsZero() || last.Shops[w.Shop].At.IsZero() {
			return "being asked"
		}
		return condition(last)
	})
	return last
}

func TestCheck_RunsOnceByItselfAndGivesNames(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	assert.Equal(t, "101", w.Orders.Names(t.Context()).Roapp("main", 101), "nobody has asked yet")
	first := awaitChecks(w, func(service.Checks) string { return "" })
	names := w.Orders.Names(t.Context())
	assert.Equal(t, "New", names.Roapp("main", 101))
	assert.Equal(t, "W realizacji", names.Cartum(w.Shop, 2))
	assert.Equal(t, "999", names.Roapp("main", 999))
	assert.Equal(t, "999", names.Cartum(w.Shop, 999))
	report := first.Report(w.Settings, check.Words{})
	assert.Zero(t, check.Count(report, check.Problem), check.Text(report))
	assert.Contains(t, check.Text(report), `"W realizacji" becomes 102 "In progress"`)
	asked := w.Roapp.Requests(0).Total
	require.Equal(t, 13, asked, "one request for each list, and one that proves the key")

	// Another starter finds it and asks nothing.
	other := service.NewOrders(w.Temporal, index.New(w.Temporal), w.Namespace, settings.NewStore(w.Settings))
	assert.Equal(t, "New", other.Names(t.Context()).Roapp("main", 101))
	assert.Equal(t, asked, w.Roapp.Requests(0).Total)

	// A person asks again, and sees what is wrong by now.
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/company/employees", Kind: "status", Status: 403, Times: 9})
	require.NoError(t, w.Orders.Check(t.Context(), "anna"))
	last := awaitChecks(w, func(c service.Checks) string {
		if !c.Accounts["main"].At.After(first.Accounts["main"].At) {
			return "not asked again"
		}
		return ""
	})
	assert.Equal(t, "anna", last.Accounts["main"].By)
	assert.Contains(t, check.Text(last.Report(w.Settings, check.Words{})), "the key may not read employees")
	assert.Equal(t, "New", w.Orders.Names(t.Context()).Roapp("main", 101))
}
