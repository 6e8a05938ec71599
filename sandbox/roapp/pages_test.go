package roapp_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

// press sends a form of a page as a browser does, and gives the page that is shown then.
func (a *account) press(path string, form url.Values) (int, string) {
	a.t.Helper()
	answer, err := a.client.PostForm(a.url+path, form)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestStaffWorkOnAnOrderByPage(t *testing.T) {
	t.Parallel()
	a := with(t, map[string]string{string(roapp.StatusComment): "all"})
	order, product := a.order(), a.product("A-12")
	page := fmt.Sprintf("/orders/table/%d", order)
	does := func(path string, form url.Values, shows string) {
		t.Helper()
		if code, text := a.press(page+path, form); code != http.StatusOK || !strings.Contains(text, shows) {
			t.Errorf("%s: got %d without %q: %s", path, code, shows, text)
		}
	}
	does("/items", url.Values{"entity_id": {fmt.Sprint(product)}, "quantity": {"2"}, "price": {"12.50"}}, "25.00 PLN")
	item := a.get(itemsOf(order)).id("0.id")
	itemPath := fmt.Sprintf("/items/%d", item)
	does(itemPath, url.Values{"quantity": {"3"}, "price": {"10"}}, "30.00 PLN")
	does("/write-off", nil, "stock is written off")
	does("/write-off/back", nil, "not written off")
	does("/status", url.Values{"status_id": {"102"}, "comment": {"by <b>staff</b>"}}, "by &lt;b&gt;staff")
	check(t, a.get(orderPath(order)), map[string]string{"status.id": "102", "total": "30.00"})
	if code, text := a.press(page+"/status", url.Values{"status_id": {"103"}}); code != http.StatusBadRequest || !strings.Contains(text, "comment: is required") {
		t.Errorf("a status without its comment: got %d %s", code, text)
	}
	does(itemPath+"/remove", nil, "There are no items.")
	if code, _ := a.press("/orders/table/999/write-off", nil); code != http.StatusNotFound {
		t.Errorf("an unknown order: got %d", code)
	}
}

func TestContactsAreMergedByPage(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	jan := a.post("/sandbox/people", `{"first_name":"Jan","phones":["501 200 300"]}`).id("id")
	twin := a.post("/sandbox/people", `{"first_name":"Janek","phones":["501 200 301"]}`).id("id")
	code, text := a.press(fmt.Sprintf("/contacts/people/%d/merge", jan), url.Values{"ids": {fmt.Sprint(twin)}})
	if code != http.StatusOK || strings.Contains(text, "Janek") || !strings.Contains(text, "501 200 300, 501 200 301") {
		t.Errorf("got %d %s", code, text)
	}
	if code, text := a.press(fmt.Sprintf("/contacts/people/%d/merge", jan), url.Values{"ids": {"x"}}); code != http.StatusBadRequest || !strings.Contains(text, "This is a fake.") {
		t.Errorf("got %d %s", code, text)
	}
}
