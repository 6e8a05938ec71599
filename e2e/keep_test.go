package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// importedOrder places an order with two lines and waits until it exists in RO
// App.
func importedOrder(t *testing.T, o testenv.Options, number int64, fields testenv.J) (*testenv.Env, testenv.RoappOrder) {
	t.Helper()
	o.Unlimited = true
	w := testenv.New(t, o)
	w.Roapp.Switch("search-lag", "0s")
	return w, place(w, number, fields)
}

// place puts an order with two lines into the shop and waits for its import.
func place(w *testenv.Env, number int64, fields testenv.J) testenv.RoappOrder {
	w.T.Helper()
	all := testenv.J{"products": roseAndVase("2", "1")}
	for name, value := range fields {
		all[name] = value
	}
	w.Place(number, all)
	_, o := w.AwaitSynced(number)
	return o
}

// roseAndVase are the lines A-1 and B-1 with these quantities.
func roseAndVase(a, b string) []testenv.J {
	return []testenv.J{testenv.Line("A-1", "Róża czerwona", "12.50", a), testenv.Line("B-1", "Wazon", "30", b)}
}

// items are an order's lines in RO App, sorted: "A-1 x 2 at 12.5".
func items(o testenv.RoappOrder) []string {
	texts := make([]string, 0, len(o.Items))
	for _, item := range o.Items {
		texts = append(texts, fmt.Sprintf("%s x %s at %s", item.Entity.SKU, item.Quantity, item.Price))
	}
	slices.Sort(texts)
	return texts
}

// itemOf is the order's line of a SKU.
func itemOf(o testenv.RoappOrder, article string) testenv.RoappItem {
	i := slices.IndexFunc(o.Items, func(item testenv.RoappItem) bool { return item.Entity.SKU == article })
	return o.Items[i]
}

// awaitItems waits until the order has these lines in RO App.
func awaitItems(w *testenv.Env, id int64, want ...string) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		if is := items(w.Roapp.Order(id)); fmt.Sprint(is) != fmt.Sprint(want) {
			return fmt.Sprintf("items are %v, want %v", is, want)
		}
		return ""
	})
}

// awaitRest waits until the order is as the rules want it and checked since.
func awaitRest(w *testenv.Env, number int64, digestOf func(testenv.Order) string) testenv.Order {
	w.T.Helper()
	return w.Await(number, func(v testenv.Order) string {
		if text := digestOf(v); text != "" {
			return text
		}
		if len(v.Running)+len(v.Pending) > 0 {
			return "still at work"
		}
		return ""
	})
}

// total waits for the shop's total, which shows the last edit.
func total(want string) func(testenv.Order) string {
	return func(v testenv.Order) string {
		if is := v.Amount.Total.String(); is != want {
			return "the shop's total is " + is
		}
		return ""
	}
}

func TestR18_F43_LinesAndStatusEditedBeforeTheWriteOff(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	w.Cartum.PutProduct("N-1", testenv.J{"title": testenv.J{"pl": "Świeca"}})
	w.Edit(1, testenv.J{"stat_status": 2, "products": []testenv.J{
		testenv.Line("A-1", "Róża czerwona", "11", "4"), testenv.Line("B-1", "Wazon", "30", "1"), testenv.Line("N-1", "Candle", "2", "1.125"),
	}})
	awaitItems(w, o.ID, "A-1 x 4 at 11", "B-1 x 1 at 30", "N-1 x 1.125 at 2")
	awaitRoappStatus(w, o.ID, 102)
	product := itemOf(w.Roapp.Order(o.ID), "N-1")
	assert.Equal(t, "Świeca", product.Entity.Title)
	assert.True(t, product.IsDeductionRequired)

	// Each side changes something else.
	w.Cartum.Change(1, testenv.J{"products": []testenv.J{
		testenv.Line("A-1", "Róża czerwona", "11", "4"), testenv.Line("B-1", "Wazon", "30", "1"), testenv.Line("N-1", "Candle", "2", "5"),
	}})
	w.Roapp.SetStatus(o.ID, 105)
	pressed(w, 1)
	awaitItems(w, o.ID, "A-1 x 4 at 11", "B-1 x 1 at 30", "N-1 x 5 at 2")
	view := pollEverything(w, 1)
	assert.Empty(t, view.Warnings)
	assertStatuses(w, 1, o.ID, 6, 105, 1, 1)
	comment := lastComment(w.Roapp.Order(o.ID))
	assert.Contains(t, comment, "Do pobrania: 84,00 PLN", "the amount to collect is reported again")
	assert.NotContains(t, comment, "N-1", "what is synced needs no comment")
}

func TestF44_LineRemovedInTheShopIsReportedAndLeft(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	w.Edit(1, testenv.J{"products": roseAndVase("2", "1")[:1]})
	w.AwaitMark(1, order.WarnNotSynced)
	w.Eventually(testenv.Patience, func() string {
		if feed := w.Roapp.Order(o.ID).Feed; len(feed) != 2 || !strings.Contains(feed[1].Comment, "B-1: usunięto w Cartum") {
			return fmt.Sprint(feed)
		}
		return ""
	})
	assert.Len(t, w.Roapp.Order(o.ID).Items, 2)
	// Staff take the line out; the row shows it after the next poll.
	w.Roapp.Delete(fmt.Sprintf("orders/%d/items/%d", o.ID, itemOf(o, "B-1").ID))
	w.ByHand(1)
	w.Await(1, func(v testenv.Order) string {
		if len(v.Warnings) > 0 {
			return "still marked"
		}
		return ""
	})
	// It comes back in the shop: what staff took out is never added again.
	w.Edit(1, testenv.J{"products": roseAndVase("2", "4")})
	w.AwaitMark(1, order.WarnNotSynced)
	assert.Len(t, w.Roapp.Order(o.ID).Items, 1)
}

// awaitShopStatus has changes collected until the shop has the status.
func awaitShopStatus(w *testenv.Env, number int64, want int) {
	w.T.Helper()
	var asked time.Time
	w.Eventually(testenv.Patience, func() string {
		if time.Since(asked) > 3*time.Second {
			w.Collect()
			asked = time.Now()
		}
		if is := w.Cartum.Status(number); is != want {
			return fmt.Sprint("the shop's status is ", is)
		}
		return ""
	})
}

func TestR16_ChangedDeliveryIsOneNewComment(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	w.Edit(1, testenv.J{"delivery_address": "ul. Krótka 9"})
	w.Eventually(testenv.Patience, func() string {
		if feed := w.Roapp.Order(o.ID).Feed; len(feed) != 2 || !strings.Contains(feed[1].Comment, "ul. Krótka 9") {
			return fmt.Sprint(feed)
		}
		return ""
	})
	// F47: the same again, and a tracking number alone, are no reason to write.
	w.Edit(1, testenv.J{"delivery_address": "ul.  Krótka 9 ", "delivery_data": testenv.J{"tnNumber": "123"}})
	awaitRest(w, 1, func(v testenv.Order) string {
		if v.Cartum.Delivery.Tracking != "123" {
			return "not seen"
		}
		return ""
	})
	assert.Len(t, w.Roapp.Order(o.ID).Feed, 2)
	w.Edit(1, testenv.J{"payed": 1})
	w.Eventually(testenv.Patience, func() string {
		if feed := w.Roapp.Order(o.ID).Feed; len(feed) != 3 || !strings.Contains(feed[2].Comment, "opłacone") {
			return fmt.Sprint(feed)
		}
		return ""
	})
}
