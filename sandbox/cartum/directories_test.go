package cartum

import (
	"testing"
)

func TestAvailableStatuses(t *testing.T) {
	t.Parallel()
	s := newShopWith(t, Options{Languages: []string{"en", "ro"}, Switches: map[string]string{"titles": "complete"}})
	same(t, "documented", s.call("orders/get_available_statuses", nil).doc, `{"status":"OK","response":{"statuses":{
		"1":{"id":1,"title":{"en":"New","ro":"Nou"},"is_successful":0},
		"2":{"id":2,"title":{"en":"Processing","ro":"Procesare"},"is_successful":0},
		"3":{"id":3,"title":{"en":"Delivered","ro":"Livrat"},"is_successful":1},
		"4":{"id":4,"title":{"en":"Canceled","ro":"Anulat"},"is_successful":0},
		"6":{"id":6,"title":{"en":"Shipping","ro":"În procesul de livrare"},"is_successful":0}}}}`)
	s.set(SwitchExtraStatus, "paid")
	same(t, "own", s.call("orders/get_available_statuses", nil).at("response", "statuses", "8", "id"), `8`)
}

func TestTitles(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"others-missing": `{"pl":"Nowe"}`, "complete": `{"pl":"Nowe","ua":"Нове","xx":"New"}`,
		"others-blank": `{"pl":"Nowe","ua":"","xx":""}`, "main-missing": `{"ua":"Нове","xx":"New"}`,
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShopWith(t, Options{Languages: []string{"pl", "ua", "xx"}, Switches: map[string]string{"titles": value}})
			same(t, "title", s.call("orders/get_available_statuses", nil).at("response", "statuses", "1", "title"), want)
		})
	}
	t.Run("only language", func(t *testing.T) {
		t.Parallel()
		s := newShopWith(t, Options{Languages: []string{"pl"}, Switches: map[string]string{"titles": "main-missing"}})
		same(t, "title", s.call("delivery/exportTypes", nil).at("response", "deliveryTypes", 0, "title"), `{"pl":"Kurier"}`)
	})
}

func ids(list []any) []string {
	var ids []string
	for _, row := range list {
		ids = append(ids, scalarText(at(row, "id")))
	}
	return ids
}

func TestDirectories(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.token = s.login()
	for function, c := range map[string]struct {
		key  string
		want []string
	}{
		"delivery/export":       {"delivery", []string{"2", "3", "8", "42"}},
		"delivery/exportTypes":  {"deliveryTypes", []string{"1", "2", "3", "4", "5"}},
		"payment/export":        {"payment", []string{"13", "14", "15"}},
		"payment/exportMethods": {"paymentMethods", []string{"1", "2", "3"}},
	} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			r := s.call(function, nil)
			equal(t, "status", r.at("status"), "OK")
			equal(t, "ids", ids(r.list("response", c.key)), c.want)
		})
	}
	same(t, "delivery", s.call("delivery/export", nil).at("response", "delivery", 0), `{"id":2,"title":{"pl":"Kurier"},
		"type":1,"by_carrier":0,"enabled":1,"payment":[13,14,15],"price_options":[{"min":0,"price":15,"by_carrier":0}]}`)
	same(t, "payment", s.call("payment/export", nil).at("response", "payment", 0), `{"id":13,"title":{"pl":"Gotówką"},
		"desc":[],"payment_method":1,"enabled":1,"icon":"","link":"","icon_title":[],"payment_instruction":[]}`)
	same(t, "method", s.call("payment/exportMethods", nil).at("response", "paymentMethods", 2),
		`{"id":3,"title":"Kartą online","is_simple":0}`)
}

func TestDirectorySwitches(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"flags": "bool", "disabled_options": "listed"})
	deliveries := s.call("delivery/export", nil).list("response", "delivery")
	equal(t, "deliveries", ids(deliveries), []string{"2", "3", "8", "9", "42"})
	equal(t, "enabled", at(deliveries[3], "enabled"), any(false))
	equal(t, "by_carrier", at(deliveries[1], "by_carrier"), any(true))
	equal(t, "payments", len(s.call("payment/export", nil).list("response", "payment")), 4)
}

func TestCurrencyExport(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.token = s.login()
	cases := []struct {
		name string
		p    params
		want []string
	}{
		{"enabled by default", nil, []string{"1"}},
		{"all", params{"enabledOnly": false}, []string{"1", "2"}},
		{"all, 0", params{"enabledOnly": 0}, []string{"1", "2"}},
		{"iso", params{"iso": "PLN"}, []string{"1"}},
		{"isos", params{"iso": []string{"PLN", "EUR"}}, []string{"1"}},
		{"other iso", params{"iso": "GBP"}, nil},
		{"iso ignored", params{"iso": "GBP", "enabledOnly": true}, []string{"1"}},
		{"id", params{"id": 2, "enabledOnly": false}, []string{"2"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "ids", ids(s.call("currency/export", c.p).list("response", "currency")), c.want)
		})
	}
	same(t, "own", s.call("currency/export", nil).at("response", "currency", 0), `{"id":1,"iso":"PLN","title":"PLN",
		"exchangeRates":[{"relatedId":2,"relatedIso":"EUR","currentExchangeAmount":1,"relatedExchangeAmount":0.25,"exchangeCourse":0.25}]}`)
	euro := newShopWith(t, Options{Currency: "EUR"})
	list := euro.call("currency/export", params{"enabledOnly": false}).list("response", "currency")
	equal(t, "currencies", []any{at(list[0], "iso"), at(list[1], "iso")}, []any{"EUR", "USD"})
}
