package contract

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const wholeOrder = `{"order_id": 5, "stat_status": 1, "stat_created": "2026-11-20 14:00:00", "currency": "PLN",
	"total_default": 12.5, "total_sum": "12.50", "products": [{"title": "Róża", "article": "A-1", "price": 12.5, "quantity": 1, "total_price": 12.5}]}`

func TestRecordIsCheckedWithWhatItRefersTo(t *testing.T) {
	t.Parallel()
	require.NoError(t, Cartum().CheckRecord("Order", []byte(wholeOrder)))
	for change, problem := range map[string]string{
		`"currency": "PLN",>`:                          "currency",
		`"12.50">"12,50"`:                              "total_sum",
		`2026-11-20 14:00:00>20.11.2026`:               "stat_created",
		`"article": "A-1", >`:                          "article",
		`"order_id": 5>"order_id": 5, "colour": "red"`: "colour",
	} {
		from, to, _ := strings.Cut(change, ">")
		require.Contains(t, wholeOrder, from)
		assert.ErrorContains(t, Cartum().CheckRecord("Order", []byte(strings.Replace(wholeOrder, from, to, 1))), problem)
	}
}
