package cartum

import (
	"testing"
)

func TestOrdersUpdate(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, number := range []string{"22", "23", "24", "26"} {
		s.put(number, `{"stat_status":1,"payed":0,"total_sum":5}`)
	}
	r := s.call("orders/update", params{"orders": []params{
		{"order_id": 24, "status": 2},
		{"order_id": "23", "status": "4", "tracking_code": "123123123123"},
		{"order_id": 22, "status": 3, "payed": 1, "total_sum": 99},
		{"order_id": 26, "status": 3123},
	}})
	same(t, "documented answer", r.doc, `{"status":"WARNING","response":{"log":[{"status":"OK","messages":"UPDATED"},
		{"status":"OK","messages":"UPDATED"},{"status":"OK","messages":"UPDATED"},
		{"status":"ERROR","messages":"status is not defined or defined incorrectly"}]}}`)
	s.token = s.login()
	saved := func(number int) map[string]any {
		return s.order(params{"ids": []int{number}, "additionalData": true})
	}
	same(t, "status", saved(24)["stat_status"], `2`)
	same(t, "tracking", saved(23)["additional_data"], `{"tracking_code":"123123123123"}`)
	same(t, "payed", saved(22)["payed"], `1`)
	same(t, "unchangeable", saved(22)["total_sum"], `5`)
	same(t, "refused", saved(26)["stat_status"], `1`)
	r = s.call("orders/update", params{"orders": []params{{"order_id": 24, "status": 6}}})
	same(t, "all right", r.doc, `{"status":"OK","response":{"log":[{"status":"OK","messages":"UPDATED"}]}}`)
}

func TestOrdersUpdateRefuses(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.token = s.login()
	s.put("1", `{"stat_status":1,"payed":0}`)
	for name, c := range map[string]struct {
		entry params
		text  string
	}{
		"unknown":   {params{"order_id": 2, "status": 2}, "order is not found"},
		"no number": {params{"status": 2}, "order is not found"},
		"no id 5":   {params{"order_id": 1, "status": 5}, "status is not defined or defined incorrectly"},
		"null":      {params{"order_id": 1, "status": nil}, "status is not defined or defined incorrectly"},
		"payed 2":   {params{"order_id": 1, "status": 2, "payed": 2}, "payed is defined incorrectly"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.call("orders/update", params{"orders": []params{c.entry}})
			equal(t, "status", r.at("status"), "WARNING")
			equal(t, "text", r.at("response", "log", 0, "messages"), any(c.text))
			same(t, "untouched", s.order(nil)["stat_status"], `1`)
		})
	}
}

func TestOrdersUpdateForms(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.put("1", `{"stat_status":1}`)
	equal(t, "no orders", s.call("orders/update", nil).at("status"), "ERROR")
	equal(t, "not an object", s.call("orders/update", params{"orders": []int{1}}).at("status"), "WARNING")
	form := "orders[0][order_id]=1&orders[0][status]=2&token=" + s.token
	equal(t, "form", s.send("POST", "/api/orders/update/", "application/x-www-form-urlencoded", form).at("status"), "OK")
}

func TestUpdateSwitches(t *testing.T) {
	t.Parallel()
	const fresh, paid, cancelled = `{"stat_status":1,"payed":0}`, `{"stat_status":1,"payed":1}`, `{"stat_status":4,"payed":0}`
	entry := params{"order_id": 1, "status": 2}
	cases := []struct {
		set    Switch
		value  string
		order  string
		entry  params
		log    string // of the one entry and of an unknown order 9
		status string // of the order afterwards
		payed  string
	}{
		{
			SwitchUpdateLog, "messages", fresh, entry,
			`[{"status":"OK","messages":"UPDATED"},{"status":"ERROR","messages":"order is not found"}]`, "2", "0",
		},
		{SwitchUpdateLog, "message", fresh, entry, `[{"order_id":1,"status":"OK","message":"UPDATED"},
			{"order_id":9,"status":"ERROR","message":"order is not found"}]`, "2", "0"},
		{SwitchUpdateLog, "message-reversed", fresh, entry, `[{"order_id":9,"status":"ERROR","message":"order is not found"},
			{"order_id":1,"status":"OK","message":"UPDATED"}]`, "2", "0"},
		{SwitchPaidKey, "payed", fresh, params{"order_id": 1, "paid": 1}, "", "1", "0"},
		{SwitchPaidKey, "payed", fresh, params{"order_id": 1, "payed": 1}, "", "1", "1"},
		{SwitchPaidKey, "paid", fresh, params{"order_id": 1, "payed": 1}, "", "1", "0"},
		{SwitchPaidKey, "both", fresh, params{"order_id": 1, "paid": 1}, "", "1", "1"},
		{SwitchPaidKey, "both", paid, params{"order_id": 1, "payed": 0}, "", "1", "0"},
		{SwitchStatusUpdate, "saved", fresh, entry, "", "2", "0"},
		{SwitchStatusUpdate, "lost", fresh, params{"order_id": 1, "status": 2, "payed": 1}, "", "1", "1"},
		{SwitchStatus4, "locked", cancelled, entry, `[{"status":"ERROR","messages":"order is cancelled and can not be changed"},
			{"status":"ERROR","messages":"order is not found"}]`, "4", "0"},
		{SwitchStatus4, "locked-silently", cancelled, params{"order_id": 1, "status": 2, "payed": 1}, "", "4", "0"},
		{SwitchStatus4, "open", cancelled, entry, "", "2", "0"},
		{SwitchExtraStatus, "paid", fresh, params{"order_id": 1, "status": 8}, "", "8", "0"},
		{
			SwitchExtraStatus, "none", fresh,
			params{"order_id": 1, "status": 8},
			`[{"status":"ERROR","messages":"status is not defined or defined incorrectly"},
			{"status":"ERROR","messages":"order is not found"}]`, "1", "0",
		},
	}
	for _, c := range cases {
		t.Run(string(c.set)+" "+c.value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{string(c.set): c.value})
			s.put("1", c.order)
			r := s.call("orders/update", params{"orders": []params{c.entry, {"order_id": 9}}})
			if c.log == "" {
				c.log = `[{"status":"OK","messages":"UPDATED"},{"status":"ERROR","messages":"order is not found"}]`
			}
			same(t, "log", r.at("response", "log"), c.log)
			same(t, "status", s.order(nil)["stat_status"], c.status)
			same(t, "payed", s.order(nil)["payed"], c.payed)
		})
	}
}
