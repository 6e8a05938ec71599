package activities

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

func TestShopOrderIsReadAsItIsNow(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	assert.Nil(t, done[order.ShopOrderRead](s, s.a.ReadShopOrder, order.ReadShopOrder{Shop: "demo", Number: 115}).Snapshot, "no such order")
	s.place(115, time.Now(), map[string]string{"comment": `"Ring twice"`})
	read := done[order.ShopOrderRead](s, s.a.ReadShopOrder, order.ReadShopOrder{Shop: "demo", Number: 115})
	assert.Equal(t, "Ring twice", read.Snapshot.BuyerComment)
	s.place(115, time.Now(), map[string]string{"comment": `"Ring once"`})
	changed := done[order.ShopOrderRead](s, s.a.ReadShopOrder, order.ReadShopOrder{Shop: "demo", Number: 115})
	assert.NotEqual(t, read.Digest, changed.Digest)
	s.cartum.fail("POST /api/orders/get", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.ReadShopOrder, order.ReadShopOrder{Shop: "demo", Number: 115}).Kind)
}

// Buyers are told of each change of status, so none is sent twice, and none over what the shop did since.
func TestStatusIsPushedOnce(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	s.place(115, time.Now(), nil)
	in := order.PushStatus{Shop: "demo", Number: 115, From: 1, To: 2}
	pushed := done[order.StatusPushed](s, s.a.PushStatus, in)
	assert.True(t, pushed.Pushed)
	assert.Equal(t, 2, pushed.Snapshot.Status)
	again := done[order.StatusPushed](s, s.a.PushStatus, in)
	assert.False(t, again.Pushed)
	assert.Equal(t, 2, again.Snapshot.Status)

	in.Number = 116
	assert.Nil(t, done[order.StatusPushed](s, s.a.PushStatus, in).Snapshot, "an order that the shop does not show")

	in = order.PushStatus{Shop: "demo", Number: 115, From: 2, To: 3}
	s.cartum.fail("POST /api/orders/update", "lose-answer")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.PushStatus, in).Kind)
	at := time.Now()
	in.Precheck.Lost = &at
	assert.False(t, done[order.StatusPushed](s, s.a.PushStatus, in).Pushed, "the first attempt has done it")
}

// A shop may say OK and keep the status as it was.
func TestStatusThatTheShopDoesNotKeep(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	s.place(115, time.Now(), nil)
	s.cartum.do(http.MethodPost, "/faults", `{"match":"POST /api/orders/update","kind":"status","status":200,"body":"{\"status\":\"OK\",\"response\":{\"orders\":[]}}"}`, nil)
	failure := s.fails(s.a.PushStatus, order.PushStatus{Shop: "demo", Number: 115, From: 1, To: 2})
	assert.Equal(t, order.FailRejected, failure.Kind)
	assert.Contains(t, failure.Text, "still has status 1")
}

// A product that RO App lacks gets the name, the categories and the description of the shop's catalogue.
func TestCatalogueIsReadInTheShopsLanguage(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	s.cartum.do(http.MethodPut, "/products/A-1", `{"title":{"pl":"Róża","en":"Rose"},"mod_title":{"pl":"Róża czerwona"},
		"description":{"pl":"<p>Piękna &amp; trwała</p>"},"parent":{"id":5,"value":{"pl":"Kwiaty\\Róże"}}}`, nil)
	s.cartum.do(http.MethodPut, "/products/A-2", `{"title":{"pl":"","en":"Vase"},"mod_title":{"pl":"large"},"parent":{"id":6,"value":{"pl":"Dom"}}}`, nil)
	read := done[order.CatalogueRead](s, s.a.ReadCatalogue, order.ReadCatalogue{Shop: "demo", Articles: []string{"A-1", "A-2", "A-3"}})
	assert.Equal(t, map[string]order.CatalogueEntry{
		"A-1": {Title: "Róża czerwona", Category: []string{"Kwiaty", "Róże"}},
		"A-2": {Title: "Vase large", Category: []string{"Dom"}},
	}, read.Entries)

	create := newProduct()
	create.CategoryID = 7
	for _, fresh := range []bool{false, true} {
		if fresh {
			s.newProcess() // which has not read the catalogue
			create.Find.Articles, create.Product.Article, create.ProductKey = []string{"A-1 "}, "A-1", order.ArticleKey("A-1 ")
		}
		created := done[workflows.ProductCreated](s, s.a.CreateProduct, create)
		require.NotNil(t, created.Product)
		var rows []map[string]any
		s.roapp.do(http.MethodGet, "/products", "", &rows)
		assert.Contains(t, fmt.Sprint(rows[len(rows)-1]), "Piękna & trwała")
	}

	s.cartum.fail("POST /api/catalog/export", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.ReadCatalogue, order.ReadCatalogue{Shop: "demo", Articles: []string{"A-1"}}).Kind)
}

// A shop has five places for an event, so the one that is replaced is given back.
func TestSubscriptionIsKeptOrReplaced(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	subscribed := func() (all []struct{ ID int64 }) {
		s.cartum.do(http.MethodGet, "/subscriptions", "", &all)
		return all
	}
	in := workflows.SubscribeInput{Shop: "demo", Event: "order_created", PublicURL: "https://sync.example/"}
	first := done[workflows.Subscription](s, s.a.Subscribe, in)
	assert.Equal(t, "https://sync.example/webhooks/cartum/demo/0123456789abcdef?event=order_created", first.URL)
	in.Was = &first
	assert.Equal(t, first, done[workflows.Subscription](s, s.a.Subscribe, in), "it is kept")
	in.PublicURL = "https://other.example"
	second := done[workflows.Subscription](s, s.a.Subscribe, in)
	assert.Len(t, subscribed(), 1)
	in.Renew = true // although the first one is gone
	third := done[workflows.Subscription](s, s.a.Subscribe, in)
	assert.Equal(t, second.URL, third.URL)
	s.cartum.fail("POST /api/hooks/subscribe", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.Subscribe, in).Kind)
}

func TestWhatIsInForceForAShop(t *testing.T) {
	t.Parallel()
	s := openServicesWith(t, nil, env(), "    managers: [56, 57]\n", "    managers: [56, 57]\n    initial_import: {days: 7, skip_statuses: [6]}\n")
	in := done[workflows.ShopInForce](s, s.a.ShopSettings, "demo")
	assert.Empty(t, in.Paused)
	assert.Equal(t, &workflows.InitialImportWanted{From: "2025-12-25", To: "2025-12-31", SkipStatuses: []int{6}, By: "the settings"}, in.InitialImport)
	assert.Contains(t, done[workflows.ShopInForce](s, s.a.ShopSettings, "gone").Paused, "no such shop")
	off := openServicesWith(t, nil, env(), "    managers: [56, 57]\n", "    managers: [56, 57]\n    enabled: false\n")
	assert.Contains(t, done[workflows.ShopInForce](off, off.a.ShopSettings, "demo").Paused, "switched off")
}
