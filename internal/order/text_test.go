package order_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

func TestF31_TextsAreComparedNormalised(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Róża \"Ї’\" 🌹", order.NormalizeText("  Ro\u0301z\u0307a \t\u00A0\"І\u0308’\"\r\n🌹 "))
	assert.True(t, order.SameText("Żółta  róża", "Z\u0307o\u0301łta róża "))
	assert.False(t, order.SameText("Róża", "róża"), "case is kept")
	assert.Empty(t, order.NormalizeText(" \u2003\n"))
}

func TestF31_WhatNobodySeesIsNoDifference(t *testing.T) {
	t.Parallel()
	for name, invisible := range map[string]string{
		"direction marks": "\u202a\u202c\u200e\u200f\u2066\u2069", "zero width": "\u200b\u200c\u200d\u2060", "byte order mark": "\ufeff",
		"soft hyphen": "\u00ad", "variation selector": "\ufe0f", "control": "\x00\x1f\x7f", "grapheme joiner": "\u034f",
		"Mongolian": "\u180e", "tag": "\U000E0041", "filler": "\u3164",
	} {
		for _, text := range []string{invisible + "SKU123", "SKU" + invisible + "123", "SKU123" + invisible, " \u00a0" + invisible + " SKU123 " + invisible + "\t"} {
			assert.Equal(t, "SKU123", order.NormalizeText(text), "%s: %q", name, text)
			assert.True(t, order.SameText("SKU123", text))
			assert.Equal(t, order.ArticleKey("SKU123"), order.ArticleKey(text))
			assert.Equal(t, order.TitleKey("SKU123"), order.TitleKey(text))
			assert.True(t, order.SameName(text, "x", "X", "sku123"))
		}
	}
	assert.Equal(t, "é", order.NormalizeText("e\u200b\u0301"), "composed once nothing stands between")
	assert.Equal(t, "👩\u200d👩\u200d👦 👩🏽\u200d🌾", order.NormalizeText("👩\u200d👩\u200d👦 👩🏽\u200d\u200b🌾\u200d"), "a joiner makes one picture of two")
}

func TestF31_CodesAndMailsHaveNoCase(t *testing.T) {
	t.Parallel()
	for _, currency := range []string{"pln", " PLN ", "P\u200bLN", "\ufeffPln", "ＰＬＮ", "PLN\u00a0"} {
		assert.Equal(t, "PLN", order.NormalizeCode(currency), "%q", currency)
	}
	assert.Equal(t, "anna@example.com", order.NormalizeEmail(" Anna\u200b@Example.com\n"))
}

func TestF31_EntitiesAreResolved(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"O&#039;Connor": "O'Connor", "O&#x27;Connor": "O'Connor", "O&apos;Connor": "O'Connor", "R&amp;D": "R&D", "&quot;Róża&quot;": `"Róża"`,
		"&laquo;Ніч&raquo;": "«Ніч»", "a&nbsp;b": "a b", "O&amp;#039;Connor": "O'Connor", "60&times;40": "60×40", "a&shy;b": "ab",
		"Ham & jajka": "Ham & jajka", "AT&T": "AT&T", "a&copy": "a&copy", "&nothing;": "&nothing;", "&#xFFFFFFFF;": "&#xFFFFFFFF;", "&;": "&;",
	} {
		assert.Equal(t, want, order.CleanText(written), written)
	}
	assert.Equal(t, "jeden & dwa\ntrzy", order.CleanLines(" jeden &amp;  dwa\r\n\n\u200b\ntrzy "))
}

func TestF31_NormalizingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := order.NormalizeText(rapid.String().Draw(t, "text"))
		assert.Equal(t, text, order.NormalizeText(text))
		assert.True(t, norm.NFC.IsNormalString(text))
	})
}

func FuzzNormalizeText(f *testing.F) {
	for _, seed := range []string{"Ro\u0301z\u0307a", "👩\u200d\u200d👩", "a\u200d\u0301b", "\u0301", "\u200b \u202a", "\u1100\u115f\u1161", "&amp;amp;", "\xff\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := order.NormalizeText(text)
		if again := order.NormalizeText(once); again != once || !norm.NFC.IsNormalString(once) {
			t.Fatalf("%q gives %q, which gives %q", text, once, again)
		}
		if code := order.NormalizeCode(text); order.NormalizeCode(code) != code {
			t.Fatalf("%q gives %q", text, code)
		}
		if mail := order.NormalizeEmail(text); order.NormalizeEmail(mail) != mail {
			t.Fatalf("%q gives %q", text, mail)
		}
	})
}

func TestF31_ShorteningKeepsCharactersWhole(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]struct {
		text  string
		runes int
		want  string
	}{
		"short enough":          {"róża", 4, "róża"},
		"cut":                   {"róża czerwona", 6, "róża…"},
		"combining accent":      {"abe\u0301f", 4, "ab…"},
		"family emoji":          {"ab👩\u200D👩\u200D👦c", 5, "ab…"},
		"skin tone":             {"ab👍🏽cd", 4, "ab…"},
		"only accents":          {"\u0301\u0301\u0301\u0301", 3, "\u0301\u0301…"},
		"one rune":              {"abc", 1, "…"},
		"no rune":               {"abc", 0, ""},
		"fewer than no rune":    {"abc", -1, ""},
		"empty":                 {"", 0, ""},
		"bytes are not counted": {"їїїї", 4, "їїїї"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, cut.want, order.Shorten(cut.text, cut.runes))
		})
	}
}

func TestF31_ShortenedTextFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, runes := rapid.String().Draw(t, "text"), rapid.IntRange(0, 40).Draw(t, "runes")
		assert.LessOrEqual(t, utf8.RuneCountInString(order.Shorten(text, runes)), runes)
	})
}

func TestR22_DescriptionIsPlainText(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]struct{ html, want string }{
		"plain":           {"Róża, 60 cm", "Róża, 60 cm"},
		"paragraphs":      {`<p class="a">Pierwszy&nbsp;akapit</p><p>Drugi</p>`, "Pierwszy akapit\nDrugi"},
		"lines":           {"jeden<br />dwa<BR>trzy", "jeden\ndwa\ntrzy"},
		"list":            {`<ul class="x"><li class="y">jeden</li><li>dwa</li></ul>`, "jeden\ndwa"},
		"link's words":    {`Zobacz <a href="https://sklep.example/a?b=1">katalog</a>.`, "Zobacz katalog."},
		"script, style":   {"<style>p{color:red}</style>a<script>if (1<2) {x('</p>')}</script>b", "a b"},
		"stray end":       {"a</script>b</a>c", "abc"},
		"comment":         {"a<!-- <b>x</b> -->b", "a b"},
		"table":           {"<table><tr><td>Kolor</td><td>żółty</td></tr><tr><td>Cm</td><td>5</td></tr></table>", "Kolor żółty\nCm 5"},
		"blocks":          {"<div>jeden</div><div>dwa</div>", "jeden\ndwa"},
		"less and more":   {"długość < 10 cm, <b>waga</b> > 2 kg", "długość < 10 cm, waga > 2 kg"},
		"entities":        {"&lt;b&gt; &amp; &#1111; &quot;", "<b> & ї \""},
		"open tag at end": {"tekst <b", "tekst <b"},
		"markup escaped":  {"&lt;p&gt;jeden &amp;amp; dwa&lt;/p&gt;&lt;p&gt;trzy&lt;/p&gt;", "jeden & dwa\ntrzy"},
		"empty":           {"", ""},
		"only markup":     {"<p></p><div><br></div>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, page.want, order.PlainText(page.html))
		})
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add("<p>a</p>")
	f.Add("<a href='x'>y</a")
	f.Add("&#xFFFFFFFFF;<!--")
	f.Fuzz(func(t *testing.T, html string) {
		if text := order.PlainText(html); strings.Contains(text, "\n\n") || text != strings.TrimSpace(text) {
			t.Fatalf("%q gives %q", html, text)
		}
	})
}

func TestF31_CurrencyIsReadByCodeSignAndWord(t *testing.T) {
	t.Parallel()
	for code, spellings := range map[string][]string{
		"PLN": {"PLN", "pln", " P\u200bLN.", "zł", "ZŁ", "zł.", "zl", "złotych", "злотих", "zł (PLN)", "PLN/zł", "985", "ＰＬＮ"},
		"UAH": {"UAH", "uah", "грн", "грн.", "ГРН", "₴", "гривень", "hrn", "980", "₴ UAH"},
		"EUR": {"€", "euro", "EUR"}, "USD": {"US$", "usd"}, "CZK": {"Kč"}, "GBP": {"£"},
		"$": {"$"}, "": {"", " \u200b", "."}, "PLN, EUR": {"pln, eur"}, "ABC": {"abc"},
	} {
		for _, written := range spellings {
			if code != "" {
				assert.Equal(t, code, order.NormalizeCurrency(written), "%q", written)
			}
			known := len(code) == 3 && code != "ABC"
			assert.Equal(t, known, order.CurrencyProblem(order.NormalizeCurrency(written), "PLN") == nil, "%q", written)
		}
	}
}
