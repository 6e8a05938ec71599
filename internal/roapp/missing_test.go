package roapp

import (
	"net/http"
	"testing"
)

// A record that is not there is not an endpoint that is not there.
func TestMissingEndpointIsNotAMissingRecord(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		call   string
		want   Kind
	}{
		"404 collection":        {404, "FindOrders", Missing},
		"410 collection":        {410, "CreateOrder", Missing},
		"405 collection":        {405, "CreatePerson", Missing},
		"404 record":            {404, "Order", NotFound},
		"410 record":            {410, "Order", NotFound},
		"404 below a record":    {404, "Items", NotFound},
		"405 below a record":    {405, "AddComment", Missing},
		"404 company":           {404, "Company", Missing},
		"404 unversioned list":  {404, "Units", Missing},
		"403 is not missing":    {403, "FindOrders", Forbidden},
		"409 is not missing":    {409, "CreateOrder", Rejected},
		"501 is not missing":    {501, "FindOrders", Unavailable},
		"404 category creation": {404, "CreateCategory", Missing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newService(t, says(test.status, ""))
			if err := calls[test.call].do(t.Context(), c); KindOf(err) != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestRefusalNamesTheField(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"errors":{"custom_fields":{"f12":["Це поле є обов'язковим"]}}}`:             "custom_fields.f12",
		`{"message":"x","errors":{"phones":["bad"],"custom_fields":{"f3":"a"}}}`:      "custom_fields.f3",
		`{"success":false,"message":{"validation":{"custom_fields.f9":["missing"]}}}`: "custom_fields.f9",
		`{"error":{"errors":{"email":"taken"}}}`:                                      "email",
		`{"errors":["a","b"]}`:                                                        "",
		`{"message":"no"}`:                                                            "",
	} {
		_, c := newService(t, says(http.StatusBadRequest, body))
		_, err := c.CreatePerson(t.Context(), NewPerson{FirstName: "Anna"})
		if e := assertError(t, err, Rejected, false); e.Field != want {
			t.Errorf("%s: field is %q, want %q", body, e.Field, want)
		}
	}
}

// The service says yes and names no record: that is no failure, and must not be repeated.
func TestCreateWithoutId(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 204} {
		for _, body := range []string{``, " \n", `""`, `{}`, `null`, `[]`, `{"success":true}`, `{"data":{}}`, `{"data":null}`} {
			if status == 204 && body != `` {
				continue
			}
			s, c := newService(t, says(status, body))
			id, err := c.CreatePerson(t.Context(), NewPerson{FirstName: "Anna"})
			if err != nil || id != 0 {
				t.Errorf("%d %q: got %d, %v", status, body, id, err)
			}
			s.only(t)
		}
	}
}
