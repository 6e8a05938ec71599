package roapp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// apiError is a refusal. A status 404 without text is answered as text/plain
// without a body.
type apiError struct {
	status int
	field  string // the request's field at fault, if any
	text   string
	// body, if any, is the answer whatever the form of errors.
	body any
}

func (e *apiError) Error() string {
	if e.field == "" {
		return e.text
	}
	return e.field + ": " + e.text
}

func invalid(field, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, field: field, text: fmt.Sprintf(format, args...)}
}

func refused(format string, args ...any) *apiError {
	return invalid("", format, args...)
}

var errNotFound = &apiError{status: http.StatusNotFound}

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &apiError{
			status: http.StatusRequestEntityTooLarge,
			text:   fmt.Sprintf("body is larger than %d bytes", tooLarge.Limit),
		}
	}
	return refused("body could not be read: %v", err)
}

// errorForm makes the JSON body of a refusal.
type errorForm func(*apiError) any

// errorForm is the form of r's part of the API.
func (s *Server) errorForm(r *http.Request) errorForm {
	if !strings.HasPrefix(r.URL.Path, "/v2/") {
		return oldError
	}
	key := s.switches.value(ErrorBody)
	if key == "old" {
		return oldError
	}
	return func(e *apiError) any { return map[string]any{key: e.Error()} }
}

// oldError is the error form of the old API (reference, roapp-api 1).
func oldError(e *apiError) any {
	if e.field == "" {
		return map[string]any{"success": false, "code": e.status, "message": e.text}
	}
	validation := map[string]any{e.field: []string{e.text}}
	return map[string]any{"success": false, "code": 101, "message": map[string]any{"validation": validation}}
}

func sandboxError(e *apiError) any { return map[string]any{"error": e.Error()} }

func (s *Server) writeError(w http.ResponseWriter, form errorForm, err error) {
	var refusal *apiError
	if !errors.As(err, &refusal) {
		refusal = &apiError{status: http.StatusInternalServerError, text: err.Error()}
	}
	if refusal.status == http.StatusNotFound && refusal.text == "" {
		writeEmpty(w, refusal.status)
		return
	}
	if refusal.body != nil {
		writeJSON(w, refusal.status, refusal.body)
		return
	}
	writeJSON(w, refusal.status, form(refusal))
}
