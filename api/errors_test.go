package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// emptyTemporal knows no workflow, and its shop shows no order.
type emptyTemporal struct{ temporal }

func (*emptyTemporal) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return nil, serviceerror.NewNotFound("no such workflow")
}

func (*emptyTemporal) DescribeWorkflow(context.Context, string, string) (*client.WorkflowExecutionDescription, error) {
	return nil, serviceerror.NewNotFound("no such workflow")
}

func (*emptyTemporal) ExecuteWorkflow(context.Context, client.StartWorkflowOptions, any, ...any) (client.WorkflowRun, error) {
	return lookedUp{}, nil
}

type lookedUp struct{ client.WorkflowRun }

func (lookedUp) Get(_ context.Context, into any) error {
	*into.(*workflows.LookupResult) = workflows.LookupResult{}
	return nil
}

// ask sends a request of the program "warehouse", whose role is act.
func ask(t *testing.T, router http.Handler, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+programToken)
	request.Header.Set("Content-Type", "application/json")
	return answerTo(router, request)
}

func newEmpty(t *testing.T, fake client.Client) http.Handler {
	t.Helper()
	store := settings.NewStore(withTokens(t))
	return api.NewRouter(api.Options{
		Settings: store, Guard: newGuard(store), Logger: zap.NewNop(), Health: engine.NewHealth(0),
		Orders: func() (*service.Orders, bool) { return service.NewOrders(fake, index.New(fake), "", store), true },
	})
}

func TestUnknownOrdersAreNotFound(t *testing.T) {
	t.Parallel()
	router := newEmpty(t, &emptyTemporal{})
	for _, path := range []string{"/v1/orders/demo/115", "/v1/orders/demo/115/refreshes/refresh:1", "/v1/orders/nowhere/115"} {
		assertProblem(t, ask(t, router, http.MethodGet, path, ""), http.StatusNotFound)
	}
	for path, body := range map[string]string{
		"/v1/orders/demo/115/refresh": "", "/v1/orders/demo/115/written-off": "", "/v1/orders/demo/115/decisions": `{"kind":"retry"}`,
		"/v1/shops/nowhere/sweep": "", "/v1/accounts/nowhere/collect": "",
	} {
		assertProblem(t, ask(t, router, http.MethodPost, path, body), http.StatusNotFound)
	}
}

// Nothing is started for an order that the shop does not show.
func TestImportOfANumberThatTheShopDoesNotShow(t *testing.T) {
	t.Parallel()
	fake := &emptyTemporal{}
	answer := ask(t, newEmpty(t, fake), http.MethodPost, "/v1/orders/demo/999999/import", "")
	assertProblem(t, answer, http.StatusNotFound)
	assert.Contains(t, answer.Body.String(), "the shop does not show demo #999999, so nothing was started")
	assert.Empty(t, fake.ids())
}

// The same wrong input has the same status in each list and action.
func TestInvalidRequestsAreAlike(t *testing.T) {
	t.Parallel()
	router := newEmpty(t, &emptyTemporal{})
	for _, path := range []string{
		"/v1/orders?shop=a'b", "/v1/holds?shop=a'b", "/v1/counts?shop=a'b", "/v1/orders?reason=none", "/v1/holds?reason=none",
		"/v1/orders?cursor=x", "/v1/holds?cursor=x", "/v1/orders?limit=0", "/v1/holds?limit=0", "/v1/holds?size=5",
		"/v1/orders?state=lost", "/v1/shops/demo/reconciliation?from=2026-11-02&to=2026-11-01",
	} {
		assertProblem(t, ask(t, router, http.MethodGet, path, ""), http.StatusUnprocessableEntity)
	}
	many := `{"orders":[{"shop":"demo","number":1}],"decision":{"kind":"link"}}`
	assertProblem(t, ask(t, router, http.MethodPost, "/v1/holds/decisions", many), http.StatusUnprocessableEntity)
	assertProblem(t, ask(t, router, http.MethodPost, "/v1/shops/demo/initial-import", `{"from":"2026-11-02","to":"2026-11-01"}`), http.StatusUnprocessableEntity)
}

func TestUnknownPathsAndMethodsAreProblems(t *testing.T) {
	t.Parallel()
	router := newEmpty(t, &emptyTemporal{})
	for _, path := range []string{"/v1", "/v1/", "/v1/nothing", "/v1/orders/demo/1/2/3"} {
		assertProblem(t, ask(t, router, http.MethodGet, path, ""), http.StatusNotFound)
	}
	assertProblem(t, ask(t, router, http.MethodDelete, "/v1/orders", ""), http.StatusMethodNotAllowed)
	assertProblem(t, ask(t, router, http.MethodPut, "/v1/holds/decisions", ""), http.StatusMethodNotAllowed)
}

// Each error of the service has a status of its own, and none is a fault of ours.
func TestEveryErrorOfTheServiceHasAStatus(t *testing.T) {
	t.Parallel()
	for _, code := range service.Codes() {
		fake := &failingTemporal{err: &service.Error{Code: code, Text: "because"}}
		answer := ask(t, newEmpty(t, fake), http.MethodGet, "/v1/orders/demo/115", "")
		assert.GreaterOrEqual(t, answer.Code, 400, code)
		assert.NotEqual(t, http.StatusInternalServerError, answer.Code, code)
		var problem struct{ Detail string }
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
		assert.Contains(t, problem.Detail, "because", code)
	}
}

type failingTemporal struct {
	client.Client
	err error
}

func (f *failingTemporal) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return nil, f.err
}
