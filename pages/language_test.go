package pages

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// The choice is sent by HTTPS only to where the browser came by HTTPS, also
// behind a proxy that ends it.
func TestTheChosenLanguageIsKept(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		publicURL, proto string
		secure           bool
	}{{"", "", false}, {"", "https", true}, {"https://orders.example", "", true}, {"http://orders.example", "", false}} {
		store := settings.NewStore(&settings.Settings{})
		guard, err := access.New(access.Options{Settings: store, PublicURL: test.publicURL, Logger: zap.NewNop()})
		require.NoError(t, err)
		handler := guard.Before().Handler(New(Options{Settings: store, Logger: zap.NewNop()}))
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/language", strings.NewReader("language=uk&back=/orders"))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("X-Forwarded-Proto", test.proto)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		assert.Equal(t, "/orders", answer.Header().Get("Location"))
		cookies := answer.Result().Cookies()
		require.Len(t, cookies, 1)
		assert.Equal(t, "uk", cookies[0].Value)
		assert.Equal(t, test.secure, cookies[0].Secure, test)
	}
}
