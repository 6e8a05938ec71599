package cartum

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
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
	return o.textNamed(name, "title", "name", "value", "iso", "code")
}

// code is a text that stands for something, such as a currency's.
func (o object) code(name string) string { return o.textNamed(name, "iso", "code") }

// textNamed reads a text, and of an object that has several the one that is named
// first.
func (o object) textNamed(name string, preferred ...string) string {
	raw := o.fields[name]
	text, ok := asLiteral(raw)
	switch {
	case ok:
		return text
	case isVacant(raw):
		return ""
	}
	text, several := someText(raw, preferred)
	switch {
	case text == "":
		o.note(Unreadable, name, "a text", "")
	case several:
		o.note(Ambiguous, name, "a text", text)
	default:
		o.note(Odd, name, "a text", text)
	}
	return text
}

// someText is the text of an object, such as a text by language: the one that is
// named for it, else the first; of a list all texts, each on its line.
func someText(raw json.RawMessage, preferred []string) (text string, several bool) {
	elements, _ := asList(raw)
	var texts []string
	for _, element := range elements {
		text, literal := asLiteral(element)
		if !literal {
			text = namedText(element, preferred)
		}
		if strings.TrimSpace(text) != "" {
			texts = append(texts, text)
		}
	}
	if len(texts) > 0 {
		return strings.Join(texts, "\n"), len(texts) > 1
	}
	return namedText(raw, preferred), false
}

func namedText(raw json.RawMessage, preferred []string) string {
	fields, _ := asObject(raw)
	for _, name := range preferred {
		if text, _ := asLiteral(fields[name]); strings.TrimSpace(text) != "" {
			return text
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if text, _ := asLiteral(fields[name]); strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

// texts is a text by language. A plain text, as older functions give it, stands under the empty language.
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
	no  = []string{"false", "no", "n", "f", "off", "nie", "ні", "нет"}
	not = regexp.MustCompile(`^(?:un|not|nie|не)\s*`)
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
	case slices.Contains(yes, not.ReplaceAllString(text, "")):
		return false, false, true
	}
	if inner, single := sole(raw, "value", "status"); single {
		value, _, ok = readFlag(inner)
	}
	return value, false, ok
}

// option is {"id", "title"}, or one of the two, also as the only one of a list.
func (o object) option(name string) Option {
	raw := o.fields[name]
	if elements, ok := asList(raw); ok && len(elements) == 1 && !isVacant(raw) {
		var noted flaws
		option := object{fields: map[string]json.RawMessage{name: elements[0]}, path: o.path, flaws: &noted}.option(name)
		o.noteOption(name, option)
		return option
	}
	if text, ok := asLiteral(raw); ok && unwrapsToNothing(raw) {
		if strings.TrimSpace(text) == "" || text == "0" {
			return Option{}
		}
		o.note(Odd, name, "an object", text)
		return Option{Title: text}
	}
	fields, ok := asObject(raw)
	if !ok {
		if !isVacant(raw) {
			o.noteOption(name, Option{})
		}
		return Option{}
	}
	before := len(o.flaws.list)
	option := object{fields: fields, path: o.path + name + ".", flaws: o.flaws}.optionFields()
	if option == (Option{}) && len(fields) > 0 && len(o.flaws.list) == before && isVacant(fields["id"]) {
		o.noteOption(name, option)
	}
	return option
}

func (o object) optionFields() Option {
	title := o.text("title")
	if title == "" {
		title = o.text("name")
	}
	if id, kind := readNumber(o.fields["id"]); kind == Unreadable && title == "" {
		return Option{Title: o.text("id")}
	} else if kind == "" && !id.IsInteger() {
		return Option{Title: title}
	}
	return Option{ID: o.integer("id"), Title: title}
}

func (o object) noteOption(name string, read Option) {
	switch {
	case read.Title != "":
		o.note(Odd, name, "an object", read.Title)
	case read.ID != 0:
		o.note(Odd, name, "an object", strconv.FormatInt(read.ID, 10))
	default:
		o.note(Unreadable, name, "an object", "")
	}
}

// unwrapsToNothing tells a plain text from a record that is written as a text.
func unwrapsToNothing(raw json.RawMessage) bool { return string(unwrapped(raw)) == string(raw) }
