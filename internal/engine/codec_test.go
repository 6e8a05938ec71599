package engine_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
)

const secret = "Anna Kowalska +48 600 100 200"

func key(id string) engine.Key {
	return engine.Key{ID: id, Key: bytes.Repeat([]byte(id[:1]), 32)}
}

func newCodec(t *testing.T, keys ...engine.Key) converter.PayloadCodec {
	t.Helper()
	codec, err := engine.NewCodec(keys)
	require.NoError(t, err)
	return codec
}

func encrypted(t *testing.T, codec converter.PayloadCodec, value any) *commonpb.Payload {
	t.Helper()
	payload, err := engine.DataConverter(codec).ToPayload(value)
	require.NoError(t, err)
	return payload
}

func TestNewCodecRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		keys []engine.Key
		want string
	}{
		"no key":      {nil, "no key"},
		"no id":       {[]engine.Key{{Key: make([]byte, 32)}}, "without an id"},
		"short key":   {[]engine.Key{{ID: "a", Key: make([]byte, 16)}}, `key "a": has 16 bytes, must have 32`},
		"id used two": {[]engine.Key{key("a"), key("a")}, `"a" is used twice`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := engine.NewCodec(test.keys)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestCodecEncryptsWithTheFirstKeyAndDecryptsWithAny(t *testing.T) {
	t.Parallel()
	old := newCodec(t, key("old"))
	rotated := newCodec(t, key("new"), key("old"))

	before, after := encrypted(t, old, secret), encrypted(t, rotated, secret)
	assert.NotContains(t, string(before.GetData()), secret)
	assert.Equal(t, key("old").Name(), string(before.GetMetadata()["encryption-key-id"]))
	assert.Equal(t, key("new").Name(), string(after.GetMetadata()["encryption-key-id"]))

	for _, payload := range []*commonpb.Payload{before, after} {
		var got string
		require.NoError(t, engine.DataConverter(rotated).FromPayload(payload, &got))
		assert.Equal(t, secret, got)
	}

	var got string
	err := engine.DataConverter(old).FromPayload(after, &got)
	require.ErrorIs(t, err, engine.ErrUnknownKey)
	require.ErrorContains(t, err, `"new:`)
}

// Two processes may have got different keys under one id, by a slip: that is a key
// that this process does not have, and no payload that nobody can read.
func TestAnotherKeyOfTheSameIDIsUnknown(t *testing.T) {
	t.Parallel()
	other := engine.Key{ID: "a", Key: bytes.Repeat([]byte("x"), 32)}
	var got string
	err := engine.DataConverter(newCodec(t, key("a"))).FromPayload(encrypted(t, newCodec(t, other), secret), &got)
	require.ErrorIs(t, err, engine.ErrUnknownKey)
}

func TestCodecNeverRepeatsACiphertext(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, key("a"))
	first, second := encrypted(t, codec, secret), encrypted(t, codec, secret)
	assert.NotEqual(t, first.GetData(), second.GetData())
}

func TestCodecPassesPlainPayloads(t *testing.T) {
	t.Parallel()
	payload, err := converter.GetDefaultDataConverter().ToPayload(secret)
	require.NoError(t, err)
	var got string
	require.NoError(t, engine.DataConverter(newCodec(t, key("a"))).FromPayload(payload, &got))
	assert.Equal(t, secret, got)
}

func TestCodecDetectsChangedPayloads(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, key("a"), key("b"))
	var got string

	flipped := encrypted(t, codec, secret)
	flipped.Data[len(flipped.Data)-1] ^= 1
	require.ErrorContains(t, engine.DataConverter(codec).FromPayload(flipped, &got), `decrypt payload with key "a:`)

	moved := encrypted(t, codec, secret)
	moved.Metadata["encryption-key-id"] = []byte(key("b").Name())
	require.Error(t, engine.DataConverter(codec).FromPayload(moved, &got))
}

func TestFailureConverterHidesTexts(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, key("a"))
	cause := temporal.NewApplicationError(secret+" cause", "Rejected", secret)
	failure := engine.FailureConverter(codec).ErrorToFailure(
		temporal.NewApplicationErrorWithCause(secret, "Rejected", cause))
	assert.NotContains(t, failure.String(), "Kowalska")

	err := engine.FailureConverter(codec).FailureToError(failure)
	require.ErrorContains(t, err, secret)
	require.ErrorContains(t, err, secret+" cause")

	plain := engine.FailureConverter(nil).ErrorToFailure(cause)
	assert.Equal(t, secret+" cause", plain.GetMessage())
}

func TestCodecHandler(t *testing.T) {
	t.Parallel()
	codec := newCodec(t, key("a"))
	handler := engine.CodecHandler(codec, "https://ui.example/")
	body, err := json.Marshal(commonpb.Payloads{Payloads: []*commonpb.Payload{encrypted(t, codec, secret)}})
	require.NoError(t, err)

	tests := map[string]struct {
		method, path, origin string
		want                 int
	}{
		"the UI's origin":     {http.MethodPost, "/decode", "https://ui.example", http.StatusOK},
		"no browser":          {http.MethodPost, "/decode", "", http.StatusOK},
		"under a prefix":      {http.MethodPost, "/codec/decode", "https://ui.example", http.StatusOK},
		"preflight":           {http.MethodOptions, "/decode", "https://ui.example", http.StatusNoContent},
		"another origin":      {http.MethodPost, "/decode", "https://evil.example", http.StatusForbidden},
		"preflight elsewhere": {http.MethodOptions, "/decode", "https://evil.example", http.StatusForbidden},
		"unknown path":        {http.MethodPost, "/else", "https://ui.example", http.StatusNotFound},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, bytes.NewReader(body))
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)

			require.Equal(t, test.want, w.Code, w.Body)
			allowed := test.origin
			if test.want == http.StatusForbidden {
				allowed = ""
			}
			assert.Equal(t, allowed, w.Header().Get("Access-Control-Allow-Origin"))
			if test.want == http.StatusOK {
				assert.Equal(t, secret, decoded(t, w.Body.Bytes()))
			}
		})
	}
}

func decoded(t *testing.T, body []byte) string {
	t.Helper()
	var payloads commonpb.Payloads
	require.NoError(t, json.Unmarshal(body, &payloads))
	require.Len(t, payloads.GetPayloads(), 1)
	var got string
	require.NoError(t, converter.GetDefaultDataConverter().FromPayload(payloads.GetPayloads()[0], &got))
	return got
}

// What this worker cannot decrypt another one can, or this one after a restart: the
// workflow task has to fail and to be tried again, for the SDK drops a signal that
// cannot be decoded.
func TestUnknownKeyFailsTheWorkflowTask(t *testing.T) {
	t.Parallel()
	key := func(id string, fill byte) engine.Key {
		return engine.Key{ID: id, Key: bytes.Repeat([]byte{fill}, 32)}
	}
	with := func(keys ...engine.Key) converter.DataConverter {
		codec, err := engine.NewCodec(keys)
		require.NoError(t, err)
		return engine.DataConverter(codec)
	}
	payload, err := with(key("new", 'n')).ToPayload("written off")
	require.NoError(t, err)
	here, isAware := with(key("old", 'o')).(workflow.ContextAware)
	require.True(t, isAware)
	inWorkflow := here.WithWorkflowContext(nil)
	var raw converter.RawValue
	assert.Panics(t, func() { _ = inWorkflow.FromPayload(payload, &raw) })
	require.ErrorIs(t, here.WithContext(t.Context()).FromPayload(payload, &raw), engine.ErrUnknownKey, "elsewhere it is an error")

	garbage := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte(key("old", 'o').Name())}, Data: []byte("garbage")}
	require.NoError(t, inWorkflow.FromPayload(garbage, &raw), "what nobody can read is passed on as it is")
	assert.Equal(t, garbage, raw.Payload())
}
