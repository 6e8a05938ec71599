package roapp

import (
	"reflect"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

const itemList = `[
	{"id":1,"created_at":"2026-11-20T10:00:00Z","assignee_id":5,"quantity":"2.500","price":"20.00","cost":"100.00000","margin_id":null,
	 "is_deduction_required":true,"entity":{"id":9,"type":"product","code":"C9","sku":"A-12","title":"Vase"},"comment":"k",
	 "write_offs":null,"warranty":{"period":0,"unit":"days"},"taxes":[]},
	{"id":2,"quantity":1,"price":5,"is_deduction_required":false,"entity":{"id":9,"type":"service","title":"Delivery"},"write_offs":[]},
	{"id":3,"quantity":"1","price":"5","entity":{"id":"10"},"write_offs":[{"quantity":1}]}]`

func TestItems(t *testing.T) {
	t.Parallel()
	for _, body := range []string{itemList, `{"data":` + itemList + `}`} {
		_, c := newService(t, ok(body))
		got, err := c.Items(t.Context(), 7)
		if err != nil || len(got) != 3 {
			t.Fatalf("got %v, %v", got, err)
		}
		if want := decimal.RequireFromString("2.5"); !got[0].Quantity.Equal(want) || !got[0].Price.Equal(decimal.NewFromInt(20)) {
			t.Errorf("quantity %s, price %s", got[0].Quantity, got[0].Price)
		}
		for i := range got {
			got[i].Quantity, got[i].Price = decimal.Zero, decimal.Zero
		}
		want := []Item{
			{ID: 1, ProductID: 9, DeductionRequired: true},
			{ID: 2},
			{ID: 3, ProductID: 10, WrittenOff: true},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	_, c := newService(t, ok(`[]`))
	if got, err := c.Items(t.Context(), 7); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// A line that cannot be read must not seem to be absent, so it fails the whole answer.
func TestItemsWithABadRow(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`{"id":1,"price":"1"}`, `{"id":1,"quantity":null,"price":"1"}`, `{"id":1,"quantity":"1","price":"1","write_offs":"x"}`, `null`,
	} {
		_, c := newService(t, ok(strings.TrimSuffix(itemList, "]")+","+bad+"]"))
		_, err := c.Items(t.Context(), 7)
		if e := assertError(t, err, Malformed, false); !strings.HasPrefix(e.Err.Error(), "[3]") {
			t.Errorf("%s: %v", bad, e)
		}
	}
}

func TestAddItem(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int64{
		`{"id":55}`: 55, `{"data":{"id":"55"}}`: 55, `{}`: 0, `{"success":true}`: 0, `[]`: 0, `""`: 0, ``: 0, `55`: 55, `[{"id":1}]`: 0, `true`: 0,
		`{"id":7,"number":"A0007","items":[]}`: 0,
	} {
		s, c := newService(t, ok(answer))
		id, err := c.AddItem(t.Context(), 7, NewItem{
			ProductID: 9, AssigneeID: 5, Quantity: decimal.RequireFromString("0.500"), Price: decimal.RequireFromString("33.33"),
		})
		if err != nil || id != want {
			t.Errorf("%s: got %d, %v", answer, id, err)
		}
		body := `{"entity_id":9,"assignee_id":5,"quantity":0.5,"price":33.33,"cost":0,
			"discount":{"type":"percentage","percentage":0,"amount":0,"sponsor":"staff"},
			"warranty":{"period":"0","periodUnits":"days"}}`
		if got := s.only(t).body; !reflect.DeepEqual(asJSON(t, got), asJSON(t, body)) {
			t.Errorf("sent %s", got)
		}
	}
}

func TestWireNumberKeepsDigits(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0.1", "99999999999999.99", "-1", "0.001"} {
		if got := wireNumber(decimal.RequireFromString(text)).String(); got != text {
			t.Errorf("%s is sent as %s", text, got)
		}
	}
}

func FuzzDecodeItems(f *testing.F) {
	for _, seed := range []string{itemList, `{"data":[{"id":1,"quantity":1,"price":"2","entity":[],"write_offs":{}}]}`, `{"id":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := parse(body)
		if err != nil {
			return
		}
		newNode(value).createdID()
		for _, row := range readPage(newNode(value)).rows {
			row = row.apart()
			item := decodeItem(row.row())
			if row.err() == nil && item.ID <= 0 {
				t.Errorf("an item with id %d", item.ID)
			}
			encodes(t, item)
		}
	})
}
