package e2e

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// signedEvent is a webhook as RO App sends it
// (docs/reference/roapp.md#webhooks).
func signedEvent(ctx context.Context, w *testenv.Env, id string) (*http.Request, error) {
	body := fmt.Sprintf(`{"id":%q,"created_at":"2026-03-02T10:00:00Z","event_name":"Order.Status.Changed",`+
		`"context":{"object_id":1001,"object_type":"order"},"metadata":{"order":{"id":1001,"name":"Z00001"},"new":{"id":105},"old":{"id":101}}}`, id)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.StarterURL+"/webhooks/roapp/main", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(testenv.RoappWebhookSecret))
	mac.Write([]byte(id))
	request.Header.Set("X-Webhook-Id", id)
	request.Header.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
	return request, nil
}

func deliver(request *http.Request) (int, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Body.Close()
}

// A status that staff set reaches the order by RO App's own webhook: nobody asks
// again within the hour.
func TestStatusArrivesByRoappsWebhook(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappWebhooks: true})
	f := follow(w, 1)
	f.awaitStatus(1, 101)
	f.set(1, 105)
	f.awaitStatus(1, 105)
	f.assertNotifiedOnce()
}

// A hundred webhooks cost two or three requests.
func TestManyWebhooksOfRoappAreOnePoll(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	w := unlagging(t, g)
	g.on(nil)
	began := time.Now()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(10)
	for n := range 100 {
		group.Go(func() error {
			request, err := signedEvent(ctx, w, fmt.Sprintf("0e2f3a4b-0000-4000-8000-%012d", n%50)) // half are replayed
			if err != nil {
				return err
			}
			code, err := deliver(request)
			if err == nil && code != http.StatusOK {
				err = fmt.Errorf("answered %d", code)
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
	took := time.Since(began)
	w.Eventually(testenv.Patience, func() string {
		view := collections(w)
		if time.Until(view.Next) < 20*time.Second {
			return fmt.Sprintf("it still looks: %+v", view)
		}
		return ""
	})
	assert.LessOrEqual(t, g.seen(), 3+int(took/(5*time.Second)))
}

// A caller without a key causes no request, neither known nor unknown accounts.
func TestF21_ForgedWebhooksOfRoapp(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	w := unlagging(t, g)
	g.on(nil)
	before := collections(w)
	for name, forge := range map[string]struct {
		change func(*http.Request)
		code   int
	}{
		"no signature": {func(r *http.Request) { r.Header.Del("X-Signature") }, http.StatusUnauthorized},
		"another id": {func(r *http.Request) {
			r.Header.Set("X-Webhook-Id", "0e2f3a4b-0000-4000-8000-000000000002")
			setBody(r, `{"id": "0e2f3a4b-0000-4000-8000-000000000002"}`)
		}, http.StatusUnauthorized},
		"no id":              {func(r *http.Request) { r.Header.Del("X-Webhook-Id"); setBody(r, `{}`) }, http.StatusBadRequest},
		"another signature":  {func(r *http.Request) { r.Header.Set("X-Signature", strings.Repeat("ab", sha256.Size)) }, http.StatusUnauthorized},
		"unknown account":    {func(r *http.Request) { r.URL.Path = "/webhooks/roapp/unknown" }, http.StatusNotFound},
		"not a webhook body": {func(r *http.Request) { r.Header.Del("X-Webhook-Id"); setBody(r, "id=1") }, http.StatusBadRequest},
	} {
		request, err := signedEvent(t.Context(), w, "0e2f3a4b-0000-4000-8000-000000000001")
		require.NoError(t, err)
		forge.change(request)
		code, err := deliver(request)
		require.NoError(t, err)
		assert.Equal(t, forge.code, code, name)
	}
	after := collections(w)
	assert.Equal(t, before.Next, after.Next, "a forged webhook starts no poll")
}

func setBody(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
}

// The API's tokens write off, and the order's quantities are frozen.
func TestWrittenOffByAProgram(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, nil)
	w.AwaitSynced(1)
	w.Place(2, testenv.J{"currency": "EUR"}) // is held before it is imported
	w.AwaitHeld(2, "currency")
	for _, call := range []struct {
		path, token string
		code        int
	}{
		{"demo/1", testenv.APIToken, http.StatusAccepted},
		{"demo/1", testenv.APIToken, http.StatusAccepted},
		{"demo/2", testenv.APIToken, http.StatusConflict},
		{"demo/3", testenv.APIToken, http.StatusNotFound},
		{"unknown/1", testenv.APIToken, http.StatusNotFound},
		{"demo/1", testenv.APIToken + "0", http.StatusUnauthorized},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.StarterURL+"/v1/orders/"+call.path+"/written-off", http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+call.token)
		code, err := deliver(request)
		require.NoError(t, err)
		assert.Equal(t, call.code, code, call.path)
	}
}
