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

// prompt are the options of a test environment in which lost answers take little time.
func prompt() testenv.Options {
	return testenv.Options{RequestTimeout: time.Second, Settle: 200 * time.Millisecond, SearchLag: 200 * time.Millisecond}
}

func TestR18_SameArticleTwice(t *testing.T) {
	t.Parallel()
	twice := func(first, second string) testenv.J {
		return testenv.J{"products": []testenv.J{testenv.Line("A-1", "Róża czerwona", "12.50", first), testenv.Line("A-1", "Róża czerwona", "10", second)}}
	}
	w, o := importedOrder(t, testenv.Options{}, 1, twice("2", "1"))
	assert.Equal(t, []string{"A-1 x 1 at 10", "A-1 x 2 at 12.5"}, items(o))
	ids := idsOf(o)
	w.Edit(1, twice("2", "4"))
	awaitItems(w, o.ID, "A-1 x 2 at 12.5", "A-1 x 4 at 10")
	w.Edit(1, twice("7", "4"))
	awaitItems(w, o.ID, "A-1 x 4 at 10", "A-1 x 7 at 12.5")

	// A third one of the same price as the second.
	third := twice("7", "4")
	third["products"] = append(third["products"].([]testenv.J), testenv.Line("A-1", "Róża czerwona", "10", "4"))
	w.Edit(1, third)
	awaitItems(w, o.ID, "A-1 x 4 at 10", "A-1 x 4 at 10", "A-1 x 7 at 12.5")
	view := pollEverything(w, 1)
	assert.Empty(t, view.Warnings)
	assert.Subset(t, idsOf(w.Roapp.Order(o.ID)), ids)
	assert.Len(t, w.Roapp.Products(), 1)
}

// idsOf are the ids of the order's items.
func idsOf(o testenv.RoappOrder) []int64 {
	ids := make([]int64, 0, len(o.Items))
	for _, item := range o.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

func TestR18_LineOfANewProductIsAdded(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	w.Cartum.PutProduct("N-1", testenv.J{"title": testenv.J{"pl": "Świeca"}})
	w.Edit(1, testenv.J{"stat_status": 2, "products": append(roseAndVase("3", "1"), testenv.Line("N-1", "Candle", "7.25", "1.125"))})
	awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30", "N-1 x 1.125 at 7.25")
	awaitRoappStatus(w, o.ID, 102)
	product := itemOf(w.Roapp.Order(o.ID), "N-1")
	assert.Equal(t, "Świeca", product.Entity.Title)
	assert.True(t, product.IsDeductionRequired)
	w.Edit(1, testenv.J{"products": append(roseAndVase("3", "1"), testenv.Line("N-1", "Candle", "7.25", "2.375"))})
	awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30", "N-1 x 2.375 at 7.25")
	view := pollEverything(w, 1)
	assert.Empty(t, view.Warnings)
	assert.Contains(t, lastComment(w.Roapp.Order(o.ID)), "Do pobrania: 84,72 PLN", "the amount that was reported is true again")
}

func TestF46_StaffAddedTheSameGoodsByHand(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	product := w.Roapp.Create("products", testenv.J{"title": "Wstążka", "article": "C-1"})
	ribbon := func(quantity string) testenv.J {
		return testenv.J{"products": append(roseAndVase("2", "1"), testenv.Line("C-1", "Wstążka", "2", quantity))}
	}
	// Another quantity is another line, and remains the staff's own.
	w.Roapp.AddItem(o.ID, product, "3", "2")
	w.Edit(1, ribbon("5"))
	awaitItems(w, o.ID, "A-1 x 2 at 12.5", "B-1 x 1 at 30", "C-1 x 3 at 2", "C-1 x 5 at 2")
	w.Edit(1, ribbon("6"))
	awaitItems(w, o.ID, "A-1 x 2 at 12.5", "B-1 x 1 at 30", "C-1 x 3 at 2", "C-1 x 6 at 2")

	// Just what the shop has now was added in advance.
	same := place(w, 2, nil)
	w.Roapp.AddItem(same.ID, product, "5", "2")
	w.Edit(2, ribbon("5"))
	view := awaitRest(w, 2, total("65"))
	assert.Equal(t, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30", "C-1 x 5 at 2"}, items(w.Roapp.Order(same.ID)))
	assert.Empty(t, view.Warnings)
}

func TestF46_WhatStaffDidSurvivesEdits(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	product := w.Roapp.Create("products", testenv.J{"title": "Bilecik", "article": "CARD"})
	rose, vase := itemOf(o, "A-1").ID, itemOf(o, "B-1").ID
	w.Roapp.AddItem(o.ID, product, "1", "3")
	w.Roapp.SetItem(o.ID, rose, testenv.J{
		"comment": "the fresh ones", "discount": testenv.J{"type": "percentage", "percentage": 10, "amount": 0, "sponsor": "staff"},
	})
	w.Roapp.API("POST", fmt.Sprintf("/v2/orders/%d/comments", o.ID), testenv.J{"comment": "called"}, nil)
	w.Roapp.API("PATCH", fmt.Sprintf("/v2/orders/%d", o.ID), testenv.J{"manager_notes": "call first"}, nil)
	w.Edit(1, testenv.J{"products": roseAndVase("3", "2"), "delivery_address": "ul. Nowa 1"})
	awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 2 at 30", "CARD x 1 at 3")
	pollEverything(w, 1)

	after := w.Roapp.Order(o.ID)
	assert.Equal(t, "10", itemOf(after, "A-1").Discount.Percentage.String())
	assert.Equal(t, "96.75", after.Total.String())
	assert.Equal(t, "call first", after.ManagerNotes)
	comments := make([]string, 0, len(after.Feed))
	for _, entry := range after.Feed {
		comments = append(comments, entry.Comment)
	}
	assert.Len(t, comments, 3)
	assert.Contains(t, comments, "called")

	// Staff took a line out: it never comes back, whatever the shop does with it.
	w.Roapp.Delete(fmt.Sprintf("orders/%d/items/%d", o.ID, vase))
	w.Edit(1, testenv.J{"products": roseAndVase("4", "5")})
	awaitItems(w, o.ID, "A-1 x 4 at 12.5", "CARD x 1 at 3")
	w.AwaitMark(1, order.WarnNotSynced)
	pollEverything(w, 1)
	assert.Equal(t, []string{"A-1 x 4 at 12.5", "CARD x 1 at 3"}, items(w.Roapp.Order(o.ID)))
}

func TestF30_SetAndGiftAddedAfterTheImport(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	kind := func(line testenv.J, kind string) testenv.J { line["type"] = kind; return line }
	w.Edit(1, testenv.J{
		"products": append(roseAndVase("2", "1"),
			kind(testenv.Line("S-1", "Zestaw", "20", "1"), "set_main"),
			kind(testenv.Line("S-2", "Świeca", "12", "1"), "set_item"),
			kind(testenv.Line("S-3", "Zapałki", "8", "1"), "set_item"),
			kind(testenv.Line("G-1", "Kartka", "0", "1"), "gift")),
		"total_sum": 75, "total_default": 75,
	})
	awaitItems(w, o.ID, "A-1 x 2 at 12.5", "B-1 x 1 at 30", "G-1 x 1 at 0", "S-1 x 1 at 0", "S-2 x 1 at 12", "S-3 x 1 at 8")
	view := pollEverything(w, 1)
	assert.Empty(t, view.Warnings)
	assert.Equal(t, "75", w.Roapp.Order(o.ID).Total.String())
}

func TestR18_BadEditIsHeldWhileStatusesGoOn(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	w.Edit(1, testenv.J{"products": roseAndVase("3", "-1")})
	view := w.AwaitHeld(1, order.HoldMalformed)
	assert.Equal(t, "products[1].quantity", view.Hold.Field)

	w.Edit(1, testenv.J{"stat_status": 2})
	awaitRoappStatus(w, o.ID, 102)
	w.Roapp.SetStatus(o.ID, 105)
	awaitShopStatus(w, 1, 6)
	view = w.AwaitHeld(1, order.HoldMalformed)
	assert.Equal(t, "products[1].quantity", view.Hold.Field)
	assertStatuses(w, 1, o.ID, 6, 105, 1, 1)
	assert.Equal(t, []string{"A-1 x 2 at 12.5", "B-1 x 1 at 30"}, items(w.Roapp.Order(o.ID)), "half an edit is none")

	w.Edit(1, testenv.J{"products": roseAndVase("1.0005", "1")})
	w.Await(1, func(v testenv.Order) string {
		if v.Hold == nil || v.Hold.Field != "products[0].quantity" {
			return "not held for the new value"
		}
		return ""
	})
	w.Edit(1, testenv.J{"products": roseAndVase("1.125", "2")})
	awaitItems(w, o.ID, "A-1 x 1.125 at 12.5", "B-1 x 2 at 30")
	view = pollEverything(w, 1)
	assert.Equal(t, order.SyncSynced, view.State)
	assertStatuses(w, 1, o.ID, 6, 105, 1, 1)
}

func TestF46_StaffsOwnCustomFieldsSurvive(t *testing.T) {
	t.Parallel()
	for _, switched := range []string{"replace", "merge"} {
		t.Run(switched, func(t *testing.T) {
			t.Parallel()
			w, o := importedOrder(t, testenv.Options{RoappSwitches: map[string]string{"patch-custom-fields": switched}}, 1, nil)
			fields := testenv.J{}
			for id, value := range o.CustomFields {
				fields[id] = value
			}
			fields["f104"] = "2020-01-02T03:04:05Z" // long ago
			fields["f105"] = "Wszystkiego najlepszego"
			w.Roapp.API("PATCH", fmt.Sprintf("/v2/orders/%d", o.ID), testenv.J{"custom_fields": fields}, nil)
			w.Edit(1, testenv.J{"products": roseAndVase("3", "1")})
			awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30")
			w.Eventually(testenv.Patience, func() string {
				if is := w.Roapp.Order(o.ID).CustomFields["f104"]; is == fields["f104"] {
					return "Last updated is still " + is
				}
				return ""
			})
			after := w.Roapp.Order(o.ID).CustomFields
			assert.Equal(t, "Wszystkiego najlepszego", after["f105"], "staff's own")
			assert.Equal(t, "1", after["f102"])
			assert.Equal(t, "Kwiaty Online", after["f101"])
		})
	}
}

// Whatever is lost on the way, each change arrives once.
func TestF04_ChangeWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, prompt(), 1, nil)
	step := func(name string, change func(), method, what string, settled func() string) {
		for _, kind := range []testenv.Fault{{Kind: "lose-answer"}, {Kind: "status", Status: 503, Times: 2}, {Kind: "html"}} {
			w.Roapp.BreakOrder(o.ID, method, what, kind)
			change()
			w.Await(1, func(testenv.Order) string {
				if text := settled(); text != "" {
					return name + " with " + kind.Kind + ": " + text
				}
				return ""
			})
		}
	}
	quantity, lines := 2, roseAndVase("2", "1")
	step("a quantity", func() {
		quantity++
		lines = roseAndVase(fmt.Sprint(quantity), "1")
		w.Edit(1, testenv.J{"products": lines})
	}, "PATCH", "items/*", func() string {
		if is := itemOf(w.Roapp.Order(o.ID), "A-1").Quantity.String(); is != fmt.Sprint(quantity) {
			return is
		}
		return ""
	})
	added := 0
	step("a new line", func() {
		added++
		lines = append(slices.Clone(lines), testenv.Line(fmt.Sprint("N-", added), "Świeca", "3", "1"))
		w.Edit(1, testenv.J{"products": lines})
	}, "POST", "items", func() string {
		if is := len(w.Roapp.Order(o.ID).Items); is != 2+added {
			return fmt.Sprint("items: ", is)
		}
		return ""
	})
	statuses, next := []int{2, 6, 2}, 0
	step("a status", func() {
		w.Edit(1, testenv.J{"stat_status": statuses[next]})
		next++
	}, "POST", "status", func() string {
		want := map[int]int64{2: 102, 6: 105}[statuses[next-1]]
		if is := w.Roapp.Order(o.ID).Status.ID; is != want {
			return fmt.Sprint(is)
		}
		return ""
	})
	view := pollEverything(w, 1)
	assert.Empty(t, view.Warnings)
	after := w.Roapp.Order(o.ID)
	assert.Len(t, after.Items, 5, "no line came twice")
	assert.Equal(t, 3, ourStatusWrites(w, o.ID, 1))
	assert.Zero(t, w.Cartum.Seen(updateShopOrder))
	assert.Equal(t, 5, changesOf(after, "item added"))
}

// changesOf counts entries of the order's history.
func changesOf(o testenv.RoappOrder, prefix string) int {
	count := 0
	for _, change := range o.History {
		if strings.HasPrefix(change.Text, prefix) {
			count++
		}
	}
	return count
}

func TestF04_PushWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, prompt(), 1, nil)
	for i, fault := range []testenv.Fault{{Kind: "lose-answer"}, {Kind: "status", Status: 502}, {Kind: "empty"}, {Kind: "envelope", Body: "EXCEPTION"}} {
		fault.Match = "POST /api/orders/update"
		w.Cartum.Break(fault)
		account, shop := int64(105), 6
		if i%2 == 1 {
			account, shop = 102, 2
		}
		w.Roapp.SetStatus(o.ID, account)
		w.ByHand(1)
		w.Eventually(testenv.Patience, func() string {
			if is := w.Cartum.Status(1); is != shop {
				return fmt.Sprint(fault.Kind, ": the shop's status is ", is)
			}
			return ""
		})
	}
	view := pollEverything(w, 1)
	assert.Empty(t, view.Warnings)
	assert.Zero(t, ourStatusWrites(w, o.ID, 1))
	assert.Equal(t, 7, w.Cartum.Seen(updateShopOrder), "a lost answer is not asked for twice, a failure is")
}

// A new line whose product only a person can name holds the products, not the
// status that came with it.
func TestF29_AmbiguousProductOfANewLine(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{}, 1, nil)
	product := w.Roapp.Create("products", testenv.J{"title": "Wstążka", "article": "C-1"})
	w.Roapp.Create("products", testenv.J{"title": "Wstążka", "article": "C-1"})
	w.Edit(1, testenv.J{"stat_status": 2, "products": append(roseAndVase("3", "1"), testenv.Line("C-1", "Wstążka", "2", "5"))})
	w.AwaitHeld(1, order.HoldAmbiguousProduct)
	awaitRoappStatus(w, o.ID, 102)
	w.Roapp.SetStatus(o.ID, 105)
	awaitShopStatus(w, 1, 6)
	w.Decide(1, order.Decision{Kind: order.DecideProduct, ProductID: product})
	awaitItems(w, o.ID, "A-1 x 3 at 12.5", "B-1 x 1 at 30", "C-1 x 5 at 2")
	pollEverything(w, 1)
	assertStatuses(w, 1, o.ID, 6, 105, 1, 1)
}
