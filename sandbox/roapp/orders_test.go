package roapp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestOrderIsCreatedAndRead(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	client := a.person("Jan", "+48501234567")
	id := a.post("/v2/orders", fmt.Sprintf(`{"branch_id":12,"order_type_id":34,"client_id":%d,
		"manager_id":56,"manager_notes":"Cartum 1003","estimated_price":"ab 349.00 EUR","due_date":"2026-11-05",
		"scheduled_for":"2026-11-04T08:00:00Z","urgent":true,"created_at":"2020-01-01T00:00:00Z","status_id":105,
		"custom_fields":{"f101":"Kwiaty","f102":"1003","f103":"2026-11-01T12:00:00Z"}}`, client)).id("id")
	got := a.get(orderPath(id))
	check(t, got, map[string]string{
		"id": fmt.Sprint(id), "number": "Z00001", "status.id": "101", "status.name": "New", "order_type.id": "34",
		"created_at": "2026-11-02T09:30:00Z", "modified_at": "2026-11-02T09:30:00Z", "branch_id": "12",
		"client.id": fmt.Sprint(client), "client.first_name": "Jan", "client.phone.0": "+48501234567",
		"manager_id": "56", "assignee_id": "<nil>", "created_by_id": "56", "manager_notes": "Cartum 1003",
		"estimated_price": "ab 349.00 EUR", "due_date": "2026-11-05", "scheduled_for": "2026-11-04T08:00:00Z",
		"urgent": "true", "total": "0.00", "payed": "0.00", "discount_sum": "0.00", "is_deduction_required": "false",
		"custom_fields.f101": "Kwiaty", "custom_fields.f102": "1003", "custom_fields.f103": "2026-11-01T12:00:00Z",
		"closed_at": "<nil>", "asset": "<nil>", "payer": "<nil>",
	})
	if !got.has("custom_fields.f104") {
		t.Error("an empty custom field is not shown")
	}
}

func TestInitialStatusComesFromTheOrderType(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	client := a.person("Jan", "+48501234567")
	id := a.post("/v2/orders", newOrder(35, client)).id("id")
	check(t, a.get(orderPath(id)), map[string]string{"status.id": "102"})
}

func TestOrderRefusals(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	client := a.person("Jan", "+48501234567")
	complete := func(more string) string {
		return strings.TrimSuffix(newOrder(34, client), "}") + more + "}"
	}
	cases := []refusal{
		{"no branch", fmt.Sprintf(`{"order_type_id":34,"client_id":%d}`, client), "branch_id: is required"},
		{"no type", fmt.Sprintf(`{"branch_id":12,"client_id":%d}`, client), "order_type_id: is required"},
		{"null client", `{"branch_id":12,"order_type_id":34,"client_id":null}`, "client_id: is required"},
		{"client 0", `{"branch_id":12,"order_type_id":34,"client_id":0}`, "client_id: unknown id 0"},
		{"unknown client", `{"branch_id":12,"order_type_id":34,"client_id":1}`, "client_id: unknown id 1"},
		{"client as text", complete(`,"client_id":"1"`), "client_id: must be an integer id"},
		{"unknown branch", complete(`,"branch_id":1`), "branch_id: unknown id 1"},
		{"unknown type", newOrder(1, client), "order_type_id: unknown id 1"},
		{"unknown manager", complete(`,"manager_id":1`), "manager_id"},
		{"unknown assignee", complete(`,"assignee_id":1`), "assignee_id"},
		{"unknown payer", complete(`,"payer_id":1`), "payer_id"},
		{"unknown asset", complete(`,"asset_id":1`), "asset_id"},
		{"unknown resource", complete(`,"resource_id":1`), "resource_id"},
		{"price as number", complete(`,"estimated_price":349.5`), "estimated_price: must be a string"},
		{"milliseconds", complete(`,"due_date":"2026-11-05T10:00:00.000Z"`), "due_date"},
		{"local time", complete(`,"scheduled_for":"2026-11-05T10:00:00+01:00"`), "scheduled_for"},
		{"long note", complete(`,"manager_notes":"` + strings.Repeat("x", 10_001) + `"`), "manager_notes"},
		{"fields as text", complete(`,"custom_fields":"f101"`), "custom_fields"},
		{"unknown field", complete(`,"custom_fields":{"f999":"x"}`), "custom_fields.f999"},
		{"field of wrong type", complete(`,"custom_fields":{"f102":1003}`), "custom_fields.f102: must be a string"},
		{"long field", complete(`,"custom_fields":{"f101":"` + strings.Repeat("x", 256) + `"}`), "custom_fields.f101"},
		{"field with milliseconds", complete(`,"custom_fields":{"f103":"2026-11-05T10:00:00.123Z"}`), "custom_fields.f103"},
	}
	a.refuses(http.MethodPost, "/v2/orders", cases)
	if n := a.get("/sandbox/orders").length(""); n != 0 {
		t.Errorf("%d orders were made by refused requests", n)
	}
}

func TestOrderIsChanged(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	id := a.order()
	a.clock.advance(time.Minute)
	a.ok(http.MethodPatch, orderPath(id), `{"manager_id":57,"malfunction":"none","custom_fields":{"f101":"A","f102":"1"}}`)
	check(t, a.get(orderPath(id)), map[string]string{
		"manager_id": "57", "malfunction": "none", "custom_fields.f102": "1", "modified_at": "2026-11-02T09:31:00Z",
		"created_at": "2026-11-02T09:30:00Z", "client.first_name": "Jan",
	})
	a.refuses(http.MethodPatch, orderPath(id), []refusal{
		{"null client", `{"client_id":null}`, "client_id: is required"},
		{"unknown manager", `{"manager_id":1}`, "manager_id"},
	})
}

func TestPatchCustomFieldsSwitch(t *testing.T) {
	t.Parallel()
	for mode, kept := range map[string]string{"replace": "<nil>", "merge": "A"} {
		a := with(t, map[string]string{string(roapp.PatchCustomFields): mode})
		id := a.order()
		a.ok(http.MethodPatch, orderPath(id), `{"custom_fields":{"f101":"A"}}`)
		a.ok(http.MethodPatch, orderPath(id), `{"custom_fields":{"f102":"1"}}`)
		a.ok(http.MethodPatch, orderPath(id), `{"malfunction":"x"}`)
		check(t, a.get(orderPath(id)), map[string]string{"custom_fields.f101": kept, "custom_fields.f102": "1"})
	}
}

func TestOrderListFilters(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	client := a.person("Anna", "+48600000001")
	first := a.order()
	a.clock.advance(time.Hour)
	second := a.post("/v2/orders", fmt.Sprintf(`{"branch_id":12,"order_type_id":35,"client_id":%d,
		"manager_id":57,"scheduled_for":"2026-12-01T08:00:00Z","due_date":"2026-12-02"}`, client)).id("id")
	only := func(id int64) string { return fmt.Sprint(id) }
	both := fmt.Sprintf("%d %d", second, first)
	for query, want := range map[string]string{
		"":                                both,
		"types=35":                        only(second),
		"types=34&types=35":               both,
		"branches=12":                     both,
		"branches=13":                     "",
		"ids[]=" + only(first):            only(first),
		"numbers=Z00002":                  only(second),
		"statuses=101":                    only(first),
		"managers=57":                     only(second),
		"clients_ids=" + only(client):     only(second),
		"client_ids=" + only(client):      both, // an unknown key
		"client_names=kowal":              only(first),
		"client_phones=48600000001":       only(second),
		"asset_uid=x":                     "",
		"created_at=2026-11-02T10:30:00Z": only(second),
		"modified_at=2026-11-02T09:00:00Z&modified_at=2026-11-02T09:30:00Z": only(first),
		"scheduled_for=2026-11-30T00:00:00Z":                                only(second),
		"due_date=2026-12-02T00:00:00Z":                                     only(second),
		"due_date=2026-12-03T00:00:00Z":                                     "",
		"sort=id":                                                           fmt.Sprintf("%d %d", first, second),
		"sort=-modified_at":                                                 both,
		"sort=modified_at":                                                  fmt.Sprintf("%d %d", first, second),
		"sort=-scheduled_for":                                               both,
		"sort=due_date":                                                     fmt.Sprintf("%d %d", first, second),
	} {
		if got := ids(a.get("/v2/orders?" + query)); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	if got := a.get("/v2/orders?modified_at=2026-11-02T09:30:00.5Z"); got.status != http.StatusBadRequest {
		t.Errorf("milliseconds are accepted: %d", got.status)
	}
}

func ids(list answer) string {
	found := []string{}
	for i := range list.length("data") {
		found = append(found, list.at(fmt.Sprintf("data.%d.id", i)))
	}
	return strings.Join(found, " ")
}

func TestSearchLag(t *testing.T) {
	t.Parallel()
	a := with(t, map[string]string{string(roapp.SearchLag): "2s"})
	person := a.person("Jan", "+48501234567")
	order, product := a.order(), a.product("A-12")
	a.post("/sandbox/categories", `{"title":"Roses"}`)
	lists := []string{"/v2/contacts/people?names=Jan", "/v2/orders", "/products/", "/v2/catalog/products"}
	for _, list := range lists {
		if n := a.get(list).length("data"); n != 0 {
			t.Errorf("%s shows %d new records at once", list, n)
		}
	}
	for _, path := range []string{personPath(person), orderPath(order), fmt.Sprintf("/products/%d", product)} {
		a.ok(http.MethodGet, path, "")
	}
	if n := a.get("/warehouse/categories/").length("data"); n != 1 {
		t.Errorf("%d categories at once, want the seeded one", n)
	}
	a.clock.advance(2 * time.Second)
	for _, list := range append(lists, "/warehouse/categories/") {
		if n := a.get(list).length("data"); n == 0 {
			t.Errorf("%s shows nothing after the lag", list)
		}
	}
}

func TestSearchLagOfChangesAndDeletions(t *testing.T) {
	t.Parallel()
	a := with(t, map[string]string{string(roapp.SearchLag): "2s"})
	order := a.order()
	a.clock.advance(10 * time.Second)
	a.post(orderPath(order)+"/status", `{"status_id":102}`)
	check(t, a.get("/v2/orders"), map[string]string{
		"data.0.status.id": "101", "data.0.modified_at": "2026-11-02T09:30:00Z",
	})
	check(t, a.get(orderPath(order)), map[string]string{"status.id": "102", "modified_at": "2026-11-02T09:30:10Z"})
	a.clock.advance(2 * time.Second)
	check(t, a.get("/v2/orders?modified_at=2026-11-02T09:30:10Z"), map[string]string{"data.0.status.id": "102"})
	a.ok(http.MethodDelete, wholeOrder(order), "")
	check(t, a.get("/v2/orders"), map[string]string{"paging.count": "1"})
	a.clock.advance(2 * time.Second)
	check(t, a.get("/v2/orders"), map[string]string{"paging.count": "0"})
}

func TestStatusIsChanged(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	id := a.order()
	path := orderPath(id) + "/status"
	a.clock.advance(time.Minute)
	a.post(path, `{"status_id":103,"comment":"done"}`)
	check(t, a.get(orderPath(id)), map[string]string{
		"status.id": "103", "modified_at": "2026-11-02T09:31:00Z", "closed_at": "2026-11-02T09:31:00Z",
		"done_at": "2026-11-02T09:31:00Z", "closed_by_id": "56",
	})
	check(t, a.get(wholeOrder(id)), map[string]string{
		"history.1.text": "status New to Delivered: done", "history.1.author": "Anna Nowak",
	})
	a.post(path, `{"status_id":102}`)
	check(t, a.get(orderPath(id)), map[string]string{"closed_at": "<nil>", "closed_by_id": "<nil>"})
	a.refuses(http.MethodPost, path, []refusal{
		{"no status", `{}`, "status_id: is required"},
		{"unknown status", `{"status_id":1}`, "status_id: unknown id 1"},
		{"status as text", `{"status_id":"101"}`, "status_id: must be an integer id"},
	})
}

func TestStatusSwitches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		switches settings
		body     string
		refused  string
	}{
		{settings{roapp.ForbiddenTransitions: "102>101,101>103"}, `{"status_id":103}`, "from 101 to 103 is forbidden"},
		{settings{roapp.ForbiddenTransitions: "102>101"}, `{"status_id":103}`, ""},
		{settings{roapp.StatusComment: "all"}, `{"status_id":102}`, "comment: is required"},
		{settings{roapp.StatusComment: "104,105"}, `{"status_id":105}`, "comment: is required"},
		{settings{roapp.StatusComment: "104,105"}, `{"status_id":102}`, ""},
		{settings{roapp.StatusComment: "all"}, `{"status_id":102,"comment":"by the shop"}`, ""},
		{settings{roapp.CommentLimit: "3"}, `{"status_id":102,"comment":"four"}`, "comment: is longer than 3"},
		{settings{roapp.ClosingUnpaid: "refused"}, `{"status_id":103}`, "status_id: an unpaid order"},
		{settings{roapp.ClosingUnpaid: "refused"}, `{"status_id":105}`, ""},
		{settings{roapp.ClosingUndeducted: "refused"}, `{"status_id":104}`, "status_id: an order with items"},
	} {
		a := with(t, c.switches.values())
		id := a.order()
		a.item(id, a.product("A-12"))
		got := a.do(http.MethodPost, orderPath(id)+"/status", c.body)
		if c.refused == "" && got.status == http.StatusOK {
			continue
		}
		if got.status != http.StatusBadRequest || !strings.Contains(got.at("message"), c.refused) {
			t.Errorf("%v %s: got %d %s", c.switches, c.body, got.status, got.raw)
		}
		check(t, a.get(orderPath(id)), map[string]string{"status.id": "101"})
	}
}

// settings are switches by their typed names.
type settings map[roapp.Switch]string

func (s settings) values() map[string]string {
	values := map[string]string{}
	for name, value := range s {
		values[string(name)] = value
	}
	return values
}

func TestClosingAfterWriteOff(t *testing.T) {
	t.Parallel()
	a := with(t, settings{roapp.ClosingUndeducted: "refused"}.values())
	id := a.order()
	a.item(id, a.product("A-12"))
	a.post(writeOffPath(id), "")
	a.post(orderPath(id)+"/status", `{"status_id":103}`)
}

func TestComments(t *testing.T) {
	t.Parallel()
	a := with(t, settings{roapp.CommentLimit: "10"}.values())
	id := a.order()
	path := orderPath(id) + "/comments"
	a.post(path, `{"comment":"Dostawa żó","is_private":true}`)
	check(t, a.get(wholeOrder(id)), map[string]string{
		"feed.0.comment": "Dostawa żó", "feed.0.is_private": "true", "feed.0.author": "Anna Nowak",
		"feed.0.at": "2026-11-02T09:30:00Z",
	})
	a.refuses(http.MethodPost, path, []refusal{
		{"none", `{}`, "comment: is required"},
		{"blank", `{"comment":""}`, "comment: is required"},
		{"too long", `{"comment":"12345678901"}`, "comment: is longer than 10"},
		{"private as text", `{"comment":"x","is_private":"yes"}`, "is_private"},
	})
	a.set(settings{roapp.CommentLimit: "0"}.values())
	a.post(path, `{"comment":"`+strings.Repeat("x", 50_000)+`"}`)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if got := a.do(method, path, ""); got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s comments: %d", method, got.status)
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	path := orderPath(a.order()) + "/public-url"
	check(t, a.get(path), map[string]string{"url": "https://roapp.page/Z00001"})
	a.set(settings{roapp.PublicURL: "string"}.values())
	if got := a.get(path); got.raw != "\"https://roapp.page/Z00001\"\n" {
		t.Errorf("got %s", got.raw)
	}
}

func TestUnknownOrder(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	requests := [][2]string{
		{http.MethodGet, ""},
		{http.MethodPatch, ""},
		{http.MethodGet, "/items"},
		{http.MethodPost, "/items"},
		{http.MethodPatch, "/items/1"},
		{http.MethodPost, "/status"},
		{http.MethodPost, "/comments"},
		{http.MethodGet, "/public-url"},
	}
	for _, r := range requests {
		if got := a.do(r[0], "/v2/orders/9"+r[1], "{}"); got.status != http.StatusNotFound || got.raw != "" {
			t.Errorf("%s %s: %d %s", r[0], r[1], got.status, got.raw)
		}
	}
	a.set(settings{roapp.UnknownOrder: "400"}.values())
	if got := a.get("/v2/orders/9"); got.status != http.StatusBadRequest {
		t.Errorf("got %d", got.status)
	}
}

func TestDeletedContactStaysOnTheOrder(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	id := a.order()
	a.ok(http.MethodDelete, personPath(a.get(orderPath(id)).id("client.id")), "")
	check(t, a.get(orderPath(id)), map[string]string{"client.name": "Jan Kowalski"})
}
