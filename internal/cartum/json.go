package cartum

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

func asObject(raw json.RawMessage) (map[string]json.RawMessage, bool) {
	var fields map[string]json.RawMessage
	err := json.Unmarshal(unwrapped(raw), &fields)
	return fields, err == nil && fields != nil
}

func asArray(raw json.RawMessage) ([]json.RawMessage, bool) {
	var elements []json.RawMessage
	err := json.Unmarshal(unwrapped(raw), &elements)
	return elements, err == nil && elements != nil
}

// unwrapped is the JSON that a string holds, as it comes out of a JSON column of a database, or the value itself.
func unwrapped(raw json.RawMessage) json.RawMessage {
	text := strings.TrimSpace(asString(raw))
	if text != "" && (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return raw
}

// asList takes a list, and an object whose values are records or whose keys count them, which is what PHP makes of a list
// with gaps. The elements come as they are written.
func asList(raw json.RawMessage) ([]json.RawMessage, bool) {
	if elements, ok := asArray(raw); ok {
		return elements, true
	}
	decoder := json.NewDecoder(bytes.NewReader(unwrapped(raw)))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return nil, false
	}
	elements := []json.RawMessage{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		var element json.RawMessage
		if err := decoder.Decode(&element); err != nil {
			return nil, false
		}
		_, isObject := asObject(element)
		if name, _ := key.(string); !isObject && !place.MatchString(name) {
			return nil, false
		}
		elements = append(elements, element)
	}
	return elements, true
}

var place = regexp.MustCompile(`^\d{1,9}$`)

// asString gives the contents of a JSON string, and "" of everything else.
func asString(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// asLiteral gives the contents of a string, or a number as written; one with an exponent is written out.
func asLiteral(raw json.RawMessage) (string, bool) {
	var text string
	var number json.Number
	switch {
	case isAbsent(raw):
		return "", false
	case json.Unmarshal(raw, &text) == nil:
		return text, true
	case json.Unmarshal(raw, &number) == nil:
		if value, ok := plainNumber(number.String()); ok && strings.ContainsAny(number.String(), "eE") {
			return value.String(), true
		}
		return number.String(), true
	}
	return "", false
}

func isAbsent(raw json.RawMessage) bool {
	return len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null"
}

// isVacant recognises the ways in which PHP writes "nothing here".
func isVacant(raw json.RawMessage) bool {
	if isAbsent(raw) {
		return true
	}
	switch string(bytes.TrimSpace(raw)) {
	case "false", "{}":
		return true
	}
	if text, ok := asLiteral(raw); ok {
		return strings.TrimSpace(text) == ""
	}
	elements, ok := asArray(raw)
	return ok && len(elements) == 0
}

// sole gives the one value that a list of one, or an object with one of the names, stands for.
func sole(raw json.RawMessage, names ...string) (json.RawMessage, bool) {
	if elements, ok := asArray(raw); ok && len(elements) == 1 {
		return elements[0], true
	}
	fields, _ := asObject(raw)
	for _, name := range names {
		if value := fields[name]; !isVacant(value) {
			return value, true
		}
	}
	return nil, false
}
