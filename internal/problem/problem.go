// Package problem writes errors as RFC 9457 has them.
package problem

import (
	"encoding/json"
	"net/http"
)

// problem without a type means no more than its status.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// Write answers with a problem. Detail says what happened and what to do.
func Write(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{Title: http.StatusText(status), Status: status, Detail: detail}) // the client has gone
}
