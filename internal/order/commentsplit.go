package order

import (
	"strings"
	"unicode/utf8"
)

// commentLimit is how long one comment may be, in characters. RO App's own limit
// is not documented (docs/reference/roapp.md#order-comments), so it is kept
// modest.
const commentLimit = 1800

// SplitComment cuts a comment that is too long for one into parts, between its
// lines; a line alone is shortened. There is always at least one part.
func SplitComment(text string) []string {
	var parts []string
	var part strings.Builder
	size := 0
	for line := range strings.SplitSeq(text, "\n") {
		line = Shorten(line, commentLimit)
		length := utf8.RuneCountInString(line) + 1
		if size > 0 && size+length > commentLimit {
			parts = append(parts, strings.TrimSpace(part.String()))
			part.Reset()
			size = 0
		}
		part.WriteString(line + "\n")
		size += length
	}
	return append(parts, strings.TrimSpace(part.String()))
}
