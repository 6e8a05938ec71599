package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// resetTo resets an order's workflow to one of its workflow tasks, counted from 0.
func resetTo(w *testenv.Env, number int64, task int) {
	w.T.Helper()
	var ends []int64
	history := w.Temporal.GetWorkflowHistory(w.T.Context(), w.Key(number).WorkflowID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(w.T, err)
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			ends = append(ends, event.GetEventId())
		}
	}
	require.Greater(w.T, len(ends), task)
	_, err := w.Temporal.ResetWorkflowExecution(w.T.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: w.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: w.Key(number).WorkflowID()},
		Reason: "by an operator", RequestId: fmt.Sprint(number, task), WorkflowTaskFinishEventId: ends[task],
	})
	require.NoError(w.T, err)
}

// Wherever an operator resets an order to, it is looked up before anything is
// created: it exists once, with each item once.
func TestOperatorResetsAnOrder(t *testing.T) {
	t.Parallel()
	for _, task := range []int{0, 2, 4} {
		t.Run(fmt.Sprintf("to its workflow task %d", task), func(t *testing.T) {
			t.Parallel()
			w, _ := importedOrder(t, quick(testenv.Options{}), 1, nil)
			resetTo(w, 1, task)
			w.Await(1, func(v testenv.Order) string {
				if !strings.Contains(timelineText(v), "workflow-reset") || v.State != order.SyncSynced || len(v.Running) > 0 {
					return "the reset run is not done"
				}
				return ""
			})
			orders := w.Roapp.Orders()
			require.Len(t, orders, 1)
			assert.Len(t, orders[0].Items, 2)
			w.Edit(1, testenv.J{"products": roseAndVase("3", "1")})
			w.Await(1, func(testenv.Order) string {
				if q := w.Roapp.Order(orders[0].ID).Items[0].Quantity.String(); !strings.HasPrefix(q, "3") {
					return "the edit is not synced: " + q
				}
				return ""
			})
			assert.Len(t, w.Roapp.Orders(), 1)
		})
	}
}

// An order that an operator cancels ends in order, also in the middle of its import,
// and is there again with the next event.
func TestOperatorCancelsAnOrder(t *testing.T) {
	t.Parallel()
	w := unhurried(t, quick(testenv.Options{}))
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders", Kind: "hang", Times: 1, Delay: "2s"})
	w.Place(1, testenv.J{"products": roseAndVase("2", "1")})
	w.AwaitSeen(w.Roapp, "POST /v2/orders", 1)
	cancelWorkflow(w, w.Key(1).WorkflowID())
	w.Eventually(testenv.Patience, func() string {
		if w.Running(1) {
			return "the workflow still runs"
		}
		return ""
	})
	w.Webhook(1)
	w.AwaitSynced(1)
	require.Len(t, w.Roapp.Orders(), 1)
	assert.Len(t, w.Roapp.Orders()[0].Items, 2)
}

// A signal that nobody can read stands in the timeline, and stops nothing.
func TestOperatorSendsASignalThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	w, made := importedOrder(t, testenv.Options{}, 1, nil)
	id := w.Key(1).WorkflowID()
	require.NoError(t, w.Temporal.SignalWorkflow(t.Context(), id, "", workflows.SignalWrittenOff, []byte{0xff, 0x00}))
	require.NoError(t, w.Temporal.SignalWorkflow(t.Context(), id, "", workflows.SignalDecide, []int{1}))
	w.Await(1, func(v testenv.Order) string {
		noted := 0
		for _, entry := range v.Timeline {
			if entry.Code == "undecodable" {
				noted++
			}
		}
		if noted != 2 {
			return fmt.Sprintf("noted %d times", noted)
		}
		return ""
	})
	w.Edit(1, testenv.J{"products": roseAndVase("4", "1")})
	w.Await(1, func(testenv.Order) string {
		if q := w.Roapp.Order(made.ID).Items[0].Quantity.String(); !strings.HasPrefix(q, "4") {
			return "the edit is not synced: " + q
		}
		return ""
	})
}

// A step that fails is not repeated without a pause, whatever the cause: here the
// shop answers a status with something that nobody can read.
func TestFailedStepIsRepeatedWithGrowingPauses(t *testing.T) {
	t.Parallel()
	w, made := importedOrder(t, testenv.Options{}, 1, nil)
	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/update", Kind: "html", Times: 1000})
	w.Roapp.SetStatus(made.ID, 102)
	w.Collect()
	w.AwaitHeld(1, order.HoldUnreachable)
	events := func() int64 {
		answer, err := w.Temporal.DescribeWorkflow(t.Context(), w.Key(1).WorkflowID(), "")
		require.NoError(t, err)
		return answer.RawResponse.GetWorkflowExecutionInfo().GetHistoryLength()
	}
	size := events()
	w.Eventually(testenv.Patience, func() string {
		if view, err := w.Lookup(1); err != nil || len(view.Running) > 0 {
			return "something runs"
		}
		return ""
	})
	view := w.Order(1)
	require.NotNil(t, view.Hold)
	assert.True(t, view.Hold.NextRetry.After(time.Now().Add(30*time.Second)), "the next retry is a minute away")
	assert.InDelta(t, size, events(), 12, "nothing is repeated meanwhile")
}

// The settings give the shop another account while its order is open: the order
// stays in the account in which it was created, with all that happens to it.
func TestOperatorGivesAShopAnotherAccount(t *testing.T) {
	t.Parallel()
	w, made := importedOrder(t, testenv.Options{CollectEvery: 10 * time.Second}, 1, nil)
	w.Env["OTHER_API_KEY"] = "another"
	w.ReplaceSettings(func(yaml string) string {
		at := strings.Index(yaml, "\nshops:")
		section := yaml[strings.Index(yaml, "  main:"):at]
		other := regexp.MustCompile(`api_key: .*`).ReplaceAllLiteralString(strings.Replace(section, "  main:", "  other:", 1), "api_key: ${OTHER_API_KEY}")
		moved := yaml[:at] + "\n" + other
		return moved + strings.Replace(yaml[at:], "account: main", "account: other", 1)
	})
	w.Edit(1, testenv.J{"products": append(roseAndVase("5", "1"), testenv.Line("NEW-1", "Storczyk", "40", "1"))})
	w.Await(1, func(testenv.Order) string {
		if items := w.Roapp.Order(made.ID).Items; len(items) != 3 || !strings.HasPrefix(items[0].Quantity.String(), "5") {
			return fmt.Sprintf("the edit is not in the old account: %+v", items)
		}
		return ""
	})
	w.Roapp.SetStatus(made.ID, 102)
	view := w.Await(1, func(v testenv.Order) string {
		if v.Roapp.Status != 102 || v.Cartum.Status != 2 {
			return "the status of the old account is not heard"
		}
		return ""
	})
	assert.Equal(t, "main", view.Roapp.Account)
}

// An order as long as a small shop's catalogue, each product new and with a long title
// and description: it is imported, though payloads have a limit of 2 MB, and its history
// grows with its lines only.
func TestT07_OrderOf150NewProductsIsImported(t *testing.T) {
	t.Parallel()
	w := unhurried(t, quick(testenv.Options{RoappSwitches: map[string]string{"search-lag": "0s", "category-create": "yes"}}))
	var all []testenv.J
	const products = 150
	for i := range products {
		sku := fmt.Sprintf("SKU-%03d", i)
		title := sku + strings.Repeat(" Bukiet róż czerwonych z gipsówką", 20)
		w.Cartum.PutProduct(sku, testenv.J{"title": testenv.J{"pl": title}, "description": testenv.J{"pl": strings.Repeat("Bardzo długi opis. ", 860)}})
		all = append(all, testenv.Line(sku, title, "10.50", "1"))
	}
	w.Place(1, testenv.J{"products": all})
	w.Eventually(4*time.Minute, func() string { return notSynced(w, 1) })
	require.Len(t, w.Roapp.Orders(), 1)
	assert.Len(t, w.Roapp.Orders()[0].Items, products)
	assert.Len(t, w.Roapp.Products(), products)
	assert.Less(t, w.HistorySize(w.Key(1).WorkflowID()), int64(5_000*products), "bytes of history: 5 kB a line, of which a new product takes most")
}

// A wholesale order: all of its products are known. What it leaves in Temporal grows
// with its lines, by little each.
func TestT07_OrderOf300KnownProductsIsImported(t *testing.T) {
	t.Parallel()
	w := unhurried(t, quick(testenv.Options{}))
	sizes := map[int]left{}
	var all []testenv.J
	for i := range 300 {
		sku, title := fmt.Sprintf("SKU-%03d", i), fmt.Sprintf("Róża czerwona z gipsówką numer %d", i)
		w.Roapp.Create("products", testenv.J{"title": title, "article": sku})
		all = append(all, testenv.Line(sku, title, "10.50", "1"))
	}
	for number, count := range []int{100, 300} {
		w.Place(int64(number+1), testenv.J{"products": all[:count]})
		w.Eventually(3*time.Minute, func() string { return notSynced(w, int64(number+1)) })
		sizes[count] = sizeOf(w, int64(number+1))
		t.Logf("%d lines: %+v", count, sizes[count])
	}
	require.Len(t, w.Roapp.Orders(), 2)
	assert.Len(t, w.Roapp.Orders()[1].Items, 300)
	assert.Len(t, w.Roapp.Products(), 300)
	a, b := sizes[100], sizes[300]
	assert.Less(t, (b.bytes-a.bytes)/200, int64(400), "bytes of history for each line more")
	assert.Less(t, float64(b.events-a.events)/200, 1.0, "events for each line more: ten lines are one step")
	assert.Less(t, b.largest, 15_000, "bytes of the largest event; Temporal takes 2 MB")
}

// left is what an order has left in Temporal.
type left struct {
	bytes, events int64
	largest       int // bytes of the largest event
}

// sizeOf is what the order's only run has left.
func sizeOf(w *testenv.Env, number int64) left {
	w.T.Helper()
	described, err := w.Temporal.DescribeWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "")
	require.NoError(w.T, err)
	info := described.RawResponse.GetWorkflowExecutionInfo()
	require.Equal(w.T, info.GetFirstRunId(), info.GetExecution().GetRunId(), "it has not continued as new, which would hide the rest")
	size := left{bytes: info.GetHistorySizeBytes(), events: info.GetHistoryLength()}
	history := w.Temporal.GetWorkflowHistory(w.T.Context(), w.Key(number).WorkflowID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(w.T, err)
		size.largest = max(size.largest, proto.Size(event))
	}
	return size
}

// notSynced reports why an order is not synced, "" where it is.
func notSynced(w *testenv.Env, number int64) string {
	view, err := w.Lookup(number)
	if err != nil || view.State != order.SyncSynced || len(view.Running) > 0 {
		return fmt.Sprintf("order %d is not synced: %v, %s, runs %v, holds %+v", number, err, view.State, view.Running, view.Hold)
	}
	return ""
}
