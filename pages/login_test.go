package pages

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/settings"
)

func TestLoginPage(t *testing.T) {
	t.Parallel()
	show := LoginPage(Options{Settings: settings.NewStore(&settings.Settings{}), Logger: zap.NewNop()})
	page := func(view access.LoginView) string {
		t.Helper()
		answer := httptest.NewRecorder()
		show(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login", http.NoBody), view)
		assert.Equal(t, view.Status, answer.Code)
		return answer.Body.String()
	}
	const field, link, advice = `type="password"`, `href="/login/oidc?next=%2forders%3fpage%3d2%22%3e%3cscript%3e"`, "starter password"
	const next = `/orders?page=2"><script>`

	empty := page(access.LoginView{Status: http.StatusOK, Next: next})
	assert.Contains(t, empty, advice)
	assert.NotContains(t, empty, field)

	both := page(access.LoginView{Status: http.StatusOK, Passwords: true, OIDC: true, Next: next})
	assert.Contains(t, both, field)
	assert.Contains(t, both, link)
	assert.NotContains(t, both, advice)
	assert.NotContains(t, both, "<script>")

	assert.Contains(t, page(access.LoginView{Status: http.StatusOK, Proxy: true}), "proxy")
	for _, problem := range []access.Problem{
		access.ProblemWrong, access.ProblemSlowDown, access.ProblemExpired, access.ProblemFailed, access.ProblemNoRole,
	} {
		assert.Contains(t, page(access.LoginView{Status: http.StatusUnauthorized, Problem: problem, Passwords: true}), `role="alert"`)
	}
}
