package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

func TestR31_ChoiceBetweenContactsIsRemembered(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Roapp.Create("people", testenv.J{"first_name": "Ewa", "phones": []string{"501234567"}})
	ola := w.Roapp.Create("people", testenv.J{"first_name": "Ola", "phones": []string{"501234567"}})
	w.Place(1, nil)
	w.AwaitHeld(1, order.HoldAmbiguousContact)
	w.Decide(1, order.Decision{Kind: order.DecideContact, ContactID: ola})
	w.Decide(1, order.Decision{Kind: order.DecideContact, ContactID: ola}) // sent twice
	w.AwaitSynced(1)

	w.Place(2, nil)
	view, o := w.AwaitSynced(2)
	assert.Equal(t, ola, o.Client.ID)
	assert.Contains(t, timelineText(view), fmt.Sprintf("choice-recalled by=warehouse id=%d", ola))

	// Who was remembered is gone, and a third one has come.
	w.Roapp.API("DELETE", "/v2/contacts/people/"+itoa(ola), nil, nil)
	w.Roapp.Create("people", testenv.J{"first_name": "Iga", "phones": []string{"501234567"}})
	w.Place(3, nil)
	view = w.AwaitHeld(3, order.HoldAmbiguousContact)
	assert.NotContains(t, choiceIDs(view.Hold), ola)
	assert.Contains(t, timelineText(view), "choice-outdated by=warehouse")
}

func TestR21_ChoiceBetweenProductsIsRemembered(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "R-1"})
	chosen := w.Roapp.Create("products", testenv.J{"title": "Róża, stara", "article": "R-1"})
	w.Place(1, lines(testenv.Line("R-1", "Róża", "12.50", "2")))
	w.AwaitHeld(1, order.HoldAmbiguousProduct)
	w.Decide(1, order.Decision{Kind: order.DecideProduct, ProductID: chosen})
	w.AwaitSynced(1)
	w.Place(2, lines(testenv.Line("R-1", "Róża", "12.50", "1")))
	view, o := w.AwaitSynced(2)
	require.Len(t, o.Items, 1)
	assert.Equal(t, chosen, o.Items[0].Entity.ID)
	assert.Contains(t, timelineText(view), fmt.Sprintf("choice-recalled by=warehouse id=%d product=R-1", chosen))
}

// staffsOrder is an order that staff made by hand, with two roses.
func staffsOrder(w *testenv.Env) (id, contact int64) {
	contact = w.Roapp.Create("people", testenv.J{"first_name": "Ewa"})
	rose := w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "A-1"})
	var made struct {
		ID int64 `json:"id"`
	}
	w.Roapp.API("POST", "/v2/orders", testenv.J{"branch_id": 12, "order_type_id": 34, "client_id": contact, "manager_notes": "by phone"}, &made)
	w.Roapp.AddItem(made.ID, rose, "2", "12.50")
	return made.ID, contact
}

func TestAnOrderThatStaffCreatedIsLinked(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Second: true, RoappSwitches: noLag}) // with a marker in the notes
	id, contact := staffsOrder(w)
	w.Place(1, with(testenv.J{"delivery_phone": ""}, lines(testenv.Line("A-1", "Róża", "12.50", "2"))))
	w.AwaitHeld(1, order.HoldNoCustomer)
	assert.Equal(t, "no-such-order", w.Refused(1, order.Decision{Kind: order.DecideLink, OrderID: 999_999}).Unfit)

	w.Decide(1, order.Decision{Kind: order.DecideLink, OrderID: id})
	view, o := w.AwaitSynced(1)
	assert.Equal(t, id, o.ID)
	assert.Equal(t, contact, o.Client.ID)
	assert.Len(t, o.Items, 1, "what is there is not added again")
	assert.Contains(t, timelineText(view), "order-linked")
	assert.NotEmpty(t, theComment(t, o))

	w.Place(2, with(testenv.J{"delivery_phone": ""}, lines(testenv.Line("A-1", "Róża", "12.50", "2"))))
	w.AwaitHeld(2, order.HoldNoCustomer)
	w.Decide(2, order.Decision{Kind: order.DecideLink, OrderID: id})
	w.Await(2, func(v testenv.Order) string {
		if v.Hold == nil || v.Hold.Note == nil {
			return "the refusal is not shown yet"
		}
		assert.Contains(t, shown(*v.Hold.Note), "why=linked-to-another")
		return ""
	})
	// What staff change in it afterwards is seen.
	w.Roapp.SetStatus(id, 105)
	w.Collect()
	w.Await(1, func(v testenv.Order) string {
		if v.Roapp.Status != 105 {
			return "the status is not seen"
		}
		return ""
	})
}

func TestAnOrderIsLinkedInPlaceOfOneThatIsGone(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, lines(testenv.Line("A-1", "Róża", "12.50", "2")))
	_, first := w.AwaitSynced(1)
	w.Roapp.Delete("orders/" + itoa(first.ID))
	w.ByHand(1)
	w.AwaitHeld(1, order.HoldOrderGone)
	var made struct {
		ID int64 `json:"id"`
	}
	w.Roapp.API("POST", "/v2/orders", testenv.J{"branch_id": 12, "order_type_id": 34, "client_id": first.Client.ID}, &made)
	assert.Equal(t, "no-such-order", w.Refused(1, order.Decision{Kind: order.DecideLink, OrderID: first.ID}).Unfit)
	w.Decide(1, order.Decision{Kind: order.DecideLink, OrderID: made.ID})
	_, o := w.AwaitSynced(1)
	assert.Equal(t, made.ID, o.ID)
	assert.Len(t, o.Items, 1)
	assert.Len(t, w.Roapp.Orders(), 1)
}

func TestR03_RefreshOfSeveralOrdersAnswersForEach(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	for number := int64(1); number <= 3; number++ {
		w.Place(number, nil)
		w.AwaitSynced(number)
	}
	w.Place(4, testenv.J{"delivery_phone": ""})
	w.AwaitHeld(4, order.HoldNoCustomer)
	w.Decide(4, order.Decision{Kind: order.DecideSkip, Reason: "test"})
	w.AwaitClosed(4)
	require.Equal(t, service.RefreshDone, w.Refresh(2, "Ola").State)

	keys := []order.Key{w.Key(1), w.Key(2), w.Key(3), w.Key(4), w.Key(99)}
	began, err := w.Orders.StartRefreshes(t.Context(), keys, "Ola")
	require.NoError(t, err)
	require.Len(t, began, 5)
	for i, answer := range began {
		assert.Equal(t, keys[i], answer.Key)
	}
	for _, i := range []int{0, 2} {
		require.NoError(t, began[i].Err)
		assert.Equal(t, service.RefreshDone, awaitEnd(w, began[i].Key.Number, began[i].ID).State)
	}
	require.NoError(t, began[1].Err)
	assert.Equal(t, service.RefreshTooSoon, began[1].State)
	assert.False(t, began[1].Next.IsZero())
	assert.Equal(t, service.Closed, service.As(began[3].Err).Code)
	assert.Equal(t, service.NoOrder, service.As(began[4].Err).Code)

	_, err = w.Orders.StartRefreshes(t.Context(), make([]order.Key, service.MostAtOnce+1), "Ola")
	assert.Equal(t, service.Invalid, service.As(err).Code)
}

func TestR03_DecisionForSeveralOrdersAnswersForEach(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	for number := int64(1); number <= 2; number++ {
		w.Place(number, testenv.J{"delivery_phone": ""})
		w.AwaitHeld(number, order.HoldNoCustomer)
	}
	w.Place(3, nil)
	w.AwaitSynced(3)
	decision := order.Decision{Kind: order.DecideCreateContact, By: "Ola"}
	answers, err := w.Orders.DecideMany(t.Context(), []order.Key{w.Key(1), w.Key(2), w.Key(3), w.Key(9)}, decision)
	require.NoError(t, err)
	require.NoError(t, answers[0].Err)
	require.NoError(t, answers[1].Err)
	assert.Equal(t, service.Unfit, service.As(answers[2].Err).Code)
	assert.Equal(t, service.NoOrder, service.As(answers[3].Err).Code)
	w.AwaitSynced(1)
	w.AwaitSynced(2)
	_, err = w.Orders.DecideMany(t.Context(), nil, order.Decision{Kind: order.DecideContact, ContactID: 1})
	assert.Error(t, err)
}
