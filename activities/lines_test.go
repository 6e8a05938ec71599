package activities

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	roappfake "github.com/cartumsync/cartumsync/sandbox/roapp"
)

var deducting = map[roappfake.Switch]string{roappfake.DeductOnAdd: "yes"}

// roses are two of a product for 12.50 each.
func roses(product int64) order.AddItem {
	return order.AddItem{Line: "A", ProductID: product, Quantity: decimal.NewFromInt(2), Price: decimal.RequireFromString("12.50")}
}

// edited is an order of two roses in RO App, of which the shop's buyer now wants three.
func edited(t *testing.T) (s *services, in order.WriteLines) {
	t.Helper()
	s = openServices(t)
	created := s.created()
	line := roses(s.product("Rose", "A"))
	added := done[order.ItemsAdded](s, s.a.AddItems, order.AddItems{Account: "main", OrderID: created.ID, AssigneeID: 56, Lines: []order.AddItem{line}})
	return s, order.WriteLines{Account: "main", OrderID: created.ID, Lines: []order.LineWrite{{
		Key: "A", ItemID: added.Added["A"].ID, To: order.ItemValues{Quantity: decimal.NewFromInt(3), Price: line.Price}, Quantity: true,
		Ours: []order.ItemValues{{Quantity: line.Quantity, Price: line.Price}},
	}}}
}

func (s *services) itemPath(in order.WriteLines) string {
	return fmt.Sprintf("/v2/orders/%d/items/%d", in.OrderID, in.Lines[0].ItemID)
}

func (s *services) quantity(in order.WriteLines) string {
	s.t.Helper()
	items := s.roappOrder(in.OrderID).Items
	require.Len(s.t, items, 1)
	return items[0].Quantity.String()
}

func TestChangedQuantityIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s, in := edited(t)
	s.roapp.fail("PATCH "+s.itemPath(in), "lose-answer")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.WriteLines, in).Kind)
	at := time.Now()
	in.Precheck.Lost = &at
	again := done[order.LinesWritten](s, s.a.WriteLines, in)
	assert.Empty(t, again.Written, "it was written by the attempt whose answer was lost")
	assert.Equal(t, "3", s.quantity(in))
}

// An add whose answer was lost is looked up by its content; nothing is added.
func TestOnlyFindAddsNothing(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	created := s.created()
	line, absent := roses(s.product("Rose", "A")), roses(s.product("Vase", "B"))
	absent.Line = "B"
	in := order.AddItems{Account: "main", OrderID: created.ID, AssigneeID: 56, Lines: []order.AddItem{line}}
	s.roapp.fail(fmt.Sprintf("POST /v2/orders/%d/items", created.ID), "lose-answer")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.AddItems, in).Kind)
	at := time.Now()
	in.Lines, in.OnlyFind, in.Precheck = append(in.Lines, absent), true, order.Precheck{Lost: &at}
	added := done[order.ItemsAdded](s, s.a.AddItems, in).Added
	items := s.roappOrder(created.ID).Items
	require.Len(t, items, 1)
	assert.Len(t, added, 1)
	assert.Equal(t, items[0].ID, added["A"].ID)
}

func TestLineThatStaffChangedStays(t *testing.T) {
	t.Parallel()
	s, in := edited(t)
	in.Lines[0].Ours = []order.ItemValues{{Quantity: decimal.NewFromInt(7), Price: decimal.NewFromInt(1)}}
	assert.Empty(t, done[order.LinesWritten](s, s.a.WriteLines, in).Written)
	assert.Equal(t, "2", s.quantity(in))
}

func TestWrittenOffLineStays(t *testing.T) {
	t.Parallel()
	s, in := edited(t)
	s.roapp.do(http.MethodPost, fmt.Sprintf("/orders/%d/write-off", in.OrderID), "", nil)
	written := done[order.LinesWritten](s, s.a.WriteLines, in)
	assert.Empty(t, written.Written)
	assert.True(t, written.Items[0].WrittenOff)
	assert.Equal(t, "2", s.quantity(in))
}

// A line that RO App refuses is looked at again, for staff may just have changed it.
func TestRefusedLine(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]order.FailureKind{
		"422": order.FailRejected, "404": order.FailRejected, "403": order.FailMissingRight, "503": order.FailUnreachable,
	} {
		s, in := edited(t)
		s.roapp.fail("PATCH "+s.itemPath(in), how)
		assert.Equal(t, want, s.fails(s.a.WriteLines, in).Kind, how)
		assert.Equal(t, "2", s.quantity(in))
	}
}

func TestLineThatStaffDeleted(t *testing.T) {
	t.Parallel()
	s, in := edited(t)
	s.roapp.do(http.MethodDelete, fmt.Sprintf("/orders/%d/items/%d", in.OrderID, in.Lines[0].ItemID), "", nil)
	in.WroteAt, in.Precheck.Settle, in.Precheck.Lag = time.Now(), time.Minute, 10*time.Millisecond
	s.roapp.requests()
	written := done[order.LinesWritten](s, s.a.WriteLines, in)
	assert.Empty(t, written.Items)
	assert.Empty(t, written.Written)
	assert.Equal(t, 2, s.roapp.requests()["GET /v2/orders/{id}/items"], "soon after it was added its absence is not believed at once")
}

// An order that a person names is linked, unless it is another order's; then nobody else takes it.
func TestNamedOrderIsLinked(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	created := s.created() // for order 115
	in := order.LinkOrder{
		Account: "main", OrderID: created.ID, Shop: "demo", ShopName: "Kwiaty Online", Number: 116, Created: time.Now(), OrderTypeID: 34, Zone: "Europe/Warsaw",
	}
	refused := done[order.OrderLinked](s, s.a.LinkOrder, in)
	assert.Equal(t, "linked-to-another", refused.Refused)
	assert.Contains(t, refused.Holder, "115")

	s.roapp.do(http.MethodPatch, fmt.Sprintf("/orders/%d", created.ID), `{"custom_fields":{"f102":"","f101":""}}`, nil)
	for range 2 {
		linked := done[order.OrderLinked](s, s.a.LinkOrder, in)
		assert.Equal(t, created.ID, linked.Order.ID)
		assert.Empty(t, linked.Refused)
		assert.Equal(t, "116", s.roappOrder(created.ID).Order.Fields["f102"])
	}

	s.lists(listed(117, map[string]any{"RoappOrder": created.ID}))
	refused = done[order.OrderLinked](s, s.a.LinkOrder, in)
	assert.Equal(t, "linked-to-another", refused.Refused)
	assert.Contains(t, refused.Holder, "117")

	in.OrderID = 4711
	assert.Equal(t, "no-such-order", done[order.OrderLinked](s, s.a.LinkOrder, in).Refused)
}

// An account without custom fields has the shop's number in the manager's notes, below what staff wrote there.
func TestNamedOrderIsMarkedInTheNotes(t *testing.T) {
	t.Parallel()
	s := openServicesWith(t, nil, env(), "fields: {shop: f101, external_id: External ID, created: f103, last_updated: Last updated}", "fields: {}")
	create := s.createInput(s.person("Anna", "+48601000201"))
	created := done[order.OrderCreated](s, s.a.CreateOrder, create)
	assert.Contains(t, s.roappOrder(created.ID).Order.Notes, "[order:demo:115]")
	in := order.LinkOrder{Account: "main", OrderID: created.ID, Shop: "demo", ShopName: "Kwiaty Online", Number: 116, Created: time.Now(), Zone: "Europe/Warsaw"}
	assert.Equal(t, "order demo #115", done[order.OrderLinked](s, s.a.LinkOrder, in).Holder)
	in.Number = 115
	assert.Equal(t, created.ID, done[order.OrderLinked](s, s.a.LinkOrder, in).Order.ID)
}
