package cartum

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// press sends a form of the page as a browser does, and gives the page that is shown then.
func (s *shop) press(path string, form url.Values) (int, string) {
	s.t.Helper()
	answer, err := s.client.PostForm(s.url+path, form)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestBuyerAndManagerWorkByPage(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.putProduct("ROZA-CZ", `{"title":{"pl":"Róża <czerwona>"},"price":12.50}`)
	does := func(path string, form url.Values, shows string) {
		t.Helper()
		if code, text := s.press(path, form); code != http.StatusOK || !strings.Contains(text, shows) {
			t.Errorf("%s: got %d without %q: %s", path, code, shows, text)
		}
	}
	does("/edit/orders", url.Values{"name": {"Anna"}, "phone": {"+48 501 234 567"}, "article": {"ROZA-CZ"}, "quantity": {"2"}, "delivery": {"2"}}, "Róża &lt;czerwona&gt;")
	o := s.order(nil)
	same(t, "number", o["order_id"], "1001")
	same(t, "total", o["total_sum"], "25")
	does("/edit/orders/1001/lines/0", url.Values{"quantity": {"5"}}, "62.50 PLN")
	does("/edit/orders/1001/delivery", url.Values{"delivery": {"42"}, "city": {"Kraków"}, "address": {"ul. Długa 5"}}, "Kraków, ul. Długa 5")
	same(t, "delivery price", s.order(nil)["delivery_price"], "25.50")
	does("/edit/orders/1001/pay", nil, ", paid")
	does("/edit/orders/1001/cancel", nil, "A cancelled order cannot be changed any more.")
	same(t, "status", s.order(nil)["stat_status"], "4")
	for path, want := range map[string]int{
		"/edit/orders/1001/pay": http.StatusBadRequest, "/edit/orders/9/pay": http.StatusNotFound, "/edit/orders": http.StatusBadRequest,
	} {
		if code, text := s.press(path, url.Values{"name": {"Anna"}}); code != want || !strings.Contains(text, "This is a fake.") {
			t.Errorf("%s: got %d %s", path, code, text)
		}
	}
}

func TestQuantityZeroRemovesTheLine(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.put("7", `{"stat_status":1,"currency":"PLN","total_default":30,"total_sum":25,"products":[
		{"title":"A","article":"A","price":10,"quantity":1,"total_price":10},{"title":"B","article":"B","price":20,"quantity":1,"total_price":20}]}`)
	if code, text := s.press("/edit/orders/7/lines/0", url.Values{"quantity": {"0"}}); code != http.StatusOK {
		t.Fatalf("got %d %s", code, text)
	}
	o := s.order(nil)
	equal(t, "article", at(o, "products", 0, "article"), any("B"))
	same(t, "total before the discount", o["total_default"], "20")
	same(t, "total with the discount", o["total_sum"], "15")
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/edit/orders/1/pay", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	equal(t, "status", answer.StatusCode, http.StatusForbidden)
}
