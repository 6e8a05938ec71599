package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// said is an answer of the starter.
type said struct {
	*http.Response
	text string
}

func (s said) json(t *testing.T) (body map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(s.text), &body), s.text)
	return body
}

// ask sends a request with a token. A form is sent as a page sends it, all else
// as JSON; nothing follows a redirect.
func ask(w *testenv.Env, token, method, path string, body any, header ...string) said {
	w.T.Helper()
	var reader io.Reader = http.NoBody
	kind := "application/json"
	switch body := body.(type) {
	case nil:
	case url.Values:
		reader, kind = strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	default:
		text, err := json.Marshal(body)
		require.NoError(w.T, err)
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(w.T.Context(), method, w.StarterURL+path, reader)
	require.NoError(w.T, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := program(w).Do(request)
	require.NoError(w.T, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(w.T, err)
	return said{answer, string(text)}
}

func names(w *testenv.Env, numbers ...int64) (names []testenv.J) {
	for _, number := range numbers {
		names = append(names, testenv.J{"shop": w.Shop, "number": number})
	}
	return names
}

func TestR03_ActionsByTheAPI(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, nil)
	w.AwaitSynced(1)
	for number := int64(2); number <= 4; number++ {
		w.Place(number, testenv.J{"delivery_phone": ""})
		w.AwaitHeld(number, order.HoldNoCustomer)
	}
	act := func(path string, body any) said { return ask(w, testenv.APIToken, http.MethodPost, "/v1"+path, body) }
	of := func(number int64) string { return fmt.Sprintf("/orders/%s/%d", w.Shop, number) }

	// Update one order, and meet the cooldown.
	answer := act(of(1)+"/refresh", nil)
	require.Contains(t, []int{http.StatusOK, http.StatusAccepted}, answer.StatusCode, answer.text)
	if answer.StatusCode == http.StatusAccepted {
		place := answer.Header.Get("Location")
		require.NotEmpty(t, place)
		w.Eventually(testenv.Patience, func() string {
			end := ask(w, testenv.ViewerToken, http.MethodGet, place, nil)
			if end.json(t)["state"] != "done" {
				return place + ": " + end.text
			}
			return ""
		})
	}
	again := act(of(1)+"/refresh", nil)
	assert.Equal(t, http.StatusTooManyRequests, again.StatusCode)
	assert.NotEmpty(t, again.Header.Get("Retry-After"))
	assert.Equal(t, "application/problem+json", again.Header.Get("Content-Type"))
	assert.Equal(t, http.StatusNotFound, act(of(99)+"/refresh", nil).StatusCode)
	assert.Equal(t, http.StatusNotFound, act("/orders/nobody/1/refresh", nil).StatusCode)
	assert.Equal(t, http.StatusNotFound, ask(w, testenv.ViewerToken, http.MethodGet, "/v1"+of(1)+"/refreshes/refresh:7", nil).StatusCode)
	bulk := act("/orders/refresh", testenv.J{"orders": names(w, 1, 99)})
	require.Equal(t, http.StatusOK, bulk.StatusCode, bulk.text)
	assert.Contains(t, bulk.text, `"state":"too-soon"`)
	assert.Contains(t, bulk.text, `"state":"unknown"`)

	// Answer holds.
	unfit := act(of(2)+"/decisions", testenv.J{"kind": "accept"})
	assert.Equal(t, http.StatusConflict, unfit.StatusCode)
	assert.Contains(t, unfit.text, "does not offer this answer")
	assert.Equal(t, http.StatusUnprocessableEntity, act(of(2)+"/decisions", testenv.J{"kind": "dance"}).StatusCode)
	for range 2 { // sent twice
		assert.Equal(t, http.StatusAccepted, act(of(2)+"/decisions", testenv.J{"kind": "create-contact"}).StatusCode)
	}
	view, _ := w.AwaitSynced(2)
	assert.Contains(t, timelineText(view), "decided decision=create-contact")
	assert.Equal(t, "warehouse", byOf(view, "decided decision=create-contact"))

	held := ask(w, testenv.ViewerToken, http.MethodGet, "/v1/holds?reason=no-customer", nil)
	require.Equal(t, http.StatusOK, held.StatusCode, held.text)
	bulk = act("/holds/decisions", testenv.J{"orders": names(w, 3, 4, 2), "decision": testenv.J{"kind": "skip", "reason": "test"}})
	require.Equal(t, http.StatusOK, bulk.StatusCode, bulk.text)
	assert.Equal(t, 2, strings.Count(bulk.text, `"taken":true`), bulk.text)
	w.AwaitClosed(3)
	assert.Equal(t, http.StatusConflict, act(of(3)+"/refresh", nil).StatusCode)

	// Bring one back.
	assert.Equal(t, http.StatusAccepted, act(of(3)+"/import", nil).StatusCode)
	view = w.AwaitHeld(3, order.HoldNoCustomer)
	assert.Equal(t, "warehouse", byOf(view, "import-requested"))
	assert.Equal(t, http.StatusConflict, act(of(3)+"/written-off", nil).StatusCode)
	assert.Equal(t, http.StatusAccepted, act(of(1)+"/written-off", nil).StatusCode)

	for _, path := range []string{of(1) + "/refresh", of(1) + "/decisions", of(1) + "/import", of(1) + "/written-off", "/orders/refresh", "/holds/decisions"} {
		assert.Equal(t, http.StatusForbidden, ask(w, testenv.ViewerToken, http.MethodPost, "/v1"+path, testenv.J{}).StatusCode, path)
	}
}

// byOf is whose name the line of the timeline has.
func byOf(o testenv.Order, text string) string {
	for _, event := range o.Timeline {
		if strings.Contains(shown(event.MessageDetail), text) {
			return event.By
		}
	}
	return ""
}

func TestR31_HoldsAreAnsweredOnTheirPage(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Roapp.Create("people", testenv.J{"first_name": "<script>", "phones": []string{"501234567"}})
	ola := w.Roapp.Create("people", testenv.J{"first_name": "Ola", "phones": []string{"501234567"}})
	w.Place(1, nil)
	w.AwaitHeld(1, order.HoldAmbiguousContact)
	w.Place(2, testenv.J{"delivery_phone": ""})
	w.AwaitHeld(2, order.HoldNoCustomer)
	page := func(token, method, path string, form url.Values, header ...string) said {
		if form == nil {
			return ask(w, token, method, path, nil, header...)
		}
		return ask(w, token, method, path, form, header...)
	}
	w.Eventually(testenv.Patience, func() string { // the list lags
		shown := page(testenv.APIToken, http.MethodGet, "/holds", nil)
		if shown.StatusCode != http.StatusOK || strings.Count(shown.text, `class="held-row"`) != 2 {
			return shown.Status + shown.text
		}
		assert.NotContains(t, shown.text, "<script> ")
		return ""
	})
	box := page(testenv.APIToken, http.MethodGet, "/orders/"+w.Shop+"/1/hold", nil).text
	assert.NotContains(t, box, "<script> ")
	assert.Contains(t, box, "&lt;script&gt;")
	assert.NotContains(t, page(testenv.ViewerToken, http.MethodGet, "/holds", nil).text, "<form method=\"post\" action=\"/orders")
	path := "/orders/" + w.Shop + "/1"
	assert.NotContains(t, page(testenv.ViewerToken, http.MethodGet, path+"/hold", nil).text, "<form")

	live := []string{"HX-Request", "true"}
	wrong := page(testenv.APIToken, http.MethodPost, path+"/decisions", url.Values{"kind": {"contact"}, "contact": {"99999"}}, live...)
	assert.Equal(t, http.StatusOK, wrong.StatusCode)
	assert.Contains(t, wrong.text, "it is not among the choices")
	assert.Equal(t, http.StatusConflict, page(testenv.APIToken, http.MethodPost, path+"/decisions", url.Values{"kind": {"contact"}, "contact": {"99999"}}).StatusCode)
	right := page(testenv.APIToken, http.MethodPost, path+"/decisions", url.Values{"kind": {"contact"}, "contact": {itoa(ola)}, "listed": {"1"}}, live...)
	assert.Equal(t, http.StatusOK, right.StatusCode)
	_, o := w.AwaitSynced(1)
	assert.Equal(t, ola, o.Client.ID)
	assert.Contains(t, page(testenv.ViewerToken, http.MethodGet, path+"/hold", nil, live...).text, "synced")

	// Without scripts a form leads back.
	back := page(testenv.APIToken, http.MethodPost, "/orders/"+w.Shop+"/2/decisions", url.Values{"kind": {"create-contact"}, "back": {"//evil.example"}})
	assert.Equal(t, http.StatusSeeOther, back.StatusCode)
	assert.Equal(t, "/", back.Header.Get("Location"))
	w.AwaitSynced(2)
	bulk := page(testenv.APIToken, http.MethodPost, "/holds/decisions", url.Values{"kind": {"retry"}, "order": {w.Shop + "/2", w.Shop + "/77"}})
	require.Equal(t, http.StatusSeeOther, bulk.StatusCode)
	assert.Contains(t, page(testenv.APIToken, http.MethodGet, bulk.Header.Get("Location"), nil).text, `<a href="/orders/`+w.Shop+`/77">77</a>: <span class="problem">`)
	assert.Equal(t, http.StatusUnprocessableEntity, page(testenv.APIToken, http.MethodPost, "/holds/decisions", url.Values{"kind": {"retry"}}).StatusCode)

	// Update several orders: each answers in its own cell.
	chosen := url.Values{"order": {w.Shop + "/1", w.Shop + "/2"}}
	cells := page(testenv.APIToken, http.MethodPost, "/orders/refresh", chosen, live...)
	assert.Equal(t, 2, strings.Count(cells.text, `hx-swap-oob="true"`), cells.text)
	w.Eventually(testenv.Patience, func() string {
		shown := page(testenv.APIToken, http.MethodPost, "/orders/refresh", chosen)
		if strings.Count(shown.text, "Updated a moment ago") != 2 {
			return shown.text
		}
		return ""
	})
	assert.Equal(t, http.StatusForbidden, page(testenv.ViewerToken, http.MethodPost, "/orders/refresh", chosen).StatusCode)

	// In the table the row is shown again once its update has ended.
	shown := page(testenv.APIToken, http.MethodGet, "/orders", nil)
	assert.Equal(t, 2, strings.Count(shown.text, `name="order"`), shown.text)
	assert.NotContains(t, page(testenv.ViewerToken, http.MethodGet, "/orders", nil).text, `name="order"`)
	row := page(testenv.APIToken, http.MethodGet, path+"/refreshes/refresh:1?row=1", nil, live...)
	assert.Equal(t, "#order-"+w.Shop+"-1", row.Header.Get("HX-Retarget"))
	assert.Contains(t, row.text, "<tr id=")
	assert.Contains(t, row.text, "Nothing changed")
	panel := page(testenv.APIToken, http.MethodGet, path, nil)
	assert.Equal(t, http.StatusOK, panel.StatusCode)
	assert.Contains(t, panel.text, `action="`+path+`/refresh"`)
}
