package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// visit asks the starter as somebody who may only read.
func visit(w *testenv.Env, path string) (status int, body string) {
	w.T.Helper()
	request, err := http.NewRequestWithContext(w.T.Context(), http.MethodGet, w.StarterURL+path, nil)
	require.NoError(w.T, err)
	request.Header.Set("Authorization", "Bearer "+testenv.ViewerToken)
	response, err := program(w).Do(request)
	require.NoError(w.T, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.T, err)
	return response.StatusCode, string(text)
}

// visitJSON is visit for the API.
func visitJSON[T any](w *testenv.Env, path string) (answer T) {
	w.T.Helper()
	status, body := visit(w, path)
	require.Equal(w.T, http.StatusOK, status, body)
	require.NoError(w.T, json.Unmarshal([]byte(body), &answer), body)
	return answer
}

// list is a whole page of a table.
func list(w *testenv.Env, f service.Filter) service.Page {
	w.T.Helper()
	page, err := w.Orders.List(w.T.Context(), f, "", 50)
	require.NoError(w.T, err)
	return page
}

// awaitRows waits until a table is as the condition wants it: lists lag behind.
func awaitRows(w *testenv.Env, f service.Filter, condition func([]service.Row) string) []service.Row {
	w.T.Helper()
	var rows []service.Row
	w.Eventually(testenv.Patience, func() string {
		rows = list(w, f).Rows
		return condition(rows)
	})
	return rows
}

func rowNumbers(rows []service.Row) []int64 {
	var all []int64
	for _, row := range rows {
		all = append(all, row.Key.Number)
	}
	return all
}

// The table shows what became of each order, also of one that nobody has read
// yet, and what it shows of people stands encrypted in Temporal.
func TestR01_TableShowsImportedHeldAndJustStartedOrders(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag, Idle: true})
	worker := w.StartWorker()
	w.Place(1, testenv.J{"delivery_name": "Anna <b>Nowak</b>", "stat_created": "2026-11-20 10:00:00"})
	w.AwaitSynced(1)
	w.Place(2, testenv.J{"delivery_phone": "", "stat_created": "2026-11-21 10:00:00"})
	w.AwaitHeld(2, order.HoldNoCustomer)
	rows := awaitRows(w, service.Filter{}, func(rows []service.Row) string {
		if len(rows) != 2 || rows[0].State != order.SyncHeld || rows[1].State != order.SyncSynced || rows[1].Customer == "" {
			return fmt.Sprintf("not there yet: %+v", rows)
		}
		return ""
	})
	imported := rows[1]
	o := w.Roapp.Orders()[0]
	assert.Equal(t, w.Key(1), imported.Key)
	assert.Equal(t, "Anna <b>Nowak</b>", imported.Customer)
	assert.Equal(t, "Kwiaty Online", imported.ShopName)
	assert.Equal(t, "PLN", imported.Currency)
	assert.Equal(t, o.ID, imported.RoappOrder)
	assert.Equal(t, "https://web.roapp.example/orders/table/"+itoa(o.ID), imported.Links.Order)
	assert.Equal(t, w.Cartum.URL+"/edit/", imported.Links.Shop)
	assert.NotNil(t, imported.Amount)
	assert.False(t, imported.Updated.IsZero())
	assert.Equal(t, order.HoldNoCustomer, rows[0].Reason)

	w.Collect()
	awaitRows(w, service.Filter{Shop: w.Shop, State: order.SyncSynced}, func(rows []service.Row) string {
		if len(rows) != 1 || rows[0].RoappNumber != o.Number {
			return "RO App's own number is not known yet"
		}
		return ""
	})

	memo := theExecution(t, w, 1).GetWorkflowExecutionInfo().GetMemo().GetFields()[workflows.MemoRow]
	assert.Equal(t, "binary/encrypted", string(memo.GetMetadata()["encoding"]))
	assert.NotContains(t, string(memo.GetData()), "Anna")
	assert.Less(t, len(memo.GetData()), 2048)

	page, err := w.Orders.List(t.Context(), service.Filter{}, "", 1)
	require.NoError(t, err)
	assert.Equal(t, []int64{2}, rowNumbers(page.Rows))
	page, err = w.Orders.List(t.Context(), service.Filter{}, page.Next, 1)
	require.NoError(t, err)
	assert.Equal(t, []int64{1}, rowNumbers(page.Rows))
	for _, f := range []service.Filter{{State: order.SyncSynced}, {Number: "1"}, {Number: itoa(o.ID)}, {Number: fmt.Sprintf("Z%05d", o.ID-1000)}} {
		assert.Equal(t, []int64{1}, rowNumbers(list(w, f).Rows), "%+v", f)
	}
	assert.Equal(t, []int64{2}, rowNumbers(list(w, service.Filter{Reason: order.HoldNoCustomer}).Rows))
	assert.Empty(t, list(w, service.Filter{Shop: "other"}).Rows)
	counts, err := w.Orders.Counts(t.Context(), w.Shop)
	require.NoError(t, err)
	assert.Equal(t, map[order.SyncState]int64{order.SyncImporting: 0, order.SyncHeld: 1, order.SyncSynced: 1, order.SyncClosed: 0, order.SyncFailed: 0}, counts.States)
	assert.Equal(t, map[order.HoldReason]int64{order.HoldNoCustomer: 1}, counts.Held)

	assertPages(t, w)
	assertAPI(t, w)

	worker.Stop()
	w.Webhook(3)
	rows = awaitRows(w, service.Filter{}, func(rows []service.Row) string {
		if len(rows) != 3 {
			return fmt.Sprint(rowNumbers(rows))
		}
		return ""
	})
	assert.Equal(t, []int64{3, 2, 1}, rowNumbers(rows))
	assert.Equal(t, order.SyncImporting, rows[0].State)
	assert.Equal(t, "Kwiaty Online", rows[0].ShopName, "the settings know the shop's name")
}

// assertPages checks the table and the panels as a person does.
func assertPages(t *testing.T, w *testenv.Env) {
	t.Helper()
	status, table := visit(w, "/orders")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, table, `<tr id="order-demo-1">`)
	assert.Contains(t, table, "Anna &lt;b&gt;Nowak&lt;/b&gt;", "a name cannot command the page")
	assert.NotContains(t, table, "<b>Nowak")
	for path, contains := range map[string]string{
		"/orders?show=shop:demo&state=held": `<tr id="order-demo-2">`, "/orders?show=all": `<tr id="order-demo-1">`,
		"/orders/demo/1": "<ol class=\"timeline\">", "/orders/demo/2": `class="problem"`, "/orders/demo/1/row": `<tr id="order-demo-1">`,
		"/orders/counts": "<strong>1</strong>",
	} {
		status, body := visit(w, path)
		assert.Equal(t, http.StatusOK, status, path)
		assert.Contains(t, body, contains, path)
	}
	for path, want := range map[string]int{
		"/orders?number=%27+OR+1": http.StatusUnprocessableEntity, "/orders?page=nonsense": http.StatusUnprocessableEntity,
		"/orders/demo/999": http.StatusNotFound, "/orders/demo/x": http.StatusNotFound, "/orders/demo/999/row": http.StatusNotFound,
	} {
		status, _ := visit(w, path)
		assert.Equal(t, want, status, path)
	}
}

// assertAPI reads as a program does.
func assertAPI(t *testing.T, w *testenv.Env) {
	t.Helper()
	type summary struct {
		Number int64
		State  string
		Roapp  struct{ ID int64 }
		Amount string
	}
	page := visitJSON[struct {
		Orders []summary
		Next   string
	}](w, "/v1/orders?limit=1")
	require.Len(t, page.Orders, 1)
	assert.Equal(t, "held", page.Orders[0].State)
	rest := visitJSON[struct{ Orders []summary }](w, "/v1/orders?limit=1&cursor="+page.Next)
	require.Len(t, rest.Orders, 1)
	assert.Equal(t, int64(1), rest.Orders[0].Number)
	assert.NotZero(t, rest.Orders[0].Roapp.ID)
	detail := visitJSON[struct {
		State  string
		Cartum struct{ Customer struct{ Name string } }
		Roapp  struct{ ID int64 }
		Lines  []struct {
			Cartum, Roapp struct{ Quantity string }
		}
		Amount   struct{ Total string }
		Timeline []struct{ Text string }
	}](w, "/v1/orders/demo/1")
	assert.Equal(t, "synced", detail.State)
	assert.Equal(t, "Anna <b>Nowak</b>", detail.Cartum.Customer.Name)
	require.Len(t, detail.Lines, 1)
	assert.Equal(t, detail.Lines[0].Cartum, detail.Lines[0].Roapp)
	assert.NotEmpty(t, detail.Amount.Total)
	assert.NotEmpty(t, detail.Timeline)
	counts := visitJSON[struct{ States, Held map[string]int64 }](w, "/v1/counts")
	assert.Equal(t, map[string]int64{"no-customer": 1}, counts.Held)
	for path, want := range map[string]int{
		"/v1/orders?cursor=nonsense": http.StatusUnprocessableEntity, "/v1/orders?number=%27": http.StatusUnprocessableEntity,
		"/v1/orders/demo/999": http.StatusNotFound, "/v1/orders/nowhere/1": http.StatusNotFound,
	} {
		status, body := visit(w, path)
		assert.Equal(t, want, status, path)
		assert.Contains(t, body, `"status":`, path)
	}
}

// RO App's own orders come from its list; ours are recognised in it. All are newest
// first.
func TestR01_OrdersOfRoappAreListedAndOursRecognised(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]testenv.Options{
		"by custom fields": {RoappSwitches: noLag},
		"by marker":        {RoappSwitches: noLag, Second: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := unhurried(t, o)
			w.Place(1, testenv.J{"stat_created": "2026-03-12 14:05:30"}) // times of both services are whole seconds
			_, imported := w.AwaitSynced(1)
			var made struct{ ID int64 }
			w.Roapp.API(http.MethodPost, "/v2/orders", testenv.J{"branch_id": 12, "order_type_id": 34, "client_id": imported.Client.ID}, &made)
			w.Place(2, testenv.J{"delivery_phone": ""})
			w.AwaitHeld(2, order.HoldNoCustomer)
			awaitRows(w, service.Filter{State: order.SyncHeld}, func(rows []service.Row) string {
				if len(rows) != 1 {
					return "the held order is not listed yet"
				}
				return ""
			})

			w.Roapp.ResetRequests()
			var all service.Page
			w.Eventually(testenv.Patience, func() string {
				all = list(w, service.Filter{Source: service.SourceAny})
				if len(all.Problems) > 0 {
					return fmt.Sprint(all.Problems)
				}
				return ""
			})
			require.Len(t, all.Rows, 3)
			assert.Equal(t, w.Key(2), all.Rows[0].Key, "the newest")
			assert.Equal(t, order.Key{}, all.Rows[1].Key, "made by staff")
			assert.Equal(t, "main", all.Rows[1].Account)
			assert.NotEmpty(t, all.Rows[1].RoappStatusName)
			assert.NotEmpty(t, all.Rows[1].Customer)
			assert.Equal(t, w.Key(1), all.Rows[2].Key)
			assert.Equal(t, order.SyncSynced, all.Rows[2].State)
			assert.Equal(t, imported.Number, all.Rows[2].RoappNumber)

			own := list(w, service.Filter{Source: service.SourceRoapp})
			require.Len(t, own.Rows, 1)
			assert.Equal(t, all.Rows[1], own.Rows[0])
			assert.Equal(t, 1, w.Roapp.Seen("GET /v2/orders"), "who looks again within half a minute costs nothing")
		})
	}
}

// An order that is closed without being in RO App is among all orders.
func TestR01_ClosedOrdersAreAmongAllOrders(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, testenv.J{"stat_created": at(1), "stat_status": 4})
	w.AwaitClosed(1)
	w.Place(2, testenv.J{"stat_created": at(3)})
	w.AwaitSynced(2)
	rows := awaitRows(w, service.Filter{Source: service.SourceAny}, func(rows []service.Row) string {
		if len(rows) != 2 || rows[1].RoappOrder == 0 {
			return "not all orders are listed yet"
		}
		return ""
	})
	assert.Equal(t, []int64{1, 2}, rowNumbers(rows), "newest first, whenever they came to RO App")
	assert.Equal(t, order.SyncClosed, rows[0].State)
	page, err := w.Orders.List(t.Context(), service.Filter{Number: "#1"}, "", 50)
	require.NoError(t, err)
	assert.Equal(t, []int64{1}, rowNumbers(page.Rows), "as pages write it")
}

// An order whose workflow was ended from outside is failed, and in no other state,
// wherever it is shown or counted; once it was started again it is not.
func TestR01_FailedIsOneState(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, nil)
	w.AwaitSynced(1)
	w.Terminate(1)
	failed := func(want int) string {
		rows := list(w, service.Filter{State: order.SyncFailed}).Rows
		if len(rows) != want {
			return fmt.Sprintf("failed orders are listed: %d", len(rows))
		}
		return ""
	}
	w.Eventually(testenv.Patience, func() string { return failed(1) })
	assert.Empty(t, list(w, service.Filter{State: order.SyncClosed}).Rows)
	counts, err := w.Orders.Counts(t.Context(), w.Shop)
	require.NoError(t, err)
	assert.Equal(t, map[order.SyncState]int64{
		order.SyncImporting: 0, order.SyncHeld: 0, order.SyncSynced: 0, order.SyncClosed: 0, order.SyncFailed: 1,
	}, counts.States)
	assert.Equal(t, order.SyncFailed, w.Order(1).State)
	report, err := health.New(w.Temporal, index.New(w.Temporal), w.Namespace, settings.NewStore(w.Settings)).Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]int64{"importing": 0, "synced": 0, "held": 0, "closed": 0, "failed": 1}, report.Shops[w.Shop].Orders)
	status, body := visit(w, "/orders?state=failed")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `<tr id="order-demo-1">`)

	w.ByHand(1)
	w.AwaitSynced(1)
	w.Eventually(testenv.Patience, func() string { return failed(0) })
}

func TestR01_AccountThatDoesNotAnswerIsReported(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: noLag})
	w.Place(1, testenv.J{"delivery_phone": ""})
	w.AwaitHeld(1, order.HoldNoCustomer)
	awaitRows(w, service.Filter{State: order.SyncHeld}, func(rows []service.Row) string {
		if len(rows) != 1 {
			return "the held order is not listed yet"
		}
		return ""
	})
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/orders", Kind: "hang", Times: 50})
	began := time.Now()
	page := list(w, service.Filter{Source: service.SourceAny})
	assert.Equal(t, []int64{1}, rowNumbers(page.Rows))
	assert.Less(t, time.Since(began), testenv.Patience)
	assert.Len(t, page.Problems, 1)
}

func theExecution(t *testing.T, w *testenv.Env, number int64) *workflowservice.DescribeWorkflowExecutionResponse {
	t.Helper()
	described, err := w.Temporal.DescribeWorkflow(t.Context(), w.Key(number).WorkflowID(), "")
	require.NoError(t, err)
	return described.RawResponse
}
