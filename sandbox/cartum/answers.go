package cartum

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// The envelope's status words (docs/reference/cartum.md#answers-and-errors).
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

// function is one function of the API.
type function struct {
	handle func(*Server, params) answer
	// open functions need no token.
	open bool
	// bare functions answer without an envelope, with HTTP codes that mean
	// something: the hooks (docs/reference/cartum.md#transport).
	bare bool
}

var functions = map[string]function{
	"auth":                          {handle: (*Server).auth, open: true},
	"orders/get":                    {handle: (*Server).ordersGet},
	"orders/update":                 {handle: (*Server).ordersUpdate},
	"orders/get_available_statuses": {handle: (*Server).availableStatuses},
	"catalog/export":                {handle: (*Server).catalogExport},
	"delivery/export":               {handle: (*Server).deliveryExport},
	"delivery/exportTypes":          {handle: (*Server).deliveryTypes},
	"payment/export":                {handle: (*Server).paymentExport},
	"payment/exportMethods":         {handle: (*Server).paymentMethods},
	"currency/export":               {handle: (*Server).currencyExport},
	"hooks/subscribe":               {handle: (*Server).hooksSubscribe, bare: true},
	"hooks/unSubscribe":             {handle: (*Server).hooksUnsubscribe, bare: true},
}

// answer is what a function has to say: an HTTP code and a JSON document.
type answer struct {
	code     int
	word     string // the envelope's status; empty where there is no envelope
	document any
}

// failed distinguishes refusals from successes.
func (a answer) failed() bool {
	switch a.word {
	case statusError, statusException, statusUnauthorized, statusAuthorizationError:
		return true
	}
	return false
}

// envelope is the common answer: HTTP 200 also for errors
// (docs/reference/cartum.md#transport).
func envelope(word string, response any) answer {
	return answer{
		code:     http.StatusOK,
		word:     word,
		document: map[string]any{"status": word, "response": response},
	}
}

func failure(word, message string) answer {
	return envelope(word, map[string]any{"message": message})
}

// httpError answers a payload that could not be read
// (docs/reference/cartum.md#answers-and-errors).
func httpError(err error) answer {
	return envelope(statusHTTPError, map[string]any{"code": http.StatusBadRequest, "message": err.Error()})
}

// nothing answers a list without rows.
func (s *Server) nothing(key string) answer {
	if s.is(SwitchEmptyResponse, "list") {
		return envelope(statusEmpty, []any{})
	}
	return envelope(statusEmpty, map[string]any{key: []any{}})
}

// rows answers a list, or EMPTY.
func rows[T any](s *Server, key string, list []T) answer {
	if len(list) == 0 {
		return s.nothing(key)
	}
	return envelope(statusOK, map[string]any{key: list})
}

// inFormOf gives a refusal of the hooks the form that the switch says.
func (s *Server) inFormOf(f function, a answer) answer {
	if !f.bare || !a.failed() || s.is(SwitchHooksRefusal, "envelope") {
		return a
	}
	code := http.StatusBadRequest
	if a.word == statusUnauthorized || a.word == statusAuthorizationError {
		code = http.StatusUnauthorized
	}
	return answer{code: code, document: map[string]any{"error": a.message()}}
}

// message is a refusal's text.
func (a answer) message() string {
	document, _ := a.document.(map[string]any)
	response, _ := document["response"].(map[string]any)
	text, _ := response["message"].(string)
	return text
}

// page is an answer ready to be sent.
type page struct {
	code   int
	word   string
	kind   string // Content-Type
	header map[string]string
	body   []byte
}

const (
	kindJSON = "application/json; charset=utf-8"
	kindHTML = "text/html; charset=utf-8"
)

func encode(a answer) page {
	body, err := marshal(a.document)
	if err != nil {
		return page{code: http.StatusInternalServerError, kind: "text/plain", body: []byte(err.Error())}
	}
	return page{code: a.code, word: a.word, kind: kindJSON, body: body}
}

func htmlPage(code int) page {
	text := fmt.Sprintf("<!DOCTYPE html><html><head><title>%d</title></head><body><h1>%d %s</h1></body></html>\n",
		code, code, http.StatusText(code))
	return page{code: code, kind: kindHTML, body: []byte(text)}
}

func (p page) write(w http.ResponseWriter) {
	for name, value := range p.header {
		w.Header().Set(name, value)
	}
	if p.kind != "" {
		w.Header().Set("Content-Type", p.kind)
	}
	w.WriteHeader(p.code)
	_, _ = w.Write(p.body) // the client may be gone; nobody is left to notify
}

// marshal leaves <, > and & as they are, as the service's texts have them.
func marshal(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buffer.Bytes(), "\n"), nil
}

// phpMap is a map that is encoded as the service's PHP does it: an empty one is
// [] (docs/reference/cartum.md#answers-and-errors).
type phpMap map[string]any

// MarshalJSON implements json.Marshaler.
func (m phpMap) MarshalJSON() ([]byte, error) {
	if len(m) == 0 {
		return []byte("[]"), nil
	}
	return marshal(map[string]any(m))
}
