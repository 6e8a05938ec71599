// Package layout is what the pages of both fakes look like.
package layout

import (
	"bytes"
	_ "embed" // the page's frame
	"html/template"
	"net/http"
)

//go:embed layout.html
var frame string

// Parse creates a page of the blocks "title", "fake", which says what the page
// stands for, and "content".
func Parse(blocks ...string) *template.Template {
	page := template.Must(template.New("page").Parse(frame))
	for _, block := range blocks {
		template.Must(page.Parse(block))
	}
	return page
}

// Write sends a page.
func Write(w http.ResponseWriter, status int, page *template.Template, data any) {
	var text bytes.Buffer
	if err := page.Execute(&text, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w) // the browser has gone
}

// FormOnly is for actions: a form of the page itself and no larger than a form is.
func FormOnly(next http.Handler) http.Handler {
	const largestForm = 64 << 10
	return http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(next, largestForm))
}
