package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/world"
)

// ask sends a request to the starter as a program does that may act, and gives
// the answer; form is sent as a page's form, where there is one.
func ask(w *world.World, method, path string, header http.Header, form url.Values) (*http.Response, string) {
	w.T.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(w.T.Context(), method, w.StarterURL+path, body)
	require.NoError(w.T, err)
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	request.Header.Set("Authorization", "Bearer "+world.APIToken)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	require.NoError(w.T, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(w.T, err)
	return answer, string(text)
}

// askJSON asks the API.
func askJSON(w *world.World, method, path, body string) (*http.Response, world.J) {
	w.T.Helper()
	request, err := http.NewRequestWithContext(w.T.Context(), method, w.StarterURL+path, strings.NewReader(body))
	require.NoError(w.T, err)
	request.Header.Set("Authorization", "Bearer "+world.APIToken)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(w.T, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(w.T, err)
	found := world.J{}
	if len(text) > 0 {
		require.NoError(w.T, json.Unmarshal(text, &found), string(text))
	}
	return answer, found
}

func TestSteer_ByPages(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(world.Options{}))
	w.Cartum.PutOrder(1, world.J{"stat_created": at(3)})
	w.Cartum.PutOrder(2, cheapOrder(at(4)))

	// The first import is begun, shown and stopped.
	answer, _ := ask(w, http.MethodPost, "/health/shops/demo/first-import", nil, url.Values{"from": {dayAgo(3)}, "to": {dayAgo(1)}})
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	awaitImport(w)
	for language, want := range map[string]string{"en": "of 3 days", "pl": "z 3 dni", "uk": "з 3 днів"} {
		w.Eventually(world.Patience, func() string {
			answer, page := ask(w, http.MethodGet, "/health?said=first-import", http.Header{"Accept-Language": {language}}, nil)
			require.Equal(t, http.StatusOK, answer.StatusCode, page)
			if !strings.Contains(page, "<progress value=\"3\" max=\"3\"") || !strings.Contains(page, "3 "+want) {
				return page
			}
			return ""
		})
	}
	for _, action := range []string{"shops/demo/sweep", "shops/demo/stop-first-import", "accounts/main/collect"} {
		answer, _ := ask(w, http.MethodPost, "/health/"+action, nil, url.Values{})
		assert.Equal(t, http.StatusSeeOther, answer.StatusCode, action)
	}
	answer, _ = ask(w, http.MethodPost, "/health/shops/nowhere/sweep", nil, url.Values{})
	assert.Equal(t, http.StatusNotFound, answer.StatusCode)

	// What is missing comes by one click.
	query := "shop=demo&from=" + dayAgo(5) + "&to=" + dayAgo(1)
	compared := func(want string) {
		t.Helper()
		w.Eventually(world.Patience, func() string {
			_, page := ask(w, http.MethodGet, "/completeness?"+query, nil, nil)
			if !strings.Contains(page, want) {
				return page
			}
			return ""
		})
	}
	w.AwaitSynced(1)
	compared("from before the shop was connected")
	answer, _ = ask(w, http.MethodPost, "/completeness/import", nil, url.Values{"shop": {"demo"}, "from": {dayAgo(5)}, "to": {dayAgo(1)}, "number": {"2"}})
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	compared("on hold: no customer")
	answer, _ = ask(w, http.MethodGet, "/completeness?shop=demo&from=2026-02-01&to=2026-01-01", nil, nil)
	assert.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode)

	// The settings are shown with names, and without secrets.
	answer, _ = ask(w, http.MethodPost, "/settings/check", nil, url.Values{})
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	w.Eventually(world.Patience, func() string {
		_, page := ask(w, http.MethodGet, "/settings", nil, nil)
		if !strings.Contains(page, "W realizacji <small>2</small>") || !strings.Contains(page, "no problems") {
			return page
		}
		for name, secret := range w.Env {
			if name != "ROAPP_API_KEY" && name != "CARTUM_LOGIN" && name != "CARTUM_PASSWORD" { // those are plain words
				assert.NotContains(t, page, secret, name)
			}
		}
		return ""
	})
}

func TestSteer_ByAPI(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(world.Options{}))
	w.Cartum.PutOrder(1, cheapOrder(at(2)))
	answer, body := askJSON(w, http.MethodPost, "/v1/shops/demo/first-import", `{"from":"`+dayAgo(3)+`"}`)
	require.Equal(t, http.StatusAccepted, answer.StatusCode, body)
	awaitImport(w)
	answer, body = askJSON(w, http.MethodGet, "/v1/shops/demo/first-import", "")
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	assert.Equal(t, "done", body["first_import"].(map[string]any)["state"])
	assert.Equal(t, "warehouse", body["first_import"].(map[string]any)["by"])
	answer, body = askJSON(w, http.MethodPost, "/v1/shops/demo/first-import", `{"from":"2026-02-30"}`)
	assert.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode, body)
	for path, want := range map[string]int{
		"/v1/shops/demo/sweep": 202, "/v1/shops/demo/first-import/stop": 202, "/v1/accounts/main/collect": 202,
		"/v1/shops/nowhere/sweep": 404, "/v1/accounts/nowhere/collect": 404, "/v1/check": 202,
	} {
		answer, body := askJSON(w, http.MethodPost, path, "")
		assert.Equal(t, want, answer.StatusCode, "%s: %v", path, body)
	}
	w.AwaitHeld(1, "no-customer")

	place := "/v1/shops/demo/completeness?from=" + dayAgo(3) + "&to=" + dayAgo(1)
	answer, body = askJSON(w, http.MethodGet, place, "")
	require.Equal(t, http.StatusAccepted, answer.StatusCode, body)
	assert.NotEmpty(t, answer.Header.Get("Retry-After"))
	place = answer.Header.Get("Location")
	w.Eventually(world.Patience, func() string {
		answer, body = askJSON(w, http.MethodGet, place, "")
		if answer.StatusCode != http.StatusOK {
			return "not done"
		}
		day, _ := body["days"].([]any)[1].(map[string]any)
		if missing, _ := day["missing"].([]any); len(missing) != 1 || missing[0].(map[string]any)["reason"] != "held" {
			return "the list in Temporal lags"
		}
		return ""
	})
	assert.Equal(t, false, body["complete"])
	answer, body = askJSON(w, http.MethodGet, "/v1/shops/demo/completeness?from=2026-02-01&to=2026-01-01", "")
	assert.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode, body)

	w.Eventually(world.Patience, func() string {
		_, body = askJSON(w, http.MethodGet, "/v1/check", "")
		if body["running"] != false {
			return "running"
		}
		return ""
	})
	assert.NotEmpty(t, body["report"])
	answer, body = askJSON(w, http.MethodGet, "/v1/settings", "")
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	assert.Equal(t, w.Settings.Revision, body["revision"])
	answer, body = askJSON(w, http.MethodGet, "/v1/health", "")
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	assert.Contains(t, body["accounts"], "main")
}
