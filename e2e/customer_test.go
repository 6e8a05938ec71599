package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// phonesOf are the numbers on a contact's card, in whatever form they are shown.
func phonesOf(t *testing.T, card testenv.J) []string {
	t.Helper()
	entries, ok := card["phones"].([]any)
	require.True(t, ok, "%v", card)
	var numbers []string
	for _, entry := range entries {
		phone, ok := entry.(map[string]any)
		require.True(t, ok, "%v", entry)
		numbers = append(numbers, fmt.Sprint(phone["phone"]))
	}
	return numbers
}

func TestR10_R26_CustomerBecomesAContactWithNamePhoneAndMail(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, testenv.J{"delivery_name": " Anna  Maria Nowak ", "delivery_phone": "501-234-567", "delivery_email": "anna@example.com"})
	_, o := w.AwaitSynced(1)
	people := w.Roapp.Records("people")
	require.Len(t, people, 1)
	card := people[0]
	assert.Equal(t, "Anna", card["first_name"], "first word")
	assert.Equal(t, "Maria Nowak", card["last_name"], "the rest")
	assert.Equal(t, "anna@example.com", card["email"])
	assert.Equal(t, []string{"+48501234567"}, phonesOf(t, card))
	assert.InDelta(t, o.Client.ID, card["id"], 0)
	// The name as written stands in the comment.
	assert.Contains(t, theComment(t, o), "Klient: Anna Maria Nowak")
}

func TestR27_F22_OnePhoneInEveryFormatIsOneCustomer(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Second: true, RoappSwitches: noLag})
	contact := w.Roapp.Create("people", testenv.J{"first_name": "Anna", "phones": []string{"050 123 45 67"}})
	phones := []string{"+38 (050) 123-45-67", "0501234567", "00380501234567"}
	for i, phone := range phones {
		w.Place(int64(i+1), testenv.J{"delivery_phone": phone})
	}
	w.Place(100, testenv.J{"delivery_phone": "+49 1512 3456789"})
	for i, phone := range phones {
		_, o := w.AwaitSynced(int64(i + 1))
		assert.Equal(t, contact, o.Client.ID, phone)
	}
	_, foreign := w.AwaitSynced(100)
	assert.NotEqual(t, contact, foreign.Client.ID)
	assert.Len(t, w.Roapp.People(), 2)
}

// The service may find by a part of the number, or ignore the filter.
func TestR27_F22_PartialHitsAreNotTheCustomer(t *testing.T) {
	t.Parallel()
	for _, filter := range []string{"suffix", "ignored"} {
		t.Run(filter, func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"phones": filter, "search-lag": "0s"}})
			w.Roapp.Create("people", testenv.J{"first_name": "Ktoś", "phones": []string{"+49501234567"}})
			w.Roapp.Create("people", testenv.J{"first_name": "Inny", "phones": []string{"+1148501234567"}})
			w.Roapp.Create("organizations", testenv.J{"name": "Firma", "phones": []string{"+44501234567"}})
			w.Place(1, nil)
			_, o := w.AwaitSynced(1)
			assert.Equal(t, "Anna", o.Client.FirstName)
			assert.Len(t, w.Roapp.People(), 3)
		})
	}
}

func TestR27_F25_CardOfAnExistingContactIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"search-lag": "0s"}})
	contact := w.Roapp.Create("people", testenv.J{
		"first_name": "Hanna", "last_name": "Kowalska", "email": "hanna@example.com",
		"phones": []string{"501234567"}, "address": "ul. Stara 1", "notes": "Stała klientka",
	})
	before := w.Roapp.Records("people")
	w.Place(1, testenv.J{
		"delivery_name": "Anna Nowak", "delivery_email": "inny@example.com", "delivery_address": "ul. Nowa 2",
		"delivery_type": testenv.J{"id": 7, "title": "Kurier"},
	})
	view, o := w.AwaitSynced(1)
	assert.Equal(t, contact, o.Client.ID)
	assert.Equal(t, before, w.Roapp.Records("people"))
	comment := theComment(t, o)
	for _, told := range []string{"Anna Nowak", "inny@example.com", "ul. Nowa 2"} {
		assert.Contains(t, comment, told, "what the shop has stands in the order's own comment")
	}
	assert.Contains(t, timelineText(view), fmt.Sprintf("customer contact=%d why=found-by-phone", contact))
}

func TestR27_OrganizationIsFoundWherePeopleHaveNone(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"search-lag": "0s"}})
	firm := w.Roapp.Create("organizations", testenv.J{"name": "Kwiaciarnia Nowak", "phones": []string{"+48 501 234 567"}})
	w.Place(1, nil)
	_, o := w.AwaitSynced(1)
	assert.Equal(t, firm, o.Client.ID)
	assert.True(t, o.Client.IsOrganization)
	assert.Empty(t, w.Roapp.People())
}

func TestR31_F23_OfSeveralContactsTheOneWhoseNameOrMailAgrees(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"search-lag": "0s"}})
	anna := w.Roapp.Create("people", testenv.J{"first_name": "NOWAK", "last_name": "Anna", "phones": []string{"501234567"}})
	jan := w.Roapp.Create("people", testenv.J{"first_name": "Jan", "email": "Jan@Example.com", "phones": []string{"+48501234567"}})
	w.Place(1, testenv.J{"delivery_name": "Anna Nowak", "delivery_email": ""})
	w.Place(2, testenv.J{"delivery_name": "Zofia Lis", "delivery_email": "jan@example.com"})
	w.Place(3, testenv.J{"delivery_name": "Zofia Lis", "delivery_email": "zofia@example.com"})
	_, byName := w.AwaitSynced(1)
	assert.Equal(t, anna, byName.Client.ID)
	_, byMail := w.AwaitSynced(2)
	assert.Equal(t, jan, byMail.Client.ID)

	hold := w.AwaitHeld(3, order.HoldAmbiguousContact).Hold
	assert.Equal(t, "delivery_phone", hold.Field)
	assert.ElementsMatch(t, []int64{anna, jan}, choiceIDs(hold))
	assert.Len(t, w.Roapp.Orders(), 2, "nothing is made before a person has chosen")
	w.Decide(3, order.Decision{Kind: order.DecideContact, ContactID: jan})
	view, chosen := w.AwaitSynced(3)
	assert.Equal(t, jan, chosen.Client.ID)
	assert.Contains(t, timelineText(view), "why=chosen")
	assert.Len(t, w.Roapp.People(), 2)
}

func TestR31_MergedContactsLetTheOrderGoOn(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"search-lag": "0s"}})
	first := w.Roapp.Create("people", testenv.J{"first_name": "Ewa", "phones": []string{"501234567"}})
	second := w.Roapp.Create("people", testenv.J{"first_name": "Ola", "phones": []string{"501234567"}})
	w.Place(1, nil)
	w.AwaitHeld(1, order.HoldAmbiguousContact)
	w.Roapp.API("DELETE", "/v2/contacts/people/"+itoa(second), nil, nil)
	w.ByHand(1) // a person checks again
	_, o := w.AwaitSynced(1)
	assert.Equal(t, first, o.Client.ID)
}

func TestF24_OrdersWithoutAUsablePhoneAreHeldAndNeverMerged(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	phones := map[int64]any{1: "", 2: "+380000000000", 3: "brak", 4: null, 5: "000000000", 6: "123"}
	for number, phone := range phones {
		w.Place(number, testenv.J{"delivery_phone": phone})
	}
	for number := range phones {
		hold := w.AwaitHeld(number, order.HoldNoCustomer).Hold
		assert.Equal(t, "delivery_phone", hold.Field)
		assert.NotEmpty(t, hold.Remedy)
	}
	assert.Zero(t, w.Roapp.Requests(0).Total)

	for number := int64(1); number <= 2; number++ {
		w.Decide(number, order.Decision{Kind: order.DecideCreateContact})
	}
	_, one := w.AwaitSynced(1)
	_, two := w.AwaitSynced(2)
	assert.NotEqual(t, one.Client.ID, two.Client.ID)
	for _, card := range w.Roapp.Records("people") {
		assert.Empty(t, phonesOf(t, card), "a placeholder would recognise everybody who typed it")
	}

	known := w.Roapp.Create("people", testenv.J{"first_name": "Ewa"})
	w.Decide(3, order.Decision{Kind: order.DecideContact, ContactID: known})
	_, three := w.AwaitSynced(3)
	assert.Equal(t, known, three.Client.ID)

	w.Place(4, nil) // the shop corrects the phone
	_, four := w.AwaitSynced(4)
	assert.Equal(t, "Anna", four.Client.FirstName)
}

func TestF26_OrderWithoutAddressOrWithAnOddOneIsImported(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, testenv.J{"delivery_address": "", "delivery_city": null})
	w.Place(2, testenv.J{"delivery_address": "東京都千代田区1-1 @ Апт. «7» @@ c/o O’Neill\n2nd floor", "delivery_city": "Łódź/Лодзь"})
	w.AwaitSynced(1)
	_, o := w.AwaitSynced(2)
	assert.Contains(t, theComment(t, o), "Adres: 東京都千代田区1-1, Апт. «7», c/o O’Neill 2nd floor")
}
