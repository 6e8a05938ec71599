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
		"fractions":           {"2026-07-15 12:00:00.000000", "Europe/Kyiv", "2026-07-15T09:00:00Z"},
		"figures of one":      {"2026-7-5 9:05", "Europe/Warsaw", "2026-07-05T07:05:00Z"},
		"slashes":             {"2026/07/15 12:00:00", "Europe/Warsaw", "2026-07-15T10:00:00Z"},
		"day first":           {"27.11.2026 10:00:00", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"day first, short":    {"7.1.2026 9:05", "Europe/Warsaw", "2026-01-07T08:05:00Z"},
		"day first, comma":    {"27.11.2026, 10:00", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"day first, hyphens":  {"27-11-2026 10:00", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"day first, slashes":  {"27/11/2026 10:00", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"with a word between": {"27.11.2026 o 10:00", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"in UTC":              {"2026-11-27T10:00:00Z", "Europe/Warsaw", "2026-11-27T10:00:00Z"},
		"in another zone":     {"2026-11-27T10:00:00+02:00", "Europe/Warsaw", "2026-11-27T08:00:00Z"},
		"west":                {"2026-11-27T10:00:00.123-0530", "Europe/Warsaw", "2026-11-27T15:30:00Z"},
		"zone of hours":       {"2026-11-27 10:00:00+02", "Europe/Warsaw", "2026-11-27T08:00:00Z"},
		"named zone":          {"2026-11-27 10:00:00 Europe/Kyiv", "Europe/Warsaw", "2026-11-27T08:00:00Z"},
		"time first":          {"10:00:05 27.11.2026", "Europe/Warsaw", "2026-11-27T09:00:05Z"},
		"points in the time":  {"27.11.2026 10.00", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"full-width figures":  {"２０２６-11-27 10:00:00", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"named UTC":           {"2026-11-27 10:00:00 UTC", "Europe/Warsaw", "2026-11-27T10:00:00Z"},
		"Unix":                {"1767225600", "Europe/Warsaw", "2026-01-01T00:00:00Z"},
		"Unix, milliseconds":  {"1767225600000", "Europe/Warsaw", "2026-01-01T00:00:00Z"},
		"without signs":       {"20261127T100000", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"of a mail":           {"Fri, 27 Nov 2026 10:00:00 +0100", "Europe/Kyiv", "2026-11-27T09:00:00Z"},
		"month by name":       {"27 Nov 2026 10:00", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"half of the day":     {"2026-11-27 10:00 PM", "Europe/Warsaw", "2026-11-27T21:00:00Z"},
		"midnight of twelve":  {"2026-11-27 12:30 a.m.", "Europe/Warsaw", "2026-11-26T23:30:00Z"},
		"marks inside":        {"\u200e27.11.2026\u00a010:00\u200f", "Europe/Warsaw", "2026-11-27T09:00:00Z"},
		"last plausible":      {"2099-12-31 23:59:59", "America/New_York", "2100-01-01T04:59:59Z"},
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
			assert.Equal(t, order.Problem{
				Code: order.ProblemNoSuchTime, Field: "stat_created", Subject: order.SubjectCreated,
				Value: shop.written, Understood: shop.shifted, Acceptable: true,
			}, *problem)
		})
	}
}

func TestF15_DoubtfulTimeIsShownAsItWasUnderstood(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]struct {
		understood string
		code       order.ProblemCode
		waits      bool
	}{
		"05.12.2016":           {"2016-12-05 00:00:00", order.ProblemSpelling, false},
		"2026-11-27":           {"2026-11-27 00:00:00", order.ProblemSpelling, false},
		"27.11.2026 r.":        {"2026-11-27 00:00:00", order.ProblemSpelling, false},
		"11/27/2026 10:00":     {"2026-11-27 10:00:00", order.ProblemSpelling, false},
		"05/06/2026 10:00":     {"2026-06-05 10:00:00", order.ProblemAmbiguous, true},
		"27.11.26 10:00":       {"2026-11-27 10:00:00", order.ProblemAmbiguous, true},
		"2026-11-27 10 rano":   {"2026-11-27 00:00:00", order.ProblemAmbiguous, true},
		"2026-11-27 10:00 EET": {"2026-11-27 10:00:00", order.ProblemAmbiguous, true},
		"2026-02-30 10:00:00":  {"2026-03-02 10:00:00", order.ProblemImplausible, true},
		"2026-11-27 25:00:00":  {"2026-11-28 01:00:00", order.ProblemImplausible, true},
	} {
		at, problem := order.ParseShopTime(written, zoneNamed(t, "Europe/Warsaw"))
		require.NotNil(t, problem, written)
		assert.Equal(t, []any{want.code, want.understood, want.waits}, []any{problem.Code, problem.Understood, problem.Acceptable}, written)
		assert.Equal(t, want.understood, at.In(zoneNamed(t, "Europe/Warsaw")).Format(time.DateTime))
	}
}

func TestF15_TimeThatCannotBeReadIsNone(t *testing.T) {
	t.Parallel()
	for written, code := range map[string]order.ProblemCode{
		"": order.ProblemMissing, " \u200b": order.ProblemMissing,
		"0000-00-00 00:00:00": order.ProblemUnreadable, "null": order.ProblemUnreadable, "wczoraj": order.ProblemUnreadable,
		"2026-13-01 10:00:00": order.ProblemUnreadable, "12": order.ProblemUnreadable, "99999999999999999999": order.ProblemUnreadable,
		"9999-12-31 23:59:59": order.ProblemImplausible, "1970-01-01 00:00:00": order.ProblemImplausible,
		"0001-01-01 00:00:00": order.ProblemUnreadable, "1999-12-31 23:59:59": order.ProblemImplausible,
		"9999999999": order.ProblemImplausible, "0000000000": order.ProblemImplausible,
	} {
		at, problem := order.ParseShopTime(written, time.UTC)
		require.NotNil(t, problem, written)
		assert.True(t, at.IsZero(), written)
		assert.Equal(t, code, problem.Code, written)
		assert.True(t, problem.Acceptable, "a person may accept the time at which it was seen")
		_, ok := order.ShopClock(written, time.UTC)
		assert.False(t, ok)
	}
}

func TestF11_ShopClock(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"2026-11-27 10:00:00": "2026-11-27 10:00:00", "27.11.2026 10:00": "2026-11-27 10:00:00",
		"2026-11-27T10:00:00Z": "2026-11-27 11:00:00", "2026-03-29 02:30:00": "2026-03-29 02:30:00",
	} {
		clock, ok := order.ShopClock(written, zoneNamed(t, "Europe/Warsaw"))
		require.True(t, ok)
		assert.Equal(t, want, clock.Format(time.DateTime))
	}
}

// Whatever stands there, the time can be encoded and is plausible, or there is a
// problem.
func FuzzParseShopTime(f *testing.F) {
	for _, seed := range []string{"2026-11-27 10:00:00", "27.11.2026 10:00", "2026-11-27T10:00:00+14:00", "9999-12-31", "1767225600", "0000-00-00", "1.1.1 1:1 pm"} {
		f.Add(seed)
	}
	zone, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, written string) {
		at, problem := order.ParseShopTime(written, zone)
		if _, err := at.MarshalJSON(); err != nil {
			t.Fatal(err)
		}
		if at.IsZero() && (problem == nil || !problem.Acceptable || problem.Understood != "") {
			t.Fatalf("%q gives no time and %+v", written, problem)
		}
		if !at.IsZero() && (at.Year() < 1999 || at.Year() > 2101) {
			t.Fatalf("%q gives %s", written, at)
		}
	})
}
