package roapp_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestPersonIsCreatedReadAndChanged(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	created := a.post("/v2/contacts/people", `{"first_name":"Jan","last_name":"Kowalski",
		"email":"jan@example.pl","phones":[{"title":"Mobile","phone":"+48501234567","notify":true}],
		"manager_id":57,"tags":["vip"],"birthday":{"day":1,"month":2},"unknown":1}`)
	if created.raw != fmt.Sprintf("{\"id\":%d}\n", created.id("id")) {
		t.Errorf("create answered %s", created.raw)
	}
	path := personPath(created.id("id"))
	check(t, a.get(path), map[string]string{
		"is_organization": "false", "name": "Jan Kowalski", "first_name": "Jan", "email": "jan@example.pl",
		"phones.0.phone": "+48501234567", "phones.0.title": "Mobile", "phones.0.notify": "true", "manager_id": "57",
		"tags.0": "vip", "birthday.day": "1", "notes": "<nil>",
		"created_at": "2026-11-02T09:30:00Z", "modified_at": "2026-11-02T09:30:00Z",
	})
	a.clock.advance(time.Minute)
	a.ok(http.MethodPatch, path, `{"phones":[{"phone":"+48600000001"}],"manager_id":null}`)
	check(t, a.get(path), map[string]string{
		"first_name": "Jan", "phones.0.phone": "+48600000001", "phones.1": "<nil>", "manager_id": "<nil>",
		"modified_at": "2026-11-02T09:31:00Z",
	})
}

func TestOrganizationIsCreatedReadAndChanged(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	body := `{"name":"Kwiaty sp. z o.o.","business_registration_number":"7"}`
	id := a.post("/v2/contacts/organizations", body).id("id")
	path := fmt.Sprintf("/v2/contacts/organizations/%d", id)
	a.ok(http.MethodPatch, path, `{"notes":"pays late"}`)
	check(t, a.get(path), map[string]string{
		"is_organization": "true", "name": "Kwiaty sp. z o.o.", "notes": "pays late", "business_registration_number": "7",
	})
	if got := a.get(personPath(id)); got.status != http.StatusNotFound {
		t.Errorf("organization read as person: %d", got.status)
	}
	check(t, a.get("/v2/contacts/organizations"), map[string]string{"paging.count": "1"})
	check(t, a.get("/v2/contacts/people"), map[string]string{"paging.count": "0", "paging.total_pages": "0"})
	a.refuses(http.MethodPost, "/v2/contacts/organizations", []refusal{
		{"no name", `{"first_name":"Jan"}`, "name: is required"},
	})
}

func TestUnknownContactIsPlainTextWithoutBody(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	gone := a.person("Jan", "+48501234567")
	a.ok(http.MethodDelete, personPath(gone), "")
	for _, path := range []string{
		"/v2/contacts/people/9", "/v2/contacts/people/x", "/v2/contacts/organizations/9", personPath(gone),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
			got := a.do(method, path, `{}`)
			kind := got.header.Get("Content-Type")
			if got.status != http.StatusNotFound || got.raw != "" || kind != "text/plain" {
				t.Errorf("%s %s: %d %q %q", method, path, got.status, kind, got.raw)
			}
		}
	}
}

func TestContactRefusals(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	long := strings.Repeat("ż", 256)
	cases := []refusal{
		{"no first name", `{}`, "first_name: is required"},
		{"blank first name", `{"first_name":" "}`, "first_name: is required"},
		{"number as name", `{"first_name":5}`, "first_name: must be a string"},
		{"long last name", `{"first_name":"Jan","last_name":"` + long + `"}`, "last_name: is longer than 255"},
		{"bad e-mail", `{"first_name":"Jan","email":"jan"}`, "email"},
		{"phones as strings", `{"first_name":"Jan","phones":["+48501234567"]}`, "phones: must be an array of objects"},
		{"phone without number", `{"first_name":"Jan","phones":[{"title":"x"}]}`, "phones.phone: is required"},
		{"phone as number", `{"first_name":"Jan","phones":[{"phone":48501234567}]}`, "phones.phone: must be a string"},
		{"phone with spaces", `{"first_name":"Jan","phones":[{"phone":"+48 501 234 567"}]}`, "phones"},
		{"unknown manager", `{"first_name":"Jan","manager_id":1}`, "manager_id: unknown id 1"},
		{"manager as text", `{"first_name":"Jan","manager_id":"56"}`, "manager_id: must be an integer id"},
		{"unknown campaign", `{"first_name":"Jan","ad_campaign_id":1}`, "ad_campaign_id"},
		{"unknown custom field", `{"first_name":"Jan","custom_fields":{"f101":"x"}}`, "custom_fields.f101"},
		{"tags as text", `{"first_name":"Jan","tags":"vip"}`, "tags"},
	}
	a.refuses(http.MethodPost, "/v2/contacts/people", cases)
	if n := a.get("/sandbox/people").length(""); n != 0 {
		t.Errorf("%d people were made by refused requests", n)
	}
}

func TestContactListFilters(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	jan := a.person("Jan", "+48501234567")
	a.ok(http.MethodPatch, personPath(jan), `{"manager_id":57}`)
	a.clock.advance(time.Hour)
	a.person("Anna", "+48600000001")
	for query, want := range map[string]string{
		"":                                "Anna Jan",
		"names=ja":                        "Jan",
		"names=jan&names=ANNA":            "Anna Jan",
		"names[]=jan":                     "Jan",
		"managers=57":                     "Jan",
		"phones=48501234567":              "Jan",
		"phones[]=%2B48+600-000-001":      "Anna",
		"phones=1&phones=48600000001":     "Anna",
		"phones=48501234567,48600":        "",
		"phones=":                         "",
		"created_at=2026-11-02T10:00:00Z": "Anna",
		"created_at=2026-11-02T09:00:00Z&created_at=2026-11-02T09:30:00Z": "Jan",
		"modified_at=2026-11-02T10:30:00Z":                                "Anna",
		"emails=jan@example.pl":                                           "Anna Jan",
		"sort=id":                                                         "Jan Anna",
		"sort=-name":                                                      "Jan Anna",
		"sort=name":                                                       "Anna Jan",
		"sort=modified_at":                                                "Jan Anna",
		"sort=-modified_at":                                               "Anna Jan",
	} {
		if got := firstNames(a.get("/v2/contacts/people?" + query)); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

func firstNames(list answer) string {
	names := []string{}
	for i := range list.length("data") {
		names = append(names, list.at(fmt.Sprintf("data.%d.first_name", i)))
	}
	return strings.Join(names, " ")
}

func TestListParametersAreChecked(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for query, field := range map[string]string{
		"page=0":                                 "page",
		"page=x":                                 "page",
		"page=99999999999999999999":              "page",
		"managers=x":                             "managers",
		"managers=56,57":                         "managers",
		"sort=created_at":                        "sort",
		"modified_at=2026-11-02T09:30:00.000Z":   "modified_at",
		"modified_at=2026-11-02":                 "modified_at",
		"created_at=2026-11-02T09:30:00%2B01:00": "created_at",
		"created_at=2026-11-02T09:30:00Z&created_at=2026-11-02T09:30:00Z&created_at=2026-11-02T09:30:00Z": "created_at",
	} {
		got := a.get("/v2/contacts/people?" + query)
		if got.status != http.StatusBadRequest || !strings.HasPrefix(got.at("message"), field+":") {
			t.Errorf("%s: got %d %s", query, got.status, got.raw)
		}
	}
}

func TestPagesOfFifty(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for i := range 51 {
		a.post("/sandbox/people", fmt.Sprintf(`{"first_name":"P%d"}`, i))
	}
	for page, rows := range map[int]int{1: 50, 2: 1, 3: 0} {
		got := a.get(fmt.Sprintf("/v2/contacts/people?page=%d", page))
		check(t, got, map[string]string{
			"paging.page": fmt.Sprint(page), "paging.total_pages": "2", "paging.count": "51",
		})
		if got.length("data") != rows {
			t.Errorf("page %d has %d rows, want %d", page, got.length("data"), rows)
		}
	}
}

func TestPhoneFilterSwitch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, phone, want string }{
		{"exact-digits", "380501234567", "UA"},
		{"exact-digits", "0501234567", ""},
		{"suffix", "501234567", "PL UA"},
		{"suffix", "", ""},
		{"as-stored", "380501234567", ""},
		{"as-stored", "+38 (050) 123-45-67", "UA"},
		{"ignored", "1", "PL UA"},
	} {
		a := with(t, map[string]string{string(roapp.Phones): c.rule})
		a.post("/sandbox/people", `{"first_name":"UA","phones":["+38 (050) 123-45-67"]}`)
		a.post("/sandbox/people", `{"first_name":"PL","phones":["+48501234567"]}`)
		got := firstNames(a.get("/v2/contacts/people?phones=" + url.QueryEscape(c.phone)))
		if got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.rule, c.phone, got, c.want)
		}
	}
}

func TestContactPhonesSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, map[string]string{string(roapp.ContactPhones): "phone-strings"})
	got := a.get(personPath(a.person("Jan", "+48501234567")))
	check(t, got, map[string]string{"phone.0": "+48501234567"})
	if got.has("phones") {
		t.Error("phones are shown twice")
	}
}

func TestPhoneFormatSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, map[string]string{string(roapp.PhoneFormat): "any"})
	a.person("Jan", "call me")
}

func TestDuplicatePhoneSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	a.person("Jan", "+48501234567")
	twin := a.person("Jan", "+48501234567")
	a.set(map[string]string{string(roapp.DuplicatePhone): "refused"})
	a.refuses(http.MethodPost, "/v2/contacts/people", []refusal{
		{"another spelling", `{"first_name":"Jan","phones":[{"phone":"48501234567"}]}`, "phones"},
	})
	a.ok(http.MethodPatch, personPath(twin), `{"last_name":"Kowalski"}`)
}

func TestRequiredContactField(t *testing.T) {
	t.Parallel()
	a := with(t, map[string]string{string(roapp.RequiredContactField): "yes"})
	check(t, a.get("/v2/contacts/people/custom-fields"), map[string]string{"0.id": "201", "0.title": "Source", "0.required": "true"})
	for _, body := range []string{
		`{"first_name":"Jan"}`, `{"first_name":"Jan","custom_fields":{}}`, `{"first_name":"Jan","custom_fields":{"f201":null}}`,
	} {
		got := a.do(http.MethodPost, "/v2/contacts/people", body)
		if got.status != http.StatusBadRequest || got.at("errors.custom_fields.f201.0") != "Це поле є обов'язковим" {
			t.Errorf("%s: got %d %s", body, got.status, got.raw)
		}
	}
	empty := a.post("/v2/contacts/people", `{"first_name":"Jan","custom_fields":{"f201":""}}`).id("id")
	full := a.post("/v2/contacts/people", `{"first_name":"Jan","custom_fields":{"f201":"shop"}}`).id("id")
	check(t, a.get(personPath(empty)), map[string]string{"custom_fields.f201": "<nil>"})
	check(t, a.get(personPath(full)), map[string]string{"custom_fields.f201": "shop"})
	a.ok(http.MethodPatch, personPath(full), `{"last_name":"Lis"}`) // required of new people alone
	if got := a.get("/v2/contacts/organizations/custom-fields"); got.raw != "[]\n" {
		t.Errorf("got %s", got.raw)
	}
}

func TestPeopleAreMerged(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	one := a.post("/sandbox/people", `{"first_name":"Jan","phones":["501"]}`).id("id")
	two := a.post("/sandbox/people", `{"first_name":"Janek","phones":["502"]}`).id("id")
	order := a.post("/v2/orders", fmt.Sprintf(`{"branch_id":12,"order_type_id":34,"client_id":%d}`, two)).id("id")
	a.refuses(http.MethodPost, personPath(one)+"/merge", []refusal{
		{"nobody", `{}`, "ids"}, {"itself", fmt.Sprintf(`{"ids":[%d]}`, one), "ids"}, {"unknown", `{"ids":[1]}`, "ids"},
	})
	a.post(personPath(one)+"/merge", fmt.Sprintf(`{"ids":[%d]}`, two))
	check(t, a.get(personPath(one)), map[string]string{"phones.0.phone": "501", "phones.1.phone": "502"})
	check(t, a.get(orderPath(order)), map[string]string{"client.id": fmt.Sprint(one)})
	if got := a.do(http.MethodGet, personPath(two), ""); got.status != http.StatusNotFound {
		t.Errorf("got %d %s", got.status, got.raw)
	}
}

func TestOrganizationFilterSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	a.post("/sandbox/organizations", `{"name":"One","phones":["501"]}`)
	a.post("/sandbox/organizations", `{"name":"Two","phones":["502"]}`)
	if got := a.get("/v2/contacts/organizations?phones=502"); got.length("data") != 2 {
		t.Errorf("got %s", got.raw)
	}
	a.set(map[string]string{string(roapp.OrganizationFilter): "honoured"})
	check(t, a.get("/v2/contacts/organizations?phones=502"), map[string]string{"paging.count": "1", "data.0.name": "Two"})
}
