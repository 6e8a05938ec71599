package roapp

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

const fullOrder = `{"id":7,"number":"A0007","status":{"id":101,"name":"New","color":"#fff"},"created_at":"2026-11-20T10:00:00Z",
	"modified_at":"2026-11-20T10:05:00.250Z","order_type":{"id":34,"name":"Sale"},"client":{"id":3,"name":"Anna"},
	"manager_notes":"n","custom_fields":{"f101":"Kwiaty","f102":1234,"f103":null},"payed":20,"total":"149.99",
	"is_deduction_required":true}`

func order7() Order {
	return Order{
		ID: 7, Number: "A0007", StatusID: 101, StatusName: "New",
		CreatedAt:  time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
		ModifiedAt: time.Date(2026, 11, 20, 10, 5, 0, 250e6, time.UTC),
		ClientID:   3, ClientName: "Anna", ManagerNotes: "n",
		CustomFields:      map[string]string{"f101": "Kwiaty", "f102": "1234", "f103": ""},
		Total:             decimal.RequireFromString("149.99"),
		DeductionRequired: new(true),
	}
}

func assertOrder(t *testing.T, got, want Order) {
	t.Helper()
	if !got.Total.Equal(want.Total) {
		t.Errorf("total %s", got.Total)
	}
	got.Total = want.Total
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	for _, body := range []string{fullOrder, `{"data":` + fullOrder + `}`} {
		_, c := newService(t, ok(body))
		got, err := c.Order(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		assertOrder(t, *got, order7())
	}
	_, c := newService(t, ok(`{"id":"7","id_label":12,"status":{"id":"1"},"client":null,"order_type":[],"custom_fields":[],"total":null}`))
	got, err := c.Order(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	assertOrder(t, *got, Order{ID: 7, Number: "12", StatusID: 1, CustomFields: map[string]string{}})
}

func TestFindOrdersQuery(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 12, 0, 0, 500e6, time.FixedZone("", 2*3600))
	for name, test := range map[string]struct {
		query OrderQuery
		want  url.Values
	}{
		"none":     {OrderQuery{}, url.Values{}},
		"first":    {OrderQuery{Page: 1}, url.Values{}},
		"page":     {OrderQuery{Page: 3, Sort: "-modified_at"}, url.Values{"page": {"3"}, "sort": {"-modified_at"}}},
		"clients":  {OrderQuery{ClientIDs: []int64{1, 2}, IDs: []int64{3, 4}}, url.Values{"clients_ids": {"1", "2"}, "client_ids": {"1", "2"}, "ids": {"3", "4"}}},
		"from":     {OrderQuery{CreatedFrom: at}, url.Values{"created_at": {"2026-11-20T10:00:00Z"}}},
		"numbers":  {OrderQuery{Numbers: []string{"Z00001", "7"}}, url.Values{"numbers": {"Z00001", "7"}}},
		"modified": {OrderQuery{ModifiedFrom: at}, url.Values{"modified_at": {"2026-11-20T10:00:00Z"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := newService(t, ok(`{"data":[],"paging":{"page":1,"total_pages":1,"count":0}}`))
			if _, err := c.FindOrders(t.Context(), test.query); err != nil {
				t.Fatal(err)
			}
			if got := s.only(t).query; !reflect.DeepEqual(got, test.want) {
				t.Errorf("asked %v, want %v", got, test.want)
			}
		})
	}
}

// F15: one order that cannot be read does not take the others with it.
func TestF15FindOrdersKeepsGoodRows(t *testing.T) {
	t.Parallel()
	_, c := newService(t, ok(`{"data":[{"id":5,"status":null},`+fullOrder+`,null,{"id":"x"},{"id":8,"status":{"id":1},"total":"12,50","modified_at":"2026-03-02T10:00:00Z"}],
		"paging":{"page":2,"total_pages":4,"count":180}}`))
	page, err := c.FindOrders(t.Context(), OrderQuery{Page: 2})
	if err != nil {
		t.Fatal(err)
	}
	if page.TotalPages != 4 || len(page.Orders) != 1 {
		t.Fatalf("got %+v", page)
	}
	assertOrder(t, page.Orders[0], order7())
	want := []struct {
		id   int64
		text string
	}{
		{5, "data[0].status.id: missing"},
		{0, "data[2]: not a record"},
		{0, "data[3].id: not a whole number"},
		{8, "data[4].total: not a decimal number"},
	}
	if len(page.Failed) != len(want) {
		t.Fatalf("%d failed", len(page.Failed))
	}
	for i, failed := range page.Failed {
		e := assertError(t, failed.Err, Malformed, false)
		if failed.ID != want[i].id || errors.Unwrap(e).Error() != want[i].text {
			t.Errorf("failed %+v, want %+v", failed, want[i])
		}
	}
	if at := page.Failed[3].ModifiedAt; !at.Equal(time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)) || !page.Failed[0].ModifiedAt.IsZero() {
		t.Errorf("modified %v and %v", at, page.Failed[0].ModifiedAt)
	}
}

func TestFindOrdersPages(t *testing.T) {
	t.Parallel()
	fifty := `{"data":[` + strings.TrimSuffix(strings.Repeat(fullOrder+",", 50), ",") + `]`
	for name, test := range map[string]struct {
		page  int
		body  string
		pages int
		count int
	}{
		"v2":           {2, `{"data":[` + fullOrder + `],"paging":{"page":2,"total_pages":2,"count":51}}`, 2, 1},
		"count only":   {1, fifty + `,"page":1,"count":101}`, 3, 50},
		"count 0":      {1, `{"data":[],"page":1,"count":0}`, 1, 0},
		"unsaid, full": {3, fifty + `}`, 4, 50},
		"unsaid":       {3, `{"data":[]}`, 3, 0},
		"bare":         {1, `[` + fullOrder + `]`, 1, 1},
		"beyond":       {9, `{"data":[],"paging":{"page":9,"total_pages":2,"count":51}}`, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newService(t, ok(test.body))
			got, err := c.FindOrders(t.Context(), OrderQuery{Page: test.page})
			if err != nil || len(got.Orders) != test.count {
				t.Fatalf("%d orders, %v", len(got.Orders), err)
			}
			if len(got.Failed) > 0 || got.TotalPages != test.pages {
				t.Errorf("got %+v, want %d pages", got, test.pages)
			}
		})
	}
}

func TestCreateOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		want   CreatedOrder
	}{
		"id only":           {`{"id":7}`, CreatedOrder{ID: 7}},
		"bare number":       {`7`, CreatedOrder{ID: 7}},
		"nothing":           {``, CreatedOrder{}},
		"empty object":      {`{}`, CreatedOrder{}},
		"empty text":        {`""`, CreatedOrder{}},
		"wrapped":           {`{"success":true,"data":{"id":"7"}}`, CreatedOrder{ID: 7}},
		"whole order":       {fullOrder, CreatedOrder{ID: 7, Number: "A0007", StatusID: 101}},
		"whole order in":    {`{"data":` + fullOrder + `}`, CreatedOrder{ID: 7, Number: "A0007", StatusID: 101}},
		"the rest is wrong": {`{"id":7,"number":["x"],"status":"new"}`, CreatedOrder{ID: 7}},
		"old label":         {`{"id":7,"id_label":"Z1","status":{"id":2}}`, CreatedOrder{ID: 7, Number: "Z1", StatusID: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := newService(t, ok(test.answer))
			got, err := c.CreateOrder(t.Context(), NewOrder{
				LocationID: 12, OrderTypeID: 34, ClientID: 3, ManagerID: 56, ManagerNotes: "n", CustomFields: map[string]string{"f101": "Kwiaty"},
			})
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v", got, err)
			}
			want := `{"branch_id":12,"order_type_id":34,"client_id":3,"manager_id":56,"manager_notes":"n","custom_fields":{"f101":"Kwiaty"}}`
			if got := s.only(t).body; !reflect.DeepEqual(asJSON(t, got), asJSON(t, want)) {
				t.Errorf("sent %s", got)
			}
		})
	}
	s, c := newService(t, ok(`{"id":7}`))
	_, _ = c.CreateOrder(t.Context(), NewOrder{LocationID: 1, OrderTypeID: 2, ClientID: 3})
	if got := s.only(t).body; got != `{"branch_id":1,"order_type_id":2,"client_id":3}` {
		t.Errorf("sent %s", got)
	}
}

func TestSetStatusAndAddComment(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{``, `{}`, `null`, `true`, `{"success":true}`, `[]`} {
		s, c := newService(t, ok(answer))
		if err := c.SetStatus(t.Context(), 7, 102, "why"); err != nil {
			t.Errorf("%q: %v", answer, err)
		}
		if err := c.AddComment(t.Context(), 7, "text", true); err != nil {
			t.Errorf("%q: %v", answer, err)
		}
		if got := s.all()[0].body; got != `{"status_id":102,"comment":"why"}` {
			t.Errorf("sent %s", got)
		}
		if got := s.all()[1].body; got != `{"comment":"text","is_private":true}` {
			t.Errorf("sent %s", got)
		}
	}
	s, c := newService(t, says(204, ""))
	if err := c.SetStatus(t.Context(), 7, 102, ""); err != nil {
		t.Error(err)
	}
	if got := s.only(t).body; got != `{"status_id":102}` {
		t.Errorf("sent %s", got)
	}
	_, c = newService(t, ok(htmlPage))
	assertError(t, c.AddComment(t.Context(), 7, "text", false), Unavailable, true)
}

func FuzzDecodeOrders(f *testing.F) {
	for _, seed := range []string{
		`{"data":[` + fullOrder + `],"paging":{"page":1,"total_pages":1,"count":1}}`, fullOrder, `[null,{},[]]`,
		`{"data":[{"id":1,"status":{"id":1},"total":"1e19","custom_fields":{"f1":[{}]}}],"count":-5}`,
		`{"data":[],"paging":{"page":9223372036854775807,"total_pages":-1,"count":9223372036854775807}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := parse(body)
		if err != nil {
			return
		}
		n := newNode(value)
		decodeOrder(n.apart().record())
		page := readOrders(readPage(n), 1, func(err error) error { return err })
		for _, order := range page.Orders {
			if order.ID <= 0 || order.StatusID <= 0 {
				t.Errorf("an order with id %d, status %d", order.ID, order.StatusID)
			}
			encodes(t, order)
		}
		for _, failed := range page.Failed {
			if failed.Err == nil {
				t.Error("a failed row without an error")
			}
		}
	})
}
