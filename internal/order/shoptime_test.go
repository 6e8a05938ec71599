package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

func zoneNamed(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	return zone
}

func TestF11_ShopTimeIsReadOnTheShopsClock(t *testing.T) {
	t.Parallel()
	for name, shop := range map[string]struct{ written, zone, utc string }{
		"Warsaw, winter":      {"2026-01-15 00:30:00", "Europe/Warsaw", "2026-01-14T23:30:00Z"},
		"Warsaw, summer":      {"2026-07-15 15:46:40", "Europe/Warsaw", "2026-07-15T13:46:40Z"},
		"Kyiv, winter":        {"2016-12-05 15:46:40", "Europe/Kyiv", "2016-12-05T13:46:40Z"},
		"Kyiv, summer":        {"2026-07-15 12:00:00", "Europe/Kyiv", "2026-07-15T09:00:00Z"},
		"UTC":                 {"2026-07-15 12:00:00", "UTC", "2026-07-15T12:00:00Z"},
		"far east":            {"2026-07-15 12:00:00", "Pacific/Kiritimati", "2026-07-14T22:00:00Z"},
		"far west":            {"2026-07-15 12:00:00", "Pacific/Pago_Pago", "2026-07-15T23:00:00Z"},
		"without seconds":     {"2026-07-15 12:00", "Europe/Kyiv", "2026-07-15T09:00:00Z"},
		"with T":              {"2026-07-15T12:00:01", "Europe/Kyiv", "2026-07-15T09:00:01Z"},
		"T, without seconds":  {" 2026-07-15T12:00 ", "Europe/Kyiv", "2026-07-15T09:00:00Z"},
		"night before spring": {"2026-03-28 23:59:59", "Europe/Warsaw", "2026-03-28T22:59:59Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, problem := order.ParseShopTime(shop.written, zoneNamed(t, shop.zone))
			require.Nil(t, problem)
			assert.Equal(t, shop.utc, at.Format(time.RFC3339))
		})
	}
}

func TestF12_DoubledHourIsTheFirst(t *testing.T) {
	t.Parallel()
	for zone, shop := range map[string]struct{ before, doubled, after [2]string }{
		"Europe/Warsaw": {
			before:  [2]string{"2026-10-25 01:59:59", "2026-10-24T23:59:59Z"},
			doubled: [2]string{"2026-10-25 02:30:00", "2026-10-25T00:30:00Z"},
			after:   [2]string{"2026-10-25 03:00:00", "2026-10-25T02:00:00Z"},
		},
		"Europe/Kyiv": {
			before:  [2]string{"2026-10-25 02:59:59", "2026-10-24T23:59:59Z"},
			doubled: [2]string{"2026-10-25 03:30:00", "2026-10-25T00:30:00Z"},
			after:   [2]string{"2026-10-25 04:00:00", "2026-10-25T02:00:00Z"},
		},
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]string{shop.before, shop.doubled, shop.after} {
				at, problem := order.ParseShopTime(pair[0], zoneNamed(t, zone))
				require.Nil(t, problem)
				assert.Equal(t, pair[1], at.Format(time.RFC3339))
			}
		})
	}
}

func TestF12_SkippedHourIsShiftedAndAsked(t *testing.T) {
	t.Parallel()
	for zone, shop := range map[string]struct{ written, shifted, utc string }{
		"Europe/Warsaw": {"2026-03-29 02:30:00", "2026-03-29 03:30:00", "2026-03-29T01:30:00Z"},
		"Europe/Kyiv":   {"2026-03-29 03:00:00", "2026-03-29 04:00:00", "2026-03-29T01:00:00Z"},
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			at, problem := order.ParseShopTime(shop.written, zoneNamed(t, zone))
			require.NotNil(t, problem)
			assert.Equal(t, shop.utc, at.Format(time.RFC3339))
			assert.Equal(t, "stat_created", problem.Field)
			assert.True(t, problem.Acceptable)
			assert.Contains(t, problem.Text, shop.written)
			assert.Contains(t, problem.Text, zone)
			assert.Contains(t, problem.Remedy, "time_zone")
			assert.Contains(t, problem.Remedy, shop.shifted)
		})
	}
}

func TestF15_UnreadableTimeHoldsTheOrder(t *testing.T) {
	t.Parallel()
	for _, written := range []string{"", "0000-00-00 00:00:00", "2026-02-30 10:00:00", "05.12.2016", "null", "1767225600"} {
		at, problem := order.ParseShopTime(written, time.UTC)
		require.NotNil(t, problem, written)
		assert.True(t, at.IsZero())
		assert.Equal(t, "stat_created", problem.Field)
		assert.False(t, problem.Acceptable, "there is no value that could be accepted")
	}
}
