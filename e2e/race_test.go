package e2e

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// placeAll puts orders into the shop and sends their webhooks at once.
func placeAll(w *testenv.Env, orders map[int64]testenv.J) {
	w.T.Helper()
	var placed sync.WaitGroup
	for number, fields := range orders {
		w.Cartum.PutOrder(number, fields)
	}
	for number := range orders {
		placed.Go(func() { w.Webhook(number) })
	}
	placed.Wait()
	for number := range orders {
		w.AwaitSynced(number)
	}
}

func TestF02_FiveOrdersOfANewPhoneCreateOneContact(t *testing.T) {
	t.Parallel()
	fiveOrders := map[int64]testenv.J{
		1: {}, 2: {"delivery_phone": "501234567"}, 3: {"delivery_phone": "48 501-234-567"}, 4: {}, 5: {"delivery_name": "A. Nowak"},
	}
	w := testenv.New(t, testenv.Options{Unlimited: true, Idle: true})
	w.StartProcess()
	w.StartProcess()
	placeAll(w, fiveOrders)
	assert.Len(t, w.Roapp.Orders(), 5)
	assert.Len(t, w.Roapp.People(), 1)
}

func TestF03_OrdersOfANewProductCreateItOnce(t *testing.T) {
	t.Parallel()
	for name, byTitle := range map[string]bool{"by article": false, "by title": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testenv.New(t, testenv.Options{Second: byTitle, Unlimited: true, RoappSwitches: map[string]string{"category-create": "yes"}})
			language := "pl"
			if byTitle {
				language = "ua"
			}
			for _, article := range []string{"A-1", "B-1"} {
				w.Cartum.PutProduct(article, testenv.J{
					"title": testenv.J{language: "Kwiat " + article}, "parent": testenv.J{"id": 3, "value": testenv.J{language: `Kwiaty\Cięte`}},
				})
			}
			orders := map[int64]testenv.J{}
			for number, phone := range map[int64]string{1: "+48501000001", 2: "+48501000002", 3: "+48501000003", 4: "+48501000004"} {
				article := "A-1"
				if number > 2 {
					article = "B-1"
				}
				orders[number] = testenv.J{"delivery_phone": phone, "products": []testenv.J{testenv.Line(article, "A flower", "10", "1")}}
			}
			placeAll(w, orders)
			a := accountOf(w)
			assert.Equal(t, []string{"Cięte", "Kwiaty", "Other"}, a.Categories)
			assert.Equal(t, []string{"A-1 Kwiat A-1 in Cięte: ", "B-1 Kwiat B-1 in Cięte: "}, a.Products)
			assert.Len(t, a.Orders, 4)
			for _, order := range a.Orders {
				assert.Len(t, order.Items, 1)
			}
		})
	}
}
