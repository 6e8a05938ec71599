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

func TestF31_NormalizingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := order.NormalizeText(rapid.String().Draw(t, "text"))
		assert.Equal(t, text, order.NormalizeText(text))
		assert.True(t, norm.NFC.IsNormalString(text))
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
