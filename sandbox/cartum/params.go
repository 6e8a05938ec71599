package cartum

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// params are a request's parameters, from the query and from the body. What
// came as a form has texts for values, and maps with "0", "1" for lists.
type params map[string]any

var errNotJSON = errors.New("payload is not json")

// parseParams reads parameters the way the service takes them: a JSON body, a
// form (deprecated) or the query (docs/reference/cartum.md#transport).
func parseParams(r *http.Request, body []byte) (params, error) {
	p := params{}
	p.addForm(r.URL.Query())
	if len(body) == 0 {
		return p, nil
	}
	kind, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, errNotJSON
	}
	switch kind {
	case "application/json":
		if charset := options["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
			return nil, fmt.Errorf("charset %s is not supported", charset)
		}
		return p, p.addJSON(body)
	case "application/x-www-form-urlencoded", "multipart/form-data":
		return p, p.addBodyForm(body, options["boundary"])
	default:
		return nil, errNotJSON
	}
}

func (p params) addJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errNotJSON
	}
	object, err := decodeObject(body)
	if err != nil {
		return errNotJSON
	}
	for name, value := range object {
		p[name] = value
	}
	return nil
}

// addBodyForm reads a multipart form where there is a boundary.
func (p params) addBodyForm(body []byte, boundary string) error {
	if boundary != "" {
		form, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(maxBody)
		if err != nil {
			return errNotJSON
		}
		p.addForm(form.Value)
		return nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return errNotJSON
	}
	p.addForm(form)
	return nil
}

// addForm takes PHP's names apart: a[b][]=1 is {"a":{"b":{"0":"1"}}}.
func (p params) addForm(form map[string][]string) {
	for name, values := range form {
		head, rest, nested := strings.Cut(name, "[")
		if !nested {
			p[name] = values[len(values)-1]
			continue
		}
		keys := strings.Split(strings.TrimSuffix(rest, "]"), "][")
		for _, value := range values {
			p.addNested(append([]string{head}, keys...), value)
		}
	}
}

func (p params) addNested(keys []string, value string) {
	node := map[string]any(p)
	for _, key := range keys[:len(keys)-1] {
		next, ok := node[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			node[key] = next
		}
		node = next
	}
	last := keys[len(keys)-1]
	if last == "" {
		last = strconv.Itoa(len(node))
	}
	node[last] = value
}

// decodeObject keeps numbers as they are written.
func decodeObject(body []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	if object == nil {
		return nil, errors.New("null instead of an object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the object")
	}
	return object, nil
}

// given reports whether a parameter counts as passed. As in PHP's empty(), a null,
// an empty text and an empty list do not; numbers do, also 0, since limit 0 is
// known to mean zero rows (docs/reference/cartum.md#catalogue).
func (p params) given(name string) bool {
	switch value := p[name].(type) {
	case nil:
		return false
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	case map[string]any:
		return len(value) > 0
	}
	return true
}

func (p params) text(name string) string { return scalarText(p[name]) }

// number reads a whole number that is not negative.
func (p params) number(name string) (int, error) {
	n, err := strconv.Atoi(p.text(name))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is defined incorrectly", name)
	}
	return n, nil
}

// flag reads true, 1 and their texts as true.
func (p params) flag(name string) bool {
	text := p.text(name)
	return text == "1" || text == "true"
}

// object is the parameters inside a parameter.
func (p params) object(name string) params {
	object, _ := p[name].(map[string]any)
	return object
}

// list is a parameter's values; a single value is a list of one.
func (p params) list(name string) []any {
	if !p.given(name) {
		return nil
	}
	switch value := p[name].(type) {
	case []any:
		return value
	case map[string]any:
		return formList(value)
	default:
		return []any{value}
	}
}

// formList puts a form's list in the order of its numbers.
func formList(values map[string]any) []any {
	keys := make([]int, 0, len(values))
	for key := range values {
		n, err := strconv.Atoi(key)
		if err != nil {
			return []any{values}
		}
		keys = append(keys, n)
	}
	slices.Sort(keys)
	list := make([]any, 0, len(keys))
	for _, key := range keys {
		list = append(list, values[strconv.Itoa(key)])
	}
	return list
}

func (p params) numbers(name string) ([]int, error) {
	list := p.list(name)
	numbers := make([]int, 0, len(list))
	for _, value := range list {
		n, err := strconv.Atoi(scalarText(value))
		if err != nil {
			return nil, fmt.Errorf("%s is defined incorrectly", name)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

func (p params) texts(name string) []string {
	list := p.list(name)
	texts := make([]string, 0, len(list))
	for _, value := range list {
		texts = append(texts, scalarText(value))
	}
	return texts
}

// scalarText is a value as text; lists and objects have none.
func scalarText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

// window is the part of a list that a request asks for.
type window struct{ offset, limit int }

// cut is the window's part of a list.
func cut[T any](list []T, w window) []T {
	from := min(w.offset, len(list))
	return list[from : from+min(w.limit, len(list)-from)]
}
