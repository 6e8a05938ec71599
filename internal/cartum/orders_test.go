package cartum

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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
	assert.Equal(t, []string{"PLN", "Jan Kowalski", "jan@example.com", "+48 (600) 421-424", "Kraków", "ul. Długa@5", "PL"},
		[]string{o.Currency, o.Name, o.Email, o.Phone, o.City, o.Address, o.Country})
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
	assert.Equal(t, []string{"620000001", "W drodze", "b1f0a7d2-branch"}, []string{o.Tracking, o.TrackingStatus, o.Branch})
	require.Len(t, o.Lines, 2)
	assert.Equal(t, []string{`MacBook Air 11.6" 128 GB`, "MJVM2UAA", "product", "NONE"},
		[]string{o.Lines[0].Title, o.Lines[0].Article, o.Lines[0].Type, o.Lines[0].DiscountMarker})
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
		{From: "2026-11-01 00:00:00", To: "2026-11-02 00:00:00", IDs: []int64{5, 6}, Statuses: []int{1, 2}, Limit: 100, Offset: 200},
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
			"status": []any{1.0, 2.0}, "limit": 100.0, "offset": 200.0,
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
		`{"status":"OK","response":{"orders":{"0":{}}}}`,
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

func TestF15_PoisonOrderDoesNotCostTheOthers(t *testing.T) {
	t.Parallel()
	line := func(changes map[string]string) string {
		return changedRow(`{"title":"Rose","article":"R-1","price":10,"quantity":2,"total_price":20}`, changes)
	}
	lines := func(second string) map[string]string {
		return map[string]string{"order_id": "8", "products": "[" + line(nil) + "," + second + "]"}
	}
	with := func(name, value string) map[string]string { return map[string]string{"order_id": "8", name: value} }
	for name, tc := range map[string]struct {
		row    string
		number int64
		field  string
	}{
		"null":                 {`null`, 0, "order"},
		"a list":               {`[]`, 0, "order"},
		"a text":               {`"8"`, 0, "order"},
		"no number":            {orderRow(map[string]string{"order_id": ""}), 0, "order_id"},
		"number null":          {orderRow(map[string]string{"order_id": "null"}), 0, "order_id"},
		"number 0":             {orderRow(map[string]string{"order_id": "0"}), 0, "order_id"},
		"number negative":      {orderRow(map[string]string{"order_id": "-8"}), 0, "order_id"},
		"number with fraction": {orderRow(map[string]string{"order_id": "8.5"}), 0, "order_id"},
		"number a text":        {orderRow(map[string]string{"order_id": `"A8"`}), 0, "order_id"},
		"number too large":     {orderRow(map[string]string{"order_id": "1e30"}), 0, "order_id"},
		"number true":          {orderRow(map[string]string{"order_id": "true"}), 0, "order_id"},
		"products a text":      {orderRow(with("products", `"none"`)), 8, "products"},
		"products an object":   {orderRow(with("products", `{"0":{}}`)), 8, "products"},
		"line null":            {orderRow(lines("null")), 8, "products[1]"},
		"price with a comma":   {orderRow(lines(line(map[string]string{"price": `"12,50"`}))), 8, "products[1].price"},
		"price NaN":            {orderRow(lines(line(map[string]string{"price": `"NaN"`}))), 8, "products[1].price"},
		"price negative text":  {orderRow(lines(line(map[string]string{"price": `"-12-50"`}))), 8, "products[1].price"},
		"price null":           {orderRow(lines(line(map[string]string{"price": "null"}))), 8, "products[1].price"},
		"price empty":          {orderRow(lines(line(map[string]string{"price": `""`}))), 8, "products[1].price"},
		"price missing":        {orderRow(lines(line(map[string]string{"price": ""}))), 8, "products[1].price"},
		"price a list":         {orderRow(lines(line(map[string]string{"price": "[10]"}))), 8, "products[1].price"},
		"price of gigabytes":   {orderRow(lines(line(map[string]string{"price": "1e999999999"}))), 8, "products[1].price"},
		"quantity a text":      {orderRow(lines(line(map[string]string{"quantity": `"two"`}))), 8, "products[1].quantity"},
		"quantity bool":        {orderRow(lines(line(map[string]string{"quantity": `true`}))), 8, "products[1].quantity"},
		"line's total missing": {orderRow(lines(line(map[string]string{"total_price": ""}))), 8, "products[1].total_price"},
		"title an object":      {orderRow(lines(line(map[string]string{"title": `{"pl":"x"}`}))), 8, "products[1].title"},
		"total missing":        {orderRow(with("total_sum", "")), 8, "total_sum"},
		"total null":           {orderRow(with("total_default", "null")), 8, "total_default"},
		"delivery price NaN":   {orderRow(with("delivery_price", `"NaN"`)), 8, "delivery_price"},
		"discount a text":      {orderRow(with("discount_value", `"much"`)), 8, "discount_value"},
		"status a text":        {orderRow(with("stat_status", `"new"`)), 8, "stat_status"},
		"paid a text":          {orderRow(with("payed", `"perhaps"`)), 8, "payed"},
		"paid 2":               {orderRow(with("payed", `2`)), 8, "payed"},
		"name an object":       {orderRow(with("delivery_name", `{"first":"Jan"}`)), 8, "delivery_name"},
		"option a number":      {orderRow(with("delivery_type", `5`)), 8, "delivery_type"},
		"option's id a text":   {orderRow(with("payment_type", `{"id":"cash"}`)), 8, "payment_type.id"},
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
			assert.Equal(t, []any{tc.number, 1, tc.field}, []any{failed.Number, failed.Row, failed.Field})
			e := asError(t, failed)
			assert.Equal(t, Malformed, e.Kind)
			assert.Equal(t, tc.field, e.Field)
			assert.NotContains(t, failed.Error(), "Jan")

			_, err = c.Order(t.Context(), 9)
			require.NoError(t, err)
			_, err = c.Order(t.Context(), 8)
			assert.Equal(t, Malformed, KindOf(err), "it may be there, so it is not NotFound")
		})
	}
}

func TestOddOrdersThatAreForTheDomainToJudge(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, changes map[string]string) Order {
		t.Helper()
		order, bad := decodeOrder(json.RawMessage(orderRow(changes)))
		require.False(t, bad.found(), "%v", bad)
		return order
	}
	assert.Nil(t, read(t, map[string]string{"products": ""}).Lines)
	assert.Nil(t, read(t, map[string]string{"products": "null"}).Lines)
	assert.NotNil(t, read(t, map[string]string{"products": "[]"}).Lines)
	assert.Zero(t, read(t, map[string]string{"stat_status": ""}).Status)
	assert.Equal(t, int64(7), read(t, map[string]string{"order_id": `"7.0"`}).Number)

	odd := read(t, map[string]string{"products": `[{"price":-1.5,"quantity":"-0.25","total_price":"1e2"}]`}).Lines[0]
	equalAmount(t, "-1.5", odd.Price)
	equalAmount(t, "-0.25", odd.Quantity)
	equalAmount(t, "100", odd.Total)

	for value, want := range map[string]bool{
		"1": true, `"1"`: true, "true": true, `"true"`: true, "0": false, `"0"`: false,
		"false": false, `""`: false, "null": false, "": false, "[]": false,
	} {
		assert.Equal(t, want, read(t, map[string]string{"payed": value}).Paid, value)
	}
	for _, value := range []string{"null", `""`, "", "[]", "false"} {
		assert.Nil(t, read(t, map[string]string{"delivery_price": value}).DeliveryPrice, value)
		assert.Equal(t, Option{}, read(t, map[string]string{"delivery_type": value}).DeliveryType, value)
	}
	equalAmount(t, "0", *read(t, map[string]string{"delivery_price": "0"}).DeliveryPrice)
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := orderRow(map[string]string{"delivery_data": tc.delivery, "additional_data": tc.additional, "np_number": tc.number})
			order, bad := decodeOrder(json.RawMessage(row))
			require.False(t, bad.found())
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
	assert.Equal(t, NotFound, KindOf(err), "an unreadable row of another number is not it")
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

// Whatever stands between two good orders, both are read, and every row is accounted for.
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
			require.Equal(t, Malformed, KindOf(failed.Err))
		}
	})
}
