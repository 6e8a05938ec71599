package pages

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/zap"
	"golang.org/x/text/language"

	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// Each error of the service has a status and a text of its own.
func TestEveryErrorHasStatusAndText(t *testing.T) {
	t.Parallel()
	p := &pages{Options: Options{Settings: settings.NewStore(&settings.Settings{}), Logger: zap.NewNop()}, templates: parsedTemplates()}
	texts := textIDs(t, language.English)
	for _, code := range service.Codes() {
		assert.True(t, texts["failed."+string(code)], code)
		answer := httptest.NewRecorder()
		p.failed(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders", http.NoBody), &service.Error{Code: code, Text: "because"})
		assert.GreaterOrEqual(t, answer.Code, 400, code)
		assert.Contains(t, answer.Body.String(), `role="alert"`, code)
	}
}
