package cartum

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCurrencies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"status":"OK","response":{"currency":[{"id":1,"iso":"PLN","title":"zł"},{"id":"2","iso":"EUR","exchangeRates":[]}]}}`: {"PLN", "EUR"},
		`{"status":"EMPTY","response":[]}`:                {},
		`{"status":"OK","response":{"currency":[]}}`:      {},
		`{"status":"EMPTY","response":{"currency":null}}`: {},
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, one("currency/export", answerJSON(200, body)))
			got, err := s.client().Currencies(t.Context())
			require.NoError(t, err)
			assert.ElementsMatch(t, want, got)
		})
	}
}

func TestCurrenciesThatFail(t *testing.T) {
	t.Parallel()
	for body, kind := range map[string]Kind{
		`{"status":"OK","response":{}}`:                        Malformed,
		`{"status":"OK","response":{"currency":[{"iso":{}}]}}`: Malformed,
		`{"status":"UNDEFINED_FUNCTION","response":[]}`:        Unavailable,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, one("currency/export", answerJSON(200, body)))
			_, err := s.client().Currencies(t.Context())
			assert.Equal(t, kind, asError(t, err).Kind)
		})
	}
}
