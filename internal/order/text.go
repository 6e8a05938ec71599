package order

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"github.com/k3a/html2text"
	"golang.org/x/text/unicode/norm"
)

// NormalizeText is the form in which texts of both services are compared and
// written on: without invisible characters, Unicode NFC, trimmed, any run of
// white space as one space, case kept.
func NormalizeText(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(visible(strings.ToValidUTF8(s, "\uFFFD")))), " ")
}

// visible takes out what nobody sees: direction marks, zero-width characters,
// soft hyphens, byte order marks, variation selectors and controls. A joiner
// stays where it makes one picture of two.
func visible(s string) string {
	var out []rune
	joined := false // a joiner waits for the picture that follows
	for _, r := range s {
		switch {
		case r == zeroWidthJoiner:
			joined = len(out) > 0 && isPicture(out[len(out)-1])
			continue
		case isInvisible(r):
			continue
		case joined && unicode.Is(unicode.So, r):
			out = append(out, zeroWidthJoiner)
		}
		joined = false
		out = append(out, r)
	}
	return string(out)
}

func isPicture(r rune) bool { return unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) }

func isInvisible(r rune) bool {
	switch {
	case unicode.IsSpace(r):
		return false
	case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector):
		return true
	}
	// The combining grapheme joiner and the fillers of Hangul.
	return r == '\u034F' || r == '\u115F' || r == '\u1160' || r == '\u3164' || r == '\uFFA0'
}

// CleanText is a text of the shop as it is meant: normalised, with the HTML
// entities that its templates may have put into it resolved.
func CleanText(s string) string { return NormalizeText(withoutEntities(s)) }

// CleanLines is [CleanText] of a text of several lines; blank ones are left out.
func CleanLines(s string) string { return normalizeLines(withoutEntities(s)) }

// normalizeLines is [NormalizeText] of each line; blank ones are left out.
func normalizeLines(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, NormalizeText(line))
	}
	return strings.Join(filled(lines), "\n")
}

var entity = regexp.MustCompile(`&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});`)

// withoutEntities resolves entities, also of a text that was escaped twice. A
// bare "&copy" is left alone: only what ends with its semicolon was escaped.
func withoutEntities(s string) string {
	for range 2 {
		resolved := entity.ReplaceAllStringFunc(s, resolveEntity)
		if resolved == s {
			break
		}
		s = resolved
	}
	return s
}

// resolveEntity leaves alone what is no entity, such as "&nothing;", whose
// start the library would resolve.
func resolveEntity(written string) string {
	resolved := html.UnescapeString(written)
	if strings.HasSuffix(resolved, ";") && written != "&semi;" {
		return written
	}
	return resolved
}

// SameText reports whether two texts are equal once normalised.
func SameText(a, b string) bool { return NormalizeText(a) == NormalizeText(b) }

// NormalizeCode is the form of a code whose case means nothing, such as a
// currency's.
func NormalizeCode(s string) string {
	return strings.ToUpper(norm.NFKC.String(NormalizeText(s)))
}

// NormalizeEmail is the form in which e-mail addresses are compared.
func NormalizeEmail(s string) string { return strings.ToLower(NormalizeText(s)) }

// Shorten gives at most the number of runes, the last one an ellipsis where
// something was cut off. It does not part a letter from its accents or an emoji
// from what modifies it.
func Shorten(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	letters := []rune(s)
	if len(letters) <= runes {
		return s
	}
	if runes < 1 {
		return ""
	}
	return strings.TrimRightFunc(string(letters[:boundary(letters, runes-1)]), unicode.IsSpace) + "…"
}

// boundary is the last place up to at where a new character starts.
func boundary(letters []rune, at int) int {
	for cut := at; cut > 0; cut-- {
		if !belongsToPrevious(letters[cut]) && letters[cut-1] != zeroWidthJoiner {
			return cut
		}
	}
	return at
}

const zeroWidthJoiner = '\u200D'

func belongsToPrevious(r rune) bool {
	skinTone := r >= 0x1F3FB && r <= 0x1F3FF
	return unicode.Is(unicode.M, r) || r == zeroWidthJoiner || skinTone
}

// PlainText is the text of an HTML description: paragraphs and list items on
// lines of their own, links as their words, no blank lines, scripts or styles.
func PlainText(page string) string {
	if !strings.Contains(page, "<") && strings.Contains(page, "&lt;/") {
		page = html.UnescapeString(page) // its markup itself was escaped
	}
	return normalizeLines(html2text.HTML2TextWithOptions(plainTags(page), html2text.WithUnixLineBreaks()))
}

var (
	htmlUnseen = regexp.MustCompile(`(?is)<!--.*?-->|<(?:script|style|head)\b.*?</(?:script|style|head)\s*>`)
	htmlTag    = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>`)
	angles     = strings.NewReplacer("<", "&lt;", ">", "&gt;")
)

// plainTags reduces the markup to what the converter knows. It takes tags with
// attributes for unknown ones, writes a link's address in place of its words,
// runs the cells of a table together, and takes "< 10 cm" for a tag.
func plainTags(page string) string {
	page = htmlUnseen.ReplaceAllString(page, " ")
	var plain strings.Builder
	from := 0
	for _, at := range htmlTag.FindAllStringSubmatchIndex(page, -1) {
		plain.WriteString(angles.Replace(page[from:at[0]]))
		plain.WriteString(plainTag(strings.ToLower(page[at[4]:at[5]]), at[2] < at[3]))
		from = at[1]
	}
	plain.WriteString(angles.Replace(page[from:]))
	return plain.String()
}

func plainTag(name string, closing bool) string {
	switch name {
	case "p", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6":
		if closing {
			return "</" + name + ">"
		}
		return "<" + name + ">"
	case "br", "li", "div", "tr", "table", "section", "article", "blockquote", "dt", "dd", "hr", "pre":
		return "<br>"
	case "td", "th":
		return " "
	default:
		return ""
	}
}
