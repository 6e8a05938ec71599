package main

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

func TestReconciliationText(t *testing.T) {
	t.Parallel()
	tally := func(orders int, sum string) service.Tally {
		return service.Tally{Orders: orders, Sums: map[string]decimal.Decimal{"PLN": decimal.RequireFromString(sum)}}
	}
	twelve := decimal.NewFromInt(12)
	day := service.ReconciledDay{
		Day: "2026-11-02", Shop: tally(5, "120.5"), Roapp: tally(3, "80"),
		Missing: []service.Missing{
			{Key: order.Key{Shop: "kwiaty", Number: 7}, Reason: service.MissingHeld, Hold: order.HoldCurrency},
			{Key: order.Key{Shop: "kwiaty", Number: 8}, Reason: service.MissingSkipped, Status: 3},
		},
		Different: []service.Different{{Key: order.Key{Shop: "kwiaty", Number: 9}, Currency: "PLN", Shop: &twelve, Roapp: decimal.NewFromInt(10), WrittenOff: true}},
	}
	found := service.Reconciliation{Currency: "PLN", Days: []service.ReconciledDay{day}, Total: day}
	assert.Equal(t, `          day   in Cartum          sum   in RO App         sum   missing   differ
   2026-11-02           5   120.50 PLN           3   80.00 PLN         2        1
          all           5   120.50 PLN           3   80.00 PLN         2        1

missing:
  7  2026-11-02  waits for somebody: currency
  8  2026-11-02  left out by the initial import for its status 3

the sum in the shop differs from the total in RO App:
  9  12.00 PLN in the shop, 10.00 PLN in RO App (written off)
`, reconciliationText(found))
	assert.False(t, found.Complete())
}

func TestReconciledDays(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	s := &settings.Settings{Shops: map[string]settings.Shop{"kwiaty": {Since: time.Date(2026, 11, 1, 0, 0, 0, 0, zone)}}}
	now := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) // the next day in the shop
	for _, tc := range []struct {
		options  reconcileOptions
		from, to string
	}{
		{reconcileOptions{shop: "kwiaty"}, "2026-11-17", "2026-11-23"},
		{reconcileOptions{shop: "kwiaty", to: "2026-11-10"}, "2026-11-04", "2026-11-10"},
		{reconcileOptions{shop: "kwiaty", from: "2026-09-23"}, "2026-09-23", "2026-11-23"},
	} {
		in, err := tc.options.days(s, now)
		require.NoError(t, err)
		assert.Equal(t, workflows.ReconcileInput{Shop: "kwiaty", From: tc.from, To: tc.to}, in)
	}
	for _, wrong := range []reconcileOptions{
		{shop: "rowery"}, {shop: "kwiaty", from: "2026-09-22"}, {shop: "kwiaty", to: "today"}, {shop: "kwiaty", from: "2026-11-24"},
	} {
		_, err := wrong.days(s, now)
		require.Error(t, err, wrong)
	}
}
