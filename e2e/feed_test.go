package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// Webhooks say no more than that there is news: late, double and in any order
// they end the same.
func TestF19_WebhooksInAnyOrder(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Roapp.Switch("search-lag", "0s")
	paid := testenv.J{"products": roseAndVase("3", "1"), "stat_status": 2, "payed": 1}
	hook := func(fields testenv.J) {
		code, answer := w.PutWebhook(w.Shop, testenv.WebhookKey, jsonOf(t, fields))
		assert.Equal(t, 204, code, answer)
	}
	created := func(n int64) testenv.J { return with(w.Cartum.Order(n, nil), testenv.J{"order_id": n}) }
	update := func(n int64) testenv.J { return testenv.J{"order_id": n, "user": 99, "stat_status": 2} }
	paidEvent := func(n int64) testenv.J { return testenv.J{"order_id": n, "payed": 1} }
	for number, events := range map[int64][]func(int64) testenv.J{
		1: {created, update, paidEvent},
		2: {update, created, paidEvent},
		3: {paidEvent, paidEvent, update, created, created},
		4: {paidEvent},
	} {
		w.Cartum.PutOrder(number, paid)
		for _, event := range events {
			hook(event(number))
		}
	}
	states := map[int64]workOrder{}
	for number := int64(1); number <= 4; number++ {
		w.AwaitSynced(number)
		hook(created(number)) // the first one comes again, late
		view := awaitRest(w, number, func(testenv.Order) string { return "" })
		state := workOrderOf(w.Roapp.Order(view.Roapp.ID), "")
		delete(state.Fields, "f102")
		delete(state.Fields, "f103")
		state.Manager, state.Comments = 0, state.Comments[:1]
		state.Comments[0] = ""
		states[number] = state
	}
	assert.Len(t, w.Roapp.Orders(), 4)
	assert.Len(t, w.Roapp.People(), 1)
	for number := int64(2); number <= 4; number++ {
		assert.Equal(t, states[1], states[number])
	}

	// An older event after a newer state takes nothing back.
	_, o := w.AwaitSynced(1)
	w.Edit(1, testenv.J{"products": roseAndVase("4", "1"), "stat_status": 6})
	awaitItems(w, o.ID, "A-1 x 4 at 12.5", "B-1 x 1 at 30")
	hook(update(1))
	hook(created(1))
	awaitRest(w, 1, total("80"))
	assert.Equal(t, []string{"A-1 x 4 at 12.5", "B-1 x 1 at 30"}, items(w.Roapp.Order(o.ID)))
	assert.Equal(t, int64(105), w.Roapp.Order(o.ID).Status.ID)
}

func jsonOf(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}
