package api_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/api/serviceerror"

	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

const roappSecret = "V1StGXR8_Z5jdHi6B-myT"

// withRoappHooks has an account that takes webhooks and one that does not.
func withRoappHooks(tb testing.TB) *settings.Settings {
	tb.Helper()
	s := *parse(tb, hooksSettings)
	silent := s.Accounts["main"]
	main := silent
	main.WebhookSecret = settings.NewSecret(roappSecret)
	s.Accounts = map[string]settings.Account{"main": main, "silent": silent}
	return &s
}

// event is a delivery of RO App, signed as it signs
// (docs/reference/roapp.md#webhooks).
func event(tb testing.TB, path, body, id string) *http.Request {
	tb.Helper()
	request := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, path, strings.NewReader(body))
	mac := hmac.New(sha256.New, []byte(roappSecret))
	mac.Write([]byte(id))
	request.Header.Set("X-Webhook-Id", id)
	request.Header.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
	return request
}

const (
	eventUUID = "3f0c9a52-7d51-4c1e-9f0a-5a2c7b1d9e10"
	eventBody = `{"id":"` + eventUUID + `","created_at":"2026-03-02T10:00:00Z","event_name":"Order.Status.Changed",` +
		`"context":{"object_id":123,"object_type":"order"},"metadata":{"order":{"id":123,"name":"A1"},"new":{"id":2},"old":{"id":1}},` +
		`"employee":{"id":1,"full_name":"Jan","email":"jan@example.com"}}`
)

func answerTo(handler http.Handler, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func TestRoappWebhookMakesItsAccountLook(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	router := newRouter(withRoappHooks(t), fake)
	for _, body := range []string{eventBody, `{"id":"` + eventUUID + `"}`, `{"id":"` + eventUUID + `","context":null,"metadata":[]}`} {
		assert.Equal(t, http.StatusOK, answerTo(router, event(t, "/webhooks/roapp/main", body, eventUUID)).Code, body)
	}
	look := signal{workflows.AccountID("main"), workflows.SignalPoll, nil, true}
	assert.Equal(t, []signal{look, look, look}, fake.signals)
}

// The signature of the event's id as another program computed it.
func TestRoappWebhookSignature(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	request := event(t, "/webhooks/roapp/main", eventBody, eventUUID)
	request.Header.Set("X-Signature", "7dd53fb084e802fa64c3950c86fd8866ff0e56e73b5b9f3ea0c3fda3db06ea7f")
	assert.Equal(t, http.StatusOK, answerTo(newRouter(withRoappHooks(t), fake), request).Code)
}

func TestF21_RoappWebhookThatIsForged(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	router := newRouter(withRoappHooks(t), fake)
	plain := sha256.Sum256([]byte(eventUUID + roappSecret))
	for name, forge := range map[string]func(http.Header){
		"without signature": func(h http.Header) { h.Del("X-Signature") },
		"of no id of it": func(h http.Header) {
			mac := hmac.New(sha256.New, []byte(roappSecret))
			mac.Write([]byte(strings.Replace(eventUUID, "3f", "4f", 1)))
			h.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
		},
		"a plain hash":          func(h http.Header) { h.Set("X-Signature", hex.EncodeToString(plain[:])) },
		"not hexadecimal":       func(h http.Header) { h.Set("X-Signature", "zz"+h.Get("X-Signature")[2:]) },
		"cut short":             func(h http.Header) { h.Set("X-Signature", h.Get("X-Signature")[:62]) },
		"with something behind": func(h http.Header) { h.Set("X-Signature", h.Get("X-Signature")+"zz") },
		"empty":                 func(h http.Header) { h.Set("X-Signature", "") },
	} {
		request := event(t, "/webhooks/roapp/main", eventBody, eventUUID)
		forge(request.Header)
		assert.Equal(t, http.StatusUnauthorized, answerTo(router, request).Code, name)
	}
	inside := event(t, "/webhooks/roapp/main", "", eventUUID)
	signed := event(t, "/webhooks/roapp/main", `{"id":"`+eventUUID+`","x-signature":"`+inside.Header.Get("X-Signature")+`"}`, eventUUID)
	signed.Header.Del("X-Signature")
	assert.Equal(t, http.StatusUnauthorized, answerTo(router, signed).Code, "a signature inside the body does not count")
	assert.Empty(t, fake.signals)
}

func TestRoappWebhookOfAnAccountWithoutSecret(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	router := newRouter(withRoappHooks(t), fake)
	for _, account := range []string{"silent", "unknown", "%20"} {
		request := event(t, "/webhooks/roapp/"+account, eventBody, eventUUID)
		mac := hmac.New(sha256.New, nil) // the key that is not set
		mac.Write([]byte(eventUUID))
		request.Header.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
		assert.Equal(t, http.StatusNotFound, answerTo(router, request).Code, account)
	}
	assert.Empty(t, fake.signals)
}

// The header with the event's id may be missing or name something else, and so may the body: what is signed counts.
func TestRoappWebhookIsSignedByItsHeaderOrItsBody(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	router := newRouter(withRoappHooks(t), fake)
	for _, header := range []string{"", "0c6a9a1b-1111-4222-8333-444455556666"} {
		request := event(t, "/webhooks/roapp/main", eventBody, eventUUID)
		request.Header.Set("X-Webhook-Id", header)
		assert.Equal(t, http.StatusOK, answerTo(router, request).Code, "header %q", header)
	}
	for _, body := range []string{``, `null`, `[]`, `{`, `{}`, `{"id":""}`, `{"id":null}`, `{"id":{}}`, `{"id":"another"}`, `{"id":7}`} {
		assert.Equal(t, http.StatusOK, answerTo(router, event(t, "/webhooks/roapp/main", body, eventUUID)).Code, body)
	}
	numbered := event(t, "/webhooks/roapp/main", `{"id":12345678901234567890}`, "12345678901234567890")
	numbered.Header.Del("X-Webhook-Id")
	assert.Equal(t, http.StatusOK, answerTo(router, numbered).Code)
	assert.Len(t, fake.signals, 13)
}

func TestRoappWebhookThatNamesNoEvent(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	router := newRouter(withRoappHooks(t), fake)
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{`, `{}`, `{"id":""}`, `{"id":null}`, `{"id":{}}`} {
		request := event(t, "/webhooks/roapp/main", body, eventUUID)
		request.Header.Del("X-Webhook-Id")
		assert.Equal(t, http.StatusBadRequest, answerTo(router, request).Code, body)
	}
	large := `{"id":"` + eventUUID + `","metadata":"` + strings.Repeat("x", 1<<20) + `"}`
	assert.Equal(t, http.StatusRequestEntityTooLarge, answerTo(router, event(t, "/webhooks/roapp/main", large, eventUUID)).Code)
	assert.Empty(t, fake.signals)
}

func TestRoappWebhookWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	for name, fake := range map[string]*temporal{"not connected": nil, "fails": {err: serviceerror.NewUnavailable("secret inner address")}} {
		answer := answerTo(newRouter(withRoappHooks(t), fake), event(t, "/webhooks/roapp/main", eventBody, eventUUID))
		assert.Equal(t, http.StatusServiceUnavailable, answer.Code, name)
		assert.NotEmpty(t, answer.Header().Get("Retry-After"), name)
		assert.NotContains(t, answer.Body.String(), "secret", name)
	}
}

// An event is taken only where its signature is that of an id that it has.
func FuzzRoappWebhookBody(f *testing.F) {
	for _, body := range []string{eventBody, `{"id":"x"}`, `{"ID":"x"}`, `{"id":"\u0078"}`, `{"id":1}`, `{"id":"x","id":"y"}`, `[]`, `null`, `{`} {
		f.Add([]byte(body), "x", true)
	}
	s := withRoappHooks(f)
	f.Fuzz(func(t *testing.T, body []byte, id string, header bool) {
		fake := &temporal{}
		request := event(t, "/webhooks/roapp/main", string(body), id)
		if !header {
			request.Header.Del("X-Webhook-Id")
		}
		code := answerTo(newRouter(s, fake), request).Code
		if code != http.StatusOK {
			assert.Contains(t, []int{http.StatusBadRequest, http.StatusUnauthorized}, code)
			assert.Empty(t, fake.ids())
			return
		}
		assert.Len(t, fake.ids(), 1)
		assert.True(t, header || bytes.Contains(bytes.ToLower(body), []byte(`"id"`)), "nothing names the event")
	})
}
