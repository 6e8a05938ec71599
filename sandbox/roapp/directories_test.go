package roapp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestDirectoriesAreBareArrays(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for path, want := range map[string]map[string]string{
		"/v2/orders/statuses": {
			"0.id": "101", "0.name": "New", "0.group.type": "1", "2.id": "103", "2.group.type": "6",
			"3.id": "104", "3.group.type": "7", "4.id": "105", "5.id": "106",
		},
		"/v2/orders/types": {"0.id": "34", "0.name": "Online order", "1.id": "35"},
		"/v2/orders/custom-fields": {
			"0.id": "101", "0.title": "Shop", "0.type": "1", "1.title": "External ID", "2.title": "Created",
			"2.type": "5", "3.id": "104", "3.title": "Last updated", "3.type": "5",
		},
		"/v2/company/locations": {"0.id": "12", "0.name": "Main shop"},
		"/v2/company/employees": {"0.id": "56", "0.first_name": "Anna", "1.id": "57", "1.last_name": "Lis"},
	} {
		check(t, a.get(path), want)
	}
}

func TestCompanySwitches(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	company := a.get("/v2/company")
	check(t, company, map[string]string{"created_at": "2026-09-28T13:56:33Z"})
	if company.has("currency") {
		t.Error("currency is shown")
	}
	a.set(settings{roapp.CompanyCurrency: "present", roapp.CompanyLists: "data"}.values())
	check(t, a.get("/v2/company"), map[string]string{"currency": "PLN"})
	check(t, a.get("/v2/company/employees"), map[string]string{"data.0.id": "56"})
	check(t, a.get("/v2/company/locations"), map[string]string{"data.0.id": "12"})
}

func TestAccountWithoutCustomFields(t *testing.T) {
	t.Parallel()
	server := roapp.New(roapp.Options{})
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	t.Cleanup(server.Close)
	a := &account{t: t, url: web.URL, client: web.Client()}
	if got := a.get("/v2/orders/custom-fields"); got.raw != "[]\n" {
		t.Errorf("got %s", got.raw)
	}
	client := a.post("/sandbox/people", `{"first_name":"Jan"}`).at("id")
	a.refuses(http.MethodPost, "/v2/orders", []refusal{{
		"custom field", `{"branch_id":12,"order_type_id":34,"client_id":` + client + `,"custom_fields":{"f101":"x"}}`,
		"custom_fields.f101",
	}})
}
