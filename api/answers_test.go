package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// program is one that uses the API with a token.
type program struct {
	*servicetest.Env
	router http.Handler
	token  string
}

// newProgram gives one of the role act. Problem is why the file's settings are not in
// force.
func newProgram(t *testing.T, problem error) *program {
	t.Helper()
	e := servicetest.New(t)
	viewer := health.New(e.Memory, e.Index, "default", e.Settings)
	return &program{Env: e, token: servicetest.ActToken, router: api.NewRouter(api.Options{
		Settings: e.Settings, Guard: newGuard(e.Settings), Logger: zap.NewNop(), Health: engine.NewHealth(time.Second),
		Orders:          func() (*service.Orders, bool) { return e.Orders, true },
		Overview:        func() (*health.Viewer, bool) { return viewer, true },
		SettingsProblem: func() error { return problem },
	})}
}

// answer is one of the API.
type answer struct {
	*httptest.ResponseRecorder
	t    *testing.T
	body any
}

func (p *program) send(t *testing.T, method, path, body string) answer {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+p.token)
	request.Header.Set("Content-Type", "application/json")
	a := answer{ResponseRecorder: answerTo(p.router, request), t: t}
	if a.Body.Len() > 0 {
		require.NoError(t, json.Unmarshal(a.Body.Bytes(), &a.body), a.Body.String())
	}
	return a
}

func (p *program) get(t *testing.T, path string) answer {
	t.Helper()
	a := p.send(t, http.MethodGet, path, "")
	require.Less(t, a.Code, 300, a.Body.String())
	return a
}

func (p *program) post(t *testing.T, path, body string) answer {
	t.Helper()
	return p.send(t, http.MethodPost, path, body)
}

// at is the value at a place of the answer, nil where there is none.
func (a answer) at(place ...any) any {
	is := a.body
	for _, step := range place {
		switch step := step.(type) {
		case string:
			is, _ = is.(map[string]any)[step], true
		case int:
			list, _ := is.([]any)
			require.Greater(a.t, len(list), step, a.Body.String())
			is = list[step]
		}
	}
	return is
}

func held() order.State {
	return servicetest.Held(2, order.Hold{
		Reason: order.HoldAmbiguousContact, Field: "delivery_phone", NextRetry: time.Now().Add(time.Hour),
		Choices: []order.Choice{{ID: 5, Title: "Jan"}, {ID: 6, Title: "Kwiaty", Organization: true}},
	})
}

func TestOrdersAreListed(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	p.PutOrders(servicetest.Synced(1), held(), servicetest.Importing(3))
	first := p.get(t, "/v1/orders?limit=2")
	assert.Len(t, first.at("orders"), 2)
	for place, want := range map[string]any{
		"shop": "demo", "shop_name": "Kwiaty Online", "account": "main", "customer": "Anna Nowak", "amount": "25.00", "currency": "PLN", "state": "synced",
		"workflow": "order:demo:1", "shop_url": "https://kwiaty.example/edit/", "number": 1.0, "cartum_status": 1.0, "reason": nil,
	} {
		assert.Equal(t, want, first.at("orders", 0, place), place)
	}
	assert.Equal(t, map[string]any{"id": 1001.0, "number": "Z00001", "status": 101.0, "url": "https://web.roapp.example/orders/table/1001"}, first.at("orders", 0, "roapp"))
	assert.Equal(t, "ambiguous-contact", first.at("orders", 1, "reason"))
	assert.Nil(t, first.at("orders", 1, "roapp"))
	next, _ := first.at("next").(string)
	rest := p.get(t, "/v1/orders?limit=2&cursor="+next)
	assert.Len(t, rest.at("orders"), 1)
	assert.Nil(t, rest.at("next"))

	counts := p.get(t, "/v1/counts?shop=demo")
	assert.Equal(t, map[string]any{"importing": 1.0, "held": 1.0, "synced": 1.0, "closed": 0.0, "failed": 0.0}, counts.at("states"))
	assert.Equal(t, map[string]any{"ambiguous-contact": 1.0}, counts.at("held"))
}

func TestDetailOfAnOrder(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	state := servicetest.Synced(1)
	state.Warnings = []flow.Message{{Code: order.WarnUnmappedStatus, Params: map[string]string{"cartumStatus": "9"}}}
	state.Snapshot.Totals.Sum, state.Snapshot.Totals.CouponCode, state.Snapshot.Totals.CouponValue = decimal.NewFromInt(20), "ROSE", decimal.NewFromInt(5)
	p.PutOrders(state, held(), servicetest.Closed(4, "final-on-both-sides"))
	one := p.get(t, "/v1/orders/demo/1")
	assert.Equal(t, "Anna Nowak", one.at("cartum", "customer", "name"))
	assert.Equal(t, "Kraków", one.at("cartum", "delivery", "city"))
	assert.Equal(t, true, one.at("cartum", "paid"))
	assert.Equal(t, "Z00001", one.at("roapp", "number"))
	assert.Equal(t, "25", one.at("roapp", "total"))
	assert.Equal(t, "A-1", one.at("lines", 0, "line"))
	assert.Equal(t, map[string]any{"quantity": "2", "price": "12.5"}, one.at("lines", 0, "cartum"))
	assert.Equal(t, "20", one.at("amount", "total"))
	assert.Equal(t, "coupon", one.at("amount", "discounts", 0, "kind"))
	assert.Equal(t, true, one.at("amount", "agrees"), "RO App has the sum of the lines")
	assert.Equal(t, "Cartum's status 9 is in no mapping; RO App's status is left as it is.", one.at("warnings", 0, "text"))
	assert.Equal(t, "read from Cartum: status 1, lines: 1, 25.00 PLN", one.at("timeline", 0, "text"))
	assert.Nil(t, one.at("hold"))

	waiting := p.get(t, "/v1/orders/demo/2")
	assert.Equal(t, []any{"contact", "create-contact", "retry", "link", "skip"}, waiting.at("hold", "answers"))
	assert.Equal(t, map[string]any{"id": 6.0, "title": "Kwiaty", "organization": true}, waiting.at("hold", "choices", 1))
	assert.NotEmpty(t, waiting.at("hold", "text"))
	assert.NotEmpty(t, waiting.at("hold", "remedy"))
	assert.NotNil(t, waiting.at("hold", "next_retry"))
	assert.Nil(t, waiting.at("roapp"))

	assert.Equal(t, "final on both sides", p.get(t, "/v1/orders/demo/4").at("closed", "text"))
}

func TestHoldsAreListed(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	noted := servicetest.Held(3, order.Hold{Reason: order.HoldNoCustomer})
	gone := servicetest.Run(held())
	gone.ID, gone.Queries = "order:demo:4", servicetest.Run(servicetest.Synced(4)).Queries
	silent := servicetest.Run(held())
	silent.ID, silent.Queries = "order:demo:5", map[string]any{workflows.QueryOrder: errors.New("no worker")}
	p.Put(servicetest.Run(held()), servicetest.Run(noted), gone, silent)
	problems := map[any]any{}
	list := p.get(t, "/v1/holds")
	for i := range 4 {
		problems[list.at("holds", i, "number")] = list.at("holds", i, "problem")
	}
	assert.Equal(t, map[any]any{2.0: nil, 3.0: nil, 4.0: "it has just gone on", 5.0: "the order did not answer"}, problems)
	only := p.get(t, "/v1/holds?reason=no-customer")
	assert.Len(t, only.at("holds"), 1)
	assert.Equal(t, []any{"contact", "create-contact", "retry", "link", "skip"}, only.at("holds", 0, "answers"))
	assert.NotEmpty(t, only.at("holds", 0, "remedy"))
}

func TestDecisionsOfPrograms(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	p.PutOrders(held(), servicetest.Held(3, order.Hold{Reason: order.HoldNoCustomer}), servicetest.Closed(4, "final-on-both-sides"), servicetest.Synced(6))
	p.OnStart(workflows.LookupWorkflow, func(input any) (any, error) {
		if input.(workflows.LookupInput).ID == 9 {
			return nil, errors.New("RO App is away")
		}
		return workflows.LookupResult{Found: true, Title: "Jan", Phones: []string{"601000111"}}, nil
	})
	for path, tc := range map[string]struct {
		body, says string
		code       int
		field      any
	}{
		"demo/2": {`{"kind":"contact","contact":5,"confirm_other_phone":true}`, "", http.StatusAccepted, nil},
		"demo/3": {`{"kind":"contact","contact":7}`, "with the phone 601000111", http.StatusConflict, "body.confirm_other_phone"},
		"demo/4": {`{"kind":"retry"}`, "demo #4 is closed (final on both sides); import it by hand", http.StatusConflict, nil},
		"demo/6": {`{"kind":"retry"}`, "", http.StatusConflict, nil},
		"demo/7": {`{"kind":"retry"}`, "demo #7 is not known here", http.StatusNotFound, nil},
		"demo/0": {`{"kind":"retry"}`, "no such order", http.StatusNotFound, nil},
	} {
		got := p.post(t, "/v1/orders/"+path+"/decisions", tc.body)
		assert.Equal(t, tc.code, got.Code, path)
		assert.Contains(t, got.Body.String(), tc.says, path)
		if tc.field != nil {
			assert.Equal(t, tc.field, got.at("errors", 0, "location"), path)
		}
	}
	require.Len(t, p.Signals(), 1)
	assert.Equal(t, order.Decision{Kind: order.DecideContact, By: "warehouse", ContactID: 5, Confirmed: true}, p.Signals()[0].Payload)
	away := p.post(t, "/v1/orders/demo/3/decisions", `{"kind":"contact","contact":9}`)
	assert.Equal(t, http.StatusServiceUnavailable, away.Code)
	assert.Equal(t, "60", away.Header().Get("Retry-After"))
	assert.NotContains(t, away.Body.String(), "RO App is away", "what went wrong is in the log")

	many := p.post(t, "/v1/holds/decisions", `{"orders":[{"shop":"demo","number":3},{"shop":"demo","number":6}],"decision":{"kind":"retry"}}`)
	require.Equal(t, http.StatusOK, many.Code)
	assert.Equal(t, true, many.at("answers", 0, "taken"))
	assert.Equal(t, false, many.at("answers", 1, "taken"))
	assert.Contains(t, many.at("answers", 1, "problem"), "does not fit")
	p.Fail(func(string, string) error { return errors.New("secret inner address") })
	many = p.post(t, "/v1/holds/decisions", `{"orders":[{"shop":"demo","number":3}],"decision":{"kind":"retry"}}`)
	assert.Equal(t, "Temporal or a worker did not answer; try again", many.at("answers", 0, "problem"))
}

func TestOrdersAreImportedAndWrittenOff(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	p.PutOrders(servicetest.Synced(1), servicetest.Importing(2))
	for range 2 { // however often it is sent
		assert.Equal(t, http.StatusAccepted, p.post(t, "/v1/orders/demo/1/written-off", "").Code)
	}
	assert.Equal(t, http.StatusConflict, p.post(t, "/v1/orders/demo/2/written-off", "").Code)
	assert.Equal(t, http.StatusAccepted, p.post(t, "/v1/orders/demo/2/import", "").Code)
	assert.Equal(t, http.StatusConflict, p.post(t, "/v1/orders/closed/2/import", "").Code, "the shop is switched off")
	var names []string
	for _, signal := range p.Signals() {
		names = append(names, signal.ID+" "+signal.Name)
	}
	assert.Equal(t, []string{"order:demo:1 written-off", "order:demo:1 written-off", "order:demo:2 shop-order-changed"}, names)
}

func TestRefreshesOfPrograms(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	runs := servicetest.Synced(1)
	runs.Refresh = order.RefreshState{Number: 1, Running: true}
	soon := servicetest.Synced(2)
	soon.Refresh = order.RefreshState{
		Number: 1, Succeeded: time.Now(), EndedAt: time.Now(), Changed: []flow.Message{{Code: "delivery-changed"}},
	}
	running := servicetest.Run(runs, "Read the order from RO App")
	running.Updates = map[string]func(context.Context, string) (any, error){
		workflows.UpdateRefresh: func(context.Context, string) (any, error) { return flow.Refresh{}, nil },
	}
	p.Put(running, servicetest.Run(soon), servicetest.Run(servicetest.Closed(4, "final-on-both-sides")))

	goesOn := p.post(t, "/v1/orders/demo/1/refresh", "")
	assert.Equal(t, http.StatusAccepted, goesOn.Code)
	assert.Equal(t, []any{"Read the order from RO App"}, goesOn.at("waits"))
	assert.Equal(t, "running", p.get(t, goesOn.Header().Get("Location")).at("state"))
	tooSoon := p.post(t, "/v1/orders/demo/2/refresh", "")
	assert.Equal(t, http.StatusTooManyRequests, tooSoon.Code)
	assert.NotEmpty(t, tooSoon.Header().Get("Retry-After"))
	assert.Equal(t, http.StatusConflict, p.post(t, "/v1/orders/demo/4/refresh", "").Code)
	ended := p.get(t, "/v1/orders/demo/2/refreshes/refresh:1")
	assert.Equal(t, "done", ended.at("state"))
	assert.Equal(t, []any{"delivery changed in Cartum"}, ended.at("changed"))

	many := p.post(t, "/v1/orders/refresh", `{"orders":[{"shop":"demo","number":1},{"shop":"demo","number":2},{"shop":"demo","number":4},{"shop":"demo","number":9}]}`)
	var states []any
	for i := range 4 {
		states = append(states, many.at("answers", i, "state"))
	}
	assert.Equal(t, []any{"running", "too-soon", "closed", "unknown"}, states)
	p.Fail(func(string, string) error { return errors.New("away") })
	assert.Equal(t, "unanswered", p.post(t, "/v1/orders/refresh", `{"orders":[{"shop":"demo","number":1}]}`).at("answers", 0, "state"))
}

func TestHealthOfPrograms(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	p.Queue(engine.OrdersQueue, enginetest.Polled())
	p.Put(enginetest.Run{ID: "shop:demo", Queries: map[string]any{workflows.QueryHealth: workflows.HealthView{
		Since: time.Now(), Health: workflows.Health{LastSuccess: time.Now()},
	}}})
	report := p.get(t, "/v1/health")
	assert.Equal(t, "green", report.at("worker"))
	assert.Equal(t, "green", report.at("shops", "demo", "state"))
	assert.Equal(t, "red", report.at("accounts", "main", "state"), "it was never started")
}

func TestShopsAndAccountsArePolledNow(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	for _, path := range []string{"/v1/shops/demo/sweep", "/v1/accounts/main/collect", "/v1/shops/demo/initial-import/stop"} {
		assert.Equal(t, http.StatusAccepted, p.post(t, path, "").Code, path)
	}
	assert.Equal(t, []enginetest.Signal{
		{ID: "shop:demo", Name: workflows.SignalPoll}, {ID: "account:main", Name: workflows.SignalPoll}, {ID: "shop:demo", Name: workflows.SignalStopInitialImport},
	}, p.Signals())
	p.Fail(func(string, string) error { return errors.New("away") })
	for _, path := range []string{"/v1/shops/demo/sweep", "/v1/accounts/main/collect"} {
		assert.Equal(t, http.StatusServiceUnavailable, p.post(t, path, "").Code, path)
	}
}

func TestInitialImportOfPrograms(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	assert.Nil(t, p.get(t, "/v1/shops/bikes/initial-import").at("initial_import"), "there was none")
	p.Put(enginetest.Run{ID: "shop:demo", Queries: map[string]any{workflows.QueryShop: workflows.ShopView{Import: &workflows.InitialImport{
		InitialImportWanted: workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-30"}, Yields: true, ImportCounts: workflows.ImportCounts{Seen: 5},
	}}}})
	goesOn := p.post(t, "/v1/shops/demo/initial-import", `{"from":"2026-09-01","to":"2026-09-30"}`)
	assert.Equal(t, http.StatusAccepted, goesOn.Code, goesOn.Body.String())
	assert.Equal(t, "waiting", goesOn.at("initial_import", "state"))
	assert.EqualValues(t, 5, goesOn.at("initial_import", "seen"))
	assert.Equal(t, "warehouse", p.Signals()[0].Payload.(workflows.InitialImportWanted).By)
	others := p.post(t, "/v1/shops/demo/initial-import", `{"from":"2026-08-01","to":"2026-08-31"}`)
	assert.Equal(t, http.StatusConflict, others.Code)
	assert.Contains(t, others.Body.String(), "stop it first")
	assert.Equal(t, http.StatusNotFound, p.send(t, http.MethodGet, "/v1/shops/nobody/initial-import", "").Code)
}

func TestSettingsAndTheirCheck(t *testing.T) {
	t.Parallel()
	p := newProgram(t, errors.New("line 3: unknown key\nline 9: missing"))
	p.Put(enginetest.Run{ID: "check:account:main", Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, Result: workflows.Checked{
		At: time.Now(), By: "Ola", Revision: p.Settings.Current().Revision, Account: &refdata.Account{Company: refdata.Company{Failure: &refdata.Failure{Text: "RO App refuses the key"}}},
	}}, enginetest.Run{ID: "check:shop:demo", Status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, Failure: errors.New("the login is refused")})
	shown := p.get(t, "/v1/settings")
	assert.Equal(t, []any{"line 3: unknown key", "line 9: missing"}, shown.at("problems"))
	assert.Equal(t, "main", shown.at("accounts", 0, "id"))
	assert.NotContains(t, shown.Body.String(), "whsec")
	last := p.get(t, "/v1/check")
	assert.Equal(t, "Ola", last.at("accounts", 0, "by"))
	assert.Equal(t, "the login is refused", last.at("shops", 1, "problem"))
	assert.Equal(t, "problem", last.at("report", 0, "findings", 0, "verdict"))
	again := p.post(t, "/v1/check", "")
	assert.Equal(t, http.StatusAccepted, again.Code)
	assert.Equal(t, true, again.at("running"))
	p.Fail(func(string, string) error { return errors.New("away") })
	assert.Equal(t, http.StatusServiceUnavailable, p.post(t, "/v1/check", "").Code)
}

// The documentation page needs nothing from elsewhere.
func TestTheAPIDescribesItself(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	p.token = servicetest.ViewToken
	described := p.get(t, "/v1/openapi.json")
	assert.Equal(t, "3.1.0", described.at("openapi"))
	for path, texts := range map[string][]string{
		"/v1/docs": {
			"GET /v1/orders/{shop}/{number}", `id="decide"`, "<code>product_key</code>", "importing | held | synced | closed | failed in query", "Needs the role <code>act</code>",
			"<code>timeline[].text</code>",
		},
		"/v1/docs/docs.css": {"main {"},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		request.Header.Set("Authorization", "Bearer "+p.token)
		got := answerTo(p.router, request)
		assert.Equal(t, http.StatusOK, got.Code, path)
		for _, text := range texts {
			assert.Contains(t, got.Body.String(), text, path)
		}
	}
}
