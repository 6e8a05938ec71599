package layout

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPageShowsItsBlocks(t *testing.T) {
	t.Parallel()
	page := Parse(`{{define "title"}}Orders{{end}}`, `{{define "fake"}}a shop{{end}}`, `{{define "content"}}<p>{{.Name}}</p>{{end}}`)
	w := httptest.NewRecorder()
	Write(w, http.StatusAccepted, page, map[string]string{"Name": "<Anna>"})
	assert.Equal(t, http.StatusAccepted, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	for _, part := range []string{"Orders", "a shop", "<p>&lt;Anna&gt;</p>"} {
		assert.Contains(t, w.Body.String(), part)
	}
	broken := Parse(`{{define "title"}}{{.Name.Missing}}{{end}}`, `{{define "fake"}}{{end}}`, `{{define "content"}}{{end}}`)
	w = httptest.NewRecorder()
	Write(w, http.StatusOK, broken, map[string]string{"Name": "x"})
	assert.Equal(t, http.StatusInternalServerError, w.Code, "half a page is none")
}

func TestOnlyThePagesOwnFormsAreTaken(t *testing.T) {
	t.Parallel()
	taken := FormOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}))
	for name, test := range map[string]struct {
		site, form string
		code       int
	}{
		"the page itself": {"same-origin", "a=1", http.StatusOK},
		"another site":    {"cross-site", "a=1", http.StatusForbidden},
		"a huge form":     {"same-origin", "a=" + strings.Repeat("1", 64<<10), http.StatusRequestEntityTooLarge},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/action", strings.NewReader(test.form))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", test.site)
		w := httptest.NewRecorder()
		taken.ServeHTTP(w, request)
		assert.Equal(t, test.code, w.Code, name)
	}
}
