package settings

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// decode reads a node into a value of Settings, whose type says what may stand
// there. The depth of the types bounds the depth of what is read.
func (d *document) decode(node ast.Node, into reflect.Value, at path) {
	switch node.(type) {
	case *ast.NullNode:
		d.fail(at, "has no value; fill it in or take the key away")
		return
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fail(at, "anchors, aliases and tags are not understood; write the value out")
		return
	}
	switch {
	case into.Type() == reflect.TypeFor[Secret]():
		d.secret(node, into, at)
	case isScalar(into.Type()):
		d.scalar(node, into, at)
	case into.Kind() == reflect.Slice:
		d.list(node, into, at)
	case into.Kind() == reflect.Map:
		d.table(node, into, at)
	default:
		d.record(node, into, at)
	}
}

func isScalar(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[Secret](), reflect.TypeFor[time.Time]():
		return true
	}
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Map && t.Kind() != reflect.Slice
}

// list reads a sequence. An element that cannot be read stays zero, so that the
// others keep their numbers.
func (d *document) list(node ast.Node, into reflect.Value, at path) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.fail(at, "must be a list; write for example "+d.places[at.namespace].example)
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(sequence.Values), len(sequence.Values)))
	for i, value := range sequence.Values {
		d.mark(at.item(i), firstToken(value))
		d.decode(value, into.Index(i), at.item(i))
	}
}

// table reads a mapping whose keys are the user's own.
func (d *document) table(node ast.Node, into reflect.Value, at path) {
	into.Set(reflect.MakeMap(into.Type()))
	for _, entry := range d.entries(node, at, at.entry) {
		here := d.places[entry.at.namespace]
		here.empty = d.places[at.namespace].empty
		d.places[entry.at.namespace] = here
		key := reflect.New(into.Type().Key()).Elem()
		if err := set(key, entry.key); err != nil {
			d.fail(entry.at, "the key "+err.Error())
			continue
		}
		value := reflect.New(into.Type().Elem()).Elem()
		d.decode(entry.value, value, entry.at)
		into.SetMapIndex(key, value)
	}
}

// record reads a mapping whose keys are ours.
func (d *document) record(node ast.Node, into reflect.Value, at path) {
	fields, names := keysOf(into.Type())
	for _, entry := range d.entries(node, at, at.key) {
		field, known := fields[entry.key]
		if !known {
			d.fail(entry.at, "unknown key; keys here are: "+strings.Join(names, ", "))
			continue
		}
		delete(fields, entry.key)
		d.explain(entry.at, field)
		d.decode(entry.value, into.FieldByIndex(field.Index), entry.at)
	}
	for name, field := range fields {
		d.absent(into.FieldByIndex(field.Index), at.key(name), field, d.places[at.namespace])
	}
}

// keysOf are the fields of a struct by the key they have in the file, and the
// keys in their order.
func keysOf(t reflect.Type) (map[string]reflect.StructField, []string) {
	fields := map[string]reflect.StructField{}
	var names []string
	for _, field := range reflect.VisibleFields(t) {
		if name := field.Tag.Get("yaml"); name != "-" {
			fields[name] = field
			names = append(names, name)
		}
	}
	return fields, names
}

// explain notes how a key may and must be written.
func (d *document) explain(at path, field reflect.StructField) {
	place := d.places[at.namespace]
	place.literal = field.Tag.Get("literal") == "allowed"
	place.empty = field.Tag.Get("empty") == "allowed"
	place.example = field.Tag.Get("yaml") + ": " + field.Tag.Get("example")
	d.places[at.namespace] = place
}

// absent notes where a key is missed, and fills in its default.
func (d *document) absent(into reflect.Value, at path, field reflect.StructField, parent place) {
	missed := place{line: parent.line, column: parent.column, key: at.shown, absent: true}
	d.places[at.namespace] = missed
	d.explain(at, field)
	if text, ok := field.Tag.Lookup("default"); ok {
		if err := set(into, text); err != nil {
			d.fail(at, "its default "+err.Error())
		}
	}
	if isScalar(into.Type()) || into.Kind() != reflect.Struct {
		return
	}
	fields, _ := keysOf(into.Type())
	for name, inner := range fields {
		d.absent(into.FieldByIndex(inner.Index), at.key(name), inner, missed)
	}
}

// entry is one key of a mapping and its value.
type entry struct {
	key   string
	at    path
	value ast.Node
}

// entries are the keys of a mapping; child names the place of each.
func (d *document) entries(node ast.Node, at path, child func(string) path) []entry {
	var pairs []*ast.MappingValueNode
	switch mapping := node.(type) {
	case *ast.MappingNode:
		pairs = mapping.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{mapping}
	default:
		d.fail(at, "must hold keys of its own, each with a value")
		return nil
	}
	entries := make([]entry, 0, len(pairs))
	for _, pair := range pairs {
		if entry, ok := d.entry(pair, child); ok {
			entries = append(entries, entry)
		}
	}
	return entries
}

// entry reads one key. Where a key stands twice the first one counts.
func (d *document) entry(pair *ast.MappingValueNode, child func(string) path) (entry, bool) {
	name, plain := text(pair.Key)
	if !plain {
		name = pair.Key.Type().YAMLName()
	}
	at := child(name)
	first, repeated := d.places[at.namespace]
	d.mark(at, pair.Key.GetToken())
	switch {
	case !plain:
		d.fail(at, "is no key; write a plain name or number")
	case repeated:
		d.fail(at, "stands here again, after line "+strconv.Itoa(first.line)+"; take one of them away")
	}
	return entry{name, at, pair.Value}, plain && !repeated
}

// text is a scalar as it is written: whether it looks like a number or a
// boolean is not decided by the look of it but by its key.
func text(node ast.Node) (string, bool) {
	switch scalar := node.(type) {
	case *ast.StringNode:
		return scalar.Value, true
	case *ast.LiteralNode:
		return scalar.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

func (d *document) scalar(node ast.Node, into reflect.Value, at path) {
	written, ok := text(node)
	if !ok {
		d.fail(at, "must be a single value")
		return
	}
	here := d.places[at.namespace]
	here.written = written
	d.places[at.namespace] = here
	value, ok := d.expand(written, at)
	if !ok {
		return
	}
	if err := set(into, value); err != nil {
		d.fail(at, quote(written)+" "+err.Error())
	}
}

// secret reads a value that must not stand in the file itself, as files are
// copied, committed and shown.
func (d *document) secret(node ast.Node, into reflect.Value, at path) {
	here := d.places[at.namespace]
	written, ok := text(node)
	if !ok {
		d.fail(at, "must be a single value; write for example "+here.example)
		return
	}
	if !here.literal && variable.FindString(written) != written {
		d.fail(at, "must not stand in the file; put it into an environment variable and write for example "+here.example)
		return
	}
	if value, ok := d.expand(written, at); ok {
		into.Set(reflect.ValueOf(NewSecret(value)))
		d.secrets[at.namespace] = value
	}
}

// variable refers to the environment.
var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand replaces the variables of a value. What they hold is never read as
// YAML, and a variable in it is not replaced again.
func (d *document) expand(written string, at path) (string, bool) {
	if strings.Contains(variable.ReplaceAllLiteralString(written, ""), "${") {
		d.fail(at, `"${" begins no variable; write it as ${NAME}, with letters, digits and underscores`)
		return "", false
	}
	complete := true
	value := variable.ReplaceAllStringFunc(written, func(reference string) string {
		found, err := d.lookUp(variable.FindStringSubmatch(reference)[1])
		if err != nil {
			complete = false
			d.fail(at, err.Error())
		}
		return found
	})
	if !complete {
		return "", false
	}
	if value == "" && d.places[at.namespace].empty {
		return value, true
	}
	if problem := untidy(value); problem != "" {
		d.fail(at, problem)
		return "", false
	}
	return value, true
}

// fileSuffix after a variable's name makes the variable that holds the path of
// a file with the value, as container images have it.
const fileSuffix = "_FILE"

// lookUp is a variable's value: of the environment, which cannot change while
// the program runs, else of a file, which can.
func (d *document) lookUp(name string) (string, error) {
	if value, _ := d.env(name); value != "" {
		return value, nil
	}
	file, _ := d.env(name + fileSuffix)
	if file == "" {
		return "", fmt.Errorf("environment variable %s is not set or empty; set it for this program, or %s to a file with the value", name, name+fileSuffix)
	}
	d.variableFiles = append(d.variableFiles, file)
	text, err := readFile(file, mostSecretBytes)
	switch {
	case err != nil:
		return "", fmt.Errorf("the file of %s cannot be read: %s", name+fileSuffix, printable(err.Error()))
	case len(text) == 0:
		return "", fmt.Errorf("the file of %s is empty; write the value into it", name+fileSuffix)
	}
	value, _ := strings.CutSuffix(string(text), "\n")
	value, _ = strings.CutSuffix(value, "\r")
	return value, nil
}

// untidy says what no value may be. Such values come from quotes in the file and
// from variables read from a file with its last line break.
func untidy(value string) string {
	switch {
	case value == "":
		return "is empty; fill it in or take the key away"
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return "has a line break or a control character in it; take it out"
	case strings.TrimSpace(value) != value:
		return "has spaces around it; take them away"
	}
	return ""
}

// quote cites a value of the file, shortened.
func quote(written string) string {
	const most = 60
	if runes := []rune(written); len(runes) > most {
		written = string(runes[:most]) + "…"
	}
	return strconv.Quote(written)
}

// set reads a text as a value of the type. Its errors follow the quoted text.
func set(into reflect.Value, text string) error {
	switch value := into.Addr().Interface().(type) {
	case *time.Duration:
		return assign(value, text, time.ParseDuration, `is no duration; write for example "75s" or "2m"`)
	case *time.Time:
		return assign(value, text, parseDay, "is no day; write year, month and day, such as 2026-11-01")
	case *float64:
		return assign(value, text, parseNumber, "is no number; write for example 3 or 2.5")
	case *bool:
		return assign(value, text, strconv.ParseBool, "is neither true nor false")
	case *int:
		return assign(value, text, parseWhole, notWhole)
	case *int64:
		return assign(value, text, parseWhole64, notWhole)
	}
	into.SetString(text)
	return nil
}

const notWhole = "is no whole number; write digits alone, such as 101"

func assign[T any](into *T, text string, parse func(string) (T, error), problem string) error {
	value, err := parse(text)
	if err != nil {
		return errors.New(problem)
	}
	*into = value
	return nil
}

func parseDay(text string) (time.Time, error) { return time.Parse(time.DateOnly, text) }

func parseNumber(text string) (float64, error) { return strconv.ParseFloat(text, 64) }

// parseWhole knows one spelling of each number, so that 1 and 01 are not two
// keys of one mapping.
func parseWhole(text string) (int, error) {
	number, err := strconv.Atoi(text)
	if err == nil && strconv.Itoa(number) != text {
		err = strconv.ErrSyntax
	}
	return number, err
}

func parseWhole64(text string) (int64, error) {
	number, err := parseWhole(text)
	return int64(number), err
}
