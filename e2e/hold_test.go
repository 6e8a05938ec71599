package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

func TestR04_MissingPermissionHoldsTheOrderUntilItIsGiven(t *testing.T) {
	t.Parallel()
	for _, refusal := range []string{"403", "400"} {
		t.Run(refusal, func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"missing-right": refusal, "search-lag": "0s"}})
			// One product is found in RO App, the other is made.
			w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "R-1"})
			w.Place(1, with(testenv.J{"stat_status": 2}, lines(testenv.Line("R-1", "Róża", "12.50", "2"), testenv.Line("R-2", "Lilia", "9", "1"))))
			view := w.AwaitHeld(1, order.HoldMissingRight)
			assert.Contains(t, view.Hold.Text, "can add products without deduction", "RO App's own words")
			assert.Contains(t, view.Hold.Remedy, `"Can add products without deduction"`)
			assert.Equal(t, 1, strings.Count(timelineText(view), "held reason"), "two refused lines are one hold")
			require.Len(t, w.Roapp.Orders(), 1)
			assert.Equal(t, int64(101), w.Roapp.Orders()[0].Status.ID, "no half order looks finished")

			w.Roapp.Switch("missing-right", "none")
			w.Decide(1, order.Decision{Kind: order.DecideRetry})
			view, o := w.AwaitSynced(1)
			assert.Equal(t, []imported{{"R-1", "Róża", "2", "12.5"}, {"R-2", "Lilia", "1", "9"}}, importedLines(o))
			assert.Equal(t, int64(102), o.Status.ID)
			assert.Empty(t, markCodes(view))
			assert.Len(t, w.Roapp.Orders(), 1)
		})
	}
}

func TestR04_MissingPermissionOfOneOrderStopsNoOther(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders/*/items", Kind: "status", Status: 403, Body: `{"message":"No right: can add products without deduction"}`})
	w.Place(1, nil)
	w.AwaitHeld(1, order.HoldMissingRight)
	w.Place(2, nil)
	w.AwaitSynced(2)
}

func TestHoldEndsByItselfWhenTheShopCorrectsTheOrder(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, testenv.J{"currency": "EUR", "delivery_phone": "", "products": []testenv.J{}})
	w.AwaitHeld(1, order.HoldCurrency)
	w.Place(1, testenv.J{"delivery_phone": "", "products": []testenv.J{}})
	assert.Equal(t, "products", w.AwaitHeld(1, order.HoldNoItems).Hold.Field)
	w.Place(1, testenv.J{"delivery_phone": ""})
	w.AwaitHeld(1, order.HoldNoCustomer)
	w.Place(1, nil)
	w.AwaitSynced(1)
	assert.Equal(t, []string{"1"}, numbers(w))
}

func TestContactMergedWhileTheOrderIsHeldIsFoundAgain(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"product-create": "403", "search-lag": "0s"}})
	w.Place(1, nil)
	w.AwaitHeld(1, order.HoldProductNotCreated)
	w.Eventually(testenv.Patience, func() string {
		if len(w.Roapp.People()) == 0 {
			return "the contact is not made yet"
		}
		return ""
	})
	w.Roapp.API("DELETE", "/v2/contacts/people/"+itoa(w.Roapp.People()[0].ID), nil, nil)
	merged := w.Roapp.Create("people", testenv.J{"first_name": "Anna", "phones": []string{"501234567"}})
	w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "A-1"})
	w.Decide(1, order.Decision{Kind: order.DecideRetry})
	w.AwaitHeld(1, order.HoldRejected)
	w.Decide(1, order.Decision{Kind: order.DecideRetry})
	_, o := w.AwaitSynced(1)
	assert.Equal(t, merged, o.Client.ID)
}

func TestF18_ChangeOfAHeldHalfOrderComesAlong(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"missing-right": "403"}})
	w.Place(1, lines(testenv.Line("R-1", "Róża", "12.50", "2")))
	w.AwaitHeld(1, order.HoldMissingRight)
	w.Roapp.Switch("missing-right", "none")
	w.Place(1, lines(testenv.Line("R-1", "Róża", "12.50", "3"), testenv.Line("L-1", "Lilia", "9", "1")))
	_, o := w.AwaitSynced(1)
	assert.Equal(t, []imported{{"L-1", "Lilia", "1", "9"}, {"R-1", "Róża", "3", "12.5"}}, importedLines(o))
	assert.Len(t, w.Roapp.Orders(), 1)
	assert.Contains(t, theComment(t, o), "46,50 PLN")
}

func TestF19_EventBeforeTheShopShowsTheOrder(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Webhook(1)
	hold := w.AwaitHeld(1, order.HoldNotInShop).Hold
	assert.NotEmpty(t, hold.Remedy)
	w.Place(1, nil)
	w.AwaitSynced(1)
}
