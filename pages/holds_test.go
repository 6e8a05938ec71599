package pages

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
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
	for _, text := range []string{
		`<p class="detail" id="hold-demo-1-contact-5" hx-swap-oob="true"><span>502 300 400</span> <span>maria@poczta.example</span>`,
		`href="https://web.roapp.example/contacts/people/5"`, "It does not exist any more.",
	} {
		assert.Contains(t, shown, text)
	}
	assert.Equal(t, http.StatusNotFound, d.opens("/orders/demo/99/candidates").Code)
}

// finds lets RO App answer searches, and gives those that were asked for.
func (d *desk) finds(found ...workflows.FoundRecord) *[]workflows.SearchInput {
	var asked []workflows.SearchInput
	d.OnStart(workflows.SearchWorkflow, func(in any) (any, error) {
		search, _ := in.(workflows.SearchInput)
		asked = append(asked, search)
		return workflows.SearchResult{Records: found, More: true}, nil
	})
	return &asked
}

func TestAContactIsSearchedForAndChosen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	earlier := anOrder("demo", 9, time.Now())
	earlier.Published.Search = order.PhoneTokens([]byte(d.Settings.Current().IdentityKey.Reveal()), "502 300 400", "PL")
	d.PutOrders(held(1, order.HoldAmbiguousContact, time.Hour), earlier)
	asked := d.finds(
		workflows.FoundRecord{ID: 77, LookupResult: workflows.LookupResult{Found: true, Title: "Maria Nowa", Phones: []string{"502 300 400"}, Email: "maria@poczta.example"}},
		workflows.FoundRecord{ID: 78, Organization: true, LookupResult: workflows.LookupResult{Found: true, Title: "Nowa sp. z o.o."}},
	)
	box := d.opens("/orders/demo/1/hold?back=/holds", "HX-Request", "true").Text
	assert.Contains(t, box, `hx-post="/orders/demo/1/candidates" hx-trigger="submit, input delay:400ms" hx-sync="this:replace" hx-target="#hold-demo-1-contact-found"`)

	typed := url.Values{"kind": {"contact"}, "text": {" Nowa "}, "back": {"/holds"}}
	part := d.sends("/orders/demo/1/candidates", typed, "HX-Request", "true")
	require.Equal(t, http.StatusOK, part.Code, part.Text)
	assert.NotContains(t, part.Text, "<html")
	for _, text := range []string{
		"Found for “Nowa”", "Maria Nowa 77", "502 300 400", "maria@poczta.example", "last order #9", "Nowa sp. z o.o. 78, organization", "Open in RO App", "There are more.",
	} {
		assert.Contains(t, visible(part.Text), text)
	}
	assert.Contains(t, part.Text, `<input type="radio" name="contact" value="78o" required>`)
	assert.Contains(t, part.Text, `href="/orders/demo/9"`)
	plain := d.sends("/orders/demo/1/candidates", typed)
	assert.Contains(t, plain.Text, "<html", "without scripts it is a page of its own")
	assert.Contains(t, plain.Text, `value="Nowa"`)
	assert.Contains(t, visible(plain.Text), "Maria Nowa 77")
	assert.Equal(t, []workflows.SearchInput{{Account: "main", Kind: workflows.RecordPerson, Text: "Nowa", Region: "PL"}}, *asked, "both share one answer")
	for _, run := range d.Started() {
		assert.NotContains(t, run, "search:", "nothing is left behind")
	}

	d.OnStart(workflows.LookupWorkflow, func(any) (any, error) {
		return workflows.LookupResult{Found: true, Title: "Maria Nowa", Phones: []string{"502 300 400"}}, nil
	})
	sent := d.sends("/orders/demo/1/decisions", url.Values{"kind": {"contact"}, "contact": {"77"}, "found": {"1"}, "back": {"/holds"}})
	require.Equal(t, http.StatusSeeOther, sent.Code, sent.Text)
	decided, _ := d.Signals()[0].Payload.(order.Decision)
	assert.Equal(t, order.Decision{Kind: order.DecideContact, By: "warehouse", ContactID: 77, Found: true}, decided)
}

// A contact with another phone than the order is confirmed, no matter how it was chosen.
func TestAFoundContactWithAnotherPhoneIsConfirmed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	state := held(1, order.HoldAmbiguousContact, time.Hour)
	state.Snapshot.Customer.Phone = "+48 601 100 104"
	d.PutOrders(state)
	d.OnStart(workflows.LookupWorkflow, func(any) (any, error) {
		return workflows.LookupResult{Found: true, Title: "Maria Nowa", Phones: []string{"502 300 400"}}, nil
	})
	chosen := url.Values{"kind": {"contact"}, "contact": {"77"}, "found": {"1"}, "back": {"/holds"}}
	asks := d.sends("/orders/demo/1/decisions", chosen, "HX-Request", "true")
	assert.Contains(t, asks.Text, "Is this the customer?")
	assert.Contains(t, asks.Text, `name="confirmed" value="1"><input type="hidden" name="found" value="1">`)
	assert.Empty(t, d.Signals())
	chosen.Set("confirmed", "1")
	assert.Equal(t, http.StatusSeeOther, d.sends("/orders/demo/1/decisions", chosen).Code)
	assert.True(t, d.signaled("order:demo:1", workflows.SignalDecide))
}

func TestAProductIsSearchedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	state := held(1, order.HoldNoArticle, time.Hour)
	state.Hold.ProductKey, state.Hold.Choices = "t:róża", nil
	d.PutOrders(state)
	d.checked(refdata.Account{Lists: map[refdata.Kind]refdata.Directory{refdata.Units: {Records: []refdata.Record{{ID: "3", Name: "szt."}}}}}, refdata.Shop{})
	d.finds(workflows.FoundRecord{ID: 8, LookupResult: workflows.LookupResult{Found: true, Title: "Róża czerwona", SKU: "ROZA-CZ", UnitID: 3}})
	for _, lang := range []string{"en", "pl", "uk"} {
		part := d.sends("/orders/demo/1/candidates", url.Values{"kind": {"product"}, "text": {"roza"}}, "HX-Request", "true", "Accept-Language", lang)
		assert.Contains(t, visible(part.Text), "Róża czerwona 8", lang)
		assert.Contains(t, visible(part.Text), "ROZA-CZ", lang)
		assert.Contains(t, visible(part.Text), "szt.", lang)
	}
	assert.Contains(t, d.opens("/orders/demo/1/hold").Text, `name="product_key" value="t:róża"`)
}

func TestASearchThatCannotBeAnsweredSaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(held(1, order.HoldNoCustomer, time.Hour), held(2, order.HoldCurrency, time.Hour))
	search := func(number, kind, text string) answer {
		return d.sends("/orders/demo/"+number+"/candidates", url.Values{"kind": {kind}, "text": {text}}, "HX-Request", "true")
	}
	assert.Contains(t, search("1", "contact", "N").Text, "Type 2 to 100")
	assert.Contains(t, search("1", "product", "Nowa").Text, `role="alert"`)
	assert.Contains(t, search("2", "contact", "Nowa").Text, `role="alert"`)
	assert.Equal(t, http.StatusNotFound, search("99", "contact", "Nowa").Code)
	d.OnStart(workflows.SearchWorkflow, func(any) (any, error) { return workflows.SearchResult{}, nil })
	assert.Contains(t, visible(search("1", "contact", "<Nowa>").Text), "No contact with “&lt;Nowa&gt;” was found.")
	d.OnStart(workflows.SearchWorkflow, func(any) (any, error) { return nil, errors.New("RO App is away") })
	assert.Contains(t, search("1", "contact", "Maria").Text, "RO App could not be searched")
	form := url.Values{"kind": {"contact"}, "text": {"Nowa"}}
	assert.Equal(t, http.StatusForbidden, d.asks(servicetest.ViewToken, http.MethodPost, "/orders/demo/1/candidates", form).Code)
}
