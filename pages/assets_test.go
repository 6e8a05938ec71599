package pages

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The files are served and may be kept; folders are not listed.
func TestAssets(t *testing.T) {
	t.Parallel()
	for path, code := range map[string]int{
		"/assets/styles.css?123": http.StatusOK, "/assets/base.css": http.StatusOK,
		"/assets/": http.StatusNotFound, "/assets": http.StatusNotFound, "/assets/npm/": http.StatusNotFound, "/assets/npm": http.StatusNotFound,
		"/assets/none.js": http.StatusNotFound, "/assets/../words.go": http.StatusNotFound,
	} {
		answer := httptest.NewRecorder()
		assetHandler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		assert.Equal(t, code, answer.Code, path)
		if code == http.StatusOK {
			assert.Contains(t, answer.Header().Get("Cache-Control"), "immutable", path)
		} else {
			assert.Empty(t, answer.Header().Get("Cache-Control"), path)
		}
	}
}
