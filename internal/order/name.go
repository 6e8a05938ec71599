package order

import (
	"slices"
	"strings"
)

// longestNamePart bounds a first or a last name, in runes.
const longestNamePart = 255

// SplitName splits Cartum's single name into first and last name: the first
// word and the rest, or the other way round. A single word is a first name,
// which RO App demands.
func SplitName(full string, o NameOrder) (first, last string) {
	word, rest, several := strings.Cut(NormalizeText(full), " ")
	if several && o == LastFirst {
		word, rest = rest, word
	}
	return Shorten(word, longestNamePart), Shorten(rest, longestNamePart)
}

// SameName reports whether two names have the same words, in any order, in any
// case and with any apostrophe. No name is the same as none.
func SameName(aFirst, aLast, bFirst, bLast string) bool {
	a, b := nameWords(aFirst, aLast), nameWords(bFirst, bLast)
	return len(a) > 0 && slices.Equal(a, b)
}

// apostrophes are the signs that stand for the apostrophe in Ukrainian names.
var apostrophes = strings.NewReplacer("’", "'", "ʼ", "'", "‘", "'", "`", "'", "´", "'")

func nameWords(first, last string) []string {
	words := strings.Fields(apostrophes.Replace(strings.ToLower(NormalizeText(first + " " + last))))
	slices.Sort(words)
	return words
}
