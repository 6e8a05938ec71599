package pages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	"github.com/cartumsync/cartumsync/workflows"
)

// desk is where somebody uses the pages, on a Temporal that answers what a test
// puts into it.
type desk struct {
	t        testing.TB
	temporal *deskTemporal
	store    *settings.Store
	viewer   *health.Viewer
	handler  http.Handler
}

// Tokens of the people at a desk.
const (
	mayAct  = "token-of-anna"
	mayLook = "token-of-the-viewer"
)

func newDesk(t testing.TB) *desk {
	t.Helper()
	set := settingstest.Load(t, settingstest.Text("https://roapp.example", "https://cartum.example"), settingstest.Env())
	for token, user := range map[string]settings.APIToken{mayAct: {Name: "anna", Role: "act"}, mayLook: {Name: "viewer", Role: "look"}} {
		hash := sha256.Sum256([]byte(token))
		user.SHA256 = hex.EncodeToString(hash[:])
		set.APITokens = append(set.APITokens, user)
	}
	account := set.Accounts["main"]
	account.RequestsPerSecond = 3
	set.Accounts["main"] = account
	d := &desk{
		t: t, store: settings.NewStore(set),
		temporal: &deskTemporal{runs: map[string]*deskRun{}, queries: map[string]any{}, orders: map[string]order.State{}},
	}
	ix := index.New(d.temporal)
	orders := service.NewOrders(d.temporal, ix, "default", d.store)
	d.viewer = health.New(d.temporal, ix, "default", d.store)
	guard, err := access.New(access.Options{Settings: d.store, Logger: zap.NewNop()})
	require.NoError(t, err)
	d.handler = guard.Authenticate(New(Options{
		Settings: d.store, Logger: zap.NewNop(),
		Orders:   func() (*service.Orders, bool) { return orders, true },
		Overview: func() (*health.Viewer, bool) { return d.viewer, true },
	}))
	return d
}

// page is what the pages answered.
type page struct {
	*httptest.ResponseRecorder
	Text string
}

// asks requests a page; the names and values of headers follow each other.
func (d *desk) asks(token, method, path string, form url.Values, headers ...string) page {
	d.t.Helper()
	var body io.Reader = http.NoBody
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(d.t.Context(), method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return page{w, w.Body.String()}
}

func (d *desk) opens(path string, headers ...string) page {
	d.t.Helper()
	return d.asks(mayAct, http.MethodGet, path, nil, headers...)
}

func (d *desk) sends(path string, form url.Values, headers ...string) page {
	d.t.Helper()
	return d.asks(mayAct, http.MethodPost, path, form, headers...)
}

// deskRun is a run of a workflow.
type deskRun struct {
	client.WorkflowRun
	id      string
	running bool
	result  any
	err     error
	closed  time.Time
}

func (r *deskRun) GetID() string { return r.id }

func (*deskRun) GetRunID() string { return "run" }

func (r *deskRun) Get(_ context.Context, into any) error {
	if r.err != nil || into == nil {
		return r.err
	}
	text, err := json.Marshal(r.result)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// deskTemporal is Temporal with a worker.
type deskTemporal struct {
	client.Client

	mu      sync.Mutex
	runs    map[string]*deskRun    // by workflow
	queries map[string]any         // answers, by workflow and query
	orders  map[string]order.State // by workflow
	sent    []string               // signals, and workflows that were started
	args    []any                  // of them
	starts  func(id string, in any) *deskRun
	backlog int64
}

// puts changes what Temporal answers.
func (f *deskTemporal) puts(how func(*deskTemporal)) { f.mu.Lock(); defer f.mu.Unlock(); how(f) }

// ended is a run that ended just now.
func (f *deskTemporal) ended(id string, result any) {
	f.puts(func(f *deskTemporal) { f.runs[id] = &deskRun{id: id, result: result, closed: time.Now()} })
}

func (f *deskTemporal) holds(states ...order.State) {
	f.puts(func(f *deskTemporal) {
		for _, state := range states {
			f.orders[state.Key.WorkflowID()] = state
		}
	})
}

func (f *deskTemporal) was(what string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.sent {
		if one == what {
			return true
		}
	}
	return false
}

func (f *deskTemporal) note(what string, arg any) {
	f.sent, f.args = append(f.sent, what), append(f.args, arg)
}

func notFound() error { return serviceerror.NewNotFound("no such workflow") }

func (f *deskTemporal) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state, known := f.orders[id]; known {
		return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: executionOf(state)}, nil
	}
	r, known := f.runs[id]
	if !known {
		return nil, notFound()
	}
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
		CloseTime: timestamppb.New(r.closed),
	}
	if r.running {
		info.Status, info.CloseTime = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

func (f *deskTemporal) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r, known := f.runs[id]; known {
		return r
	}
	return &deskRun{id: id, err: notFound()}
}

func (f *deskTemporal) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("start "+options.ID, args[0])
	r := &deskRun{id: options.ID, running: true}
	if f.starts != nil {
		if started := f.starts(options.ID, args[0]); started != nil {
			r = started
			r.id = options.ID
		}
	}
	f.runs[options.ID] = r
	return r, nil
}

func (f *deskTemporal) CancelWorkflow(_ context.Context, id, _ string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("cancel "+id, nil)
	if r, known := f.runs[id]; known {
		r.running, r.err, r.closed = false, serviceerror.NewCanceled("canceled"), time.Now()
	}
	return nil
}

func (f *deskTemporal) SignalWorkflow(_ context.Context, id, _, signal string, arg any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(signal+" "+id, arg)
	return nil
}

func (f *deskTemporal) SignalWithStartWorkflow(_ context.Context, id, signal string, arg any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(signal+" "+id, arg)
	return &deskRun{id: id}, nil
}

func (f *deskTemporal) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(options.UpdateName+" "+options.WorkflowID, nil)
	return nil, notFound()
}

func (f *deskTemporal) QueryWorkflow(_ context.Context, id, _, query string, _ ...any) (converter.EncodedValue, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state, known := f.orders[id]; known {
		text, err := json.Marshal(state)
		if err != nil {
			return nil, err
		}
		return valueOf(workflows.OrderView{State: text})
	}
	if said, known := f.queries[id+" "+query]; known {
		return valueOf(said)
	}
	return nil, notFound()
}

func valueOf(said any) (converter.EncodedValue, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(said)
	return client.NewValue(payloads), err
}

func (f *deskTemporal) QueryWorkflowWithOptions(_ context.Context, r *client.QueryWorkflowWithOptionsRequest) (*client.QueryWorkflowWithOptionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	said, known := f.queries[r.WorkflowID+" "+r.QueryType]
	if !known {
		said = workflows.HealthView{Health: workflows.Health{LastSuccess: time.Now()}, Since: time.Now()}
	}
	value, err := valueOf(said)
	return &client.QueryWorkflowWithOptionsResponse{QueryResult: value}, err
}

func (*deskTemporal) DescribeTaskQueue(context.Context, string, enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{Identity: "worker", LastAccessTime: timestamppb.Now()}}}, nil
}

func (f *deskTemporal) WorkflowService() workflowservice.WorkflowServiceClient {
	f.mu.Lock()
	defer f.mu.Unlock()
	return deskService{backlog: f.backlog}
}

// deskService is what is asked past the client.
type deskService struct {
	workflowservice.WorkflowServiceClient
	backlog int64
}

func (s deskService) DescribeTaskQueue(context.Context, *workflowservice.DescribeTaskQueueRequest, ...grpc.CallOption) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{Stats: &taskqueuepb.TaskQueueStats{ApproximateBacklogCount: s.backlog}}, nil
}

func (deskService) DeleteWorkflowExecution(context.Context, *workflowservice.DeleteWorkflowExecutionRequest, ...grpc.CallOption) (*workflowservice.DeleteWorkflowExecutionResponse, error) {
	return &workflowservice.DeleteWorkflowExecutionResponse{}, nil
}

func (f *deskTemporal) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	said := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, state := range f.orders {
		if listed(r.GetQuery(), state) {
			said.Executions = append(said.Executions, executionOf(state))
		}
	}
	return said, nil
}

func (f *deskTemporal) CountWorkflow(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	said := &workflowservice.CountWorkflowExecutionsResponse{}
	for _, state := range f.orders {
		if listed(r.GetQuery(), state) {
			said.Count++
		}
	}
	return said, nil
}

// listed reads as much of a query as the tests need: states, reasons and ids.
func listed(query string, state order.State) bool {
	named := func(field, value string) bool {
		return !strings.Contains(query, field+" = '") && !strings.Contains(query, field+" IN (") || strings.Contains(query, "'"+value+"'")
	}
	reason := ""
	if state.Hold != nil {
		reason = string(state.Hold.Reason)
	}
	if strings.Contains(query, "'Failed'") && !strings.Contains(query, "Running") {
		return false
	}
	return named("SyncState", string(state.SyncState())) && named("HoldReason", reason) && named("WorkflowId", state.Key.WorkflowID())
}

func executionOf(state order.State) *workflowpb.WorkflowExecutionInfo {
	fields := map[string]*commonpb.Payload{}
	put := func(name string, value any) {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			panic(err)
		}
		fields[name] = payload
	}
	put(engine.AttrSyncState.GetName(), string(state.SyncState()))
	if state.Hold != nil {
		put(engine.AttrHoldReason.GetName(), string(state.Hold.Reason))
		put(engine.AttrHeldSince.GetName(), state.Hold.Since)
	}
	if state.Snapshot != nil {
		put(engine.AttrCartumCreated.GetName(), state.Snapshot.Created)
	}
	if state.Order != nil {
		put(engine.AttrRoappOrder.GetName(), state.Order.ID)
	}
	if !state.Synced.IsZero() {
		put(engine.AttrLastSynced.GetName(), state.Synced)
	}
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: state.Key.WorkflowID(), RunId: "run"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		StartTime: timestamppb.New(state.StartedAt), SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields},
	}
}

// dayAgo is a day on the shop's clock.
func (d *desk) dayAgo(days int) string {
	return time.Now().In(d.store.Current().Shops["demo"].Since.Location()).AddDate(0, 0, -days).Format(time.DateOnly)
}
