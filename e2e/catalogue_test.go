package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

func accountHealth(w *testenv.Env) (view workflows.HealthView) {
	w.T.Helper()
	answer, err := w.Temporal.QueryWorkflow(w.T.Context(), workflows.AccountID("main"), "", workflows.QueryHealth)
	require.NoError(w.T, err)
	require.NoError(w.T, answer.Get(&view))
	return view
}

// The same orders are imported through the v2 catalogue alone, and where creates are answered with nothing.
func TestMainScenariosWithTheLegacyCatalogueGone(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"legacy-catalogue": "410", "create-answer": "empty"}})
	newMainScenarios(w).run(t)
}

// With no catalogue at all orders wait as for a service that is down, the account is red with one finding, and both are over
// by themselves once RO App offers one again.
func TestMissingCatalogueIsAnOutageOfTheAccount(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"legacy-catalogue": "404", "v2-catalogue": "404"}})
	w.Place(1, nil)
	w.Place(2, nil)
	w.AwaitHeld(1, order.HoldUnreachable)
	w.AwaitHeld(2, order.HoldUnreachable)
	pollNow(w)
	w.Eventually(testenv.Patience, func() string {
		if now := accountHealth(w); !now.RedAt(time.Now(), time.Hour) || now.Health.Problem != "RO App no longer offers /products/" {
			return "the account is not red: " + now.Health.Problem
		}
		return ""
	})
	assert.Empty(t, w.Roapp.Orders())
	w.Roapp.Switch("v2-catalogue", "yes")
	pollNow(w)
	w.Eventually(testenv.Patience, func() string {
		if now := accountHealth(w); now.RedAt(time.Now(), time.Hour) {
			return "still red: " + now.Health.Problem
		}
		return ""
	})
	w.AwaitSynced(1)
	w.AwaitSynced(2)
}
