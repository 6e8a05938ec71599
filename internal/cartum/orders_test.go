package cartum

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ordersAnswer(rows ...string) http.HandlerFunc {
	return answerJSON(200, `{"status":"OK","response":{"orders":[`+strings.Join(rows, ",")+`]}}`)
}

// orderRow is a whole order with changes: a value of "" takes the field out.
func orderRow(changes map[string]string) string {
	return changedRow(`{"order_id":7,"stat_status":1,"total_default":"20.00","total_sum":20,
		"products":[{"title":"Rose","article":"R-1","price":10,"quantity":2,"total_price":20}]}`, changes)
}

func changedRow(base string, changes map[string]string) string {
	fields, _ := asObject(json.RawMessage(base))
	for name, value := range changes {
		if value == "" {
			delete(fields, name)
			continue
		}
		fields[name] = json.RawMessage(value)
	}
	row, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(row)
}

func equalAmount(t *testing.T, want string, got decimal.Decimal) {
	t.Helper()
	assert.True(t, decimal.RequireFromString(want).Equal(got), "want %s, got %s", want, got)
}

func TestOrders(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, sample(t, "orders.json"))))
	page, err := s.client().Orders(t.Context(), OrdersQuery{})
	require.NoError(t, err)
	require.Empty(t, page.Failed)
	assert.Equal(t, 2, page.Rows)
	require.Len(t, page.Orders, 2)

	o := page.Orders[0]
	assert.Equal(t, int64(115), o.Number)
	assert.Equal(t, 1, o.Status)
	assert.Equal(t, "2026-11-05 15:46:40", o.CreatedRaw)
	assert.Equal(t, []string{"PLN", "Jan Kowalski", "jan@example.com", "+48 (600) 421-424", "Kraków", "ul. Długa@5"},
		[]string{o.Currency, o.Name, o.Email, o.Phone, o.City, o.Address})
	assert.Equal(t, Option{42, "InPost"}, o.DeliveryType)
	assert.Equal(t, Option{13, "Przelew"}, o.PaymentType)
	equalAmount(t, "-1", *o.DeliveryPrice)
	equalAmount(t, "2.5", *o.PaymentPrice)
	assert.True(t, o.Paid)
	assert.True(t, o.WithoutCallback)
	assert.Equal(t, []string{"Proszę dzwonić", "vip", "LATO", ""}, []string{o.Comment, o.ManagerComment, o.CouponCode, o.ManagerDiscountTitle})
	equalAmount(t, "799", o.TotalDefault)
	equalAmount(t, "599", o.TotalSum)
	equalAmount(t, "25", o.CouponPercent)
	equalAmount(t, "200", o.CouponDiscount)
	equalAmount(t, "0", o.DiscountValue)
	assert.Equal(t, []string{"620000001", "b1f0a7d2-branch"}, []string{o.Tracking, o.Branch})
	require.Len(t, o.Lines, 2)
	assert.Equal(t, []string{`MacBook Air 11.6" 128 GB`, "MJVM2UAA", "product"},
		[]string{o.Lines[0].Title, o.Lines[0].Article, o.Lines[0].Type})
	equalAmount(t, "799", o.Lines[0].Price)
	equalAmount(t, "0.5", o.Lines[1].Quantity)
	assert.Equal(t, "gift", o.Lines[1].Type)
}

func TestOrdersOfLooseTypes(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, sample(t, "orders.json"))))
	o, err := s.client().Order(t.Context(), 116)
	require.NoError(t, err)
	assert.Equal(t, 8, o.Status)
	assert.Equal(t, "380501234567", o.Phone)
	assert.Empty(t, o.Name+o.Email+o.CouponCode+o.Tracking+o.Branch)
	assert.Equal(t, Option{}, o.DeliveryType)
	assert.Equal(t, Option{ID: 7}, o.PaymentType)
	assert.Nil(t, o.DeliveryPrice)
	assert.Nil(t, o.PaymentPrice)
	assert.False(t, o.Paid)
	assert.False(t, o.WithoutCallback)
	equalAmount(t, "12.5", o.TotalDefault)
	equalAmount(t, "12.5", o.TotalSum)
	require.Len(t, o.Lines, 1)
	assert.Equal(t, "1001", o.Lines[0].Article)
	equalAmount(t, "12.50", o.Lines[0].Price)
}

func TestOrdersQuery(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", answerJSON(200, noOrders)))
	c := s.client()
	for _, q := range []OrdersQuery{
		{},
		{From: "2026-11-01 00:00:00", To: "2026-11-02 00:00:00", IDs: []int64{5, 6}, Limit: 100, Offset: 200},
		{Offset: 200},
	} {
		_, err := c.Orders(t.Context(), q)
		require.NoError(t, err)
	}
	got := s.seen("orders/get")
	require.Len(t, got, 3)
	for i, want := range []map[string]any{
		{"additionalData": true},
		{
			"additionalData": true, "from": "2026-11-01 00:00:00", "to": "2026-11-02 00:00:00", "ids": []any{5.0, 6.0},
			"limit": 100.0, "offset": 200.0,
		},
		{"additionalData": true},
	} {
		delete(got[i].body, "token")
		assert.Equal(t, want, got[i].body)
	}
}

func TestNoOrders(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"status":"EMPTY","response":[]}`,
		`{"status":"EMPTY","response":{"orders":[]}}`,
		`{"status":"EMPTY","response":{}}`,
		`{"status":"EMPTY","response":null}`,
		`{"status":"EMPTY","response":{"message":"nothing found"}}`,
		`{"status":"EMPTY"}`,
		`{"status":"OK","response":{"orders":[]}}`,
		`{"status":"OK","response":{"orders":{}}}`,
		`{"status":"OK","response":[]}`,
		"\xef\xbb\xbf" + `{"status":"EMPTY"}` + "\n",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			c := newShop(t, one("orders/get", answerJSON(200, body))).client()
			page, err := c.Orders(t.Context(), OrdersQuery{})
			require.NoError(t, err)
			assert.Empty(t, page)
			_, err = c.Order(t.Context(), 7)
			assert.Equal(t, NotFound, KindOf(err))
		})
	}
}

func TestSuccessWithoutListIsNotNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"status":"OK"}`,
		`{"status":"OK","response":null}`,
		`{"status":"OK","response":{}}`,
		`{"status":"OK","response":"orders"}`,
		`{"status":"OK","response":{"orders":null}}`,
		`{"status":"OK","response":{"orders":{"total":0}}}`,
		`{"status":"OK","response":{"products":[]}}`,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			c := newShop(t, one("orders/get", answerJSON(200, body))).client()
			_, err := c.Orders(t.Context(), OrdersQuery{})
			e := asError(t, err)
			assert.Equal(t, Malformed, e.Kind)
			assert.Equal(t, "orders", e.Field)
			_, err = c.Order(t.Context(), 7)
			assert.Equal(t, Malformed, KindOf(err))
		})
	}
}

func TestF15_RowWithoutNumberDoesNotCostTheOthers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ row, field string }{
		"null":                 {`null`, "order"},
		"a list":               {`[]`, "order"},
		"a text":               {`"8"`, "order"},
		"no number":            {orderRow(map[string]string{"order_id": ""}), "order_id"},
		"number null":          {orderRow(map[string]string{"order_id": "null"}), "order_id"},
		"number 0":             {orderRow(map[string]string{"order_id": "0"}), "order_id"},
		"number negative":      {orderRow(map[string]string{"order_id": "-8"}), "order_id"},
		"number with fraction": {orderRow(map[string]string{"order_id": "8.5"}), "order_id"},
		"number a text":        {orderRow(map[string]string{"order_id": `"A8"`}), "order_id"},
		"number ambiguous":     {orderRow(map[string]string{"order_id": `"8,000"`}), "order_id"},
		"number too large":     {orderRow(map[string]string{"order_id": "1e30"}), "order_id"},
		"number true":          {orderRow(map[string]string{"order_id": "true"}), "order_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			last := orderRow(map[string]string{"order_id": "9"})
			s := newShop(t, one("orders/get", ordersAnswer(orderRow(nil), tc.row, last)))
			c := s.client()
			page, err := c.Orders(t.Context(), OrdersQuery{})
			require.NoError(t, err)
			assert.Equal(t, 3, page.Rows)
			require.Len(t, page.Orders, 2)
			assert.Equal(t, []int64{7, 9}, []int64{page.Orders[0].Number, page.Orders[1].Number})
			require.Len(t, page.Failed, 1)
			failed := page.Failed[0]
			assert.Equal(t, Malformed, failed.Kind)
			assert.Equal(t, tc.field, failed.Field)

			_, err = c.Order(t.Context(), 9)
			require.NoError(t, err)
			_, err = c.Order(t.Context(), 8)
			assert.Equal(t, Malformed, KindOf(err), "it may be there, so it is not NotFound")
		})
	}
}

func TestF36_OddValuesAreReadAsFarAsTheyCanBe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		field, value string
		kind         FlawKind
		understood   string
		flawed       string // the field of the flaw, where it is another one
	}{
		"products a text":        {"products", `"none"`, Unreadable, "", ""},
		"products a number":      {"products", `7`, Unreadable, "", ""},
		"line a number":          {"products", `[17]`, Unreadable, "", "products[0]"},
		"line null":              {"products", `[null]`, Missing, "", "products[0]"},
		"price with a comma":     {"products", `[{"price":"12,50","quantity":1,"total_price":1}]`, Odd, "12.5", "products[0].price"},
		"price with thousands":   {"products", `[{"price":"1 234,50 zł","quantity":1,"total_price":1}]`, Odd, "1234.5", "products[0].price"},
		"price ambiguous":        {"products", `[{"price":"1,234","quantity":1,"total_price":1}]`, Ambiguous, "1.234", "products[0].price"},
		"price NaN":              {"products", `[{"price":"NaN","quantity":1,"total_price":1}]`, Unreadable, "", "products[0].price"},
		"price of dashes":        {"products", `[{"price":"-12-50","quantity":1,"total_price":1}]`, Unreadable, "", "products[0].price"},
		"price null":             {"products", `[{"price":null,"quantity":1,"total_price":1}]`, Missing, "", "products[0].price"},
		"price a list":           {"products", `[{"price":[10],"quantity":1,"total_price":1}]`, Odd, "10", "products[0].price"},
		"price of gigabytes":     {"products", `[{"price":1e999999999,"quantity":1,"total_price":1}]`, Unreadable, "", "products[0].price"},
		"quantity a word":        {"products", `[{"price":1,"quantity":"two","total_price":1}]`, Unreadable, "", "products[0].quantity"},
		"quantity with unit":     {"products", `[{"price":1,"quantity":"2 szt.","total_price":1}]`, Odd, "2", "products[0].quantity"},
		"quantity a bool":        {"products", `[{"price":1,"quantity":true,"total_price":1}]`, Unreadable, "", "products[0].quantity"},
		"title by language":      {"products", `[{"price":1,"quantity":1,"total_price":1,"title":{"pl":"Róża"}}]`, Odd, "Róża", "products[0].title"},
		"a single line":          {"products", `{"price":1,"quantity":1,"total_price":1}`, Odd, "a single line", ""},
		"total missing":          {"total_sum", ``, Missing, "", ""},
		"total null":             {"total_default", `null`, Missing, "", ""},
		"total a word":           {"total_sum", `"dużo"`, Unreadable, "", ""},
		"total with currency":    {"total_sum", `"25.00 PLN"`, Odd, "25", ""},
		"delivery price NaN":     {"delivery_price", `"NaN"`, Unreadable, "", ""},
		"delivery price object":  {"delivery_price", `{"value":"15"}`, Odd, "15", ""},
		"payment price a word":   {"payment_price", `"free"`, Unreadable, "", ""},
		"coupon with a sign":     {"coupon_percent", `"10%"`, Odd, "10", ""},
		"discount a word":        {"discount_value", `"much"`, Unreadable, "", ""},
		"manager's discount":     {"manager_discount", `"-5,00"`, Odd, "-5", ""},
		"status a word":          {"stat_status", `"new"`, Unreadable, "", ""},
		"status a fraction":      {"stat_status", `1.5`, Unreadable, "", ""},
		"paid, a word":           {"payed", `"perhaps"`, Unreadable, "no", ""},
		"paid 2":                 {"payed", `2`, Odd, "yes", ""},
		"paid yes":               {"payed", `"Yes"`, Odd, "yes", ""},
		"paid in Ukrainian":      {"payed", `"Так"`, Odd, "yes", ""},
		"paid no, in Polish":     {"payed", `"nie"`, Odd, "no", ""},
		"paid in an object":      {"payed", `{"value":1}`, Odd, "yes", ""},
		"paid in a list":         {"payed", `[0]`, Odd, "no", ""},
		"name in a list":         {"delivery_name", `["Anna"]`, Odd, "Anna", ""},
		"name in parts":          {"delivery_name", `{"first":"Anna","last":"Nowak"}`, Odd, "Anna", ""},
		"name true":              {"delivery_name", `true`, Unreadable, "", ""},
		"comment an object":      {"comment", `{"a":{}}`, Unreadable, "", ""},
		"option a text":          {"delivery_type", `"Kurier"`, Odd, "Kurier", ""},
		"option a number":        {"payment_type", `5`, Odd, "5", ""},
		"option true":            {"payment_type", `true`, Unreadable, "", ""},
		"option's title by lang": {"delivery_type", `{"id":1,"title":{"ua":"Кур'єр"}}`, Odd, "Кур'єр", "delivery_type.title"},
		"option in a list":       {"delivery_type", `[{"id":1,"title":"Kurier"}]`, Odd, "Kurier", ""},
		"option by number":       {"delivery_type", `{"0":{"id":1,"title":"Kurier"}}`, Odd, "Kurier", ""},
		"option's title by id":   {"payment_type", `{"3":"Gotówka"}`, Odd, "Gotówka", ""},
		"option of a list's id":  {"payment_type", `[{"id":3}]`, Odd, "3", ""},
		"option of other fields": {"delivery_type", `{"carrier":{"x":1}}`, Unreadable, "", ""},
		"two options":            {"delivery_type", `["Kurier","Poczta"]`, Unreadable, "", ""},
		"comments in a list":     {"comment", `["Ring twice",{"text":"Not on Sunday"}]`, Ambiguous, "Ring twice\nNot on Sunday", ""},
		"two SKUs":               {"products", `[{"price":1,"quantity":1,"total_price":1,"article":["A","B"]}]`, Ambiguous, "A\nB", "products[0].article"},
		"currency a record":      {"currency", `{"id":1,"title":"Złoty","iso":"PLN"}`, Odd, "PLN", ""},
		"phone in parts":         {"delivery_phone", `{"code":"380","number":"501234567"}`, Odd, "+380 501234567", ""},
		"paid not, in Polish":    {"payed", `"nie opłacone"`, Odd, "no", ""},
		"paid not, in Ukrainian": {"payed", `"Не сплачено"`, Odd, "no", ""},
		"no callback":            {"order_without_callback", `"maybe"`, Unreadable, "no", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order, bad := decodeOrder(json.RawMessage(orderRow(map[string]string{tc.field: tc.value})))
			require.Nil(t, bad)
			require.Len(t, order.Flaws, 1, "%+v", order.Flaws)
			flaw := order.Flaws[0]
			assert.Equal(t, []any{tc.kind, cmp.Or(tc.flawed, tc.field), tc.understood}, []any{flaw.Kind, flaw.Field, flaw.Understood})
			assert.NotEmpty(t, flaw.expected)
		})
	}
}

func TestF36_WhatIsWrittenAsAnyPHPWritesItHasNoFlaw(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, changes map[string]string) Order {
		t.Helper()
		order, bad := decodeOrder(json.RawMessage(orderRow(changes)))
		require.Nil(t, bad)
		require.Empty(t, order.Flaws, "%v", changes)
		return order
	}
	assert.Nil(t, read(t, map[string]string{"products": ""}).Lines)
	assert.Nil(t, read(t, map[string]string{"products": "null"}).Lines)
	assert.NotNil(t, read(t, map[string]string{"products": "[]"}).Lines)
	assert.Zero(t, read(t, map[string]string{"stat_status": ""}).Status)
	assert.Equal(t, 4, read(t, map[string]string{"stat_status": `{"id":"4","title":"Anulowane"}`}).Status)
	assert.Equal(t, int64(7), read(t, map[string]string{"order_id": `"7.0"`}).Number)
	assert.Equal(t, "48601000201", read(t, map[string]string{"delivery_phone": "4.8601000201e10"}).Phone)
	assert.Equal(t, "48601000201", read(t, map[string]string{"delivery_phone": "48601000201.0"}).Phone)
	assert.Equal(t, "601000201, 601000202", read(t, map[string]string{"delivery_phone": `["601000201",601000202]`}).Phone)
	assert.Equal(t, "2026-11-27 10:00:00.000000", read(t, map[string]string{
		"stat_created": `{"date":"2026-11-27 10:00:00.000000","timezone_type":3,"timezone":"Europe/Warsaw"}`,
	}).CreatedRaw)

	const line = `{"title":"a","article":"A","price":-1.5,"quantity":"-0.25","total_price":"1e2","storage_id":5,"parent_storage_id":"0"}`
	for _, products := range []string{
		"[" + line + "]", `{"0":` + line + `}`, `{"7":` + line + `}`, `{"A":` + line + `}`, strconv.Quote("[" + line + "]"), strconv.Quote(`{"2":` + line + `}`),
	} {
		lines := read(t, map[string]string{"products": products}).Lines
		require.Len(t, lines, 1, products)
		equalAmount(t, "-1.5", lines[0].Price)
		equalAmount(t, "-0.25", lines[0].Quantity)
		equalAmount(t, "100", lines[0].Total)
		assert.Equal(t, []string{"5", "", "products[0]"}, []string{lines[0].StorageID, lines[0].ParentStorageID, lines[0].Path})
	}
	gaps := read(t, map[string]string{"products": `{"0":{"article":"B","price":1,"quantity":1,"total_price":1},"2":{"article":"A","price":1,"quantity":1,"total_price":1}}`})
	require.Len(t, gaps.Lines, 2)
	assert.Equal(t, []string{"B", "A"}, []string{gaps.Lines[0].Article, gaps.Lines[1].Article})

	for value, want := range map[string]bool{
		"1": true, `"1"`: true, "true": true, `"true"`: true, "0": false, `"0"`: false,
		"false": false, `""`: false, "null": false, "": false, "[]": false, "{}": false, `" "`: false,
	} {
		assert.Equal(t, want, read(t, map[string]string{"payed": value}).Paid, value)
	}
	for _, value := range []string{"null", `""`, "", "[]", "false", "{}"} {
		assert.Nil(t, read(t, map[string]string{"delivery_price": value}).DeliveryPrice, value)
		assert.Equal(t, Option{}, read(t, map[string]string{"delivery_type": value}).DeliveryType, value)
	}
	equalAmount(t, "0", *read(t, map[string]string{"delivery_price": "0"}).DeliveryPrice)
	assert.Equal(t, Option{42, "Kurier"}, read(t, map[string]string{"delivery_type": `"{\"id\":42,\"title\":\"Kurier\"}"`}).DeliveryType)
}

// Every amount of an order may come out of binary arithmetic.
func TestF36_BinaryNoiseIsRoundedAway(t *testing.T) {
	t.Parallel()
	for noisy, want := range map[string]string{
		"2.1100000000000003":                                "2.11",
		"0.30000000000000004":                               "0.3",
		"67.2000000000000028421709430404007434844970703125": "67.2",
		"67.19999999999999":                                 "67.2",
		"2.1099998950958252":                                "2.11", // single precision
		"2.1099998950958251953125":                          "2.11",
		"1.9999999999999998":                                "2",
		"31798.999999999996":                                "31799",
		"99999999.990000009536743":                          "99999999.99",
		"1e-17":                                             "0",
		"-0.99999999999999989":                              "-1",
		"12.50":                                             "12.5",
		"33.333":                                            "33.333",
		"0.3333":                                            "0.3333",
		"33.333333333333336":                                "33.3333333333",
		"0.1234567":                                         "0.1234567",
		"1000000000.01":                                     "1000000000.01",
		"1e2":                                               "100",
	} {
		for _, written := range []string{noisy, `"` + noisy + `"`} {
			row := fmt.Sprintf(`{"order_id":7,"total_default":%[1]s,"total_sum":%[1]s,"delivery_price":%[1]s,"payment_price":%[1]s,
				"discount_percent":%[1]s,"discount_value":%[1]s,"coupon_percent":%[1]s,"coupon_discount_value":%[1]s,"manager_discount":%[1]s,
				"products":[{"price":%[1]s,"quantity":%[1]s,"total_price":%[1]s}]}`, written)
			o, bad := decodeOrder(json.RawMessage(row))
			require.Nil(t, bad)
			require.Empty(t, o.Flaws, written)
			for _, got := range []decimal.Decimal{
				o.TotalDefault, o.TotalSum, *o.DeliveryPrice, *o.PaymentPrice, o.DiscountPercent, o.DiscountValue, o.CouponPercent,
				o.CouponDiscount, o.ManagerDiscount, o.Lines[0].Price, o.Lines[0].Quantity, o.Lines[0].Total,
			} {
				equalAmount(t, want, got)
			}
		}
	}
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		value string
		kind  FlawKind
	}{
		"12.50": {"12.5", ""}, " 12.50 ": {"12.5", ""}, "+3": {"3", ""}, ".5": {"0.5", ""}, "5.": {"5", ""}, "-1": {"-1", ""},
		"12,50": {"12.5", Odd}, "0,500": {"0.5", Odd}, "1234,5": {"1234.5", Odd}, "1234,567": {"1234.567", Odd},
		"1 234,50": {"1234.5", Odd}, "1\u00a0234.50": {"1234.5", Odd}, "1.234,50": {"1234.5", Odd}, "1,234.50": {"1234.5", Odd},
		"1'234.50": {"1234.5", Odd}, "1.234.567": {"1234567", Odd}, "1,234,567": {"1234567", Odd}, "1 234 567": {"1234567", Odd},
		"12.50 zł": {"12.5", Odd}, "12,50zł": {"12.5", Odd}, "100 грн.": {"100", Odd}, "PLN 12.50": {"12.5", Odd}, "€5": {"5", Odd},
		"10%": {"10", Odd}, "10 %": {"10", Odd}, "15,-": {"15", Odd}, "\u221215": {"-15", Odd}, "１２,５０": {"12.5", Odd},
		"\u200b12.50": {"12.5", Odd},
		"1,234":       {"1.234", Ambiguous}, "12,345": {"12.345", Ambiguous},
		"": {"0", Unreadable}, "NaN": {"0", Unreadable}, "INF": {"0", Unreadable}, "abc": {"0", Unreadable}, "12 50": {"0", Unreadable},
		"1.2.3": {"0", Unreadable}, "12-50": {"0", Unreadable}, "5 m2": {"0", Unreadable}, "0x10": {"0", Unreadable}, "--1": {"0", Unreadable},
		"1e99999": {"0", Unreadable}, "999999999999999999": {"0", Unreadable},
	} {
		value, kind := parseNumber(text)
		assert.Equal(t, want.kind, kind, "%q", text)
		assert.True(t, decimal.RequireFromString(want.value).Equal(value), "%q: %s", text, value)
	}
}

func TestShipmentOfUnknownShapeCostsNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ delivery, additional, number, tracking, branch string }{
		"known":      {`{"tnNumber":59000,"destination":{"address":{"geoObject":{"id":"g-1"}}}}`, `{"recipient_warehouse_ref":"w-1"}`, "", "59000", "g-1"},
		"additional": {`{"tnNumber":null}`, `{"recipient_warehouse_ref":"w-1"}`, `"n-1"`, "n-1", "w-1"},
		"texts":      {`"none"`, `"none"`, `[]`, "", ""},
		"numbers":    {`5`, `7`, `{}`, "", ""},
		"deep":       {`{"tnNumber":{"a":1},"destination":[{"address":1}]}`, `{"recipient_warehouse_ref":["w"]}`, "", "", ""},
		"bools":      {`{"tnNumber":true,"destination":{"address":{"geoObject":false}}}`, `true`, "", "", ""},
		"by carrier": {`{"nova_poshta":{"tnNumber":"59001","destination":{"address":{"geoObject":{"id":"g-2"}}}}}`, `[]`, "", "59001", "g-2"},
		"of two":     {`{"nova_poshta":null,"ukrposhta":{"tnNumber":"05001"},"deliveryOperatorType":7}`, `{"recipient_warehouse_ref":"w-1"}`, "", "05001", "w-1"},
		"flat first": {`{"tnNumber":"59002","nova_poshta":{"tnNumber":"59001"}}`, `[]`, "", "59002", ""},
		"in a list":  {`[{"tnNumber":"59003"}]`, `[{"recipient_warehouse_ref":"w-2"}]`, "", "59003", "w-2"},
		"parcels":    {`{"nova_poshta":{"parcels":[{"tnNumber":"59005"}]}}`, `[]`, "", "59005", ""},
		"as text":    {`"{\"tnNumber\":\"59004\"}"`, `"{}"`, "", "59004", ""},
		"code":       {`[]`, `{"tracking_code":"c-1"}`, "", "c-1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := orderRow(map[string]string{"delivery_data": tc.delivery, "additional_data": tc.additional, "np_number": tc.number})
			order, bad := decodeOrder(json.RawMessage(row))
			require.Nil(t, bad)
			require.Empty(t, order.Flaws)
			assert.Equal(t, []string{tc.tracking, tc.branch}, []string{order.Tracking, order.Branch})
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("orders/get", ordersAnswer(orderRow(nil), orderRow(map[string]string{"order_id": `"8"`}))))
	c := s.client()
	order, err := c.Order(t.Context(), 8)
	require.NoError(t, err)
	assert.Equal(t, int64(8), order.Number)
	assert.Equal(t, []any{8.0}, s.seen("orders/get")[0].body["ids"])

	_, err = c.Order(t.Context(), 9)
	assert.Equal(t, NotFound, KindOf(err), "rows with other numbers are not it")

	s = newShop(t, one("orders/get", ordersAnswer(orderRow(map[string]string{"total_sum": `"x"`}))))
	_, err = s.client().Order(t.Context(), 9)
	assert.Equal(t, NotFound, KindOf(err), "an odd row of another number is not it")
}

func TestUpdateStatus(t *testing.T) {
	t.Parallel()
	const failed = "status is not defined or defined incorrectly"
	for name, tc := range map[string]struct {
		answer, message string
		kind            Kind // "" is success
		committed       bool
	}{
		"OK":                     {`{"status":"OK","response":{"log":[{"status":"OK","messages":"UPDATED"}]}}`, "", "", false},
		"OK without log":         {`{"status":"OK","response":[]}`, "", "", false},
		"OK with empty log":      {`{"status":"OK","response":{"log":[]}}`, "", "", false},
		"OK, by number":          {`{"status":"OK","response":{"log":[{"order_id":"24","status":"ok","message":"UPDATED"}]}}`, "", "", false},
		"OK, but":                {`{"status":"OK","response":{"log":[{"status":"ERROR","message":"locked"}]}}`, "locked", Rejected, false},
		"OK, but by number":      {`{"status":"OK","response":{"log":[{"order_id":23,"status":"OK"},{"order_id":24,"status":"ERROR","message":"locked"}]}}`, "locked", Rejected, false},
		"OK of another":          {`{"status":"OK","response":{"log":[{"order_id":23,"status":"OK"}]}}`, "", Malformed, true},
		"WARNING":                {`{"status":"WARNING","response":{"log":[{"status":"ERROR","messages":"` + failed + `"}]}}`, failed, Rejected, false},
		"WARNING, more":          {`{"status":"WARNING","response":{"log":[{"status":"ERROR","messages":["one","two"]}]}}`, "one; two", Rejected, false},
		"WARNING of another":     {`{"status":"WARNING","response":{"log":[{"order_id":24,"status":"OK"},{"order_id":23,"status":"ERROR"}]}}`, "", "", false},
		"WARNING without log":    {`{"status":"WARNING","response":[]}`, "", Rejected, false},
		"WARNING with words":     {`{"status":"WARNING","response":{"message":"` + failed + `"}}`, failed, Rejected, false},
		"WARNING without words":  {`{"status":"WARNING","response":{"log":[{"status":"ERROR"}]}}`, "", Rejected, false},
		"ERROR":                  {`{"status":"ERROR","response":{"message":"` + failed + `"}}`, failed, Rejected, false},
		"log an object":          {`{"status":"OK","response":{"log":{"0":{"status":"OK"}}}}`, "", "", false},
		"log an object, refused": {`{"status":"WARNING","response":{"log":{"3":{"order_id":24,"status":"ERROR","message":"locked"}}}}`, "locked", Rejected, false},
		"log a text":             {`{"status":"OK","response":{"log":"UPDATED"}}`, "", Malformed, true},
		"log of texts":           {`{"status":"OK","response":{"log":["UPDATED"]}}`, "", Malformed, true},
		"response a text":        {`{"status":"OK","response":"UPDATED"}`, "", Malformed, true},
		"log's order is no text": {`{"status":"OK","response":{"log":[{"order_id":"x","status":"OK"}]}}`, "", Malformed, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, one("orders/update", answerJSON(200, tc.answer)))
			err := s.client().UpdateStatus(t.Context(), 24, 6)
			assert.Equal(t, []any{map[string]any{"order_id": 24.0, "status": 6.0}}, s.seen("orders/update")[0].body["orders"])
			assert.Equal(t, tc.kind, KindOf(err), "%v", err)
			if err == nil {
				return
			}
			e := asError(t, err)
			assert.Equal(t, tc.message, e.Message)
			assert.Equal(t, tc.committed, e.MayHaveCommitted)
		})
	}
}

// Whatever is between two good orders, both are read, and every row is accounted
// for.
func FuzzDecodeOrders(f *testing.F) {
	f.Add(orderRow(nil))
	for _, seed := range []string{`null`, `{}`, `[]`, `{"order_id":1e999}`, `{"order_id":7,"products":[[]]}`, `{"order_id":"7","products":[{"price":"1e99"}]}`} {
		f.Add(seed)
	}
	var whole struct {
		Response struct{ Orders []json.RawMessage }
	}
	require.NoError(f, json.Unmarshal([]byte(sample(f, "orders.json")), &whole))
	for _, row := range whole.Response.Orders {
		f.Add(string(row))
	}
	f.Fuzz(func(t *testing.T, row string) {
		// As a whole answer it may be anything.
		_, _ = readEnvelope(ordersGet, answer{code: 200, body: []byte(row)})
		_, _ = decodeOrders(reply{status: statusOK, response: json.RawMessage(row)})
		_, _ = readUpdateOf(7)(ordersUpdate, answer{code: 200, body: []byte(row)})
		if !json.Valid([]byte(row)) {
			return
		}
		first, last := orderRow(map[string]string{"order_id": "1000001"}), orderRow(map[string]string{"order_id": "1000002"})
		page, failure := decodeOrders(reply{statusOK, json.RawMessage(fmt.Sprintf(`{"orders":[%s,%s,%s]}`, first, row, last))})
		require.Nil(t, failure)
		require.Equal(t, 3, page.Rows)
		require.Equal(t, page.Rows, len(page.Orders)+len(page.Failed))
		for _, number := range []int64{1000001, 1000002} {
			require.True(t, slices.ContainsFunc(page.Orders, func(o Order) bool { return o.Number == number }))
		}
		for _, order := range page.Orders {
			require.Positive(t, order.Number)
			for _, line := range order.Lines {
				require.Less(t, len(line.Price.String()), 200)
			}
		}
		for _, failed := range page.Failed {
			require.NotEmpty(t, failed.Field)
			require.Equal(t, Malformed, KindOf(failed))
		}
	})
}
