package roapp

import (
	"reflect"
	"testing"
)

func TestDirectories(t *testing.T) {
	t.Parallel()
	_, statuses := newService(t, ok(`[{"id":1,"name":"New","color":"#fff","group":{"type":1,"name":"Open"}},{"id":2,"name":"Odd","group":null}]`))
	if got, err := statuses.OrderStatuses(t.Context()); err != nil || !reflect.DeepEqual(got, []OrderStatus{{1, "New", 1, "Open"}, {2, "Odd", 0, ""}}) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, types := newService(t, ok(`[{"id":34,"name":"Sale"}]`))
	if got, err := types.OrderTypes(t.Context()); err != nil || !reflect.DeepEqual(got, []Named{{34, "Sale"}}) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, fields := newService(t, ok(`[{"id":101,"title":"Shop","type":1},{"id":"f102","name":"External ID","type":"2","required":true},{"id":"103","title":"Created"}]`))
	if got, err := fields.OrderCustomFields(t.Context()); err != nil || !reflect.DeepEqual(got, []CustomField{
		{"f101", "Shop", false, 1}, {"f102", "External ID", true, 2}, {"f103", "Created", false, UnknownType},
	}) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, locations := newService(t, ok(`{"data":[{"id":12,"title":"Main"}],"paging":{"page":1,"total_pages":1,"count":1}}`))
	if got, err := locations.Locations(t.Context()); err != nil || !reflect.DeepEqual(got, []Named{{12, "Main"}}) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, employees := newService(t, ok(`{"data":[{"id":1,"full_name":"A B"},{"id":2,"first_name":"C","last_name":"D"}]}`))
	if got, err := employees.Employees(t.Context()); err != nil || !reflect.DeepEqual(got, []Named{{1, "A B"}, {2, "C D"}}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCompany(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Company{
		`{"id":1,"name":"Kwiaty","currency":"PLN","created_at":"2026-09-28T13:56:33Z"}`: {"Kwiaty", "PLN"},
		`{"data":{"id":1,"title":"Kwiaty","currency":{"id":3,"code":"PLN"}}}`:           {"Kwiaty", "PLN"},
		`{}`:                         {},
		`[]`:                         {},
		`true`:                       {},
		`{"name":{},"currency":[1]}`: {},
	} {
		_, c := newService(t, ok(body))
		if got, err := c.Company(t.Context()); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", body, got, err)
		}
	}
}
