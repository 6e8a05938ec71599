package cartum

import (
	"encoding/json"
	"slices"
	"strings"
)

// Flaw is a value of a record that is not written as the API documents it. The record has the best reading of it.
type Flaw struct {
	Kind  FlawKind
	Field string // its place in the record, such as "products[1].price"
	// Value is what is written there, at most 80 runes; it may be personal data.
	Value string
	// Understood is how it was read; empty where nothing could be read.
	Understood string
	expected   string // what it should be, such as "a number"
}

// FlawKind is how much of a value was understood.
type FlawKind string

const (
	// Odd: an unusual spelling that leaves no doubt, such as "10%".
	Odd FlawKind = "odd"
	// Ambiguous: it can be read in several ways, such as "1,234".
	Ambiguous FlawKind = "ambiguous"
	// Unreadable: it says nothing usable.
	Unreadable FlawKind = "unreadable"
	// Missing: there is nothing where something must be.
	Missing FlawKind = "missing"
)

// longestFlaw bounds the value of a flaw, in runes.
const longestFlaw = 80

// flaws collects what is noted while a record is read.
type flaws struct{ list []Flaw }

func (f *flaws) note(flaw Flaw) { f.list = append(f.list, flaw) }

// serious is the first flaw whose value is not known for sure, nil where there is none.
func (f *flaws) serious() *Flaw {
	i := slices.IndexFunc(f.list, func(flaw Flaw) bool { return flaw.Kind != Odd })
	if i < 0 {
		return nil
	}
	return &f.list[i]
}

// reason is the flaw in words, without the value.
func (f *Flaw) reason() string {
	if f.Kind == Missing {
		return "is missing"
	}
	return "is not " + f.expected
}

// written shows a value as the shop wrote it.
func written(raw json.RawMessage) string {
	text, ok := asLiteral(raw)
	if !ok && !isAbsent(raw) {
		text = string(raw)
	}
	return clip(strings.ToValidUTF8(text, "\uFFFD"), longestFlaw)
}
