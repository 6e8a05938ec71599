package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// old is the scene of an order that was placed so long ago that a restored
// database may have forgotten its import.
func (s scene) old(t *testing.T) scene {
	t.Helper()
	placed, err := time.Parse("2006-01-02 15:04:05", s.created)
	require.NoError(t, err)
	s.created = placed.Add(-30 * time.Minute).Format("2006-01-02 15:04:05")
	return s
}

// importedAfterABackup imports the scene's order after a backup of Temporal's database, and
// stops the worker. What it gives restores the backup and starts a worker.
func importedAfterABackup(t *testing.T) (w *testenv.Env, imported testenv.RoappOrder, restore func()) {
	t.Helper()
	s := sceneByArticle().old(t)
	database := testenv.NewDatabase(t)
	o := s.options
	o.Server, o.Idle = database.Server, true
	w = s.open(t, o)
	worker := w.StartWorker()
	before := database.Backup()
	w.AwaitServer()
	s.place(w)
	_, imported = w.AwaitSynced(sceneNumber)
	worker.Stop()
	return w, imported, func() {
		database.Restore(before)
		w.AwaitServer()
		w.StartWorker()
	}
}

// Temporal's database is restored to before the import. A person's import links what
// exists in RO App.
func TestF04_DatabaseRestoredToBeforeTheImport(t *testing.T) {
	t.Parallel()
	w, _, restore := importedAfterABackup(t)
	imported := accountOf(w)

	restore()
	w.ByHand(sceneNumber)
	view, _ := w.AwaitSynced(sceneNumber)
	assert.True(t, view.Roapp.Linked)
	assert.Equal(t, imported, withoutRepetitions(accountOf(w), 1))
}

// The next event does the same, after staff went on with the order: what they did
// stays.
func TestF04_DatabaseRestoredAfterStaffWentOn(t *testing.T) {
	t.Parallel()
	w, placed, restore := importedAfterABackup(t)
	w.Roapp.API("POST", "/v2/orders/"+itoa(placed.ID)+"/status", testenv.J{"status_id": 106, "comment": "waiting"}, nil)

	restore()
	w.Webhook(sceneNumber)
	view, _ := w.AwaitSynced(sceneNumber)
	assert.True(t, view.Roapp.Linked)
	got := accountOf(w)

	require.Len(t, got.Orders, 1)
	assert.Len(t, got.Orders[0].Items, 3)
	assert.Equal(t, int64(106), got.Orders[0].Status)
}

// The backup was applied the middle of the import, which went on afterwards. The
// customer and the products are known: what the exchange itself searched for in
// vain, it believes to be absent for ten minutes.
func TestF04_DatabaseRestoredToTheMiddleOfTheImport(t *testing.T) {
	t.Parallel()
	for name, paused := range map[string]request{
		"contact found":   {match: "GET /products", endpoint: "GET /products", times: 1},
		"order started":   {match: "POST /v2/orders", endpoint: createOrder, times: 1},
		"two lines added": {match: "POST /v2/orders/*/items", endpoint: addItem, times: 3},
		"lines are there": {match: "POST /v2/orders/*/comments", endpoint: postComment, times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sceneByArticle().old(t)
			database := testenv.NewDatabase(t)
			o := s.options
			o.Server, o.Idle, o.RequestTimeout = database.Server, true, 10*time.Second
			w := s.open(t, o)
			w.Roapp.Switch("search-lag", "0s")
			w.Roapp.Create("people", testenv.J{"first_name": "Anna", "last_name": "Nowak", "phones": []string{"+48501234567"}})
			w.Roapp.Create("products", testenv.J{"title": "Wazon szklany", "article": "N-1"})
			paused.spoil(w, testenv.Fault{Kind: "slow", Delay: "5s"})
			worker := w.StartWorker()
			s.place(w)
			paused.await(w)
			middle := database.Backup()
			w.AwaitSynced(sceneNumber)
			worker.Stop()
			imported := withoutRepetitions(accountOf(w), 1)

			database.Restore(middle)
			w.AwaitServer()
			w.StartWorker()
			w.AwaitSynced(sceneNumber)
			assert.Equal(t, imported, withoutRepetitions(accountOf(w), 2))
		})
	}
}
