package e2e

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// description is the API's own description, once for all tests.
var description struct {
	sync.Mutex // the validator is asked by one at a time
	validator.Validator
}

// describe reads the description from the starter.
func describe(w *testenv.Env) {
	w.T.Helper()
	if description.Validator != nil {
		return
	}
	request, err := http.NewRequestWithContext(w.T.Context(), http.MethodGet, w.StarterURL+"/v1/openapi.json", http.NoBody)
	require.NoError(w.T, err)
	request.Header.Set("Authorization", "Bearer "+testenv.ViewerToken)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(w.T, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(w.T, err)
	document, err := libopenapi.NewDocument(text)
	require.NoError(w.T, err)
	made, problems := validator.NewValidator(document)
	require.Empty(w.T, problems)
	description.Validator = made
}

// described sends requests, and checks what the API answers, and what it took,
// against its description.
type described struct{ w *testenv.Env }

func (d described) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil || !strings.HasPrefix(request.URL.Path, "/v1/") {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close() // it was read
	if err != nil {
		return nil, err
	}
	d.check(request, answer, body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

func (d described) check(request *http.Request, answer *http.Response, body []byte) {
	d.w.T.Helper()
	description.Lock()
	defer description.Unlock()
	describe(d.w)
	asked := request.Clone(request.Context())
	if request.GetBody != nil {
		again, err := request.GetBody()
		require.NoError(d.w.T, err)
		asked.Body = again
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	fits, problems := description.ValidateHttpResponse(asked, answer)
	assert.True(d.w.T, fits, "%s %s answered %d, against the description: %v\n%s", request.Method, request.URL, answer.StatusCode, problems, body)
	if answer.StatusCode < http.StatusBadRequest {
		fits, problems = description.ValidateHttpRequest(asked)
		assert.True(d.w.T, fits, "%s %s was taken, against the description: %v", request.Method, request.URL, problems)
	}
}

// program sends requests as a program does, and follows no redirect.
func program(w *testenv.Env) *http.Client {
	return &http.Client{
		Transport:     described{w},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func TestAPIDescriptionIsValid(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	description.Lock()
	defer description.Unlock()
	describe(w)
	valid, problems := description.ValidateDocument()
	assert.True(t, valid, "%v", problems)
}
