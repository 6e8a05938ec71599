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

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// askPage sends a request to the starter as a program does that may act, and gives
// the answer. It is patient where that is too fast, for tests ask again at once.
func askPage(w *testenv.Env, method, path string, header http.Header, body string) (answer *http.Response, text string) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		request, err := http.NewRequestWithContext(w.T.Context(), method, w.StarterURL+path, strings.NewReader(body))
		require.NoError(w.T, err)
		request.Header = header.Clone()
		request.Header.Set("Authorization", "Bearer "+testenv.APIToken)
		answer, err = program(w).Do(request)
		require.NoError(w.T, err)
		defer func() { _ = answer.Body.Close() }()
		all, err := io.ReadAll(answer.Body)
		require.NoError(w.T, err)
		if text = string(all); answer.StatusCode == http.StatusTooManyRequests {
			return text
		}
		return ""
	})
	return answer, text
}

// see reads a page.
func see(w *testenv.Env, path, language string) (status int, page string) {
	w.T.Helper()
	answer, page := askPage(w, http.MethodGet, path, http.Header{"Accept-Language": {language}}, "")
	return answer.StatusCode, page
}

// press sends a page's form.
func press(w *testenv.Env, path string, form url.Values) (status int) {
	w.T.Helper()
	answer, _ := askPage(w, http.MethodPost, path, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, form.Encode())
	return answer.StatusCode
}

// askJSON asks the API.
func askJSON(w *testenv.Env, method, path, body string) (*http.Response, testenv.J) {
	w.T.Helper()
	header := http.Header{}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	answer, text := askPage(w, method, path, header, body)
	found := testenv.J{}
	if text != "" {
		require.NoError(w.T, json.Unmarshal([]byte(text), &found), text)
	}
	return answer, found
}

func TestSteer_ByPages(t *testing.T) {
	t.Parallel()
	w := unhurried(t, connectedToday(testenv.Options{}))
	w.Cartum.PutOrder(1, testenv.J{"stat_created": at(3)})
	w.Cartum.PutOrder(2, cheapOrder(at(4)))

	// The initial import is started, shown and stopped.
	require.Equal(t, http.StatusSeeOther, press(w, "/imports/demo/start", url.Values{"from": {dayAgo(3)}, "to": {dayAgo(1)}}))
	awaitImport(w)
	for language, want := range map[string]string{"en": "of 3 days", "pl": "z 3 dni", "uk": "з 3 днів"} {
		w.Eventually(testenv.Patience, func() string {
			status, page := see(w, "/imports/demo?said=started", language)
			require.Equal(t, http.StatusOK, status, page)
			if !strings.Contains(page, "<progress value=\"3\" max=\"3\"") || !strings.Contains(page, "3 "+want) {
				return page
			}
			return ""
		})
	}
	for _, action := range []string{"/health/shops/demo/sweep", "/imports/demo/stop", "/health/accounts/main/collect"} {
		assert.Equal(t, http.StatusSeeOther, press(w, action, nil), action)
	}
	assert.Equal(t, http.StatusNotFound, press(w, "/health/shops/nowhere/sweep", nil))

	// What is missing comes by one click.
	query := "shop=demo&from=" + dayAgo(5) + "&to=" + dayAgo(1)
	compared := func(want string) {
		t.Helper()
		w.Eventually(testenv.Patience, func() string {
			_, page := see(w, "/reconciliation?"+query, "en")
			if !strings.Contains(page, want) {
				return page
			}
			return ""
		})
	}
	w.AwaitSynced(1)
	compared("from before the shop was connected")
	click := url.Values{"shop": {"demo"}, "from": {dayAgo(5)}, "to": {dayAgo(1)}, "number": {"2"}}
	require.Equal(t, http.StatusSeeOther, press(w, "/reconciliation/import", click))
	compared("on hold: no customer")
	status, _ := see(w, "/reconciliation?shop=demo&from=2026-02-01&to=2026-01-01", "en")
	assert.Equal(t, http.StatusUnprocessableEntity, status)

	// The settings are shown with names, and without secrets.
	require.Equal(t, http.StatusSeeOther, press(w, "/settings/check", nil))
	w.Eventually(testenv.Patience, func() string {
		_, page := see(w, "/settings", "en")
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
	w := unhurried(t, connectedToday(testenv.Options{}))
	w.Cartum.PutOrder(1, cheapOrder(at(2)))
	answer, body := askJSON(w, http.MethodPost, "/v1/shops/demo/initial-import", `{"from":"`+dayAgo(3)+`"}`)
	require.Equal(t, http.StatusAccepted, answer.StatusCode, body)
	awaitImport(w)
	answer, body = askJSON(w, http.MethodGet, "/v1/shops/demo/initial-import", "")
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	assert.Equal(t, "done", body["initial_import"].(map[string]any)["state"])
	assert.Equal(t, "warehouse", body["initial_import"].(map[string]any)["by"])
	answer, body = askJSON(w, http.MethodPost, "/v1/shops/demo/initial-import", `{"from":"2026-02-30"}`)
	assert.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode, body)
	for path, want := range map[string]int{
		"/v1/shops/demo/sweep": 202, "/v1/shops/demo/initial-import/stop": 202, "/v1/accounts/main/collect": 202,
		"/v1/shops/nowhere/sweep": 404, "/v1/accounts/nowhere/collect": 404, "/v1/check": 202,
	} {
		answer, body := askJSON(w, http.MethodPost, path, "")
		assert.Equal(t, want, answer.StatusCode, "%s: %v", path, body)
	}
	w.AwaitHeld(1, "no-customer")

	place := "/v1/shops/demo/reconciliation?from=" + dayAgo(3) + "&to=" + dayAgo(1)
	answer, body = askJSON(w, http.MethodGet, place, "")
	require.Equal(t, http.StatusAccepted, answer.StatusCode, body)
	assert.NotEmpty(t, answer.Header.Get("Retry-After"))
	place = answer.Header.Get("Location")
	w.Eventually(testenv.Patience, func() string {
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
	assert.Empty(t, answer.Header.Values("Retry-After"))
	assert.Empty(t, answer.Header.Values("Location"))
	answer, body = askJSON(w, http.MethodGet, "/v1/shops/demo/reconciliation?from=2026-02-01&to=2026-01-01", "")
	assert.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode, body)

	w.Eventually(testenv.Patience, func() string {
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

func TestSteer_WhatIsDeadIsRed(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true})
	w.SetPassword("wrong")
	w.StartWorker()
	require.NoError(t, w.Orders.Sweep(t.Context(), w.Shop))
	w.Eventually(testenv.Patience, func() string {
		_, part := see(w, "/health/now", "en")
		for _, want := range []string{"action needed", "refused"} {
			if !strings.Contains(part, want) {
				return want + " is not in " + part
			}
		}
		return ""
	})
	_, report := askJSON(w, http.MethodGet, "/v1/health", "")
	shops, _ := report["shops"].(map[string]any)
	shop, _ := shops["demo"].(map[string]any)
	assert.Equal(t, "red", shop["state"])
	assert.Equal(t, "refused", shop["credentials"])
}
