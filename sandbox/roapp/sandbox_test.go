package roapp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSandboxShowsWholeOrders(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order := a.order()
	item := a.item(order, a.product("A-12"))
	a.post(orderPath(order)+"/comments", `{"comment":"Delivery","is_private":true}`)
	want := map[string]string{
		"order.id": fmt.Sprint(order), "order.total": "20.00", "items.0.id": fmt.Sprint(item),
		"feed.0.comment": "Delivery", "history.0.text": "created for Jan Kowalski", "history.0.at": "2026-11-02T09:30:00Z",
		"history.1.text": "item added: 2 x Rose A-12 (A-12) at 10.00 PLN", "history.2.text": "comment: Delivery",
	}
	check(t, a.get(wholeOrder(order)), want)
	all := map[string]string{}
	for path, value := range want {
		all["0."+path] = value
	}
	check(t, a.get("/sandbox/orders"), all)
}

func TestSandboxRecordsOfStaff(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for _, c := range []struct {
		kind, body string
		want       map[string]string
	}{
		{"people", `{"first_name":"Olga","phones":["050 123-45-67","+380000000000"]}`, map[string]string{
			"name": "Olga", "phones.0.phone": "050 123-45-67", "phones.1.phone": "+380000000000",
		}},
		{"people", `{"first_name":"Ira","phones":[{"title":"x","phone":"(050) 1"}]}`, map[string]string{
			"phones.0.phone": "(050) 1", "phones.0.title": "x",
		}},
		{"organizations", `{"name":"Kwiaty","phones":["1"]}`, map[string]string{"is_organization": "true"}},
		{"products", `{"title":"Rose"}`, map[string]string{"category.id": "7", "uom.id": "1", "article": ""}},
		{"categories", `{"title":"Roses","parent_id":7}`, map[string]string{"parent_id": "7"}},
	} {
		check(t, a.post("/sandbox/"+c.kind, c.body), c.want)
	}
	for kind, count := range map[string]int{"people": 2, "organizations": 1, "products": 1, "categories": 2, "orders": 0} {
		if n := a.get("/sandbox/" + kind).length(""); n != count {
			t.Errorf("%s: %d, want %d", kind, n, count)
		}
	}
}

func TestSandboxRefusals(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for request, want := range map[string]string{
		"POST /sandbox/people {}":                              "first_name",
		"POST /sandbox/people []":                              "body",
		`POST /sandbox/people {"first_name":"x","phones":[1]}`: "phones",
		"POST /sandbox/products {}":                            "title",
		"POST /sandbox/products x":                             "body",
		"POST /sandbox/categories {}":                          "title",
		"POST /sandbox/categories x":                           "body",
		"GET /sandbox/feed?after=x ":                           "after",
		"GET /sandbox/requests?last=-1 ":                       "last",
	} {
		parts := strings.SplitN(request, " ", 3)
		got := a.do(parts[0], parts[1], parts[2])
		if got.status != http.StatusBadRequest || !strings.Contains(got.at("error"), want) {
			t.Errorf("%s: %d %s", request, got.status, got.raw)
		}
	}
	order := a.order()
	for _, r := range [][2]string{
		{http.MethodGet, "/sandbox/orders/9"},
		{http.MethodDelete, "/sandbox/orders/9"},
		{http.MethodPost, "/sandbox/orders/9/write-off"},
		{http.MethodDelete, "/sandbox/orders/9/items/9"},
		{http.MethodDelete, wholeOrder(order) + "/items/9"},
	} {
		got := a.do(r[0], r[1], "")
		if got.status != http.StatusNotFound || !strings.Contains(got.at("error"), "no such") {
			t.Errorf("%s %s: %d %s", r[0], r[1], got.status, got.raw)
		}
	}
	if got := a.do(http.MethodPost, writeOffPath(order), `{"item":1}`); got.status != http.StatusBadRequest {
		t.Errorf("unknown field: %d", got.status)
	}
}

func TestStaffDeleteItemsAndOrders(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order, product := a.order(), a.product("A-12")
	first, second := a.item(order, product), a.item(order, product)
	a.clock.advance(time.Minute)
	a.ok(http.MethodDelete, fmt.Sprintf("%s/items/%d", wholeOrder(order), first), "")
	check(t, a.get(itemsOf(order)), map[string]string{"0.id": fmt.Sprint(second), "1": "<nil>"})
	check(t, a.get(orderPath(order)), map[string]string{"total": "20.00", "modified_at": "2026-11-02T09:31:00Z"})
	a.ok(http.MethodDelete, wholeOrder(order), "")
	for _, path := range []string{orderPath(order), wholeOrder(order), itemsOf(order)} {
		if got := a.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	order := a.order()
	a.item(order, a.product("A-12"))
	a.post(orderPath(order)+"/comments", `{"comment":"Delivery"}`)
	a.post(writeOffPath(order), "")
	got := a.get("/sandbox/feed")
	check(t, got, map[string]string{
		"0.seq": "1", "0.at": "2026-11-02T09:30:00Z", "0.text": "contact 20001 created: Jan Kowalski",
		"1.text": "order 1001 created for Jan Kowalski", "2.text": "product 7001 created: Rose A-12 (A-12)",
		"3.text": "order 1001 item added: 2 x Rose A-12 (A-12) at 10.00 PLN", "4.text": "order 1001 comment: Delivery",
		"5.text": "order 1001 items written off: 1",
	})
	check(t, a.get("/sandbox/feed?after=5"), map[string]string{"0.seq": "6", "1": "<nil>"})
	if got := a.get("/sandbox/feed?after=6"); got.raw != "[]\n" {
		t.Errorf("got %s", got.raw)
	}
}
