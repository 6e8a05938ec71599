// Package e2e proves the exchange on the real engine and over real HTTP.
package e2e

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// The order that Cartum's own documentation shows
// (docs/reference/cartum.md#example-order).
func TestR06_TheDocumentedOrderIsImported(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Second: true})
	text, err := os.ReadFile("testdata/order115.json")
	require.NoError(t, err)
	var fields testenv.J
	require.NoError(t, json.Unmarshal(text, &fields))
	w.Place(115, fields)
	w.AwaitHeld(115, order.HoldNoCustomer) // no number in Ukraine starts like its phone
	w.Decide(115, order.Decision{Kind: order.DecideCreateContact})
	view, roapp := w.AwaitSynced(115)
	assert.Equal(t, "order:demo-ua:115", view.Workflow)
	require.Len(t, roapp.Items, 1)
	assert.Equal(t, `MacBook Air 11.6" 128 GB, Green`, roapp.Items[0].Entity.Title)
	assert.Equal(t, "31799", roapp.Items[0].Price.String())
	assert.True(t, roapp.Items[0].IsDeductionRequired)
	assert.Equal(t, "31799", roapp.Total.String())
	assert.Equal(t, "sdbgdasgdasg", roapp.Client.FirstName)
	require.Len(t, roapp.Feed, 1)
	assert.Contains(t, roapp.Feed[0].Comment, "115")
}

func TestR06_EveryNewOrderIsImportedOnce(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	for number := int64(1); number <= 4; number++ {
		w.Place(number, nil)
	}
	for number := int64(1); number <= 4; number++ {
		_, o := w.AwaitSynced(number)
		assert.Equal(t, 56+number%2, o.ManagerID, "the managers receive new orders in turn")
	}
	assert.Equal(t, []string{"1", "2", "3", "4"}, numbers(w))
}

func TestR07_R08_NumberAndCreationAreInTheirFields(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	// The settings name the fields Shop and Created by id, the others by title.
	before := time.Now().Truncate(time.Second)
	w.Place(115, testenv.J{"stat_created": "2026-03-12 14:05:30"})
	_, o := w.AwaitSynced(115)
	assert.Equal(t, "Kwiaty Online", o.CustomFields["f101"], "Shop")
	assert.Equal(t, "115", o.CustomFields["f102"], "External ID")
	assert.Equal(t, "2026-03-12T13:05:30Z", o.CustomFields["f103"], "Created, which the shop wrote on Warsaw's clock")
	updated, err := time.Parse(time.RFC3339, o.CustomFields["f104"])
	require.NoError(t, err, "Last updated")
	assert.WithinRange(t, updated, before, time.Now())
	assert.Empty(t, o.ManagerNotes, "with the fields there is no need of a marker")
}

func TestR07_R08_MarkerLineWhereTheAccountHasNoFields(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Second: true})
	w.Place(115, testenv.J{"stat_created": "2026-03-12 14:05:30"})
	_, o := w.AwaitSynced(115)
	assert.Equal(t, "Cartum: Квіти онлайн #115, 2026-03-12 14:05 [order:demo-ua:115]", o.ManagerNotes)
	assert.Empty(t, o.CustomFields)
}

// totalUnseen waits for the end of a poll that a person asked for.
func totalUnseen(v testenv.Order) string {
	if v.Roapp == nil || v.Roapp.Total == nil || len(v.Pending) > 0 {
		return "RO App's total was not seen"
	}
	return ""
}

// The amount is the total of the items, without delivery. A discount that staff give
// is not explained by what they add themselves.
func TestR12_AmountIsTheTotalOfAllItems(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, with(testenv.J{"delivery_price": 15}, lines(
		testenv.Line("R-1", "Róża", "12.50", "2"), testenv.Line("T-7", "Tulipan", "33.33", "3"))))
	w.Place(2, nil)
	w.AwaitSynced(1)
	_, o := w.AwaitSynced(2)
	w.Roapp.API("POST", "/v2/orders/"+itoa(o.ID)+"/items", testenv.J{
		"entity_id": 901, "assignee_id": 57, "quantity": 1, "cost": 0, "price": "5.00",
		"discount": testenv.J{"type": "value", "percentage": 0, "amount": 4, "sponsor": "staff"},
		"warranty": testenv.J{"period": "0", "periodUnits": "days"},
	}, nil)
	w.ByHand(1)
	w.ByHand(2)
	view := w.Await(1, totalUnseen)
	assert.Equal(t, "124.99", view.Roapp.Total.String())
	assert.Empty(t, markCodes(view))
	w.Await(2, func(v testenv.Order) string { // a total from before "Last updated" was written says nothing yet
		w.Collect()
		if len(v.Warnings) == 0 {
			return "not marked"
		}
		return ""
	})
	mark := w.AwaitMark(2, order.WarnAmount)
	assert.Contains(t, shown(mark), "lines=25.00")
	assert.Contains(t, shown(mark), "difference=-4.00")
}

func TestR14_F35_OtherCurrencyIsHeldAndAsksRoappNothing(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	for number, currency := range map[int64]any{1: "EUR", 2: "XYZ", 3: ""} {
		w.Place(number, testenv.J{"currency": currency})
	}
	for number := int64(1); number <= 3; number++ {
		hold := w.AwaitHeld(number, order.HoldCurrency).Hold
		assert.Equal(t, "currency", hold.Field)
		assert.Contains(t, hold.Text, "PLN")
		assert.NotEmpty(t, hold.Remedy)
	}
	assert.Zero(t, w.Roapp.Requests(0).Total)
	// The shop corrects the currency, and the order goes on by itself.
	w.Place(1, nil)
	w.AwaitSynced(1)
	assert.Equal(t, []string{"1"}, numbers(w))
}

func TestR29_OrdersComeOnlyByWebhookOrByHand(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	yesterday := time.Now().AddDate(0, 0, -1).Format("2006-01-02 15:04:05")
	for number := int64(1); number <= 3; number++ {
		w.Cartum.PutOrder(number, testenv.J{"stat_created": yesterday})
	}
	w.Webhook(2)
	w.AwaitSynced(2)
	w.ByHand(3)
	w.AwaitSynced(3)
	assert.False(t, w.Known(1), "an order of the time before the switch is left to the built-in integration")
	assert.Equal(t, []string{"2", "3"}, numbers(w))
	assert.Equal(t, 2, w.Cartum.Requests().Functions["orders/get"], "nobody lists the shop's older orders")
}
