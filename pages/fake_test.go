package pages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
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
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	"github.com/cartumsync/cartumsync/workflows"
)

// site is the pages on a Temporal that holds what a test puts into it.
type site struct {
	t        testing.TB
	temporal *fakeTemporal
	settings *settings.Settings
	handler  http.Handler
	viewer   *health.Viewer
}

// Tokens of the two people of a site.
const (
	actToken  = "token-of-anna"
	lookToken = "token-of-the-viewer"
)

func newSite(t testing.TB) *site {
	t.Helper()
	set := settingstest.Load(t, settingstest.Text("https://roapp.example", "https://cartum.example"), settingstest.Env())
	second := set.Shops["demo"]
	second.Name, second.TimeZone, second.Region = "Квіти онлайн", "Europe/Kyiv", "UA"
	set.Shops["second"] = second
	for token, user := range map[string]settings.APIToken{actToken: {Name: "anna", Role: "act"}, lookToken: {Name: "viewer", Role: "view"}} {
		hash := sha256.Sum256([]byte(token))
		user.SHA256 = hex.EncodeToString(hash[:])
		set.APITokens = append(set.APITokens, user)
	}
	key, err := set.Encryption[0].Bytes()
	require.NoError(t, err)
	codec, err := engine.NewCodec([]engine.Key{{ID: set.Encryption[0].ID, Key: key}})
	require.NoError(t, err)
	fake := &fakeTemporal{memos: engine.DataConverter(codec), orders: map[string]order.State{}, worker: true}
	store, ix := settings.NewStore(set), index.New(fake)
	orders, viewer := service.NewOrders(fake, ix, "default", store), health.New(fake, ix, "default", store)
	handler := New(Options{
		Settings: store, Logger: zap.NewNop(), TemporalUI: "https://temporal.example/namespaces/default",
		Orders:   func() (*service.Orders, bool) { return orders, fake.connected() },
		Overview: func() (*health.Viewer, bool) { return viewer, fake.connected() },
	})
	guard, err := access.New(access.Options{Settings: store, Logger: zap.NewNop()})
	require.NoError(t, err)
	return &site{t: t, temporal: fake, settings: set, handler: guard.Authenticate(handler), viewer: viewer}
}

// answer is what a page answered.
type answer struct {
	*httptest.ResponseRecorder
	Text string
}

// asks requests a page as somebody does; the header names and values follow each other.
func (s *site) asks(token, method, path string, form url.Values, headers ...string) answer {
	s.t.Helper()
	var body io.Reader = http.NoBody
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return answer{w, w.Body.String()}
}

// opens gets a page as Anna, who may act.
func (s *site) opens(path string, headers ...string) answer {
	s.t.Helper()
	return s.asks(actToken, http.MethodGet, path, nil, headers...)
}

// knows waits until the report of the installation's health says something.
func (s *site) knows(is func(health.Report) bool) {
	s.t.Helper()
	ctx, done := context.WithCancel(s.t.Context())
	defer done()
	go func() { _, _ = s.viewer.Read(ctx) }() // counting all orders would take longer
	require.Eventually(s.t, func() bool { return is(s.viewer.Last()) }, 30*time.Second, 5*time.Millisecond)
}

// fakeTemporal answers as Temporal and a worker do for the orders that it holds.
type fakeTemporal struct {
	client.Client
	memos converter.DataConverter

	mu     sync.Mutex
	orders map[string]order.State // by workflow
	worker bool
	gone   bool     // not connected
	deny   bool     // the services refuse the credentials
	asked  []string // queries of lists
	sent   []string // signals and updates
	steps  []string // kinds of the steps in progress
}

func (f *fakeTemporal) change(how func(*fakeTemporal)) { f.mu.Lock(); defer f.mu.Unlock(); how(f) }

func (f *fakeTemporal) connected() bool { f.mu.Lock(); defer f.mu.Unlock(); return !f.gone }

// queries are those of lists so far, a line for each.
func (f *fakeTemporal) queries() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.asked, "\n")
}

// commands are the signals and updates so far.
func (f *fakeTemporal) commands() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.sent, " ")
}

func (f *fakeTemporal) put(state order.State) {
	f.change(func(f *fakeTemporal) { f.orders[state.Key.WorkflowID()] = state })
}

func (*fakeTemporal) WorkflowService() workflowservice.WorkflowServiceClient { return fakeService{} }

// fakeService is what is asked without the client.
type fakeService struct {
	workflowservice.WorkflowServiceClient
}

func (fakeService) DescribeTaskQueue(context.Context, *workflowservice.DescribeTaskQueueRequest, ...grpc.CallOption) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{}, nil
}

func (f *fakeTemporal) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.GetQuery())
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	for id, state := range f.orders {
		if fits(r.GetQuery(), id, state) {
			answer.Executions = append(answer.Executions, f.execution(id, state))
		}
	}
	return answer, nil
}

// fits reads as much of a query as the tests need: a number, an id, and a state.
func fits(query, id string, state order.State) bool {
	number := strconv.FormatInt(state.Key.Number, 10)
	switch {
	case strings.Contains(query, "OrderNumber = '"+number+"'"):
		return true
	case strings.Contains(query, "SearchTokens"):
		for _, token := range state.Published.Search {
			if strings.Contains(query, token) {
				return true
			}
		}
		return false
	case strings.Contains(query, "WorkflowId") && !strings.Contains(query, "'"+id+"'"):
		return false
	case strings.Contains(query, "SyncState = 'held'") && state.SyncState() != order.SyncHeld:
		return false
	}
	return !strings.Contains(query, "'Failed'")
}

func (f *fakeTemporal) execution(id string, state order.State) *workflowpb.WorkflowExecutionInfo {
	fields := map[string]*commonpb.Payload{}
	put := func(name string, value any) {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			panic(err)
		}
		fields[name] = payload
	}
	put("SyncState", string(state.SyncState()))
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		StartTime: timestamppb.New(state.StartedAt), SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields},
	}
	if state.Closed != nil {
		info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
	if state.Hold != nil {
		put("HoldReason", string(state.Hold.Reason))
		put("HeldSince", state.Hold.Since)
	}
	if snap := state.Snapshot; snap != nil {
		put("CartumCreated", snap.Created)
		put("CartumStatus", snap.Status)
		amount, _ := snap.Totals.Sum.Float64()
		put("Amount", amount)
	}
	if state.Order != nil {
		put("RoappOrder", state.Order.ID)
		put("RoappStatus", state.Order.StatusID)
		put("WrittenOff", state.Order.WrittenOff)
	}
	if !state.Synced.IsZero() {
		put("LastSynced", state.Synced)
	}
	if row := state.Published.Row; row != nil {
		memo, err := f.memos.ToPayload(*row)
		if err != nil {
			panic(err)
		}
		info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.MemoRow: memo}}
	}
	return info
}

func (f *fakeTemporal) CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{Count: 1234}, nil
}

// named are the names of the statuses that the services tell.
var named = map[string]workflows.Checked{
	"check:shop:demo": {Shop: &refdata.Shop{Statuses: []refdata.Status{
		{ID: 1, Titles: map[string]string{"pl": "Nowe"}}, {ID: 3, Titles: map[string]string{"pl": "Wysłane"}},
	}}},
	"check:account:main": {Account: &refdata.Account{Lists: map[refdata.Kind]refdata.Directory{refdata.Statuses: {Records: []refdata.Record{
		{ID: "101", Name: "Przyjęte"}, {ID: "103", Name: "W drodze"},
	}}}}},
}

func (f *fakeTemporal) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := named[id]; known {
		return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: id}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
		}}, nil
	}
	state, known := f.orders[id]
	if !known {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: f.execution(id, state)}, nil
}

// run is the result of a workflow.
type run struct {
	client.WorkflowRun
	result any
	err    error
}

func (r run) Get(_ context.Context, into any) error {
	if r.err != nil {
		return r.err
	}
	text, err := json.Marshal(r.result)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func (r run) GetRunID() string { return "run" }

func (f *fakeTemporal) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return run{result: named[id]}
}

func (f *fakeTemporal) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	f.change(func(f *fakeTemporal) { f.sent = append(f.sent, options.ID) })
	switch in := args[0].(type) {
	case workflows.LookupInput:
		return run{result: workflows.LookupResult{Found: in.ID < 900_000}}, nil
	case workflows.RoappOrdersInput:
		return run{result: workflows.RoappOrdersPage{Pages: 1, Orders: []workflows.RoappOrder{
			{ID: 7001, Number: "Z00007", Created: time.Now().Add(-time.Hour), Customer: "Walk-in customer", StatusID: 101, StatusName: "Przyjęte", Total: decimal.NewFromInt(20)},
		}}}, nil
	}
	return run{err: errors.New("not expected")}, nil
}

func (fakeService) DeleteWorkflowExecution(context.Context, *workflowservice.DeleteWorkflowExecutionRequest, ...grpc.CallOption) (*workflowservice.DeleteWorkflowExecutionResponse, error) {
	return &workflowservice.DeleteWorkflowExecutionResponse{}, nil
}

func (f *fakeTemporal) QueryWorkflow(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.worker {
		return nil, serviceerror.NewFailedPrecondition("no poller seen for task queue recently, worker may be down")
	}
	state, known := f.orders[id]
	if !known {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	text, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	return encoded(workflows.OrderView{State: text, Steps: f.steps})
}

func encoded(value any) (converter.EncodedValue, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(value)
	return client.NewValue(payloads), err
}

func (f *fakeTemporal) QueryWorkflowWithOptions(context.Context, *client.QueryWorkflowWithOptionsRequest) (*client.QueryWorkflowWithOptionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.worker {
		return nil, serviceerror.NewFailedPrecondition("no poller seen for task queue recently, worker may be down")
	}
	now := time.Now()
	view := workflows.HealthView{Health: workflows.Health{LastSuccess: now}, Since: now}
	if f.deny {
		view.Health = workflows.Health{FailingSince: now, Kind: order.FailCredentials, Problem: "401 Unauthorized"}
		view.Red = true
	}
	value, err := encoded(view)
	return &client.QueryWorkflowWithOptionsResponse{QueryResult: value}, err
}

func (f *fakeTemporal) DescribeTaskQueue(context.Context, string, enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &workflowservice.DescribeTaskQueueResponse{}
	if f.worker {
		answer.Pollers = []*taskqueuepb.PollerInfo{{Identity: "worker", LastAccessTime: timestamppb.Now()}}
	}
	return answer, nil
}

func (f *fakeTemporal) SignalWithStartWorkflow(_ context.Context, id, signal string, _ any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	f.change(func(f *fakeTemporal) { f.sent = append(f.sent, id+" "+signal) })
	return run{}, nil
}

func (f *fakeTemporal) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.change(func(f *fakeTemporal) { f.sent = append(f.sent, options.WorkflowID+" "+options.UpdateID) })
	return nil, nil //nolint:nilnil // only that it was accepted counts
}

// anOrder is an order of twelve lines on both sides that was updated a while ago.
func anOrder(shop string, number int64, now time.Time) order.State {
	created := now.Add(-50 * time.Hour)
	state := order.NewState(order.Key{Shop: shop, Number: number}, order.OriginWebhook, created)
	fee := decimal.RequireFromString("14.99")
	snap := order.Snapshot{
		Number: number, SeenAt: now.Add(-3 * time.Minute), Created: created, Status: 3, Currency: "PLN",
		Customer: order.Customer{Name: "Katarzyna Wójcik-Nowakowska", Phone: "+48 601 100 104", Email: "k.wojcik@poczta.example"},
		Delivery: order.Delivery{Method: "Kurier", Price: &fee, Recipient: "Katarzyna Wójcik", Phone: "+48 601 100 104", City: "Gdańsk", Address: "Długa 12/4"},
		Payment:  order.Payment{Method: "Płatność przy odbiorze"}, BuyerComment: "Proszę dzwonić przed dostawą.",
	}
	state.Lines = map[order.LineKey]order.LineState{}
	note := func(at time.Time, by, code string, params map[string]string) {
		if state.Timeline == nil {
			state.Timeline = map[int]order.Entry{}
		}
		state.LastEntry++
		state.Timeline[state.LastEntry] = order.Entry{At: at, By: by, Message: flow.Message{Code: code, Params: params}}
	}
	for i := range 12 {
		sku := "KWIAT-" + strconv.Itoa(100+i)
		key := order.LineKey("a:" + sku + "#1")
		price, quantity := decimal.New(int64(1250+1010*i), -2), decimal.NewFromInt(int64(1+i%4))
		snap.Lines = append(snap.Lines, order.Line{Key: key, Article: sku, Title: "Róża czerwona, bukiet " + strconv.Itoa(i+1), Type: order.LineProduct, Quantity: quantity, Price: price, Total: price.Mul(quantity)})
		state.Lines[key] = order.LineState{ItemID: int64(i + 1), ProductID: int64(i + 1), Quantity: quantity, Price: price}
		snap.Totals.Sum = snap.Totals.Sum.Add(price.Mul(quantity))
		note(created.Add(time.Minute), "", "item-added", map[string]string{"sku": sku, "quantity": quantity.String(), "price": price.String()})
	}
	snap.Totals.Default = snap.Totals.Sum
	state.Snapshot, state.Synced = &snap, now.Add(-3*time.Minute)
	total := snap.Totals.Sum
	state.Order = &order.AccountOrder{Account: "main", ID: 80000 + number, Number: "K" + strconv.FormatInt(number, 10), ContactID: 55, StatusID: 103, Total: &total, SeenAt: state.Synced, WroteAt: state.Synced, At: created}
	note(created.Add(2*time.Minute), "", "imported", nil)
	note(now.Add(-4*time.Minute), "anna", "refresh-requested", nil)
	note(now.Add(-3*time.Minute), "", "shop-status-changed", map[string]string{"wasCartumStatus": "1", "cartumStatus": "3"})
	note(now.Add(-3*time.Minute), "", "roapp-status-set", map[string]string{"roappStatus": "103"})
	state.Links = order.Links{ShopName: "Kwiaty Online", Shop: "https://kwiaty.example/edit/", Order: "https://web.roapp.example/orders/table/" + strconv.FormatInt(state.Order.ID, 10)}
	state.Published.Row = &flow.Row{ShopName: "Kwiaty Online", Account: "main", Customer: snap.Customer.Name, Currency: "PLN", Number: state.Order.Number}
	return state
}
