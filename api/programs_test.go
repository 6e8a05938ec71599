package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

const programToken = "5ee90de7c3a14b5f9d0e"

func withTokens(t *testing.T) *settings.Settings {
	t.Helper()
	s := *parse(t, hooksSettings)
	hash := func(token string) string { sum := sha256.Sum256([]byte(token)); return hex.EncodeToString(sum[:]) }
	s.APITokens = []settings.APIToken{{Name: "warehouse", SHA256: strings.ToUpper(hash(programToken)), Role: "act"}, {Name: "other", SHA256: hash("other"), Role: "view"}}
	return &s
}

func writeOff(t *testing.T, handler http.Handler, order, authorization string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/orders/"+order+"/written-off", http.NoBody)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	return answerTo(handler, request)
}

// assertProblem checks the form of RFC 9457.
func assertProblem(t *testing.T, answer *httptest.ResponseRecorder, code int) {
	t.Helper()
	assert.Equal(t, code, answer.Code)
	assert.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	var problem struct {
		Title, Detail string
		Status        int
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
	assert.Equal(t, code, problem.Status)
	assert.Equal(t, http.StatusText(code), problem.Title)
	assert.NotEmpty(t, problem.Detail)
}

func TestProgramsNeedAToken(t *testing.T) {
	t.Parallel()
	router := newRouter(withTokens(t), &temporal{})
	for _, authorization := range []string{
		"", "Bearer", "Bearer ", "Bearer wrong", "Bearer " + programToken + " ", "Bearer  " + programToken, "Basic " + programToken, programToken,
		"Bearer " + strings.ToUpper(programToken),
	} {
		answer := writeOff(t, router, "demo/115", authorization)
		assertProblem(t, answer, http.StatusUnauthorized)
		assert.Equal(t, "Bearer", answer.Header().Get("WWW-Authenticate"))
	}
	assertProblem(t, writeOff(t, newRouter(parse(t, hooksSettings), &temporal{}), "demo/115", "Bearer "), http.StatusUnauthorized)
}

func TestWriteOffOfOrdersThatCannotBe(t *testing.T) {
	t.Parallel()
	router := newRouter(withTokens(t), &temporal{})
	for _, order := range []string{"unknown/115", "demo/0", "demo/-1", "demo/x", "demo/9223372036854775808"} {
		assertProblem(t, writeOff(t, router, order, "bearer "+programToken), http.StatusNotFound)
	}
}

func TestWriteOffWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	answer := writeOff(t, newRouter(withTokens(t), nil), "demo/115", "Bearer "+programToken)
	assertProblem(t, answer, http.StatusServiceUnavailable)
	assert.NotEmpty(t, answer.Header().Get("Retry-After"))
}
