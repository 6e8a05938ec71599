package roapp

import (
	"reflect"
	"strings"
	"testing"
)

func TestFindPeople(t *testing.T) {
	t.Parallel()
	s, c := newService(t, ok(`{"data":[
		{"id":1,"is_organization":false,"name":"Anna Nowak","first_name":"Anna","last_name":"Nowak","email":"a@example.com",
		 "phone":["+48501234567"],"phones":[{"phone":"501 234 567","title":"Mobil"},{"phone":"+48501234567","title":"x"}],"address":{"city":"x"}},
		{"id":"2","first_name":"Jan","last_name":null,"email":null,"phone":"0501","custom_fields":[]},
		{"id":3,"is_organization":1,"phones":[null,"",{"phone":null},48501]}
	],"paging":{"page":1,"total_pages":1,"count":3}}`))
	got, err := c.FindPeople(t.Context(), []string{"+48501234567", " ", "501234567"})
	if err != nil {
		t.Fatal(err)
	}
	want := []Contact{
		{ID: 1, Name: "Anna Nowak", FirstName: "Anna", LastName: "Nowak", Email: "a@example.com", Phones: []string{"+48501234567", "501 234 567"}},
		{ID: 2, Name: "Jan", FirstName: "Jan", Phones: []string{"0501"}},
		{ID: 3, Organization: true, Phones: []string{"48501"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if phones := s.only(t).query["phones"]; !reflect.DeepEqual(phones, []string{"+48501234567", "501234567"}) {
		t.Errorf("asked for %q", phones)
	}
}

func TestFindPeopleByName(t *testing.T) {
	t.Parallel()
	s, c := newService(t, ok(`{"data":[{"id":1,"first_name":"Anna"}]}`))
	if got, err := c.FindPeopleByName(t.Context(), "Anna"); err != nil || len(got) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := c.FindPeopleByName(t.Context(), " "); err != nil || got != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if names := s.only(t).query["names"]; !reflect.DeepEqual(names, []string{"Anna"}) {
		t.Errorf("asked for %q", names)
	}
}

func TestFindOrganizations(t *testing.T) {
	t.Parallel()
	_, c := newService(t, ok(`{"data":[{"id":1,"name":"Kwiaty sp. z o.o."}]}`))
	got, err := c.FindOrganizations(t.Context(), []string{"1"})
	if err != nil || len(got) != 1 || !got[0].Organization {
		t.Errorf("got %+v, %v", got, err)
	}
}

// F24: a filter with nothing in it would mean every contact.
func TestF24NoPhoneFindsNobody(t *testing.T) {
	t.Parallel()
	s, c := newService(t, ok(`{"data":[{"id":1}]}`))
	for _, phones := range [][]string{nil, {}, {""}, {" "}} {
		if got, err := c.FindPeople(t.Context(), phones); got != nil || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	}
	if n := len(s.all()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestCreatePerson(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"bare":           `{"id":42}`,
		"bare text":      `{"id":"42","success":true}`,
		"wrapped":        `{"data":{"id":42}}`,
		"wrapped text":   `{"success":true,"data":{"id":"42"}}`,
		"number":         `42`,
		"wrapped number": `{"data":42}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := newService(t, ok(answer))
			id, err := c.CreatePerson(t.Context(), NewPerson{
				FirstName: "Anna", LastName: "Nowak", Email: "a@example.com", Phone: "+48501234567", Notes: "n",
			})
			if err != nil || id != 42 {
				t.Fatalf("got %d, %v", id, err)
			}
			want := `{"first_name":"Anna","last_name":"Nowak","email":"a@example.com","notes":"n","phones":[
				{"title":"Mobile","phone":"+48501234567","notify":false,"has_viber":false,"has_whatsapp":false}]}`
			if got := asJSON(t, s.only(t).body); !reflect.DeepEqual(got, asJSON(t, want)) {
				t.Errorf("sent %v", got)
			}
		})
	}
	s, c := newService(t, ok(`{"id":1}`))
	if _, err := c.CreatePerson(t.Context(), NewPerson{FirstName: "Anna"}); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(s.only(t).body); got != `{"first_name":"Anna"}` {
		t.Errorf("sent %s", got)
	}
}

func FuzzDecodeContacts(f *testing.F) {
	for _, seed := range []string{
		`{"data":[{"id":1,"name":"x","phone":["1"],"phones":[{"phone":"2"}]}],"paging":{"page":1,"total_pages":1,"count":1}}`,
		`{"data":[{"id":1,"phone":"1"},null,[],{}],"page":1,"count":2}`, `[{"id":"1","is_organization":0}]`, `{"data":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := parse(body)
		if err != nil {
			return
		}
		for _, row := range readPage(newNode(value)).rows {
			row = row.apart()
			contact := decodeContact(row.row())
			if row.err() == nil && contact.ID <= 0 {
				t.Errorf("a contact with id %d", contact.ID)
			}
		}
	})
}
