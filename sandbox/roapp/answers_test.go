package roapp_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestCreateAnswerSwitch(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"id": "{\"id\":20001}\n", "data-id": "{\"data\":{\"id\":20001}}\n", "number": "20001\n", "empty": ""} {
		a := with(t, map[string]string{string(roapp.CreateAnswer): value})
		if got := a.do(http.MethodPost, "/v2/contacts/people", `{"first_name":"Jan"}`); got.status != http.StatusOK || got.raw != want {
			t.Errorf("%s: got %d %q", value, got.status, got.raw)
		}
		check(t, a.get(personPath(20001)), map[string]string{"first_name": "Jan"})
	}
}

func TestEveryCreateAnswersInTheSameForm(t *testing.T) {
	t.Parallel()
	a := with(t, settings{roapp.CategoryCreate: "yes"}.values())
	order, product := a.order(), a.product("A-12")
	client := a.get(orderPath(order)).at("client.id")
	a.set(settings{roapp.CreateAnswer: "data-id"}.values())
	for _, r := range [][2]string{
		{"/v2/contacts/people", `{"first_name":"Jan"}`},
		{"/v2/contacts/organizations", `{"name":"Kwiaty"}`},
		{"/v2/orders", `{"branch_id":12,"order_type_id":34,"client_id":` + client + `}`},
		{itemsOf(order), line(product, nil)},
		{"/products/", `{"title":"Rose","category_id":7,"uom_id":1}`},
		{"/warehouse/categories/", `{"title":"Roses"}`},
		{catalogPath, `{"title":"Rose","category_id":7,"uom_id":1,"product_type_id":1}`},
		{catalogPath + "/categories", `{"title":"Roses"}`},
	} {
		got := a.post(r[0], r[1])
		if got.id("data.id") == 0 || got.has("id") {
			t.Errorf("%s: got %s", r[0], got.raw)
		}
	}
}

func TestRequiredOrderField(t *testing.T) {
	t.Parallel()
	a := with(t, map[string]string{string(roapp.RequiredOrderField): "yes"})
	client := a.post("/sandbox/people", `{"first_name":"Jan"}`).id("id")
	body := func(fields string) string {
		return fmt.Sprintf(`{"branch_id":12,"order_type_id":34,"client_id":%d,"custom_fields":{%s}}`, client, fields)
	}
	if got := a.do(http.MethodPost, "/v2/orders", body(`"f101":"x"`)); got.status != http.StatusBadRequest || !got.has("errors.custom_fields.f106") {
		t.Errorf("got %d %s", got.status, got.raw)
	}
	a.post("/v2/orders", body(`"f106":""`))
}

func TestClientFilterSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for range 2 {
		client := a.post("/sandbox/people", `{"first_name":"Jan"}`).id("id")
		a.post("/v2/orders", fmt.Sprintf(`{"branch_id":12,"order_type_id":34,"client_id":%d}`, client))
	}
	for value, query := range map[string]map[string]int{
		"clients_ids": {"clients_ids=20001": 1, "client_ids=20001": 2},
		"client_ids":  {"clients_ids=20001": 2, "client_ids=20001": 1},
	} {
		a.set(map[string]string{string(roapp.ClientFilter): value})
		for filter, want := range query {
			if got := a.get("/v2/orders?" + filter); got.length("data") != want {
				t.Errorf("%s: %s finds %d", value, filter, got.length("data"))
			}
		}
	}
}

func TestWriteOffIsTakenBack(t *testing.T) {
	t.Parallel()
	a := with(t, map[string]string{string(roapp.WriteOffLeavesFlag): "no"})
	client := a.post("/sandbox/people", `{"first_name":"Jan"}`).id("id")
	product := a.post("/sandbox/products", `{"title":"Rose"}`).id("id")
	order := a.post("/v2/orders", fmt.Sprintf(`{"branch_id":12,"order_type_id":34,"client_id":%d}`, client)).id("id")
	a.post(itemsOf(order), line(product, nil))
	writeOff := fmt.Sprintf("/sandbox/orders/%d/write-off", order)
	a.post(writeOff, "{}")
	check(t, a.get(itemsOf(order)), map[string]string{"0.is_deduction_required": "false"})
	a.ok(http.MethodDelete, writeOff, "")
	check(t, a.get(itemsOf(order)), map[string]string{"0.write_offs": "<nil>", "0.is_deduction_required": "true"})
	check(t, a.get(orderPath(order)), map[string]string{"is_deduction_required": "true"})
}

func TestStaffSetOneCustomField(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	client := a.post("/sandbox/people", `{"first_name":"Jan"}`).id("id")
	order := a.post("/v2/orders", fmt.Sprintf(`{"branch_id":12,"order_type_id":34,"client_id":%d,"custom_fields":{"f101":"Kwiaty"}}`, client)).id("id")
	a.ok(http.MethodPatch, fmt.Sprintf("/sandbox/orders/%d", order), `{"custom_fields":{"f105":"50"}}`)
	check(t, a.get(orderPath(order)), map[string]string{"custom_fields.f101": "Kwiaty", "custom_fields.f105": "50"})
}
