package cartum

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSandboxRefusals(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	cases := []struct {
		method, path, body string
		code               int
	}{
		{"PUT", "orders/x", `{}`, 400},
		{"PUT", "orders/0", `{}`, 400},
		{"PUT", "orders/1", `[]`, 400},
		{"PUT", "orders/1", `null`, 400},
		{"PUT", "orders/1", `"x"`, 400},
		{"PUT", "orders/1", `{`, 400},
		{"PUT", "orders/1", ``, 400},
		{"PUT", "orders/1", `{}{}`, 400},
		{"PUT", "orders/1", strings.Repeat(" ", maxBody+1), 413},
		{"DELETE", "orders/x", ``, 400},
		{"DELETE", "orders/1", ``, 404},
		{"PUT", "products/A", `[]`, 400},
		{"PUT", "switches", `{"nonsense":"on"}`, 400},
		{"PUT", "switches", `{"api":"maybe"}`, 400},
		{"PUT", "switches", `{"orders_max_limit":"0"}`, 400},
		{"PUT", "switches", `{"time_zone":"Mars/Base"}`, 400},
		{"PUT", "switches", `{"api":1}`, 400},
		{"GET", "feed?after=x", ``, 400},
		{"GET", "nonsense", ``, 404},
	}
	for _, c := range cases {
		r := s.sandbox(c.method, c.path, c.body, c.code)
		if text, _ := r.at("error").(string); text == "" {
			t.Errorf("%s %s: no reason in %s", c.method, c.path, r.text)
		}
	}
	equal(t, "method", s.send("POST", "/sandbox/orders", "", "").code, http.StatusMethodNotAllowed)
	equal(t, "orders", len(s.sandbox("GET", "orders", "", 200).list()), 0)
}

func TestSwitchesAreSetTogether(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.sandbox("PUT", "switches", `{"api":"off","nonsense":"x"}`, 400)
	s.sandbox("PUT", "switches", `{"money":"string","orders_max_limit":"7","time_zone":"UTC"}`, 200)
	all := s.sandbox("PUT", "switches", `{}`, 200)
	want, err := Profile(ProfileDocumented)
	if err != nil {
		t.Fatal(err)
	}
	want["money"], want["orders_max_limit"], want["time_zone"] = "string", "7", "UTC"
	for name, value := range want {
		equal(t, name, all.at(name), any(value))
	}
	s.sandbox("PUT", "switches", `{"time_zone":"set"}`, 200)
	s.put("1", `{}`)
	equal(t, "zone is back", s.order(nil)["stat_created"], any("2026-11-20 14:00:00"))
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	documented, _ := Profile(ProfileDocumented)
	flipped, _ := Profile(ProfileFlipped)
	for _, rule := range switchRules {
		equal(t, "documented "+string(rule.name), documented[string(rule.name)], rule.values[0])
		equal(t, "flipped "+string(rule.name), rule.accepts(flipped[string(rule.name)]), true)
	}
	if _, err := Profile("nonsense"); err == nil {
		t.Error("nonsense is a profile")
	}
	s := newShop(t, flipped)
	s.put("1", `{"stat_status":1}`)
	equal(t, "flipped works", s.numbers(nil), []string{"1"})
	defer func() {
		if recover() == nil {
			t.Error("New takes an unknown switch")
		}
	}()
	New(Options{Switches: map[string]string{"nonsense": "x"}})
}

func TestRequests(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.post("auth", params{"login": "x"})
	s.call("orders/get", nil)
	s.clock.add(999 * time.Millisecond)
	s.call("x/y", nil)
	s.clock.add(2 * time.Second)
	s.fault(`{"match":"* /api/orders/get","kind":"status","status":503}`)
	s.call("orders/get", nil)
	r := s.sandbox("GET", "requests", "", 200)
	list := r.list("list")
	same(t, "last", list[len(list)-1], `{"at":"2026-11-20T13:00:02.999Z","function":"orders/get","status":503}`)
	doc, _ := r.doc.(map[string]any)
	delete(doc, "list")
	same(t, "counts", any(doc), `{"total":5,"functions":{"auth":2,"orders/get":2,"x/y":1},"statuses":{"200":4,"503":1},
		"answers":{"ERROR":1,"OK":1,"EMPTY":1,"UNDEFINED_FUNCTION":1},"logins":1,"failed_logins":1,"most_in_second":4}`)
	s.sandbox("DELETE", "requests", "", 204)
	same(t, "forgotten", s.sandbox("GET", "requests", "", 200).doc, `{"total":0,"functions":{},"statuses":{},
		"answers":{},"logins":0,"failed_logins":0,"most_in_second":0,"list":[]}`)
}

func TestRequestListIsBounded(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for range keptRequests + 1 {
		s.server.finishRequest(s.server.noteRequest("auth"), 200, "OK")
	}
	r := s.sandbox("GET", "requests", "", 200)
	equal(t, "list", len(r.list("list")), keptRequests)
	same(t, "total", r.at("total"), fmt.Sprint(keptRequests+1))
}

func TestFeed(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"order_update": "always"})
	sub := newSubscriber(t, always(200))
	s.subscribe("order_update", sub.url)
	s.put("1", `{"stat_status":1,"total_sum":5,"currency":"PLN","delivery_name":"Jan Kowalski"}`)
	s.call("orders/update", params{"orders": []params{{"order_id": 1, "status": 2, "payed": 1}}})
	s.server.background.Wait()
	texts := func(after int) (texts []string) {
		for _, line := range s.sandbox("GET", fmt.Sprintf("feed?after=%d", after), "", 200).list() {
			texts = append(texts, at(line, "text").(string))
		}
		return texts
	}
	want := []string{
		"switch order_update: always", "login: a new token for 10m0s", "subscription 1 to order_update",
		"order 1: placed, 5 PLN", "order 1: status 1 to 2 (API)", "order 1: paid (API)",
		"webhook order_update of order 1, attempt 1: 200",
	}
	equal(t, "feed", texts(0), want)
	equal(t, "since", len(texts(4)), 3)
	seq := s.sandbox("GET", "feed?after=4", "", 200).at(0, "seq")
	equal(t, "seq", seq, any(json.Number("5")))
	equal(t, "nothing new", len(texts(7)), 0)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"order_update": "always", "tokens": "several", "orders_sort": "newest-first-loose"})
	sub := newSubscriber(t, always(200))
	s.subscribe("order_update", sub.url)
	token := s.token
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for n := range 10 {
				order := fmt.Sprintf("/sandbox/orders/%d", worker%3+1)
				_, _ = s.try("PUT", order, "", fmt.Sprintf(`{"stat_status":%d}`, n%3+1))
				_, _ = s.try("POST", "/api/orders/get", "application/json", `{"token":"`+token+`"}`)
				_, _ = s.try("POST", "/api/orders/update", "application/json",
					`{"token":"`+token+`","orders":[{"order_id":1,"status":2,"tracking_code":"x"}]}`)
				_, _ = s.try("GET", "/sandbox/orders", "", "")
				_, _ = s.try("GET", "/sandbox/requests", "", "")
				_, _ = s.try("PUT", "/sandbox/switches", "", `{"money":"string"}`)
				_, _ = s.try("GET", "/sandbox/feed", "", "")
			}
		})
	}
	group.Wait()
	same(t, "all counted", s.sandbox("GET", "requests", "", 200).at("functions", "orders/get"), `80`)
}
