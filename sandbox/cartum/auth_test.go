package cartum

import (
	"net/http"
	"regexp"
	"testing"
	"time"
)

func TestAuth(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	if token := s.login(); !regexp.MustCompile(`^[a-f0-9]{32}$`).MatchString(token) {
		t.Errorf("token %q", token)
	}
	for name, p := range map[string]params{
		"wrong password": {"login": "sandbox", "password": "x"},
		"wrong login":    {"login": "x", "password": "sandbox"},
		"nothing":        {},
	} {
		r := s.post("auth", p)
		equal(t, name+" code", r.code, 200)
		equal(t, name+" status", r.at("status"), "ERROR")
		if r.at("response", "message") == nil {
			t.Errorf("%s: no message in %s", name, r.text)
		}
	}
}

func TestTransport(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"tokens": "several"})
	token := s.login()
	form := "application/x-www-form-urlencoded"
	multipart := "multipart/form-data; boundary=x"
	cases := []struct {
		name, method, path, kind, body, status string
		code                                   int
	}{
		{"json", "POST", "/api/payment/export/", "application/json", `{"token":"` + token + `"}`, "OK", 200},
		{"charset", "POST", "/api/payment/export/", "application/json; charset=UTF-8", `{"token":"` + token + `"}`, "OK", 200},
		{"no slash", "POST", "/api/payment/export", "application/json", `{"token":"` + token + `"}`, "OK", 200},
		{"put", "PUT", "/api/payment/export/", "application/json", `{"token":"` + token + `"}`, "OK", 200},
		{"get", "GET", "/api/payment/export/?token=" + token, "", "", "OK", 200},
		{"form", "POST", "/api/payment/export/", form, "token=" + token, "OK", 200},
		{
			"multipart", "POST", "/api/payment/export/", multipart,
			"--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n" + token + "\r\n--x--\r\n", "OK", 200,
		},
		{"no token", "POST", "/api/catalog/export/", "application/json", `{}`, "AUTHORIZATION_ERROR", 200},
		{"empty token", "POST", "/api/catalog/export/", "application/json", `{"token":""}`, "AUTHORIZATION_ERROR", 200},
		{"no body", "POST", "/api/catalog/export/", "", "", "AUTHORIZATION_ERROR", 200},
		{"made-up token", "POST", "/api/catalog/export/", "application/json", `{"token":"abc"}`, "UNAUTHORIZED", 200},
		{"undefined", "POST", "/api/orders/get_statuses/", "application/json", `{"token":"` + token + `"}`, "UNDEFINED_FUNCTION", 200},
		{"case of names", "POST", "/api/hooks/unsubscribe/", "application/json", `{}`, "UNDEFINED_FUNCTION", 200},
		{"not json", "POST", "/api/orders/get/", "application/json", `{"token"`, "HTTP_ERROR", 200},
		{"a list", "POST", "/api/orders/get/", "application/json", `[]`, "HTTP_ERROR", 200},
		{"null", "POST", "/api/orders/get/", "application/json", `null`, "HTTP_ERROR", 200},
		{"two objects", "POST", "/api/orders/get/", "application/json", `{}{}`, "HTTP_ERROR", 200},
		{"byte order mark", "POST", "/api/orders/get/", "application/json", "\ufeff{}", "HTTP_ERROR", 200},
		{"not utf-8", "POST", "/api/orders/get/", "application/json", "{\"a\":\"\xff\"}", "HTTP_ERROR", 200},
		{"other charset", "POST", "/api/orders/get/", "application/json; charset=cp1251", `{}`, "HTTP_ERROR", 200},
		{"no type", "POST", "/api/orders/get/", "", `{}`, "HTTP_ERROR", 200},
		{"text", "POST", "/api/orders/get/", "text/plain", `{}`, "HTTP_ERROR", 200},
		{"bad form", "POST", "/api/orders/get/", form, `%zz`, "HTTP_ERROR", 200},
		{"bad multipart", "POST", "/api/orders/get/", multipart, `x`, "HTTP_ERROR", 200},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := s.send(c.method, c.path, c.kind, c.body)
			equal(t, "code", r.code, c.code)
			equal(t, "status of "+r.text, r.at("status"), c.status)
		})
	}
}

func TestTransportAnswers(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	same(t, "undefined", s.call("x/y", nil).doc, `{"status":"UNDEFINED_FUNCTION","response":[]}`)
	same(t, "http error", s.send("POST", "/api/auth", "application/json", "x").doc,
		`{"status":"HTTP_ERROR","response":{"code":400,"message":"payload is not json"}}`)
	equal(t, "delete", s.send("DELETE", "/api/orders/get/", "", "").code, http.StatusMethodNotAllowed)
	equal(t, "elsewhere", s.send("GET", "/elsewhere", "", "").code, http.StatusNotFound)
	equal(t, "too large", s.send("POST", "/api/auth", "application/json", string(make([]byte, maxBody+1))).code,
		http.StatusRequestEntityTooLarge)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	works := func(s *shop, token string) bool {
		return s.post("payment/export", params{"token": token}).at("status") == "OK"
	}
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, nil)
		first, second := s.login(), s.login()
		equal(t, "works", []bool{works(s, first), works(s, second)}, []bool{false, true})
	})
	t.Run("several", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, map[string]string{"tokens": "several"})
		first, second := s.login(), s.login()
		equal(t, "works", []bool{works(s, first), works(s, second)}, []bool{true, true})
	})
	for life, want := range map[string]bool{"fixed": false, "sliding": true} {
		t.Run(life, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"token_life": life})
			token := s.login()
			s.clock.add(599 * time.Second)
			equal(t, "in time", works(s, token), true)
			s.clock.add(time.Second)
			equal(t, "after 600 s", works(s, token), want)
			s.clock.add(600 * time.Second)
			equal(t, "after 600 s idle", works(s, token), false)
		})
	}
	t.Run("own life", func(t *testing.T) {
		t.Parallel()
		s := newShopWith(t, Options{TokenLife: time.Second})
		token := s.login()
		s.clock.add(time.Second)
		equal(t, "works", works(s, token), false)
	})
}

func TestExpiredToken(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]struct {
		code   int
		status string
	}{
		"unauthorized": {200, "UNAUTHORIZED"}, "http-401": {401, "UNAUTHORIZED"}, "error": {200, "ERROR"},
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"expired_token": value})
			token := s.login()
			s.sandbox("POST", "tokens/expire", "", http.StatusNoContent)
			r := s.post("orders/get", params{"token": token})
			equal(t, "code", r.code, want.code)
			equal(t, "status", r.at("status"), want.status)
			equal(t, "made-up", s.post("orders/get", params{"token": "x"}).code, 200)
		})
	}
}

func TestLoginLockout(t *testing.T) {
	t.Parallel()
	for value, locked := range map[string]bool{"10": true, "none": false, "3": true} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"login_lockout": value})
			for range 10 {
				s.post("auth", params{"login": "sandbox", "password": "x"})
			}
			right := params{"login": "sandbox", "password": "sandbox"}
			want := map[bool]string{true: "ERROR", false: "OK"}[locked]
			equal(t, "at once", s.post("auth", right).at("status"), want)
			s.clock.add(10 * time.Minute)
			equal(t, "later", s.post("auth", right).at("status"), "OK")
		})
	}
}

func TestAPIOff(t *testing.T) {
	t.Parallel()
	s := newShop(t, map[string]string{"api": "off"})
	equal(t, "auth", s.post("auth", params{"login": "sandbox", "password": "sandbox"}).code, 404)
	s.set(SwitchAPI, "on")
	s.login()
}
