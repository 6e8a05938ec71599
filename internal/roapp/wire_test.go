package roapp

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func nodeOf(t *testing.T, text string) node {
	t.Helper()
	value, err := parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return newNode(value)
}

func problemOf(n node) string {
	if n.err() == nil {
		return ""
	}
	return n.err().Error()
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`12.5`: "12.5", `"12.50"`: "12.5", `"1.000"`: "1", `-3`: "-3", `0`: "0", `1e2`: "100", `"100.00000"`: "100",
		`0.1`: "0.1", `99999999999999.99`: "99999999999999.99",
	} {
		n := nodeOf(t, text)
		if got := n.decimal(); !got.Equal(decimal.RequireFromString(want)) || n.err() != nil {
			t.Errorf("%s is %s, %v", text, got, n.err())
		}
	}
	for _, text := range []string{
		`"12,50"`, `""`, `"NaN"`, `" 1"`, `"1 000"`, `true`, `[]`, `{}`, `null`, `"1e999999999"`, `1e9999`, `1e-9999`, `".5"`,
		`"` + strings.Repeat("9", 50) + `"`,
	} {
		n := nodeOf(t, `{"price":`+text+`}`)
		if got := n.at("price").decimal(); !got.IsZero() || !strings.HasPrefix(problemOf(n), "price: ") {
			t.Errorf("%s is %s, %q", text, got, problemOf(n))
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 9, 28, 13, 56, 33, 0, time.UTC)
	for text, nanos := range map[string]int{
		`"2026-09-28T13:56:33Z"`: 0, `"2026-09-28T13:56:33.125Z"`: 125e6, `"2026-09-28T15:56:33+02:00"`: 0,
		`"2026-09-28T13:56:33+0000"`: 0, `"2026-09-28T13:56:33"`: 0,
	} {
		n := nodeOf(t, text)
		if got := n.time(); got != want.Add(time.Duration(nanos)) || n.err() != nil {
			t.Errorf("%s is %s, %v", text, got, n.err())
		}
	}
	if n := nodeOf(t, `null`); !n.time().IsZero() || n.err() != nil {
		t.Error("null is not the zero time")
	}
	for _, text := range []string{`""`, `"yesterday"`, `1759067793000`, `"2026-09-28"`, `{}`} {
		if n := nodeOf(t, text); !n.time().IsZero() || n.err() == nil {
			t.Errorf("%s is a time", text)
		}
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`7`, `"7"`} {
		if n := nodeOf(t, text); n.id() != 7 || n.optionalID() != 7 || n.err() != nil {
			t.Errorf("%s is not 7", text)
		}
	}
	for _, text := range []string{`0`, `-1`, `"x"`, `""`, `1.5`, `1e3`, `null`, `true`, `{}`, `99999999999999999999`} {
		if n := nodeOf(t, text); n.id() != 0 || n.err() == nil {
			t.Errorf("%s is an id", text)
		}
	}
	for _, text := range []string{`null`, `0`, `""`, `"0"`} {
		if n := nodeOf(t, text); n.optionalID() != 0 || n.err() != nil {
			t.Errorf("%s is not the absent id", text)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	n := nodeOf(t, `{"f1":"a","f2":12.50,"f3":null,"f4":["x",1,null],"f5":true,"f6":{"k":1},"f7":[["y"]]}`)
	want := map[string]string{"f1": "a", "f2": "12.50", "f3": "", "f4": "x, 1, ", "f5": "true", "f6": `{"k":1}`, "f7": `["y"]`}
	if got := n.texts(); !maps.Equal(got, want) || n.err() != nil {
		t.Errorf("got %v, %v", got, n.err())
	}
	for _, empty := range []string{`[]`, `{}`, `null`} {
		if n := nodeOf(t, empty); len(n.texts()) != 0 || n.err() != nil {
			t.Errorf("%s is not empty", empty)
		}
	}
	if n := nodeOf(t, `["a"]`); len(n.texts()) != 0 || n.err() == nil {
		t.Error("a list is an object")
	}
}

func TestFlag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`true`: "true", `1`: "true", `"1"`: "true", `false`: "false", `0`: "false", `null`: "nil",
		`"yes"`: "problem", `{}`: "problem", `2`: "problem",
	} {
		n := nodeOf(t, text)
		got := "nil"
		if flag := n.flag(); flag != nil {
			got = strconv.FormatBool(*flag)
		}
		if n.err() != nil {
			got = "problem"
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestFirstProblemIsKept(t *testing.T) {
	t.Parallel()
	n := nodeOf(t, `{"a":{"b":[{"c":"x"}]},"d":"y"}`)
	n.at("a").at("b").rows()[0].at("c").id()
	n.at("d").id()
	if got := problemOf(n); got != "a.b[0].c: not a whole number" {
		t.Errorf("problem is %q", got)
	}
}

// people is a page of contacts with these ids.
func people(from, to int, rest string) string {
	rows := make([]string, 0, to-from+1)
	for id := from; id <= to; id++ {
		rows = append(rows, fmt.Sprintf(`{"id":%d}`, id))
	}
	return `{"data":[` + strings.Join(rows, ",") + `]` + rest + `}`
}

func TestPaging(t *testing.T) {
	t.Parallel()
	v2 := func(page, total, count int) string {
		return fmt.Sprintf(`,"paging":{"page":%d,"total_pages":%d,"count":%d}`, page, total, count)
	}
	old := func(page, count int) string { return fmt.Sprintf(`,"page":%d,"count":%d,"success":true`, page, count) }
	for name, test := range map[string]struct {
		pages    []string
		rows     int
		requests int
		kind     Kind
	}{
		"v2, nothing":                {[]string{people(1, 0, v2(1, 1, 0))}, 0, 1, ""},
		"v2, no pages":               {[]string{people(1, 0, v2(1, 0, 0))}, 0, 1, ""},
		"v2, one":                    {[]string{people(1, 3, v2(1, 1, 3))}, 3, 1, ""},
		"v2, full":                   {[]string{people(1, 50, v2(1, 1, 50))}, 50, 1, ""},
		"v2, three":                  {[]string{people(1, 50, v2(1, 3, 120)), people(51, 100, v2(2, 3, 120)), people(101, 120, v2(3, 3, 120))}, 120, 3, ""},
		"v2, a row moves":            {[]string{people(1, 50, v2(1, 2, 52)), people(50, 52, v2(2, 2, 53))}, 52, 2, ""},
		"v2, count of the page":      {[]string{people(1, 50, v2(1, 2, 50)), people(51, 52, v2(2, 2, 2))}, 52, 2, ""},
		"v2, page ignored":           {[]string{people(1, 50, v2(1, 2, 60))}, 0, 2, Malformed},
		"v2, page ignored silently":  {[]string{people(1, 50, v2(1, 2, 60)), people(1, 50, v2(2, 2, 60))}, 0, 2, Malformed},
		"v2, page ignored for ever":  {[]string{people(1, 50, v2(1, 3, 120))}, 0, 2, Malformed},
		"v2, second page empty":      {[]string{people(1, 50, v2(1, 2, 60)), people(1, 0, v2(2, 2, 60))}, 0, 2, Malformed},
		"v2, numbers as text":        {[]string{people(1, 1, `,"paging":{"page":"1","total_pages":"1","count":"1"}`)}, 1, 1, ""},
		"v2, no paging":              {[]string{people(1, 3, ``)}, 3, 1, ""},
		"v2, empty PHP paging":       {[]string{people(1, 3, `,"paging":[]`)}, 3, 1, ""},
		"v2, paging unreadable":      {[]string{people(1, 3, `,"paging":{"total_pages":"many"}`)}, 0, 1, Malformed},
		"old, one":                   {[]string{people(1, 3, old(1, 3))}, 3, 1, ""},
		"old, two":                   {[]string{people(1, 50, old(1, 60)), people(51, 60, old(2, 60))}, 60, 2, ""},
		"old, row deleted meanwhile": {[]string{people(1, 50, old(1, 51)), people(1, 0, old(2, 50))}, 50, 2, ""},
		"old, second page empty":     {[]string{people(1, 50, old(1, 60)), people(1, 0, old(2, 60))}, 0, 2, Malformed},
		"unsaid, full then empty":    {[]string{people(1, 50, ``), people(1, 0, ``)}, 50, 2, ""},
		"unsaid, page ignored":       {[]string{people(1, 50, ``)}, 50, 2, ""},
		"bare list":                  {[]string{`[{"id":1},{"id":2}]`}, 2, 1, ""},
		"bad row":                    {[]string{`{"data":[{"id":1},{"id":2,"email":{}}]}`}, 0, 1, Malformed},
		"later page fails":           {[]string{people(1, 50, v2(1, 2, 60)), htmlPage}, 0, 2, Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := make([]http.HandlerFunc, len(test.pages))
			for i, page := range test.pages {
				answers[i] = ok(page)
			}
			s, c := newService(t, answers...)
			found, err := c.FindPeople(t.Context(), []string{"1", "2"})
			if KindOf(err) != test.kind || len(found) != test.rows {
				t.Errorf("%d rows, %v", len(found), err)
			}
			requests := s.all()
			if len(requests) != test.requests {
				t.Fatalf("%d requests, want %d", len(requests), test.requests)
			}
			for i, r := range requests {
				want := ""
				if i > 0 {
					want = strconv.Itoa(i + 1)
				}
				if r.query.Get("page") != want || len(r.query["phones"]) != 2 {
					t.Errorf("request %d asks %v", i, r.query)
				}
			}
		})
	}
}

func TestSearchThatFindsEverythingEnds(t *testing.T) {
	t.Parallel()
	s, c := newService(t, func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		page = max(page, 1)
		ok(people(page*50-49, page*50, `,"paging":{"total_pages":1000,"count":50000}`))(w, r)
	})
	_, err := c.FindPeople(t.Context(), []string{"1"})
	assertError(t, err, Malformed, false)
	if n := len(s.all()); n != searchPages {
		t.Errorf("%d requests", n)
	}
}

func TestMalformedNamesTheField(t *testing.T) {
	t.Parallel()
	order := `{"id":7,"status":{"id":1},"total":"12,50"}`
	item := `{"id":1,"entity":{"id":2},"quantity":"1.000","price":"x"}`
	for name, test := range map[string]struct{ call, body, want string }{
		"contact":       {"FindPeople", `{"data":[{"id":1},{"id":2,"phones":[{"title":"x"}]}]}`, "data[1].phones[0].phone: missing"},
		"contact's id":  {"FindOrganizations", `{"data":[{"name":"x"}]}`, "data[0].id: missing"},
		"product":       {"FindProducts", `{"data":[{"id":1,"uom":{"id":"x"}}]}`, "data[0].uom.id: not a whole number"},
		"order":         {"Order", order, "total: not a decimal number"},
		"wrapped order": {"Order", `{"data":` + order + `}`, "data.total: not a decimal number"},
		"other order":   {"Order", `{"id":8,"status":{"id":1}}`, "id: another record than the one asked for"},
		"bare items":    {"Items", `[` + item + `]`, "[0].price: not a decimal number"},
		"no status":     {"Order", `{"id":7}`, "status.id: missing"},
		"status":        {"OrderStatuses", `[{"id":1,"group":7}]`, "[0].group: not an object"},
		"create":        {"CreateOrder", `{"data":{"id":-1}}`, "data.id: not an id"},
		"added item":    {"AddItem", `{"id":"x"}`, "id: not a whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newService(t, ok(test.body))
			call := calls[test.call]
			e := assertError(t, call.do(t.Context(), c), Malformed, call.writes)
			if e.Err == nil || e.Err.Error() != test.want {
				t.Errorf("error is %v, want %q", e.Err, test.want)
			}
		})
	}
}

// FuzzDecodeDirectories covers the forms of every directory, and the settings of an account.
func FuzzDecodeDirectories(f *testing.F) {
	for _, seed := range []string{
		`[{"id":1,"name":"New","color":"#fff","group":{"type":1,"name":"New"}}]`,
		`{"data":[{"id":"f101","title":"Shop","type":1}],"paging":{"page":1,"total_pages":1,"count":1}}`,
		`[{"id":1,"first_name":"A","last_name":"B"}]`, `{"name":"x","currency":{"code":"PLN"}}`, `[[]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		value, err := parse(body)
		if err != nil {
			return
		}
		for _, row := range readPage(newNode(value)).rows {
			decodeOrderStatus(row.apart())
			decodeCustomField(row.apart())
			decodeCategory(row.apart())
			name(row.apart())
		}
		decodeCompany(newNode(value).record())
	})
}

// encodes checks that what was decoded can be shown: a decimal with a huge exponent could not.
func encodes(t *testing.T, value any) {
	t.Helper()
	if _, err := json.Marshal(value); err != nil {
		t.Error(err)
	}
}
