package settings

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// KeyError is one problem of a settings file. Its message names the remedy and
// never a secret, nor any value that came from the environment.
type KeyError struct {
	File         string
	Line, Column int    // from 1
	Key          string // such as "shops.kwiaty.account", empty for the file itself
	Message      string
}

func (e *KeyError) Error() string {
	at := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Key != "" {
		at += e.Key + ": "
	}
	return at + e.Message
}

// document is one settings file before it is read into Settings. The YAML library only
// parses it: the library's own decoder stops at the first problem, forgets where
// a value stood, and quotes the source, where a secret may stand, in its errors.
type document struct {
	file     string
	env      func(string) (string, bool)
	places   map[string]place // by namespace
	failed   map[string]bool  // namespaces whose value could not be read
	secrets  map[string]string
	problems []*KeyError
	// variableFiles are the files that variables lead to.
	variableFiles []string
}

// place is where a key stands, or where it is missed.
type place struct {
	line, column int
	key          string
	absent       bool
	example      string // how the key may be written
	literal      bool   // whether a secret may be written out
	empty        bool   // whether an empty text is a value; so are those below it
	// written is the value as in the file, with variables not replaced. It is
	// empty for secrets.
	written string
}

// path leads to a value: namespace as the validator names it, shown to people.
type path struct{ namespace, shown string }

var root = path{namespace: reflect.TypeFor[Settings]().Name()}

func (p path) key(name string) path {
	return path{p.namespace + "." + name, strings.TrimPrefix(p.shown+"."+printable(name), ".")}
}

func (p path) entry(key string) path {
	return path{p.namespace + "[" + key + "]", p.shown + "." + printable(key)}
}

func (p path) item(i int) path {
	suffix := "[" + strconv.Itoa(i) + "]"
	return path{p.namespace + suffix, p.shown + suffix}
}

// printable keeps a strange key from breaking the line of its message.
func printable(key string) string {
	if quoted := strconv.Quote(key); quoted != `"`+key+`"` || key == "" {
		return quoted
	}
	return key
}

func newDocument(file string, env func(string) (string, bool)) *document {
	return &document{
		file:    file,
		env:     env,
		places:  map[string]place{root.namespace: {line: 1, column: 1}},
		failed:  map[string]bool{},
		secrets: map[string]string{},
	}
}

// read fills the settings and tells whether there is anything to check.
func (d *document) read(text []byte, into *Settings) bool {
	if len(text) > mostBytes {
		d.fail(root, fmt.Sprintf("the file is larger than %d KiB; settings are smaller", mostBytes>>10))
		return false
	}
	tokens := lexer.Tokenize(strings.TrimPrefix(string(text), "\ufeff"))
	if tk := tooDeep(tokens); tk != nil {
		d.mark(root, tk)
		d.fail(root, "the file is nested too deeply here; settings are not, so look for a bracket too many")
		return false
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return false
	}
	documents := slices.DeleteFunc(file.Docs, func(doc *ast.DocumentNode) bool { return doc.Body == nil })
	if len(documents) == 0 {
		d.fail(root, "the file is empty; start from the example file")
		return false
	}
	if len(documents) > 1 {
		d.mark(root, cmp.Or(documents[1].Start, firstToken(documents[1].Body)))
		d.fail(root, `a second document begins here; take the line "---" away`)
		return false
	}
	d.decode(documents[0].Body, reflect.ValueOf(into).Elem(), root)
	return true
}

// quoted is what the YAML library cites from the file in its messages.
var quoted = regexp.MustCompile(`".*"`)

func (d *document) syntax(err error) {
	problem := &KeyError{File: d.file, Line: 1, Column: 1}
	reason := "it cannot be read"
	if at, ok := errors.AsType[yaml.Error](err); ok {
		reason = quoted.ReplaceAllLiteralString(strings.ReplaceAll(at.GetMessage(), "\t", `\t`), "(not shown)")
		if tk := at.GetToken(); tk != nil {
			problem.Line, problem.Column = tk.Position.Line, max(tk.Position.Column, 1)
		}
	}
	problem.Message = "no valid YAML: " + reason + `; correct it, and write variables inside { } and [ ] in quotes: "${NAME}"`
	d.problems = append(d.problems, problem)
}

// err is all problems in the order of the file.
func (d *document) err() error {
	slices.SortStableFunc(d.problems, func(a, b *KeyError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Key, b.Key))
	})
	joined := make([]error, 0, len(d.problems))
	for _, problem := range d.problems {
		joined = append(joined, problem)
	}
	return errors.Join(joined...)
}

// report adds a problem of a key whose place is known.
func (d *document) report(at place, message string) {
	d.problems = append(d.problems, &KeyError{d.file, at.line, at.column, at.key, message})
}

// fail adds a problem that leaves a value unread, so that nothing is said about
// this value again.
func (d *document) fail(at path, message string) {
	d.failed[at.namespace] = true
	d.report(d.places[at.namespace], message)
}

// unread tells whether a value or what it stands in could not be read.
func (d *document) unread(namespace string) bool {
	for failed := range d.failed {
		rest, within := strings.CutPrefix(namespace, failed)
		if within && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// mark notes where a key stands.
func (d *document) mark(at path, tk *token.Token) {
	d.places[at.namespace] = place{line: tk.Position.Line, column: max(tk.Position.Column, 1), key: at.shown}
}

// firstToken is where a value begins: the library says of a mapping where its
// first colon is.
func firstToken(node ast.Node) *token.Token {
	if mapping, ok := node.(*ast.MappingNode); ok && !mapping.IsFlowStyle && len(mapping.Values) > 0 {
		return mapping.Values[0].Key.GetToken()
	}
	return node.GetToken()
}
