package order_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

func TestF22_OnePhoneInEverySpellingIsOneNumber(t *testing.T) {
	t.Parallel()
	for name, spelling := range map[string]struct{ raw, region, e164 string }{
		"Cartum's mask":                      {"+38 (050) 123-45-67", "UA", "+380501234567"},
		"Cartum's mask in a Polish shop":     {"+38 (050) 123-45-67", "PL", "+380501234567"},
		"trunk prefix":                       {"0501234567", "UA", "+380501234567"},
		"without trunk prefix":               {"50 123 45 67", "UA", "+380501234567"},
		"country code without plus":          {"380501234567", "UA", "+380501234567"},
		"foreign country code without plus":  {"380501234567", "PL", "+380501234567"},
		"masked country code without plus":   {"38 (050) 123-45-67", "PL", "+380501234567"},
		"international prefix":               {"00380501234567", "PL", "+380501234567"},
		"region in small letters":            {"0501234567", "ua", "+380501234567"},
		"white space inside":                 {"050\t123\u00A045\u200967", "UA", "+380501234567"},
		"spaces around":                      {"  +380 50 123 45 67\t", "PL", "+380501234567"},
		"word before":                        {"tel. 050 123 45 67", "UA", "+380501234567"},
		"name after":                         {"0501234567 Оксана", "UA", "+380501234567"},
		"second number after":                {"0501234567, 0671234567", "UA", "+380501234567"},
		"extension":                          {"050 123 45 67 доб. 12", "UA", "+380501234567"},
		"Polish national":                    {"501 234 567", "PL", "+48501234567"},
		"Polish with hyphens":                {"501-234-567", "PL", "+48501234567"},
		"Polish country code without plus":   {"48501234567", "PL", "+48501234567"},
		"Polish number in a Ukrainian shop":  {"48501234567", "UA", "+48501234567"},
		"German":                             {"+49 30 123456", "PL", "+4930123456"},
		"Italian, whose leading zero stays":  {"+39 06 1234 5678", "PL", "+390612345678"},
		"golden number":                      {"+380 67 777 77 77", "UA", "+380677777777"},
		"counted up, but a number in Kraków": {"+48 123 456 789", "PL", "+48123456789"},
		"counted down, but of a network":     {"+380 98 765 43 21", "UA", "+380987654321"},
		"documented example, unknown area":   {"+38 (012) 421-42-14", "UA", "+380124214214"},
		"documented example in Poland":       {"+38 (012) 421-42-14", "PL", "+380124214214"},
		"short foreign-looking national":     {"491 234 567", "PL", "+48491234567"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e164, ok := order.ParsePhone(spelling.raw, spelling.region)
			require.True(t, ok)
			assert.Equal(t, spelling.e164, e164)
		})
	}
}

func TestF24_WhatIsNoPhoneMatchesNobody(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"empty":                   "",
		"blank":                   " \t",
		"words":                   "brak telefonu",
		"zeros":                   "+380000000000",
		"zeros after the network": "+38 (050) 000-00-00",
		"ones":                    "+48111111111",
		"ones, national":          "111 111 111",
		"nines":                   "+380999999999",
		"counted up":              "+380123456789",
		"counted down":            "+48 987 654 321",
		"too short":               "12345",
		"local number, no area":   "421-42-14",
		"too long":                "+3805012345671234567",
		"endless":                 strings.Repeat("5", 5000),
		"sign only":               "+",
		"unknown country":         "+999 501 234 567",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e164, ok := order.ParsePhone(raw, "UA")
			assert.False(t, ok)
			assert.Empty(t, e164)
			assert.False(t, order.SamePhone(raw, raw, "UA"))
		})
	}
}

func TestF24_ZeroesInsideARealNumberAreNoPlaceholder(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"+48 500 000 100", "+380 50 100 00 00", "+48 600 100 000"} {
		_, ok := order.ParsePhone(raw, "PL")
		assert.True(t, ok, raw)
	}
}

func TestF22_SamePhone(t *testing.T) {
	t.Parallel()
	assert.True(t, order.SamePhone("+38 (050) 123-45-67", "0501234567", "UA"))
	assert.True(t, order.SamePhone("+38 (012) 421-42-14", "+380124214214", "UA"))
	assert.False(t, order.SamePhone("+38 (050) 123-45-67", "0501234568", "UA"))
	// A search that compares by containment brings such numbers.
	assert.False(t, order.SamePhone("+380501234567", "+48501234567", "UA"))
	// Written without a country code it can only be the shop's own country's.
	assert.False(t, order.SamePhone("+380501234567", "0501234567", "PL"))
	assert.True(t, order.SamePhone("0501234567", "050 123-45-67", "PL"))
}

func TestF22_SpellingsToAskTheSearchFor(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{
		"+380501234567", "380501234567", "0501234567", "050 123 4567", "+380 50 123 4567", "+38 (050) 123-45-67",
	}, order.PhoneSpellings("+380501234567", " +38 (050) 123-45-67 "))
	assert.Equal(t, []string{
		"+48501234567", "48501234567", "501234567", "501 234 567", "+48 501 234 567",
	}, order.PhoneSpellings("+48501234567", "501 234 567"))
	assert.Equal(t, []string{
		"+380124214214", "380124214214", "124214214", "0124214214", "+380 124214214", "+38 (012) 421-42-14",
	}, order.PhoneSpellings("+380124214214", "+38 (012) 421-42-14"))
	assert.Len(t, order.PhoneSpellings("+380501234567", strings.Repeat("0501234567 ", 100)), 5, "an endless text is no spelling")
	assert.Equal(t, []string{"+380501234567"}, order.PhoneSpellings("+380501234567", "")[:1])
}

func FuzzParsePhone(f *testing.F) {
	for _, raw := range []string{
		"+38 (050) 123-45-67", "380501234567", "0501234567 доб. 12", "+48111111111", "tel:+48-501;ext=1",
		"＋４８５０１２３４５６７", "+39 06 1234 5678", "+54 9 11 2345 6789", "++380", "0\x000", "",
	} {
		for _, region := range []string{"UA", "PL", "ar", ""} {
			f.Add(raw, region)
		}
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		e164, ok := order.ParsePhone(raw, region)
		if !ok {
			if e164 != "" {
				t.Fatalf("%q is not ok but gives %q", raw, e164)
			}
			return
		}
		for _, again := range []string{region, "", "PL"} {
			if same, ok := order.ParsePhone(e164, again); !ok || same != e164 {
				t.Fatalf("%q gives %q, which gives %q, %t in region %q", raw, e164, same, ok, again)
			}
		}
		if spellings := order.PhoneSpellings(e164, raw); spellings[0] != e164 || len(spellings) > 7 {
			t.Fatalf("spellings of %q: %q", e164, spellings)
		}
	})
}
