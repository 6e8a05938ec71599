package reference

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Guess is something that a document assumes.
type Guess struct {
	// Where is an operation or a record, such as "GET /v2/orders" or "Order", and Fields what of it; none is the whole.
	Where  string
	Fields []string
	// Text says what is assumed.
	Text string
	// Switches are those of the fake that take other readings.
	Switches []string
}

// Place names what is assumed: "GET /v2/company: id, name".
func (g Guess) Place() string {
	if len(g.Fields) == 0 {
		return g.Where
	}
	return g.Where + ": " + strings.Join(g.Fields, ", ")
}

// Guesses are the guesses of a document in the order in which it has them. It fails where an operation or a field does not
// say how sure it is, or a guess does not say what is assumed.
func Guesses(document []byte) ([]Guess, error) {
	var root yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(document, &root, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	w := &walk{}
	for path, item := range each(at(root, "paths")) {
		for method, operation := range each(item) {
			if method == "parameters" {
				w.parameters(path, operation)
				continue
			}
			where := strings.ToUpper(method) + " " + path
			w.mark(where, "", operation)
			w.parameters(where, at(operation, "parameters"))
			w.schemas(where, "", at(operation, "requestBody"))
			for code, answer := range each(at(operation, "responses")) {
				w.schemas(where, "answer "+code, answer)
			}
		}
	}
	for _, parameter := range each(at(root, "components", "parameters")) {
		w.parameters("all lists and records", []any{parameter})
	}
	for name, answer := range each(at(root, "components", "responses")) {
		w.markIfAny("answer "+name, "", answer)
		for header, described := range each(at(answer, "headers")) {
			w.mark("answer "+name, header, described)
		}
		w.schemas("answer "+name, "", answer)
	}
	for name, schema := range each(at(root, "components", "schemas")) {
		w.markIfAny(name, "", schema)
		w.fields(name, "", schema)
	}
	return w.guesses, errors.Join(w.problems...)
}

type walk struct {
	guesses  []Guess
	problems []error
}

// mark takes down how sure something is, which it has to say.
func (w *walk) mark(where, field string, value any) {
	switch sure := at(value, "x-attested"); sure {
	case "documented", "seen-live":
	case "guess":
		w.guess(where, field, value)
	default:
		w.problems = append(w.problems, fmt.Errorf("%s %s: x-attested is %v, not documented, seen-live or guess", where, field, sure))
	}
}

func (w *walk) markIfAny(where, field string, value any) {
	if at(value, "x-attested") != nil {
		w.mark(where, field, value)
	}
}

func (w *walk) guess(where, field string, value any) {
	text, _ := at(value, "description").(string)
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		w.problems = append(w.problems, fmt.Errorf("%s %s: a guess without a description", where, field))
	}
	g := Guess{Where: where, Text: text}
	switch switches := at(value, "x-switch").(type) {
	case string:
		g.Switches = []string{switches}
	case []any:
		for _, name := range switches {
			g.Switches = append(g.Switches, fmt.Sprint(name))
		}
	}
	if field != "" {
		g.Fields = []string{field}
	}
	if n := len(w.guesses); n > 0 && field != "" && w.guesses[n-1].Where == where && w.guesses[n-1].Text == text && w.guesses[n-1].Fields != nil {
		w.guesses[n-1].Fields = append(w.guesses[n-1].Fields, field)
		return
	}
	w.guesses = append(w.guesses, g)
}

func (w *walk) parameters(where string, list any) {
	all, _ := list.([]any)
	for _, parameter := range all {
		if at(parameter, "$ref") == nil {
			w.mark(where, fmt.Sprint(at(parameter, "name")), parameter)
		}
	}
}

// schemas are those of a body in all its forms.
func (w *walk) schemas(where, field string, body any) {
	for _, content := range each(at(body, "content")) {
		schema := at(content, "schema")
		w.markIfAny(where, field, schema)
		w.fields(where, "", schema)
	}
}

// fields goes down into all properties of a schema, wherever they are.
func (w *walk) fields(where, prefix string, schema any) {
	for name, property := range each(at(schema, "properties")) {
		field := strings.TrimPrefix(prefix+"."+name, ".")
		w.mark(where, field, property)
		w.fields(where, field, property)
	}
	for _, nested := range []string{"items", "additionalProperties"} {
		if inner := at(schema, nested); inner != nil {
			w.fields(where, prefix+"[]", inner)
		}
	}
	alternatives, _ := at(schema, "anyOf").([]any)
	for _, alternative := range alternatives {
		w.fields(where, prefix, alternative)
	}
}

// at walks into ordered maps; nil where there is none.
func at(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(yaml.MapSlice)
		i := slices.IndexFunc(object, func(item yaml.MapItem) bool { return fmt.Sprint(item.Key) == key })
		if i < 0 {
			return nil
		}
		value = object[i].Value
	}
	return value
}

func each(value any) func(yield func(string, any) bool) {
	return func(yield func(string, any) bool) {
		object, _ := value.(yaml.MapSlice)
		for _, item := range object {
			if !yield(fmt.Sprint(item.Key), item.Value) {
				return
			}
		}
	}
}
