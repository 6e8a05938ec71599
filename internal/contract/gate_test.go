package contract

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// verdicts stands for a test that a gate fails.
type verdicts struct{ problems []string }

func (*verdicts) Helper() {}

func (v *verdicts) Error(args ...any) { v.problems = append(v.problems, fmt.Sprint(args...)) }

// service answers every request in one way.
func service(status int, header http.Header, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	})
}

func roappRequest(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer key")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

const statuses = `[{"id": 101, "name": "New", "color": "#fff", "group": {"type": 1, "name": "New"}}]`

func TestRequestsThatTheDocumentDoesNotHave(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, target, body string
		problem              string // "" is none
	}{
		"as described":        {http.MethodGet, "/v2/orders?page=1", "", ""},
		"another path":        {http.MethodGet, "/v2/nothing", "", "the document has no such path"},
		"another method":      {http.MethodDelete, "/v2/orders", "", "DELETE"},
		"an unknown query":    {http.MethodGet, "/v2/orders?colour=red", "", "colour"},
		"a word for a number": {http.MethodGet, "/v2/orders?page=first", "", "first"},
		"an id of letters":    {http.MethodGet, "/v2/orders/abc", "", "/v2/orders/abc"},
		"an unknown field":    {http.MethodPost, "/v2/orders", `{"branch_id": 1, "order_type_id": 2, "client_id": 3, "colour": "red"}`, "colour"},
		"a field is missing":  {http.MethodPost, "/v2/orders", `{"branch_id": 1}`, "order_type_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := &verdicts{}
			gate := Roapp().CheckRequests(found, service(http.StatusOK, nil, "[]"))
			for range 2 {
				gate.ServeHTTP(httptest.NewRecorder(), roappRequest(t, tc.method, tc.target, tc.body))
			}
			if tc.problem == "" {
				assert.Empty(t, found.problems)
				assert.Equal(t, []string{"GET /v2/orders"}, gate.Asked())
				return
			}
			require.NotEmpty(t, found.problems)
			assert.Contains(t, strings.Join(found.problems, "\n"), tc.problem)
			seen := map[string]bool{}
			for _, problem := range found.problems {
				assert.False(t, seen[problem], "reported once")
				seen[problem] = true
			}
		})
	}
}

func TestAnswersThatTheDocumentDoesNotHave(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		header http.Header
		body   string
		fails  bool
	}{
		"as described":          {http.StatusOK, nil, statuses, false},
		"another shape":         {http.StatusOK, nil, `{"id": 101}`, true},
		"broken on purpose":     {http.StatusOK, http.Header{FaultHeader: {"body"}}, `{"id": 101}`, false},
		"another status":        {http.StatusTeapot, nil, `{}`, true},
		"larger than it takes":  {http.StatusRequestEntityTooLarge, nil, `none`, false},
		"no JSON where it must": {http.StatusOK, nil, `[{"id":`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := &verdicts{}
			answer := httptest.NewRecorder()
			Roapp().Check(found, service(tc.status, tc.header, tc.body)).ServeHTTP(answer, roappRequest(t, http.MethodGet, "/v2/orders/statuses", ""))
			assert.Equal(t, tc.body, answer.Body.String(), "the client gets it as it is")
			assert.Equal(t, tc.fails, len(found.problems) > 0, "%v", found.problems)
		})
	}
}

// What is not the client's is not checked: people in a test, and the fake's own paths.
func TestRequestsOfTestsAreLeftAlone(t *testing.T) {
	t.Parallel()
	found := &verdicts{}
	gate := Roapp().Check(found, service(http.StatusOK, nil, `"anything"`))
	staff := roappRequest(t, http.MethodDelete, "/v2/orders/7/colour", "")
	staff.Header.Set(StaffHeader, "Anna")
	gate.ServeHTTP(httptest.NewRecorder(), staff)
	gate.ServeHTTP(httptest.NewRecorder(), roappRequest(t, http.MethodGet, "/sandbox/requests", ""))
	assert.Empty(t, found.problems)

	// A fake's own test asks what no client asks; its answers are checked all the same.
	gate = Roapp().CheckAnswers(found, service(http.StatusOK, nil, `"anything"`))
	gate.ServeHTTP(httptest.NewRecorder(), roappRequest(t, http.MethodGet, "/v2/nothing", ""))
	assert.Empty(t, found.problems)
	gate.ServeHTTP(httptest.NewRecorder(), roappRequest(t, http.MethodGet, "/v2/orders/statuses?colour=red", ""))
	assert.NotEmpty(t, found.problems)
}

// An order that a test has put as no shop would send it is the test's own; the others in the same answer are checked.
func TestStrangeRecordsOfTests(t *testing.T) {
	t.Parallel()
	strange := strings.Replace(wholeOrder, `"12.50"`, `"twelve"`, 1)
	other := strings.Replace(wholeOrder, `"order_id": 5`, `"order_id": 6`, 1)
	answer := func(orders ...string) string {
		return `{"status":"OK","response":{"orders":[` + strings.Join(orders, ",") + `]}}`
	}
	ask := func(put, body string) []string {
		found := &verdicts{}
		gate := Cartum().Check(found, service(http.StatusOK, nil, body))
		if put != "" {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/sandbox/orders/5", strings.NewReader(put))
			gate.ServeHTTP(httptest.NewRecorder(), r)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/orders/get/", strings.NewReader(`{"token":"t","ids":[5,6]}`))
		r.Header.Set("Content-Type", "application/json")
		gate.ServeHTTP(httptest.NewRecorder(), r)
		return found.problems
	}
	assert.Empty(t, ask("", answer(wholeOrder, other)))
	assert.NotEmpty(t, ask("", answer(strange, other)))
	assert.Empty(t, ask(strange, answer(strange, other)))
	assert.Empty(t, ask(strange, answer(strange)))
	assert.NotEmpty(t, ask(strange, answer(strange, strings.Replace(other, `"12.50"`, `"twelve"`, 1))))
}
