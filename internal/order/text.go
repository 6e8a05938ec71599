package order

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/k3a/html2text"
	"golang.org/x/text/unicode/norm"
)

// NormalizeText is the form in which texts are compared: Unicode NFC, trimmed,
// any run of white space as one space, case kept.
func NormalizeText(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))), " ")
}

// SameText tells whether two texts are equal once normalised.
func SameText(a, b string) bool { return NormalizeText(a) == NormalizeText(b) }

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

// boundary is the last place up to at where a new character begins.
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
func PlainText(html string) string {
	text := html2text.HTML2TextWithOptions(plainTags(html), html2text.WithUnixLineBreaks())
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = NormalizeText(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

var (
	htmlUnseen = regexp.MustCompile(`(?is)<!--.*?-->|<(?:script|style|head)\b.*?</(?:script|style|head)\s*>`)
	htmlTag    = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>`)
	angles     = strings.NewReplacer("<", "&lt;", ">", "&gt;")
)

// plainTags reduces the markup to what the converter knows. It takes tags with
// attributes for unknown ones, writes a link's address in place of its words,
// runs the cells of a table together, and takes "< 10 cm" for a tag.
func plainTags(html string) string {
	html = htmlUnseen.ReplaceAllString(html, " ")
	var plain strings.Builder
	from := 0
	for _, at := range htmlTag.FindAllStringSubmatchIndex(html, -1) {
		plain.WriteString(angles.Replace(html[from:at[0]]))
		plain.WriteString(plainTag(strings.ToLower(html[at[4]:at[5]]), at[2] < at[3]))
		from = at[1]
	}
	plain.WriteString(angles.Replace(html[from:]))
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
