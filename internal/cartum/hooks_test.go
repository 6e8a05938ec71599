package cartum

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const target = "https://sync.example/hook"

func TestSubscribe(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"id":17}`, `{"id":"17"}`, "\xef\xbb\xbf" + `{"id":17}`} {
		s := newShop(t, one("hooks/subscribe", answerJSON(201, body)))
		id, err := s.client().Subscribe(t.Context(), "order_created", target)
		require.NoError(t, err)
		assert.Equal(t, int64(17), id)
		sent := s.seen("hooks/subscribe")[0].body
		delete(sent, "token")
		assert.Equal(t, map[string]any{"event": "order_created", "target_url": target}, sent)
	}
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("hooks/unSubscribe", answerJSON(410, `{"status":"OK"}`)))
	require.NoError(t, s.client().Unsubscribe(t.Context(), 17, target))
	sent := s.seen("hooks/unSubscribe")[0].body
	delete(sent, "token")
	assert.Equal(t, map[string]any{"id": 17.0, "target_url": target}, sent)
}

func TestHooksThatFail(t *testing.T) {
	t.Parallel()
	const limit = "Subscriptions limit for current event has been reached"
	for name, tc := range map[string]struct {
		answer    http.HandlerFunc
		kind      Kind
		message   string
		committed bool
	}{
		"limit as text":     {answerJSON(400, limit), Rejected, limit, false},
		"limit as JSON":     {answerJSON(200, `"`+limit+`"`), Rejected, limit, false},
		"limit in message":  {answerJSON(403, `{"message":"`+limit+`"}`), Rejected, limit, false},
		"limit in envelope": {answerJSON(200, `{"status":"ERROR","response":{"message":"`+limit+`"}}`), Rejected, limit, false},
		"limit with 500":    {answerJSON(500, limit), Rejected, limit, false},
		"ERROR":             {answerJSON(200, `{"status":"ERROR","response":{"message":"no such event"}}`), Rejected, "no such event", false},
		"400":               {answerJSON(400, `{"message":"bad url"}`), Rejected, "bad url", false},
		"200 is no success": {answerJSON(200, `{"id":17}`), Unavailable, "", true},
		"200 with OK":       {answerJSON(200, `{"status":"OK"}`), Unavailable, "", true},
		"201 without id":    {answerJSON(201, `{}`), Unavailable, "", true},
		"201 with ERROR":    {answerJSON(201, `{"status":"ERROR","response":{"message":"no"}}`), Rejected, "no", false},
		"201 page":          {answerJSON(201, `<html>`), Unavailable, "", true},
		"410 empty":         {answerJSON(410, ``), Unavailable, "", true},
		"410 with ERROR":    {answerJSON(410, `{"status":"ERROR","message":"no"}`), Rejected, "no", false},
		"500":               {answerJSON(500, ``), Unavailable, "", true},
		"429":               {answerJSON(429, ``), Throttled, "", false},
		"reset":             {breakConnection, Unavailable, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]http.HandlerFunc{"hooks/subscribe": tc.answer, "hooks/unSubscribe": tc.answer})
			_, err := s.client().Subscribe(t.Context(), "order_created", target)
			for _, err := range []error{err, s.client().Unsubscribe(t.Context(), 17, target)} {
				e := asError(t, err)
				assert.Equal(t, tc.kind, e.Kind, "%v", e)
				assert.Equal(t, tc.message, e.Message)
				assert.Equal(t, tc.committed, e.MayHaveCommitted)
			}
		})
	}
	for _, id := range []string{`0`, `-1`, `null`, `"x"`, `{}`} {
		s := newShop(t, one("hooks/subscribe", answerJSON(201, `{"id":`+id+`}`)))
		_, err := s.client().Subscribe(t.Context(), "order_created", target)
		e := asError(t, err)
		assert.Equal(t, []any{Malformed, "id", true}, []any{e.Kind, e.Field, e.MayHaveCommitted})
	}
}

func TestHooksLogInAgain(t *testing.T) {
	t.Parallel()
	refusals := map[string]http.HandlerFunc{
		"401":          answerJSON(401, ``),
		"UNAUTHORIZED": answerJSON(200, `{"status":"UNAUTHORIZED","response":[]}`),
		"in 403":       answerJSON(403, `{"status":"AUTHORIZATION_ERROR"}`),
	}
	for name, refusal := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]http.HandlerFunc{
				"hooks/subscribe":   answersOf(refusal, answerJSON(201, `{"id":1}`)),
				"hooks/unSubscribe": refusal,
			})
			c := s.client()
			_, err := c.Subscribe(t.Context(), "order_created", target)
			require.NoError(t, err)
			assert.Equal(t, 2, s.loginCount())
			assert.Equal(t, Credentials, KindOf(c.Unsubscribe(t.Context(), 1, target)))
			assert.Equal(t, 7, s.loginCount())
		})
	}
}
