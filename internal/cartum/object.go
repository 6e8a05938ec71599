package cartum

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// object reads the fields of a JSON object. What is not written as documented is read as far as it can be and noted.
type object struct {
	fields map[string]json.RawMessage
	path   string // of the object itself, with the dot; empty for a record
	flaws  *flaws
}

// objectOf takes null, "", false and PHP's empty [] for an empty object, and a list of one record for the record.
func objectOf(raw json.RawMessage, path string, noted *flaws) object {
	fields, ok := asObject(raw)
	if !ok && !isVacant(raw) {
		flaw := Flaw{Kind: Unreadable, Field: path, Value: written(raw), expected: "an object"}
		if inner, single := sole(raw); single {
			if fields, ok = asObject(inner); ok {
				flaw.Kind = Odd
			}
		}
		noted.note(flaw)
	}
	if path != "" {
		path += "."
	}
	return object{fields: fields, path: path, flaws: noted}
}

func (o object) object(name string) object { return objectOf(o.fields[name], o.path+name, o.flaws) }

func (o object) note(kind FlawKind, name, expected, understood string) {
	o.flaws.note(Flaw{Kind: kind, Field: o.path + name, Value: written(o.fields[name]), Understood: understood, expected: expected})
}

// text is a string, or a number as written.
func (o object) text(name string) string {
	raw := o.fields[name]
	text, ok := asLiteral(raw)
	switch {
	case ok:
		return text
	case isVacant(raw):
		return ""
	}
	if text = someText(raw); text == "" {
		o.note(Unreadable, name, "a text", "")
		return ""
	}
	o.note(Odd, name, "a text", text)
	return text
}

// someText is the text of a list of one or of an object, such as a text by language: the one that is named for it, else
// the first.
func someText(raw json.RawMessage) string {
	if inner, ok := sole(raw, "title", "name", "value", "iso", "code"); ok {
		if text, ok := asLiteral(inner); ok {
			return text
		}
	}
	fields, _ := asObject(raw)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if text, _ := asLiteral(fields[name]); strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

// texts is a text by language. A plain text, as older functions give it, is kept
// under the empty language.
func (o object) texts(name string) map[string]string {
	raw := o.fields[name]
	if text, _ := asLiteral(raw); text != "" {
		return map[string]string{"": text}
	}
	byLanguage := o.object(name)
	if len(byLanguage.fields) == 0 {
		return nil
	}
	texts := make(map[string]string, len(byLanguage.fields))
	for language := range byLanguage.fields {
		texts[language] = byLanguage.text(language)
	}
	return texts
}

// optionalAmount is nil where nothing usable is written.
func (o object) optionalAmount(name string) *decimal.Decimal {
	value, kind := readNumber(o.fields[name])
	switch kind {
	case Missing:
		return nil
	case Unreadable:
		o.note(kind, name, "a number", "")
		return nil
	case Odd, Ambiguous:
		o.note(kind, name, "a number", value.String())
	}
	return &value
}

// amount must be there: an absent amount is not zero.
func (o object) amount(name string) decimal.Decimal {
	if isVacant(o.fields[name]) {
		o.note(Missing, name, "a number", "")
	}
	return o.amountOrZero(name)
}

// amountOrZero is for amounts that are absent where they do not apply.
func (o object) amountOrZero(name string) decimal.Decimal {
	if value := o.optionalAmount(name); value != nil {
		return *value
	}
	return decimal.Zero
}

// integer is a whole number; 0 where the field is absent, null or "".
func (o object) integer(name string) int64 {
	value, kind := readNumber(o.fields[name])
	switch {
	case kind == Missing:
		return 0
	case kind == Unreadable, kind == Ambiguous, !value.IsInteger():
		o.note(Unreadable, name, "a whole number", "")
		return 0
	case kind == Odd:
		o.note(Odd, name, "a whole number", value.String())
	}
	return value.IntPart()
}

// id is a whole number above 0. Its spelling may be odd; what it names is certain.
func (o object) id(name string) int64 {
	value, kind := readNumber(o.fields[name])
	if (kind != "" && kind != Odd) || !value.IsInteger() || !value.IsPositive() {
		o.note(Unreadable, name, "a whole number above 0", "")
		return 0
	}
	return value.IntPart()
}

// yes and no are the words that shops and their languages have for a flag.
var (
	yes = []string{"true", "yes", "y", "t", "on", "tak", "так", "да", "paid", "payed", "opłacone", "zapłacone", "oplacone", "zaplacone", "оплачено", "сплачено"}
	no  = []string{"false", "no", "n", "f", "off", "nie", "ні", "нет", "unpaid", "not paid", "nieopłacone", "nieoplacone", "не оплачено", "неоплачено"}
)

// flag is a yes or no in any of PHP's spellings; absent means no, and so does what cannot be read.
func (o object) flag(name string) bool {
	raw := o.fields[name]
	if isVacant(raw) {
		return false
	}
	value, plain, ok := readFlag(raw)
	switch {
	case !ok:
		o.note(Unreadable, name, "a yes or no", "no")
	case !plain && value:
		o.note(Odd, name, "a yes or no", "yes")
	case !plain:
		o.note(Odd, name, "a yes or no", "no")
	}
	return value
}

func readFlag(raw json.RawMessage) (value, plain, ok bool) {
	text, literal := asLiteral(raw)
	if !literal {
		text = string(raw)
	}
	text = strings.ToLower(strings.Trim(strings.TrimSpace(text), "."))
	if number, kind := parseNumber(text); kind == "" {
		return !number.IsZero(), number.IsZero() || number.Equal(decimal.NewFromInt(1)), true // any number but 0 is true to PHP
	}
	switch {
	case slices.Contains(yes, text):
		return true, text == yes[0], true
	case slices.Contains(no, text):
		return false, text == no[0], true
	}
	if inner, single := sole(raw, "value", "status"); single {
		value, _, ok = readFlag(inner)
	}
	return value, false, ok
}

// option is {"id", "title"}, or one of the two.
func (o object) option(name string) Option {
	raw := o.fields[name]
	if text, ok := asLiteral(raw); ok && unwrapsToNothing(raw) {
		if strings.TrimSpace(text) == "" || text == "0" {
			return Option{}
		}
		o.note(Odd, name, "an object", text)
		return Option{Title: text}
	}
	option := o.object(name)
	title := option.text("title")
	if title == "" {
		title = option.text("name")
	}
	if id, kind := readNumber(option.fields["id"]); kind == Unreadable && title == "" {
		title = option.text("id")
		return Option{Title: title}
	} else if kind == "" && !id.IsInteger() {
		return Option{Title: title}
	}
	return Option{ID: option.integer("id"), Title: title}
}

// unwrapsToNothing distinguishes a plain text from a record that is written as a
// text.
func unwrapsToNothing(raw json.RawMessage) bool { return string(unwrapped(raw)) == string(raw) }
