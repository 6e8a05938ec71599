package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// refusedOrder is an order that RO App refuses, so that a person may name its contact.
func refusedOrder(t *testing.T) *testenv.Env {
	t.Helper()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Roapp.Break(testenv.Fault{Match: createOrder, Kind: "status", Status: http.StatusBadRequest, Times: 1000})
	w.Place(1, nil)
	w.AwaitHeld(1, order.HoldRejected)
	return w
}

func undecided(t *testing.T, w *testenv.Env) {
	t.Helper()
	view := w.Order(1)
	assert.NotNil(t, view.Hold, "it still waits")
	assert.NotContains(t, timelineText(view), "decided", "nothing is recorded")
}

func TestR31_RecordsThatAnAnswerNamesAreLookedUp(t *testing.T) {
	t.Parallel()
	w := refusedOrder(t)
	company := w.Roapp.Create("organizations", testenv.J{"name": "Kwiaty sp. z o.o.", "phones": []string{"501234567"}})
	stranger := w.Roapp.Create("people", testenv.J{"first_name": "Jan", "last_name": "Kowalski", "phones": []string{"601 000 111"}})
	silent := w.Roapp.Create("people", testenv.J{"first_name": "Ewa"})
	for name, one := range map[string]struct {
		decision   order.Decision
		why, field string
	}{
		"nobody":              {order.Decision{ContactID: 999_999}, "no-such-person", "contact"},
		"an organization":     {order.Decision{ContactID: company}, "no-such-person", "contact"},
		"no organization":     {order.Decision{ContactID: stranger, Organization: true}, "no-such-organization", "contact"},
		"another phone":       {order.Decision{ContactID: stranger}, "other-phone", "confirm_other_phone"},
		"no phone":            {order.Decision{ContactID: silent}, "contact-without-phone", "confirm_other_phone"},
		"confirmed, but none": {order.Decision{ContactID: 999_999, Confirmed: true}, "no-such-person", "contact"},
	} {
		one.decision.Kind = order.DecideContact
		unfit := w.Refused(1, one.decision)
		assert.Equal(t, one.why, unfit.Unfit, name)
		assert.Equal(t, one.field, unfit.Field, name)
	}
	unfit := w.Refused(1, order.Decision{Kind: order.DecideContact, ContactID: stranger})
	assert.Equal(t, &service.NamedContact{ID: stranger, Name: "Jan Kowalski", Phones: []string{"601 000 111"}, OrderPhone: "+48 501 234 567"}, unfit.Contact)
	assert.Equal(t, "no-such-order", w.Refused(1, order.Decision{Kind: order.DecideLink, OrderID: 999_999}).Unfit)
	undecided(t, w)

	// RO App does not answer: nothing is decided, and it can be sent again.
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/contacts/people/" + itoa(stranger), Kind: "status", Status: 503, Times: 1000})
	err := w.Orders.Decide(t.Context(), w.Key(1), order.Decision{Kind: order.DecideContact, By: "tester", ContactID: stranger})
	assert.Equal(t, service.LookupFailed, service.As(err).Code)
	undecided(t, w)
	w.Roapp.Restore()

	w.Decide(1, order.Decision{Kind: order.DecideContact, ContactID: company, Organization: true})
	_, o := w.AwaitSynced(1)
	assert.Equal(t, company, o.Client.ID)
}

// A contact with another phone has to be confirmed, in the API and on the page, with
// scripts and without.
func TestR31_ContactWithAnotherPhoneIsConfirmed(t *testing.T) {
	t.Parallel()
	w := refusedOrder(t)
	stranger := w.Roapp.Create("people", testenv.J{"first_name": "Jan", "last_name": "Kowalski", "phones": []string{"601 000 111"}})
	known := w.Roapp.People()[0]
	decisions := "/v1/orders/" + w.Shop + "/1/decisions"
	for _, one := range []struct {
		contact int64
		field   string
		says    []string
	}{
		{999_999, "body.contact", []string{"999999", "no person"}},
		{stranger, "body.confirm_other_phone", []string{"Jan Kowalski", "601 000 111", "501 234 567", "confirm"}},
	} {
		answer := ask(w, testenv.APIToken, http.MethodPost, decisions, testenv.J{"kind": "contact", "contact": one.contact})
		assert.Equal(t, http.StatusConflict, answer.StatusCode, answer.text)
		assert.Contains(t, answer.text, one.field)
		for _, text := range one.says {
			assert.Contains(t, answer.text, text)
		}
	}

	path, back := "/orders/"+w.Shop+"/1/decisions", "/orders/"+w.Shop+"/1"
	for _, header := range [][]string{{"HX-Request", "true"}, nil} {
		post := func(contact int64) said {
			return ask(w, testenv.APIToken, http.MethodPost, path, url.Values{"kind": {"contact"}, "contact": {itoa(contact)}, "back": {back}}, header...)
		}
		assert.Contains(t, post(999_999).text, "RO App has no person with the id 999999")
		shown := post(stranger).text
		for _, text := range []string{"Jan Kowalski", "601 000 111", "another phone", "501 234 567", `name="confirmed" value="1"`, fmt.Sprintf(`name="back" value=%q`, back)} {
			assert.Contains(t, shown, text)
		}
		shown = post(known.ID).text
		assert.Contains(t, shown, `name="confirmed" value="1"`, "one that was typed is shown, too")
		assert.NotContains(t, shown, "another phone")
	}
	undecided(t, w)

	w.Roapp.Restore()
	answer := ask(w, testenv.APIToken, http.MethodPost, decisions, testenv.J{"kind": "contact", "contact": stranger, "confirm_other_phone": true})
	assert.Equal(t, http.StatusAccepted, answer.StatusCode, answer.text)
	_, o := w.AwaitSynced(1)
	assert.Equal(t, stranger, o.Client.ID)
}

func TestR31_ProductThatAnAnswerNamesIsLookedUp(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"search-lag": "0s", "product-create": "403", "legacy-catalogue": "404"}})
	w.Place(1, nil)
	w.AwaitHeld(1, order.HoldProductNotCreated)
	rose := w.Roapp.Create("products", testenv.J{"title": "Róża", "article": "R-77"})
	unfit := w.Refused(1, order.Decision{Kind: order.DecideProduct, ProductID: 999_999})
	assert.Equal(t, "no-such-product", unfit.Unfit)
	assert.Equal(t, "product", unfit.Field)
	undecided(t, w)
	w.Decide(1, order.Decision{Kind: order.DecideProduct, ProductID: rose})
	_, o := w.AwaitSynced(1)
	require.Len(t, o.Items, 1)
	assert.Equal(t, rose, o.Items[0].Entity.ID)
}
