package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// anyLine is an ordinary line with something odd in it.
func anyLine(odd testenv.J) testenv.J {
	return lines(with(testenv.Line("R-1", "Róża", "12.50", "2"), odd))
}

// badOrders are orders that nobody can import as they are: by their number, what
// is odd, and the field and reason that the hold names.
var badOrders = map[int64]struct {
	odd    testenv.J
	reason order.HoldReason
	field  string
}{
	102: {testenv.J{"products": null, "total_sum": 0, "total_default": 0}, order.HoldNoItems, "products"},
	105: {anyLine(testenv.J{"price": null}), order.HoldMalformed, "products[0].price"},
	111: {anyLine(testenv.J{"article": "", "title": " "}), order.HoldNoArticle, "products[0].article"},
	118: {testenv.J{"stat_created": "2026-03-29 02:30:00"}, order.HoldMalformed, "stat_created"}, // skipped in Warsaw
	120: {testenv.J{"delivery_phone": nil}, order.HoldNoCustomer, "delivery_phone"},
	121: {testenv.J{"currency": null}, order.HoldCurrency, "currency"},
}

// oddOrders have odd values and are imported all the same.
var oddOrders = map[int64]testenv.J{
	201: anyLine(testenv.J{"price": "12.50", "quantity": "2"}),
	203: {"delivery_name": strings.Repeat("Brzęczyszczykiewicz ", 250), "comment": strings.Repeat("ą", 5000), "delivery_address": strings.Repeat("x", 5000)},
	204: anyLine(testenv.J{"title": strings.Repeat("Bardzo długa nazwa ", 270), "article": "D-1"}),
	205: {"delivery_name": "🌸 Zoë 👩🏽‍🌾 „Ż’ółw”\u0000\u202e", "comment": "💐\r\n\t<script>alert(1)</script>"},
	207: {"stat_created": "2026-10-25 02:30:00"}, // twice in Warsaw
	208: {"delivery_type": null, "payment_type": []any{}, "additional_data": "?", "delivery_data": 5, "delivery_price": "NaN"},
	210: {"delivery_email": "brak"}, // no address: RO App would refuse the contact for it
	217: {"products": testenv.J{"0": with(testenv.Line("R-1", "Róża", "12.50", "2"), testenv.J{"price": "12,50"}), "2": testenv.Line("R-2", "Wazon", "3", "0")}},
	218: anyLine(testenv.J{"price": 12.500000000000002, "quantity": 0.5}),
	220: {"delivery_phone": "601 000 201/601 000 202", "currency": "zł"},
}

func TestF15_BadOrdersAreHeldWithTheirFieldAndStopNoOther(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	for number, bad := range badOrders {
		w.Place(number, with(testenv.J{"delivery_phone": "+48 600 000 " + itoa(number)}, bad.odd))
	}
	w.Place(1, nil)
	w.AwaitSynced(1)
	for number, bad := range badOrders {
		hold := w.AwaitHeld(number, bad.reason).Hold
		assert.Equal(t, bad.field, hold.Field, "order %d: %s", number, hold.Text)
		assert.NotEmpty(t, hold.Text, "order %d", number)
		assert.NotEmpty(t, hold.Remedy, "order %d", number)
	}
	assert.Equal(t, []string{"1"}, numbers(w))

	// A person may accept the moment that the clock skipped.
	w.Decide(118, order.Decision{Kind: order.DecideAccept})
	_, accepted := w.AwaitSynced(118)
	assert.Equal(t, "2026-03-29T01:30:00Z", accepted.CustomFields["f103"])

	// The shop corrects the others, and none is lost.
	for number := range badOrders {
		if number != 118 {
			w.Place(number, nil)
		}
	}
	for number := range badOrders {
		w.AwaitSynced(number)
	}
	assert.Len(t, w.Roapp.Orders(), 1+len(badOrders))
}

func TestF36_OddOrdersAreImported(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	for number, odd := range oddOrders {
		w.Place(number, odd)
	}
	for number := range oddOrders {
		_, o := w.AwaitSynced(number)
		require.Len(t, o.Items, 1, "order %d", number)
	}
	assert.Len(t, w.Roapp.Orders(), len(oddOrders))
}

// A row that cannot be read is not asked for again and again.
func TestF15_BadOrderIsNotReadWithoutEnd(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, anyLine(testenv.J{"price": "?"}))
	w.AwaitHeld(1, order.HoldMalformed)
	w.Place(2, nil)
	w.AwaitSynced(2)
	assert.Equal(t, 2, w.Cartum.Seen("orders/get"))
}

func TestF15_WebhookWithoutAnOrdersNumberIsRefusedInWords(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	for _, body := range []string{`{}`, `{"order_id":null}`, `{"order_id":0}`, `{"order_id":-7}`, `{"order_id":"A"}`, `{"order_id":1.5}`, `[]`, `1`, ``, `<xml/>`} {
		code, answer := w.PutWebhook(w.Shop, testenv.WebhookKey, []byte(body))
		assert.Equal(t, http.StatusBadRequest, code, body)
		assert.Contains(t, answer, "order_id", body)
	}
	w.Place(1, nil)
	w.AwaitSynced(1)
}
