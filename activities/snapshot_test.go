package activities

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
)

// oneOrder is a shop that has the row alone.
type oneOrder string

func (row oneOrder) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"status":"OK","response":{"orders":[` + string(row) + `]}}`
	if strings.Contains(r.URL.Path, "/auth/") {
		body = `{"status":"OK","response":{"token":"t"}}`
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
}

var (
	convertRules = order.Rules{Shop: "kwiaty", TimeZone: "Europe/Warsaw", Region: "PL", Currency: "PLN"}
	convertedAt  = time.Date(2026, 11, 27, 20, 0, 0, 500, time.UTC)
)

// readRow reads a row as a shop sends it.
func readRow(t testing.TB, row string) (order.Snapshot, bool) {
	t.Helper()
	client := cartum.New(cartum.Config{URL: "http://shop.test", RequestsPerSecond: -1, HTTP: &http.Client{Transport: oneOrder(row)}})
	page, err := client.Orders(t.Context(), cartum.OrdersQuery{})
	require.NoError(t, err)
	if len(page.Orders) == 0 {
		return order.Snapshot{}, false
	}
	return snapshotOf(page.Orders[0], convertRules, convertedAt), true
}

// valid is a documented order of one line, with changes: a value of "" takes the
// field out.
func valid(t testing.TB, changes map[string]string) string {
	t.Helper()
	fields := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal([]byte(`{"order_id":115,"stat_status":1,"stat_created":"2026-11-27 10:00:00","currency":"PLN",
		"delivery_name":"Anna Nowak","delivery_phone":"+48 601 000 201","delivery_email":"anna@example.com","total_default":25,"total_sum":25,
		"delivery_type":{"id":2,"title":"Kurier"},"delivery_price":15,"payment_type":{"id":1,"title":"Przelew"},"payed":0,
		"products":[{"title":"Róża","article":"ROZA-CZ","price":12.5,"quantity":2,"total_price":25,"type":"product"}]}`), &fields))
	for name, value := range changes {
		fields[name] = json.RawMessage(value)
		if value == "" {
			delete(fields, name)
		}
	}
	row, err := json.Marshal(fields)
	require.NoError(t, err)
	return string(row)
}

func snapshotWith(t testing.TB, changes map[string]string) order.Snapshot {
	t.Helper()
	s, ok := readRow(t, valid(t, changes))
	require.True(t, ok)
	return s
}

func oneLine(changes string) map[string]string {
	return map[string]string{"products": `[{"title":"Róża","article":"ROZA-CZ","price":12.5,"quantity":2,"total_price":25},` + changes + `]`}
}

func TestF36_DocumentedOrderHasNoProblem(t *testing.T) {
	t.Parallel()
	s := snapshotWith(t, nil)
	assert.Empty(t, s.Problems)
	assert.Equal(t, "2026-11-27T09:00:00Z", s.Created.Format(time.RFC3339))
	same := snapshotWith(t, map[string]string{
		"currency": `" pl\u200bn "`, "delivery_name": `"Anna&nbsp;Nowak\u200b"`, "total_sum": "25.000000000000004",
		"products": `{"3":{"title":"Ro\u0301z\u0307a","article":" ROZA-CZ","price":"12.4999999999999982","quantity":2.0000000000000004,"total_price":25,"type":"Product"}}`,
	})
	assert.Empty(t, same.Problems)
	same.Lines[0].Title, same.Lines[0].ArticleAsWritten = s.Lines[0].Title, ""
	assert.Equal(t, order.Digest(s, nil), order.Digest(same, nil), "spelling is no news")
}

// What only informs never holds an order; it is told with what was understood.
func TestF36_WhatOnlyInformsWarns(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		field, value, understood string
		subject                  order.Subject
	}{
		"delivery option a text": {"delivery_type", `"Kurier"`, "Kurier", order.SubjectDelivery},
		"delivery option odd":    {"delivery_type", `true`, "", order.SubjectDelivery},
		"delivery price":         {"delivery_price", `"NaN"`, "", order.SubjectDelivery},
		"delivery price, comma":  {"delivery_price", `"15,00 zł"`, "15", order.SubjectDelivery},
		"city":                   {"delivery_city", `{"id":7}`, "7", order.SubjectDelivery},
		"address":                {"delivery_address", `["ul. Długa 5"]`, "ul. Długa 5", order.SubjectDelivery},
		"payment option":         {"payment_type", `13`, "13", order.SubjectPayment},
		"fee":                    {"payment_price", `"brak"`, "", order.SubjectPayment},
		"paid 2":                 {"payed", `2`, "yes", order.SubjectPayment},
		"paid yes":               {"payed", `"yes"`, "yes", order.SubjectPayment},
		"paid perhaps":           {"payed", `"może"`, "no", order.SubjectPayment},
		"coupon":                 {"coupon_percent", `"10%"`, "10", order.SubjectAmount},
		"coupon's code":          {"coupon_code", `{"x":[]}`, "", order.SubjectAmount},
		"discount":               {"discount_value", `"dużo"`, "", order.SubjectAmount},
		"manager's discount":     {"manager_discount", `{"amount":5}`, "5", order.SubjectAmount},
		"total":                  {"total_sum", `"dużo"`, "25", order.SubjectAmount},
		"total missing":          {"total_sum", ``, "25", order.SubjectAmount},
		"total before discounts": {"total_default", `[]`, "25", order.SubjectAmount},
		"comment":                {"comment", `{"a":{}}`, "", order.SubjectComments},
		"manager's comment":      {"manager_comment", `["vip"]`, "vip", order.SubjectComments},
		"do not call":            {"order_without_callback", `"?"`, "no", order.SubjectComments},
		"name":                   {"delivery_name", `["Anna Nowak"]`, "Anna Nowak", order.SubjectCustomer},
		"e-mail":                 {"delivery_email", `true`, "", order.SubjectCustomer},
		"phone":                  {"delivery_phone", `{"a":{}}`, "", order.SubjectCustomer},
		"currency":               {"currency", `{"iso":"PLN"}`, "PLN", order.SubjectCurrency},
		"day only":               {"stat_created", `"27.11.2026"`, "2026-11-27 00:00:00", order.SubjectCreated},
		"price with a comma":     {"products", `[{"article":"A","price":"12,50","quantity":1,"total_price":12.5}]`, "12.5", order.SubjectItems},
		"line null":              {"products", `[null,{"article":"A","price":25,"quantity":1,"total_price":25}]`, "", order.SubjectItems},
		"line's total":           {"products", `[{"article":"A","price":25,"quantity":1,"total_price":"?"}]`, "25", order.SubjectItems},
		"line without a name":    {"products", `[{"article":" ","title":"\u200b","price":25,"quantity":1,"total_price":25}]`, "#115 products[0]", order.SubjectItems},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := snapshotWith(t, map[string]string{tc.field: tc.value})
			require.Len(t, s.Problems, 1, "%+v", s.Problems)
			p := s.Problems[0]
			assert.Equal(t, []any{tc.understood, tc.subject, false}, []any{p.Understood, p.Subject, p.Acceptable})
			assert.True(t, strings.HasPrefix(p.Field, tc.field), p.Field)
			assert.NotEmpty(t, s.Lines)
		})
	}
}

// What decides about goods, prices or a cancellation waits for a person, who sees
// what was understood and may accept it.
func TestF15_WhatDecidesWaitsAndCanBeAccepted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		changes                      map[string]string
		code                         order.ProblemCode
		field, value, understood     string
		lines                        int
		price, quantity, lineOfOrder string
	}{
		"price a word":        {oneLine(`{"article":"B","price":"abc","quantity":4,"total_price":20}`), order.ProblemUnreadable, "products[1].price", "abc", "5", 2, "5", "4", "a:B#1"},
		"price missing":       {oneLine(`{"article":"B","quantity":4}`), order.ProblemMissing, "products[1].price", "", "0", 2, "0", "4", "a:B#1"},
		"price ambiguous":     {oneLine(`{"article":"B","price":"1,500","quantity":1}`), order.ProblemAmbiguous, "products[1].price", "1,500", "1.5", 2, "1.5", "1", "a:B#1"},
		"price below zero":    {oneLine(`{"article":"B","price":-5,"quantity":1}`), order.ProblemNegative, "products[1].price", "-5", "0", 2, "0", "1", "a:B#1"},
		"price too precise":   {oneLine(`{"article":"B","price":33.333,"quantity":3}`), order.ProblemPrecision, "products[1].price", "33.333", "33.33", 2, "33.33", "3", "a:B#1"},
		"quantity a word":     {oneLine(`{"article":"B","price":5,"quantity":"dwa","total_price":10}`), order.ProblemUnreadable, "products[1].quantity", "dwa", "2", 2, "5", "2", "a:B#1"},
		"quantity null":       {oneLine(`{"article":"B","price":5,"quantity":null,"total_price":7}`), order.ProblemMissing, "products[1].quantity", "", "1.4", 2, "5", "1.4", "a:B#1"},
		"quantity of nothing": {oneLine(`{"article":"B","price":5,"quantity":""}`), order.ProblemMissing, "products[1].quantity", "", "1", 2, "5", "1", "a:B#1"},
		"quantity precise":    {oneLine(`{"article":"B","price":5,"quantity":0.3333}`), order.ProblemPrecision, "products[1].quantity", "0.3333", "0.333", 2, "5", "0.333", "a:B#1"},
		"quantity below zero": {oneLine(`{"article":"B","price":5,"quantity":-2}`), order.ProblemNegative, "products[1].quantity", "-2", "0", 1, "", "", ""},
		"article an object":   {oneLine(`{"article":{"a":{}},"title":"B","price":5,"quantity":1}`), order.ProblemUnreadable, "products[1].article", `{"a":{}}`, "", 2, "5", "1", "t:B#1"},
		"line a number":       {oneLine(`17`), order.ProblemUnreadable, "products[1]", "17", "", 1, "", "", ""},
		"products a text":     {map[string]string{"products": `"none"`}, order.ProblemUnreadable, "products", "none", "", 0, "", "", ""},
		"status a word":       {map[string]string{"stat_status": `"nowe"`}, order.ProblemUnreadable, "stat_status", "nowe", "", 1, "", "", ""},
		"currency missing":    {map[string]string{"currency": `null`}, order.ProblemMissing, "currency", "", "PLN", 1, "", "", ""},
		"currency a word":     {map[string]string{"currency": `"kwiaty"`}, order.ProblemUnreadable, "currency", "KWIATY", "PLN", 1, "", "", ""},
		"currency of many":    {map[string]string{"currency": `"$"`}, order.ProblemUnreadable, "currency", "$", "PLN", 1, "", "", ""},
		"currency an object":  {map[string]string{"currency": `{"a":{}}`}, order.ProblemUnreadable, "currency", `{"a":{}}`, "PLN", 1, "", "", ""},
		"two currencies":      {map[string]string{"currency": `"PLN, UAH"`}, order.ProblemUnreadable, "currency", "PLN, UAH", "PLN", 1, "", "", ""},
		"two SKUs":            {oneLine(`{"article":["B","C"],"price":5,"quantity":1}`), order.ProblemAmbiguous, "products[1].article", `["B","C"]`, "B C", 2, "5", "1", "a:B C#1"},
		"time a word":         {map[string]string{"stat_created": `"wczoraj"`}, order.ProblemUnreadable, "stat_created", "wczoraj", "2026-11-27 21:00:00", 1, "", "", ""},
		"time null":           {map[string]string{"stat_created": `null`}, order.ProblemMissing, "stat_created", "", "2026-11-27 21:00:00", 1, "", "", ""},
		"time a blank":        {map[string]string{"stat_created": `"0000-00-00 00:00:00"`}, order.ProblemUnreadable, "stat_created", "0000-00-00 00:00:00", "2026-11-27 21:00:00", 1, "", "", ""},
		"time of the end":     {map[string]string{"stat_created": `"9999-12-31 23:59:59"`}, order.ProblemImplausible, "stat_created", "9999-12-31 23:59:59", "2026-11-27 21:00:00", 1, "", "", ""},
		"time an object":      {map[string]string{"stat_created": `{"a":{}}`}, order.ProblemUnreadable, "stat_created", `{"a":{}}`, "2026-11-27 21:00:00", 1, "", "", ""},
		"time skipped":        {map[string]string{"stat_created": `"2026-03-29 02:30:00"`}, order.ProblemNoSuchTime, "stat_created", "2026-03-29 02:30:00", "2026-03-29 03:30:00", 1, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := snapshotWith(t, tc.changes)
			held := order.Holding(s.Problems)
			require.Len(t, held, 1, "%+v", s.Problems)
			p := held[0]
			assert.Equal(t, []any{tc.code, tc.field, tc.value, tc.understood, true, order.LineKey(tc.lineOfOrder)},
				[]any{p.Code, p.Field, p.Value, p.Understood, p.Acceptable, p.Line})
			require.Len(t, s.Lines, tc.lines)
			assert.False(t, s.Created.IsZero())
			if tc.price != "" {
				assert.Equal(t, []string{tc.price, tc.quantity}, []string{s.Lines[1].Price.String(), s.Lines[1].Quantity.String()})
			}
		})
	}
}

// A shop takes a line out by its quantity, too.
func TestR18_LineOfQuantityZeroIsNone(t *testing.T) {
	t.Parallel()
	for _, zero := range []string{`0`, `"0"`, `0.0`, `"0,00"`, `-0`, `1e-17`} {
		s := snapshotWith(t, oneLine(`{"article":"B","price":"?","title":{"a":1},"quantity":`+zero+`,"total_price":0}`))
		require.Len(t, s.Lines, 1, zero)
		assert.Equal(t, "ROZA-CZ", s.Lines[0].Article)
		assert.Empty(t, order.Holding(s.Problems), "what is none of it is no problem")
	}
	gone := snapshotWith(t, map[string]string{"products": `[{"article":"B","price":5,"quantity":0,"total_price":0}]`})
	assert.Empty(t, gone.Lines)
	assert.Empty(t, gone.Problems)
}

func TestF30_LinesCarryTheirStorageIDs(t *testing.T) {
	t.Parallel()
	s := snapshotWith(t, map[string]string{"products": `[
		{"article":"A","price":5,"quantity":1,"total_price":5,"storage_id":71,"parent_storage_id":null,"type":"product"},
		{"article":"A\u200b","price":0,"quantity":1,"total_price":0,"storage_id":"72","parent_storage_id":71,"type":"gift"}]`})
	assert.Equal(t, []string{"71", "", "72", "71"}, []string{s.Lines[0].StorageID, s.Lines[0].ParentStorageID, s.Lines[1].StorageID, s.Lines[1].ParentStorageID})
	assert.Equal(t, []string{"A", "A", "", "A\u200b"}, []string{s.Lines[0].Article, s.Lines[1].Article, s.Lines[0].ArticleAsWritten, s.Lines[1].ArticleAsWritten})
}

// Every value of an order in every form that a service may give it: the order is
// imported or waits for an answer that can be given, and can be kept.
func TestF36_EveryFieldInEveryForm(t *testing.T) {
	t.Parallel()
	fields := []string{
		"stat_status", "stat_created", "currency", "delivery_name", "delivery_email", "delivery_phone", "delivery_city", "delivery_address",
		"delivery_country", "delivery_type", "delivery_price", "payment_type", "payment_price", "payed", "comment", "manager_comment",
		"order_without_callback", "total_default", "total_sum", "discount_percent", "discount_value", "coupon_code", "coupon_percent",
		"coupon_discount_value", "manager_discount", "manager_discount_title", "products", "delivery_data", "additional_data", "np_number",
	}
	forms := []string{
		``, `null`, `true`, `false`, `0`, `1`, `2`, `-1`, `1e99`, `1e-99`, `""`, `" "`, `"0"`, `"x"`, `"10%"`, `"NaN"`, `"12,50"`, `[]`, `[1]`, `["x"]`, `[1,2]`, `[[]]`,
		`{}`, `{"0":1}`, `{"a":"b"}`, `{"id":1}`, `{"0":{"price":1}}`, `"[]"`, `"{}"`, `"\u0000\u202e"`, `"9999-12-31"`, strconv.Quote(strings.Repeat("9", 5000)),
	}
	for _, field := range fields {
		for _, form := range forms {
			s := snapshotWith(t, map[string]string{field: form})
			assertKept(t, s, field+" "+form)
		}
	}
	for _, field := range []string{"title", "article", "price", "quantity", "total_price", "type", "storage_id", "parent_storage_id", "discount_marker"} {
		for _, form := range forms {
			line := map[string]json.RawMessage{"title": json.RawMessage(`"T"`), "price": json.RawMessage(`1`), "quantity": json.RawMessage(`1`)}
			if line[field] = json.RawMessage(form); form == "" {
				delete(line, field)
			}
			written, err := json.Marshal([]any{line})
			require.NoError(t, err)
			assertKept(t, snapshotWith(t, map[string]string{"products": string(written)}), field+" "+form)
		}
	}
}

// assertKept: a snapshot can be kept and read again, and what holds it can be accepted.
func assertKept(t testing.TB, s order.Snapshot, what string) {
	t.Helper()
	kept, err := json.Marshal(s)
	require.NoError(t, err, what)
	var again order.Snapshot
	require.NoError(t, json.Unmarshal(kept, &again), what)
	require.Equal(t, order.Digest(s, nil), order.Digest(again, nil), what)
	require.False(t, s.Created.IsZero(), what)
	for _, p := range s.Problems {
		require.NotEmpty(t, p.Field, what)
		require.NotEmpty(t, p.Code, what)
		require.NotEmpty(t, p.Subject, what)
		require.LessOrEqual(t, len([]rune(p.Value)), 80, what)
	}
	for _, line := range s.Lines {
		require.NotEmpty(t, line.Key, what)
		require.NotEmpty(t, line.Article+line.Title, what)
		require.True(t, line.Quantity.IsPositive() && !line.Price.IsNegative(), what)
		require.Less(t, len(line.Quantity.String())+len(line.Price.String()), 60, what)
	}
}

// Whatever a shop answers, nothing panics, and what comes of it can be kept.
func FuzzDecodeOrder(f *testing.F) {
	f.Add(valid(f, nil))
	for _, seed := range []string{
		`null`, `{"order_id":1}`, `{"order_id":"7","products":{"1":{"price":"1e99","quantity":"1,234"}},"stat_created":"9999-12-31 23:59:59"}`,
		`{"order_id":7,"products":"[{\"quantity\":-1}]","delivery_phone":4.8e10,"total_sum":"1'000,00 zł"}`,
		`{"order_id":7,"stat_created":{"date":"2026-02-30"},"payed":{"value":[]},"delivery_type":["x"],"delivery_data":{"a":{"tnNumber":1}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, row string) {
		if !json.Valid([]byte(row)) {
			t.Skip()
		}
		s, ok := readRow(t, row)
		if !ok {
			return
		}
		assertKept(t, s, row)
		_ = fmt.Sprint(order.Phones(s.Customer.Phone, "UA"), order.Explain(s), order.FirstComment(s, convertRules, convertedAt))
	})
}
