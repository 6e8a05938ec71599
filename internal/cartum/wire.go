package cartum

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// The envelope's statuses (reference, cartum-api 1.3).
const (
	statusOK                 = "OK"
	statusEmpty              = "EMPTY"
	statusWarning            = "WARNING"
	statusError              = "ERROR"
	statusException          = "EXCEPTION"
	statusUnauthorized       = "UNAUTHORIZED"
	statusAuthorizationError = "AUTHORIZATION_ERROR"
	statusUndefinedFunction  = "UNDEFINED_FUNCTION"
	statusHTTPError          = "HTTP_ERROR"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// readEnvelope reads {"status": ..., "response": ...}, the form of all answers but those of hooks/*.
func readEnvelope(f function, a answer) (reply, *Error) {
	if failure := failureOfCode(f, a); failure != nil {
		return reply{}, failure
	}
	body := bytes.TrimSpace(bytes.TrimPrefix(a.body, byteOrderMark))
	if len(body) == 0 {
		return reply{}, f.failure(Unavailable, a, errEmptyBody)
	}
	if !json.Valid(body) {
		return reply{}, f.failure(Unavailable, a, errNotJSON)
	}
	fields, _ := asObject(body)
	status := strings.ToUpper(strings.TrimSpace(asString(fields["status"])))
	if a.code >= 300 || !slices.Contains(f.accepts, status) {
		return reply{}, failureOfStatus(f, a, status)
	}
	return reply{status: status, response: fields["response"]}, nil
}

// rows gives the elements of a list in the response. The status EMPTY means none in whatever shape, and so does PHP's
// empty [] in place of the response; anything else that is not a list is an error, never "none".
func rows(f function, r reply, name string) ([]json.RawMessage, *Error) {
	if empty, ok := asArray(r.response); ok && len(empty) == 0 {
		return nil, nil
	}
	fields, _ := asObject(r.response)
	list, ok := asList(fields[name])
	if !ok && r.status != statusEmpty {
		return nil, f.malformed(name, "is not a list")
	}
	return list, nil
}

// words collects the service's own words from wherever a failure carries them; "" where the body is not JSON.
func words(body []byte) string {
	var v any
	if json.Unmarshal(bytes.TrimPrefix(body, byteOrderMark), &v) != nil {
		return ""
	}
	return strings.Join(phrases(v), "; ")
}

func phrases(v any) []string {
	var found []string
	switch v := v.(type) {
	case string:
		found = append(found, v)
	case []any:
		for _, element := range v {
			found = append(found, phrases(element)...)
		}
	case map[string]any:
		for _, key := range []string{"message", "messages", "error", "response"} {
			found = append(found, phrases(v[key])...)
		}
	}
	return found
}
