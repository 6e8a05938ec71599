package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// held is an order that has waited for a reason for so long.
func held(number int64, reason order.HoldReason, since time.Duration) order.State {
	state := order.NewState(order.Key{Shop: "demo", Number: number}, order.OriginWebhook, time.Now())
	state.Snapshot = &order.Snapshot{Number: number, Created: time.Now().Add(-since), Currency: "PLN"}
	state.Hold = &order.Hold{Reason: reason, Since: time.Now().Add(-since), Choices: []order.Choice{{ID: 5, Title: "Maria Zielińska"}, {ID: 6, Title: "Piotr Zieliński"}}}
	return state
}

func TestHoldsAreGroupedByReasonOldestFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(
		held(1, order.HoldNoCustomer, time.Hour), held(2, order.HoldNoCustomer, 3*time.Hour), held(3, order.HoldCurrency, time.Minute),
		held(4, order.HoldInternalError, time.Minute),
	)
	for _, lang := range []string{"en", "pl", "uk"} {
		require.Equal(t, http.StatusOK, d.opens("/holds", "Accept-Language", lang).Code)
	}
	page := d.opens("/holds").Text
	assert.Equal(t, 4, strings.Count(page, `class="held-row"`))
	assert.Equal(t, 3, strings.Count(page, `<section class="group"`), "also one for defects of our own")
	assert.Less(t, strings.Index(page, `value="demo/2"`), strings.Index(page, `value="demo/1"`), "the oldest first")
	assert.Contains(t, page, `<strong data-held-count="no-customer">2</strong>`)
	assert.NotContains(t, page, "Maria", "rows are compact until they are opened")

	one := d.opens("/holds?reason=currency").Text
	assert.Equal(t, 1, strings.Count(one, `class="held-row"`))
	assert.NotContains(t, d.sees("/holds").Text, `name="order"`)
	assert.Equal(t, http.StatusUnprocessableEntity, d.opens("/holds?reason=nonsense").Code)

	opened := d.opens("/orders/demo/2/hold?back=/holds%3Freason%3Dno-customer", "HX-Request", "true").Text
	assert.Contains(t, opened, "Maria")
	assert.Contains(t, opened, `name="back" value="/holds?reason=no-customer"`)
}

func TestALargeGroupIsShownInPart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range int64(heldInGroup + 3) {
		d.PutOrders(held(100+i, order.HoldNoCustomer, time.Hour))
	}
	page := d.opens("/holds").Text
	assert.Equal(t, heldInGroup, strings.Count(page, `class="held-row"`))
	assert.Contains(t, page, `<a href="/holds?reason=no-customer">3 more</a>`)
	assert.Equal(t, heldInGroup+3, strings.Count(d.opens("/holds?reason=no-customer").Text, `class="held-row"`))
}

func TestABulkAnswerIsRefusedAtItsFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(held(1, order.HoldNoCustomer, time.Hour), held(2, order.HoldNoCustomer, time.Hour))
	none := d.sends("/holds/decisions", url.Values{"kind": {"skip"}, "reason": {"ours"}})
	assert.Equal(t, http.StatusUnprocessableEntity, none.Code)
	assert.Contains(t, none.Text, `aria-describedby="none-problem"`)
	assert.Contains(t, none.Text, `<option value="skip" selected>`, "what was filled in stays there")
	assert.Contains(t, none.Text, `value="ours"`)

	unexplained := d.sends("/holds/decisions", url.Values{"kind": {"skip"}, "order": {"demo/2"}})
	assert.Equal(t, http.StatusUnprocessableEntity, unexplained.Code)
	assert.Contains(t, unexplained.Text, `aria-describedby="reason-problem"`)
	assert.Contains(t, unexplained.Text, `value="demo/2" form="bulk" checked`)
	assert.False(t, d.signaled("order:demo:2", workflows.SignalDecide))
	assert.Equal(t, http.StatusBadRequest, d.sends("/holds/decisions", url.Values{"kind": {"contact"}, "order": {"demo/2"}}).Code)

	many := url.Values{"kind": {"retry"}}
	for i := range 150 {
		many.Add("order", fmt.Sprintf("demo/%d", 1000+i))
	}
	assert.Equal(t, http.StatusUnprocessableEntity, d.sends("/holds/decisions", many).Code)
}

func TestResultsOfABulkAnswerCanBeReloaded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(held(1, order.HoldNoCustomer, time.Hour), held(2, order.HoldOrderGone, time.Hour))
	sent := d.sends("/holds/decisions?reason=no-customer", url.Values{"kind": {"retry"}, "order": {"demo/1", "demo/2", "nonsense"}})
	require.Equal(t, http.StatusSeeOther, sent.Code, sent.Text)
	place := sent.Header().Get("Location")
	assert.Contains(t, place, "reason=no-customer")
	for range 2 {
		page := d.opens(place).Text
		assert.Contains(t, page, `<a href="/orders/demo/1">1</a>: accepted`)
		assert.Contains(t, page, `<a href="/orders/demo/2">2</a>: <span class="problem">`)
	}
	assert.True(t, d.signaled("order:demo:1", workflows.SignalDecide))
	assert.NotContains(t, d.sees(place).Text, "accepted", "it is shown to who answered")
}

func TestAnAnswerIsGivenWithoutJavaScript(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(held(1, order.HoldAmbiguousContact, time.Hour))
	sent := d.sends("/orders/demo/1/decisions", url.Values{"kind": {"retry"}, "back": {"/holds"}})
	require.Equal(t, http.StatusSeeOther, sent.Code)
	assert.Equal(t, "/holds", sent.Header().Get("Location"))
	live := d.sends("/orders/demo/1/decisions", url.Values{"kind": {"retry"}, "back": {"/holds"}}, "HX-Request", "true")
	assert.Contains(t, live.Text, "The order goes on.")
	refused := d.sends("/orders/demo/1/decisions", url.Values{"kind": {"create-again"}}, "HX-Request", "true")
	assert.Contains(t, refused.Text, `role="alert"`)
}

func TestWhatRoappHasOfCandidatesIsShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(held(1, order.HoldAmbiguousContact, time.Hour))
	d.OnStart(workflows.LookupWorkflow, func(in any) (any, error) {
		if asked, ok := in.(workflows.LookupInput); ok && asked.ID == 5 {
			return workflows.LookupResult{Found: true, Title: "Maria", Phones: []string{"502 300 400"}, Email: "maria@poczta.example"}, nil
		}
		return workflows.LookupResult{}, nil
	})
	assert.Contains(t, d.opens("/orders/demo/1/hold").Text, `hx-get="/orders/demo/1/candidates"`)
	shown := d.opens("/orders/demo/1/candidates").Text
	for _, text := range []string{"502 300 400 · maria@poczta.example", `href="https://web.roapp.example/contacts/people/5"`, "It does not exist any more."} {
		assert.Contains(t, shown, text)
	}
	assert.Equal(t, http.StatusNotFound, d.opens("/orders/demo/99/candidates").Code)
}
