package order_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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

		"country code twice":                {"+48 48 601111001", "PL", "+48601111001"},
		"country code twice, plain":         {"4848601111001", "PL", "+48601111001"},
		"country code after the mask's":     {"+38 380 50 123 45 67", "UA", "+380501234567"},
		"country code twice in Ukraine":     {"380380501234567", "UA", "+380501234567"},
		"full-width figures":                {"＋４８　６０１　１１１　００１", "PL", "+48601111001"},
		"trunk zero in Poland":              {"0601111001", "PL", "+48601111001"},
		"trunk zero, spaced":                {"0 601 111 001", "PL", "+48601111001"},
		"trunk zero after the country code": {"+48 (0) 601 111 001", "PL", "+48601111001"},
		"trunk zero after 48":               {"48 0601111001", "PL", "+48601111001"},
		"trunk zero after 0048":             {"0048 0601 111 001", "PL", "+48601111001"},
		"Ukrainian trunk after code":        {"+380 (0)50 123 45 67", "UA", "+380501234567"},
		"plus before the trunk zero":        {"+0501234567", "UA", "+380501234567"},
		"plus before zeros":                 {"+0048 601 111 001", "PL", "+48601111001"},
		"old trunk in Ukraine":              {"8 (050) 123-45-67", "UA", "+380501234567"},
		"old trunk, plain":                  {"80501234567", "UA", "+380501234567"},
		"old trunk with a plus":             {"+8 050 123 45 67", "UA", "+380501234567"},
		"old international prefix":          {"8 10 380 50 123 45 67", "UA", "+380501234567"},
		"landline, slash within":            {"22/123 45 67", "PL", "+48221234567"},
		"landline with trunk zero":          {"022 123 45 67", "PL", "+48221234567"},
		"direction marks":                   {"\u202a+48 601 000 210\u202c", "PL", "+48601000210"},
		"zero width, soft hyphen, BOM":      {"\ufeff601\u200b000\u00ad210\u2060", "PL", "+48601000210"},
		"no-break spaces and hyphens":       {"601\u00a0000\u2011210", "PL", "+48601000210"},
		"figures of full width":             {"６０１０００２１０", "PL", "+48601000210"},
		"as a link":                         {"tel:+48-601-000-210", "PL", "+48601000210"},
		"dots":                              {"601.000.210", "PL", "+48601000210"},
		"region with spaces":                {"601000210", " pl ", "+48601000210"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e164, ok := order.ParsePhone(spelling.raw, spelling.region)
			require.True(t, ok)
			assert.Equal(t, spelling.e164, e164)
		})
	}
}

// A field may hold several numbers: the first that exists is the customer's.
func TestF22_SeveralNumbersInOneField(t *testing.T) {
	t.Parallel()
	both := []string{"+48601000201", "+48601000202"}
	for name, tc := range map[string]struct {
		raw  string
		want []string
	}{
		"slash":               {"601 000 201/601 000 202", both},
		"slash, spaced":       {"601-000-201 / 601-000-202", both},
		"backslash":           {`601000201\601000202`, both},
		"comma":               {"601000201, 601000202", both},
		"semicolon":           {"601000201;601000202", both},
		"bar":                 {"601000201|601000202", both},
		"new line":            {"601000201\n601000202", both},
		"carriage return":     {"601 000 201\r\n601 000 202", both},
		"hyphen":              {"601000201-601000202", both},
		"dash":                {"+48 601 000 201–601 000 202", both},
		"point":               {"601000201.601000202", both},
		"brackets":            {"601000201(601000202)", both},
		"underscore":          {"601000201_601000202", both},
		"bullet":              {"601000201•601000202", both},
		"tag":                 {"601000201<br>601000202", both},
		"entity":              {"601000201&#44;601000202", both},
		"escaped sign":        {"&#43;48 601 000 201&nbsp;&#x2B;48 601 000 202", both},
		"decimals":            {"601000201.0", both[:1]},
		"extension by hyphen": {"601 000 201-12", both[:1]},
		"spaces":              {"601000201 601000202", both},
		"spaces in and out":   {"601 000 201  601 000 202", both},
		"plus":                {"+48601000201+48601000202", both},
		"or, in Polish":       {"601000201 lub 601000202", both},
		"or, in Ukrainian":    {"601000201 або 601000202", both},
		"or, in English":      {"601000201 or 601000202", both},
		"and, in Polish":      {"601 000 201 i 601 000 202", both},
		"words":               {"mama: 601000201 (po 16), tata: 601000202", both},
		"the same twice":      {"601000201 / +48 601 000 201", both[:1]},
		"first is none":       {"12345 / 601000202", both[1:]},
		"first is mistyped":   {"60100020 lub 601000202", both[1:]},
		"first a placeholder": {"000000000, 601000202", both[1:]},
		"extension":           {"601000201 wew. 12", both[:1]},
		"extension with x":    {"601000201 x12", both[:1]},
		"extension with #":    {"601000201#12", both[:1]},
		"extension in a link": {"tel:+48601000201;ext=12", both[:1]},
		"date after":          {"601000201, 27.11.2026", both[:1]},
		"landline and mobile": {"22/123 45 67 / 601 000 202", []string{"+48221234567", "+48601000202"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, order.Phones(tc.raw, "PL"))
			for _, phone := range tc.want {
				assert.True(t, order.HasPhone(tc.raw, phone, "PL"))
			}
			assert.False(t, order.HasPhone(tc.raw, "+48601000203", "PL"))
		})
	}
}

func TestF24_WhatIsNoPhoneMatchesNobody(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"empty":                   "",
		"blank":                   " \t\u200b",
		"words":                   "brak telefonu",
		"zeros":                   "+380000000000",
		"zeros after the network": "+38 (050) 000-00-00",
		"ones":                    "+48111111111",
		"ones, national":          "111 111 111",
		"nines":                   "+380999999999",
		"counted up":              "+380123456789",
		"counted down":            "+48 987 654 321",
		"another code before":     "+1148501234567",
		"too short":               "12345",
		"local number, no area":   "421-42-14",
		"two local numbers":       "421-42-14, 421-42-15",
		"no such area":            "+38 (012) 421-42-14",
		"no such mobile":          "+48 491 234 567",
		"too long":                "+3805012345671234567",
		"one digit too many":      "0501234567 8",
		"endless":                 strings.Repeat("5", 5000),
		"endless groups":          strings.Repeat("5 ", 5000),
		"sign only":               "+",
		"unknown country":         "+999 501 234 567",
		"e-mail":                  "jan48@example.com",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e164, ok := order.ParsePhone(raw, "UA")
			if name == "one digit too many" {
				// What follows a number is left out.
				assert.Equal(t, "+380501234567", e164)
				return
			}
			assert.False(t, ok, e164)
			assert.Empty(t, e164)
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

func TestF22_HasPhone(t *testing.T) {
	t.Parallel()
	assert.True(t, order.HasPhone("0501234567", "+380501234567", "UA"))
	assert.False(t, order.HasPhone("0501234568", "+380501234567", "UA"))
	// A search that compares by containment brings such numbers.
	assert.False(t, order.HasPhone("+48501234567", "+380501234567", "UA"))
	// Written without a country code it can only be the shop's own country's.
	assert.False(t, order.HasPhone("0501234567", "+380501234567", "PL"))
	assert.True(t, order.HasPhone("050 123-45-67", "+48501234567", "PL"))
}

func TestF22_SpellingsToAskTheSearchFor(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{
		"+380501234567", "380501234567", "00380501234567", "501234567", "0501234567", "80501234567", "+38 (050) 123-45-67",
		"050 123 4567", "+380 50 123 4567", "\u202a+380 50 123 4567\u202c", "050-123-45-67",
	}, order.PhoneSpellings("+380501234567", " 050-123-45-67 "))
	assert.Equal(t, []string{
		"+48501234567", "48501234567", "0048501234567", "501234567", "0501234567",
		"501 234 567", "+48 501 234 567", "\u202a+48 501 234 567\u202c",
	}, order.PhoneSpellings("+48501234567", "501 234 567"))
	assert.NotContains(t, order.PhoneSpellings("+380501234567", strings.Repeat("0501234567 ", 100)), strings.Repeat("0501234567 ", 100), "an endless text is no spelling")
}

// Whatever way a number is written, it is one number, on either side.
func TestF22_SpellingNeverChangesTheNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		region := rapid.SampledFrom([]string{"PL", "UA"}).Draw(t, "region")
		digits := rapid.StringMatching(`[1-9][0-9]{8}`).Draw(t, "digits")
		code := map[string]string{"PL": "+48", "UA": "+380"}[region]
		e164, ok := order.ParsePhone(code+digits, region)
		if !ok {
			t.Skip("no such number")
		}
		if e164 != code+digits {
			t.Fatalf("%s%s is %s", code, digits, e164)
		}
		noise := func(label string) string {
			return rapid.SampledFrom([]string{"", " ", "-", ".", "\u00a0", "\u200b", "\u202a", " \u202c", "\u00ad"}).Draw(t, label)
		}
		for i, spelling := range order.PhoneSpellings(e164, "") {
			var odd strings.Builder
			for j, r := range spelling {
				if j > 0 && spelling[j-1] != '(' {
					odd.WriteString(noise(fmt.Sprintf("%d/%d", i, j)))
				}
				odd.WriteRune(r)
			}
			for _, written := range []string{spelling, odd.String(), "tel. " + spelling, spelling + " (Anna)"} {
				if got, _ := order.ParsePhone(written, region); got != e164 {
					t.Fatalf("%q is %q, not %s", written, got, e164)
				}
			}
		}
	})
}

func FuzzParsePhone(f *testing.F) {
	for _, raw := range []string{
		"+38 (050) 123-45-67", "380501234567", "0501234567 доб. 12", "+48111111111", "tel:+48-501;ext=1",
		"＋４８５０１２３４５６７", "601 000 201/601 000 202", "8 (050) 123-45-67", "\u202a+48 601 000 210\u202c", "+48 (0) 601111001", "+39 06 1234 5678", "+54 9 11 2345 6789", "++380", "0\x000", "",
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
		if spellings := order.PhoneSpellings(e164, raw); spellings[0] != e164 || len(spellings) > order.MostSpellings {
			t.Fatalf("spellings of %q: %q", e164, spellings)
		}
	})
}
