package activities

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	cartumfake "github.com/cartumsync/cartumsync/sandbox/cartum"
	roappfake "github.com/cartumsync/cartumsync/sandbox/roapp"
)

// fake is a fake of a service behind real HTTP.
type fake struct {
	t   *testing.T
	url string
}

// do sends a sandbox request, and reads its answer into into, if not nil.
func (f fake) do(method, path, body string, into any) {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), method, f.url+"/sandbox"+path, strings.NewReader(body))
	require.NoError(f.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(f.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(f.t, err)
	require.Less(f.t, response.StatusCode, 300, "%s %s: %s", method, path, text)
	if into != nil {
		require.NoError(f.t, json.Unmarshal(text, into), "%s", text)
	}
}

// fail lets the next request of an endpoint fail: with an HTTP status, or in the way of a kind.
func (f fake) fail(match, how string) {
	f.t.Helper()
	fault := fmt.Sprintf(`{"match":%q,"kind":%q}`, match, how)
	if status, err := strconv.Atoi(how); err == nil {
		fault = fmt.Sprintf(`{"match":%q,"kind":"status","status":%d}`, match, status)
	}
	f.do(http.MethodPost, "/faults", fault, nil)
}

// requests counts those to RO App since the last call, by endpoint.
func (f fake) requests() map[string]int {
	f.t.Helper()
	var seen struct{ Endpoints map[string]int }
	f.do(http.MethodGet, "/requests", "", &seen)
	f.do(http.MethodDelete, "/requests", "", nil)
	return seen.Endpoints
}

// services are an account and a shop of the settings, their fakes, a Temporal of the test's own, and the activities.
type services struct {
	t             *testing.T
	roapp, cartum fake
	temporal      *fakeTemporal
	store         *settings.Store
	a             *Activities
	env           *testsuite.TestActivityEnvironment
}

func openServices(t *testing.T) *services {
	t.Helper()
	return openServicesWith(t, nil, settingstest.Env())
}

func openServicesWith(t *testing.T, switches map[roappfake.Switch]string, env map[string]string, replace ...string) *services {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	values := map[string]string{string(roappfake.SearchLag): "0s"}
	for name, value := range switches {
		values[string(name)] = value
	}
	account := roappfake.New(roappfake.Options{Unlimited: true, CustomFields: true, Switches: values})
	shop := cartumfake.New(cartumfake.Options{TimeZone: zone})
	s := &services{t: t, temporal: &fakeTemporal{}}
	for handler, into := range map[http.Handler]*fake{account: &s.roapp, shop: &s.cartum} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		*into = fake{t, server.URL}
	}
	t.Cleanup(account.Close)
	t.Cleanup(shop.Close)
	fast := "    request_timeout: 5s\n    settle_after_lost_answer: 0s\n    search_lag: 20ms\n    fields: "
	text := strings.Replace(settingstest.Text(s.roapp.url, s.cartum.url), "    fields: ", fast, 1)
	s.store = settings.NewStore(settingstest.Load(t, strings.NewReplacer(replace...).Replace(text), env))
	s.newProcess()
	return s
}

// newProcess starts a process that knows nothing of what earlier ones did.
func (s *services) newProcess() {
	s.a = New(s.store, s.temporal, index.New(s.temporal))
	s.env = enginetest.ActivityEnvironment()
	s.a.Register(s.env)
}

// do runs an activity and reads its answer.
func do[T any](s *services, activity, in any) (answer T, err error) {
	s.t.Helper()
	value, err := s.env.ExecuteActivity(activity, in)
	if err != nil {
		return answer, err
	}
	err = value.Get(&answer)
	return answer, err
}

// done is the answer of an activity that succeeds.
func done[T any](s *services, activity, in any) T {
	s.t.Helper()
	answer, err := do[T](s, activity, in)
	require.NoError(s.t, err)
	return answer
}

// fails is how an activity fails.
func (s *services) fails(activity, in any) order.Failure {
	s.t.Helper()
	_, err := s.env.ExecuteActivity(activity, in)
	failure, _, _ := failureIn(s.t, err)
	return failure
}

// place has a buyer place an order of two roses for 12.50 each, with changes of its fields.
func (s *services) place(number int64, created time.Time, changes map[string]string) {
	s.t.Helper()
	all := map[string]string{
		"order_id": strconv.FormatInt(number, 10), "stat_created": strconv.Quote(created.In(warsaw()).Format(time.DateTime)),
	}
	for name, value := range changes {
		all[name] = value
	}
	s.cartum.do(http.MethodPut, fmt.Sprintf("/orders/%d", number), valid(s.t, all), nil)
}

func warsaw() *time.Location {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		panic(err)
	}
	return zone
}

// listed is an order as Temporal lists it.
func listed(number int64, attributes map[string]any) *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: order.Key{Shop: "demo", Number: number}.WorkflowID()},
		Status:    enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, StartTime: timestamppb.New(time.Now().Add(-time.Hour)),
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}},
	}
	attributes[engine.AttrShop.GetName()] = "demo"
	for name, value := range attributes {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			panic(err)
		}
		info.SearchAttributes.IndexedFields[name] = payload
	}
	return info
}

// lists has Temporal list these orders, whatever is asked for.
func (s *services) lists(orders ...*workflowpb.WorkflowExecutionInfo) {
	s.temporal.runs = func(string) []*workflowpb.WorkflowExecutionInfo { return orders }
}

// person and product are records that staff created.
func (s *services) person(name, phone string) int64 {
	s.t.Helper()
	var created struct{ ID int64 }
	s.roapp.do(http.MethodPost, "/people", fmt.Sprintf(`{"first_name":%q,"phones":[%q]}`, name, phone), &created)
	return created.ID
}

func (s *services) product(title, sku string) int64 {
	s.t.Helper()
	var created struct{ ID int64 }
	s.roapp.do(http.MethodPost, "/products", fmt.Sprintf(`{"title":%q,"article":%q}`, title, sku), &created)
	return created.ID
}

// createInput is the create of order 115 for a person.
func (s *services) createInput(person int64) order.CreateOrder {
	return order.CreateOrder{
		Account: "main", Shop: "demo", ShopName: "Kwiaty Online", Number: 115, Created: time.Now().Add(-time.Minute), Zone: "Europe/Warsaw",
		ContactID: person, LocationID: 12, OrderTypeID: 34, ManagerID: 56,
	}
}

// created is order 115 in RO App.
func (s *services) created() order.OrderCreated {
	s.t.Helper()
	return done[order.OrderCreated](s, s.a.CreateOrder, s.createInput(s.person("Anna", "+48601000201")))
}

// roappOrder is an order as RO App has it.
type roappOrder struct {
	Order struct {
		StatusID int64              `json:"status_id"`
		Status   struct{ ID int64 } `json:"status"`
		Notes    string             `json:"manager_notes"`
		Fields   map[string]string  `json:"custom_fields"`
	}
	Items []struct {
		ID       int64
		Quantity decimal.Decimal
	}
	Feed []json.RawMessage
}

func (s *services) roappOrder(id int64) (got roappOrder) {
	s.t.Helper()
	s.roapp.do(http.MethodGet, fmt.Sprintf("/orders/%d", id), "", &got)
	return got
}

// roappOrders counts the orders in RO App.
func (s *services) roappOrders() int {
	s.t.Helper()
	var rows []json.RawMessage
	s.roapp.do(http.MethodGet, "/orders", "", &rows)
	return len(rows)
}

func TestAllActivitiesAreRegistered(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	s.place(115, time.Now(), nil)
	value, err := s.env.ExecuteActivity("ReadShopOrder", order.ReadShopOrder{Shop: "demo", Number: 115})
	require.NoError(t, err)
	var read order.ShopOrderRead
	require.NoError(t, value.Get(&read))
	assert.Equal(t, "Anna Nowak", read.Snapshot.Customer.Name)
}

// env are the environment variables of the settings.
func env() map[string]string { return settingstest.Env() }
