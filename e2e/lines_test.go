package e2e

import (
	"fmt"
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

func TestF46_StaffAddedTheSameItemByHand(t *testing.T) {
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

func TestF46_StaffsOwnCustomFieldsSurvive(t *testing.T) {
	t.Parallel()
	w, o := importedOrder(t, testenv.Options{RoappSwitches: map[string]string{"patch-custom-fields": "replace"}}, 1, nil)
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
}

// Whatever is lost on the way, each change arrives once: three orders, each with
// another fault, and with each change the fault of its request.
func TestF04_ChangeWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := unhurried(t, prompt())
	w.Roapp.Switch("search-lag", "0s")
	faults := map[int64]testenv.Fault{1: {Kind: "lose-answer"}, 2: {Kind: "status", Status: 503, Times: 2}, 3: {Kind: "html"}}
	ids := map[int64]int64{}
	for number := range faults {
		w.Place(number, testenv.J{"products": roseAndVase("2", "1")})
	}
	for number := range faults {
		_, o := w.AwaitSynced(number)
		ids[number] = o.ID
	}
	step := func(name string, change testenv.J, method, what string, settled func(testenv.RoappOrder) string) {
		for number, fault := range faults {
			w.Roapp.BreakOrder(ids[number], method, what, fault)
			w.Edit(number, change)
		}
		for number, fault := range faults {
			w.Await(number, func(testenv.Order) string {
				if text := settled(w.Roapp.Order(ids[number])); text != "" {
					return name + " with " + fault.Kind + ": " + text
				}
				return ""
			})
		}
	}
	step("a quantity", testenv.J{"products": roseAndVase("3", "1")}, "PATCH", "items/*", func(o testenv.RoappOrder) string {
		if is := itemOf(o, "A-1").Quantity.String(); is != "3" {
			return is
		}
		return ""
	})
	step("a new line", testenv.J{"products": append(roseAndVase("3", "1"), testenv.Line("N-1", "Świeca", "3", "1"))}, "POST", "items", func(o testenv.RoappOrder) string {
		if is := len(o.Items); is != 3 {
			return fmt.Sprint("items: ", is)
		}
		return ""
	})
	step("a status", testenv.J{"stat_status": 2}, "POST", "status", func(o testenv.RoappOrder) string {
		if is := o.Status.ID; is != 102 {
			return fmt.Sprint(is)
		}
		return ""
	})
	for number, id := range ids {
		view := pollEverything(w, number)
		assert.Empty(t, view.Warnings)
		after := w.Roapp.Order(id)
		assert.Len(t, after.Items, 3, "no line came twice")
		assert.Equal(t, 1, ourStatusWrites(w, id, number))
		assert.Equal(t, 3, changesOf(after, "item added"))
	}
	assert.Zero(t, w.Cartum.Seen(updateShopOrder))
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
	w := unhurried(t, prompt())
	w.Roapp.Switch("search-lag", "0s")
	faults := []testenv.Fault{{Kind: "lose-answer"}, {Kind: "status", Status: 502}, {Kind: "empty"}, {Kind: "envelope", Body: "EXCEPTION"}}
	ids := map[int64]int64{}
	for i, fault := range faults { // of the first pushes, whichever orders they are of
		fault.Match = "POST /api/orders/update"
		w.Cartum.Break(fault)
		w.Place(int64(i+1), testenv.J{"products": roseAndVase("2", "1")})
	}
	for i := range faults {
		number := int64(i + 1)
		_, o := w.AwaitSynced(number)
		ids[number] = o.ID
	}
	for number, id := range ids {
		w.Roapp.SetStatus(id, 105)
		w.ByHand(number)
	}
	for number := range ids {
		w.Eventually(testenv.Patience, func() string {
			if is := w.Cartum.Status(number); is != 6 {
				return fmt.Sprintf("the shop's status of order %d is %d", number, is)
			}
			return ""
		})
	}
	for number, id := range ids {
		view := pollEverything(w, number)
		assert.Empty(t, view.Warnings)
		assert.Zero(t, ourStatusWrites(w, id, number))
	}
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
