package cartum

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/contract"
	fake "github.com/cartumsync/cartumsync/sandbox/cartum"
)

const documentedOrder = `{
	"user": 99, "delivery_name": "Zofia O'Brien", "delivery_email": "zofia@example.com", "delivery_phone": "+48 601 100 101",
	"delivery_city": "Kraków", "delivery_address": "ul. Długa 5", "delivery_type": {"id": 2, "title": "Kurier"},
	"delivery_price": 15.5, "delivery_data": {"tnNumber": "590000000001", "tnStatusName": "Wysłane"}, "comment": "",
	"payment_type": {"id": 13, "title": "Gotówka"}, "payed": 0, "total_default": 25, "total_sum": 25, "total_quantity": 1,
	"discount_percent": 0, "discount_value": 0, "coupon_code": "", "coupon_percent": 0, "coupon_discount_value": 0,
	"coupon_type": 0, "stat_status": 1, "currency": "PLN", "order_without_callback": false,
	"analytics": {"utm_source": "(direct)", "utm_campaign": "2026"},
	"products": [{"title": "Róża \"Red Naomi\"", "article": "ROZA-CZ", "price": 12.5, "quantity": 2, "total_price": 25,
		"discount_marker": "NONE", "type": "product"}]
}`

const documentedProduct = `{
	"title": {"pl": "Róża czerwona", "en": "Red rose"}, "description": {"pl": "<p>Świeża</p>"}, "price": 12.5,
	"parent": {"id": 4, "value": {"pl": "Kwiaty"}}, "presence": {"id": 1, "value": {"pl": "W magazynie"}},
	"slug": "roza-czerwona", "link": "https://shop.example/roza-czerwona/"
}`

// Every call of the client, in both profiles: all that is asked and answered is in the document, and all that is in the
// document is asked.
func TestAllCallsAreInTheDocumentAndNoMore(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, profile := range []string{"documented", "flipped"} {
		for _, operation := range everyCall(t, profile) {
			asked[operation] = true
		}
	}
	assert.Equal(t, contract.Cartum().Operations(), slices.Sorted(maps.Keys(asked)))
}

func everyCall(t *testing.T, profile string) []string {
	t.Helper()
	require.NoError(t, contract.Cartum().CheckRecord("Product", []byte(`{"article":"ROZA-CZ",`+documentedProduct[1:])))
	switches, err := fake.Profile(profile)
	require.NoError(t, err)
	shop := fake.New(fake.Options{Switches: switches, WebhookDelay: time.Hour})
	gate := contract.Cartum().Check(t, shop)
	server := httptest.NewServer(gate)
	t.Cleanup(func() { server.Close(); shop.Close() })
	put := func(path, body string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL+path, bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusCreated, answer.StatusCode)
	}
	put("/sandbox/orders/115", documentedOrder)
	put("/sandbox/products/ROZA-CZ", documentedProduct)
	c := New(Config{URL: server.URL, Login: "sandbox", Password: "sandbox", RequestsPerSecond: -1, Jitter: func() time.Duration { return 0 }})
	ctx := t.Context()
	ok := func(_ any, err error) { t.Helper(); require.NoError(t, err) }

	ok(nil, c.Login(ctx))
	page, err := c.Orders(ctx, OrdersQuery{From: "2020-01-01 00:00:00", To: "2099-01-01 00:00:00", Limit: 100})
	ok(page, err)
	require.Len(t, page.Orders, 1)
	ok(c.Order(ctx, 115))
	_, err = c.Order(ctx, 999)
	assert.Equal(t, NotFound, KindOf(err))
	ok(c.Statuses(ctx))
	ok(c.Currencies(ctx))
	products, err := c.Products(ctx, []string{"ROZA-CZ", "none"})
	ok(products, err)
	require.Len(t, products, 1)
	assert.Equal(t, "Róża czerwona", products[0].Title["pl"])
	ok(nil, c.UpdateStatus(ctx, 115, 6))
	assert.Equal(t, Rejected, KindOf(c.UpdateStatus(ctx, 115, 999)))
	id, err := c.Subscribe(ctx, "order_created", "https://sync.example/webhooks/cartum/kwiaty/key")
	ok(id, err)
	ok(nil, c.Unsubscribe(ctx, id, "https://sync.example/webhooks/cartum/kwiaty/key"))
	assert.Error(t, c.Unsubscribe(ctx, id, "https://sync.example/webhooks/cartum/kwiaty/key"))

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/sandbox/tokens/expire", http.NoBody)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	ok(c.Order(ctx, 115))
	assert.Equal(t, Credentials, KindOf(New(Config{URL: server.URL, Login: "sandbox", Password: "wrong"}).Login(ctx)))
	return gate.Asked()
}
