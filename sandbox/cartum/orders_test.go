package cartum

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"
)

// documentedOrder is the example of docs/reference/cartum.md#example-order.
const documentedOrder = `{"order_id":115,"user":99,"delivery_name":"sdbgdasgdasg","delivery_email":"dasgdsga@zz.cc",
 "delivery_phone":"+38 (012) 421-42-14","delivery_city":"Kyiv","delivery_address":"",
 "delivery_type":{"id":42,"title":"Local pickup"},"delivery_price":0,"comment":"a < b & c",
 "payment_type":{"id":13,"title":"In cash"},"payed":0,
 "total_default":31799,"total_sum":31799,"total_quantity":1,
 "discount_percent":0,"discount_value":0,
 "coupon_code":"","coupon_percent":0,"coupon_discount_value":0,"coupon_type":0,
 "stat_status":1,"stat_created":"2016-12-05 15:46:40","currency":"UAH","order_without_callback":true,
 "products":[{"title":"MacBook Air 11.6\" 128 GB, Green","article":"MJVM2UAA","price":31799,"quantity":1,
   "discount_marker":"DISCOUNT_CARD","total_price":31799}]}`

func TestOrdersGetKeepsWhatWasPut(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]string{
		"documented": documentedOrder,
		"malformed": `{"order_id":"115","stat_created":"yesterday","total_sum":"12,50","delivery_price":"NaN",
			"products":null,"payed":{},"stat_status":[1],"user":1e400,"price":12.50,"unheard_of":{"a":[null]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.put("115", order)
			got := s.order(nil)
			equal(t, "additional_data", got["additional_data"], []any{})
			delete(got, "additional_data")
			same(t, "order", got, order)
			same(t, "kept", s.sandbox("GET", "orders", "", 200).doc, "["+order+"]")
		})
	}
}

func TestPutOrderFillsIn(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.put("7", `{}`)
	same(t, "filled", s.order(nil), `{"order_id":7,"stat_created":"2026-11-20 14:00:00","additional_data":[]}`)
	s.clock.add(time.Hour)
	s.put("7", `{"comment":"x"}`)
	s.token = s.login()
	equal(t, "replaced", s.order(nil)["stat_created"], any("2026-11-20 14:00:00"))
}

func TestOrdersGetFilters(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"orders_sort": "oldest-first"})
	s.token = s.login()
	s.put("1", `{"stat_created":"2026-11-18 00:00:00","stat_status":1}`)
	s.put("2", `{"stat_created":"2026-11-18 23:59:59","stat_status":2}`)
	s.put("3", `{"stat_created":"2026-11-19 00:00:00","stat_status":"2"}`)
	s.put("4", `{"stat_created":"2026-11-19 12:00:00","stat_status":4}`)
	cases := []struct {
		name string
		p    params
		want []string
	}{
		{"all", nil, []string{"1", "2", "3", "4"}},
		{"from a day", params{"from": "2026-11-19"}, []string{"3", "4"}},
		{"from a day, dots", params{"from": "19.11.2026"}, []string{"3", "4"}},
		{"from a second", params{"from": "2026-11-18 23:59:59"}, []string{"2", "3", "4"}},
		{"from a second, dots", params{"from": "18.11.2026 23:59:59"}, []string{"2", "3", "4"}},
		{"to a day", params{"to": "2026-11-18"}, []string{"1", "2"}},
		{"to a second", params{"to": "2026-11-19 00:00:00"}, []string{"1", "2", "3"}},
		{"both", params{"from": "2026-11-18 12:00:00", "to": "19.11.2026 11:59:59"}, []string{"2", "3"}},
		{"ids", params{"ids": []int{3, 1, 99}}, []string{"1", "3"}},
		{"ids as texts", params{"ids": []string{"3"}}, []string{"3"}},
		{"no ids filter nothing", params{"ids": []int{}}, []string{"1", "2", "3", "4"}},
		{"status", params{"status": 2}, []string{"2", "3"}},
		{"statuses", params{"status": []int{1, 4}}, []string{"1", "4"}},
		{"limit", params{"limit": 2}, []string{"1", "2"}},
		{"limit as text", params{"limit": "2"}, []string{"1", "2"}},
		{"page", params{"limit": 2, "offset": 1}, []string{"2", "3"}},
		{"last page", params{"limit": 2, "offset": 3}, []string{"4"}},
		{"behind", params{"limit": 2, "offset": 9}, nil},
		{"limit 0", params{"limit": 0}, nil},
		{"offset alone is ignored", params{"offset": 2}, []string{"1", "2", "3", "4"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "orders", s.numbers(c.p), c.want)
		})
	}
	t.Run("query", func(t *testing.T) {
		t.Parallel()
		r := s.send("GET", "/api/orders/get?token="+s.token+"&ids[]=2&ids[]=3&status[0]=2&limit=1", "", "")
		equal(t, "orders", len(r.list("response", "orders")), 1)
		equal(t, "first", r.at("response", "orders", 0, "order_id"), any(json.Number("2")))
	})
	for name, p := range map[string]params{
		"from": {"from": "2026/11/19"}, "to": {"to": "soon"}, "ids": {"ids": "x"}, "status": {"status": []string{"x"}},
		"limit": {"limit": -1}, "offset": {"limit": 1, "offset": "x"},
	} {
		t.Run("wrong "+name, func(t *testing.T) {
			t.Parallel()
			r := s.call("orders/get", p)
			equal(t, "status", r.at("status"), "ERROR")
			equal(t, "message", r.at("response", "message"), any(name+" is defined incorrectly"))
		})
	}
}

func TestOrdersGetFindsMalformedDatesByPlacing(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.put("1", `{"stat_created":null}`)
	equal(t, "from", s.numbers(params{"from": "2026-11-20 14:00:00"}), []string{"1"})
	equal(t, "to", s.numbers(params{"to": "2026-11-20 13:59:59"}), []string(nil))
}

func TestOrdersGetLimits(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		byDefault, at string
		p             params
		want          int
	}{
		{"default", "20", "100", nil, 20},
		{"default of ids", "20", "100", params{"from": "2020-01-01"}, 20},
		{"own default", "7", "100", nil, 7},
		{"no default", "none", "100", nil, 130},
		{"largest", "20", "100", params{"limit": 500}, 100},
		{"own largest", "20", "50", params{"limit": 100}, 50},
		{"none", "20", "none", params{"limit": 500}, 130},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"orders_default_limit": c.byDefault, "orders_max_limit": c.at})
			for n := range 130 {
				s.server.orders[n+1] = s.server.completeOrder(n+1, wholeOrder(), nil)
			}
			equal(t, "orders", len(s.numbers(c.p)), c.want)
		})
	}
}

func TestOrdersSort(t *testing.T) {
	t.Parallel()
	const count = 12
	list := func(t *testing.T, value string) (once, again []string) {
		t.Helper()
		s := newShop(t, map[string]string{"orders_sort": value})
		for n := 1; n <= count; n++ {
			// Three orders to a second.
			s.put(strconv.Itoa(n), fmt.Sprintf(`{"stat_created":"2026-11-19 10:00:%02d"}`, n/3))
		}
		return s.numbers(nil), s.numbers(nil)
	}
	var rising []string
	for n := 1; n <= count; n++ {
		rising = append(rising, strconv.Itoa(n))
	}
	falling := slices.Clone(rising)
	slices.Reverse(falling)
	t.Run("oldest-first", func(t *testing.T) {
		t.Parallel()
		once, _ := list(t, "oldest-first")
		equal(t, "orders", once, rising)
	})
	t.Run("newest-first", func(t *testing.T) {
		t.Parallel()
		once, _ := list(t, "newest-first")
		equal(t, "orders", once, falling)
	})
	t.Run("unsorted", func(t *testing.T) {
		t.Parallel()
		once, again := list(t, "unsorted")
		equal(t, "again", again, once)
		if slices.Equal(once, rising) || slices.Equal(once, falling) {
			t.Errorf("sorted: %v", once)
		}
	})
	t.Run("newest-first-loose", func(t *testing.T) {
		t.Parallel()
		once, again := list(t, "newest-first-loose")
		if slices.Equal(once, again) {
			t.Errorf("equal seconds do not move: %v", once)
		}
		// The orders of the last second, 1 and 2, stay behind all others.
		equal(t, "oldest", slices.Sorted(slices.Values(again[count-2:])), []string{"1", "2"})
	})
}

func TestEmptyResponse(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"list": `[]`, "object": `{"orders":[]}`} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"empty_response": value})
			same(t, "answer", s.call("orders/get", nil).doc, `{"status":"EMPTY","response":`+want+`}`)
		})
	}
}

func TestDeletedOrder(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{"vanishes": nil, "stays": {"1"}} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"deleted_order": value})
			s.put("1", `{"stat_status":1}`)
			s.sandbox("DELETE", "orders/1", "", http.StatusNoContent)
			s.sandbox("DELETE", "orders/1", "", http.StatusNotFound)
			equal(t, "orders", s.numbers(params{"ids": []int{1}}), want)
			r := s.call("orders/update", params{"orders": []params{{"order_id": 1, "status": 2}}})
			equal(t, "update", r.at("status"), "WARNING")
			equal(t, "kept", s.sandbox("GET", "orders", "", 200).doc, any([]any{}))
			s.sandbox("PUT", "orders/1", `{}`, http.StatusCreated)
			equal(t, "again", s.numbers(nil), []string{"1"})
		})
	}
}

// TestOrderSwitches checks what the switches change in an order's answer.
func TestOrderSwitches(t *testing.T) {
	t.Parallel()
	const priced = `{"total_sum":100.5,"total_default":110,"delivery_price":9.50,
		"products":[{"price":50.25,"quantity":2,"total_price":"100.50"},"?"]}`
	cases := []struct {
		name   string
		set    Switch
		value  string
		p      params
		order  string
		path   []any
		expect string
	}{
		{"sum of goods", SwitchTotalSum, "goods", nil, priced, []any{"total_sum"}, `100.5`},
		{"sum with delivery", SwitchTotalSum, "with-delivery", nil, priced, []any{"total_sum"}, `110`},
		{
			"sum as text", SwitchTotalSum, "with-delivery", nil, `{"total_sum":"1.10","delivery_price":"2.20"}`,
			[]any{"total_sum"},
			`"3.3"`,
		},
		{
			"delivery not calculated", SwitchTotalSum, "with-delivery", nil, `{"total_sum":5,"delivery_price":-1}`,
			[]any{"total_sum"},
			`5`,
		},
		{
			"no sum", SwitchTotalSum, "with-delivery", nil, `{"total_sum":"12,50","delivery_price":5}`,
			[]any{"total_sum"},
			`"12,50"`,
		},
		{"numbers", SwitchMoney, "number", nil, priced, []any{"total_sum"}, `100.5`},
		{"texts", SwitchMoney, "string", nil, priced, []any{"total_sum"}, `"100.50"`},
		{
			"texts in lines", SwitchMoney, "string", nil, priced,
			[]any{"products"},
			`[{"price":"50.25","quantity":2,"total_price":"100.50"},"?"]`,
		},
		{"texts, not calculated", SwitchMoney, "string", nil, `{"delivery_price":-1}`, []any{"delivery_price"}, `"-1.00"`},
		{"texts, fine amounts", SwitchMoney, "string", nil, `{"total_sum":0.12345}`, []any{"total_sum"}, `"0.12345"`},
		{"texts, null", SwitchMoney, "string", nil, `{"total_sum":null}`, []any{"total_sum"}, `null`},
		{"noise", SwitchMoney, "binary", nil, `{"total_sum":2.11}`, []any{"total_sum"}, `2.1099999999999999`},
		{"lines as object", SwitchProducts, "object", nil, `{"products":[{"price":1},{"price":2}]}`, []any{"products"}, `{"0":{"price":1},"2":{"price":2}}`},
		{"entities", SwitchEntities, "escaped", nil, `{"delivery_name":"O'Connor & \"Co\""}`, []any{"delivery_name"}, `"O&#039;Connor &amp; &quot;Co&quot;"`},
		{"no entities", SwitchEntities, "plain", nil, `{"delivery_name":"O'Connor"}`, []any{"delivery_name"}, `"O'Connor"`},
		{"carrier's data", SwitchDeliveryData, "by-carrier", nil, `{"delivery_data":{"deliveryOperatorType":3,"tnNumber":"59"}}`, []any{"delivery_data"}, `{"deliveryOperatorType":3,"nova_poshta":{"tnNumber":"59"}}`},
		{
			"campaign", SwitchUTMCampaign, "number", nil, `{"analytics":{"utm_campaign":"2026","utm_term":"7"}}`,
			[]any{"analytics"},
			`{"utm_campaign":2026,"utm_term":"7"}`,
		},
		{
			"campaign of words", SwitchUTMCampaign, "number", nil, `{"analytics":{"utm_campaign":"spring"}}`,
			[]any{"analytics", "utm_campaign"},
			`"spring"`,
		},
		{
			"campaign as text", SwitchUTMCampaign, "text", nil, `{"analytics":{"utm_campaign":"2026"}}`,
			[]any{"analytics", "utm_campaign"},
			`"2026"`,
		},
		{"no more data", SwitchAdditionalData, "list", nil, `{"additional_data":{"a":1}}`, []any{"additional_data"}, `[]`},
		{"no more data, object", SwitchAdditionalData, "object", nil, `{}`, []any{"additional_data"}, `{}`},
		{
			"more data", SwitchAdditionalData, "list",
			params{"additionalData": true},
			`{"additional_data":{"a":1}}`,
			[]any{"additional_data"},
			`{"a":1}`,
		},
		{
			"more data, none", SwitchAdditionalData, "object",
			params{"additionalData": true},
			`{"additional_data":[]}`,
			[]any{"additional_data"},
			`{}`,
		},
		{
			"zone", SwitchTimeZone, "set", nil, `{"stat_created":"2026-11-19 10:00:00"}`,
			[]any{"stat_created"},
			`"2026-11-19 10:00:00"`,
		},
		{
			"other zone", SwitchTimeZone, "Europe/Kyiv", nil, `{"stat_created":"2026-11-19 10:00:00"}`,
			[]any{"stat_created"},
			`"2026-11-19 11:00:00"`,
		},
		{"other zone, malformed", SwitchTimeZone, "UTC", nil, `{"stat_created":"soon"}`, []any{"stat_created"}, `"soon"`},
		{
			"other zone filters", SwitchTimeZone, "Europe/Kyiv",
			params{"from": "2026-11-19 10:30:00"},
			`{"stat_created":"2026-11-19 10:00:00"}`,
			[]any{"stat_created"},
			`"2026-11-19 11:00:00"`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{string(c.set): c.value})
			s.put("1", c.order)
			same(t, "answer", at(s.order(c.p), c.path...), c.expect)
		})
	}
}
