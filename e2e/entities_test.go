package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// awaitReport waits until the health of shops and accounts is as the condition
// wants: "" or what is missing.
func awaitReport(w *testenv.Env, condition func(health.Report) string) {
	w.T.Helper()
	viewer := health.New(w.Temporal, index.New(w.Temporal), w.Namespace, settings.NewStore(w.Settings))
	w.Eventually(testenv.Patience, func() string {
		report, err := viewer.Read(w.T.Context())
		if err != nil {
			return err.Error()
		}
		if text := condition(report); text != "" {
			return fmt.Sprintf("%s: %+v", text, report)
		}
		return ""
	})
}

// deleteWorkflow deletes a workflow and its history, as by Temporal's command line.
func deleteWorkflow(w *testenv.Env, id string) {
	w.T.Helper()
	about, err := w.Temporal.DescribeWorkflow(w.T.Context(), id, "")
	require.NoError(w.T, err)
	run := about.RawResponse.GetWorkflowExecutionInfo().GetExecution()
	_, err = w.Temporal.WorkflowService().DeleteWorkflowExecution(w.T.Context(), &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: w.Namespace, WorkflowExecution: run,
	})
	require.NoError(w.T, err)
	w.Eventually(testenv.Patience, func() string {
		if _, err := w.Temporal.DescribeWorkflow(w.T.Context(), id, run.GetRunId()); err == nil {
			return id + " is not deleted yet"
		}
		return ""
	})
}

func cancelWorkflow(w *testenv.Env, id string) {
	w.T.Helper()
	require.NoError(w.T, w.Temporal.CancelWorkflow(w.T.Context(), id, ""))
}

func terminateWorkflow(w *testenv.Env, id string) {
	w.T.Helper()
	require.NoError(w.T, w.Temporal.TerminateWorkflow(w.T.Context(), id, "", "by mistake"))
}

// A shop and an account that an operator ends are back within a minute. The shop is
// red at once, and orders without a webhook come in again; the account goes on from
// where it was.
func TestOperatorEndsAShopAndItsAccount(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testenv.Env, string){
		"cancels": cancelWorkflow, "terminates": terminateWorkflow, "deletes": deleteWorkflow,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, made := importedOrder(t, testenv.Options{RecentEvery: 10 * time.Second, CollectEvery: 10 * time.Second}, 1, nil)
			w.Sweep()
			pollNow(w)
			was := awaitCollected(w, time.Time{})
			end(w, workflows.AccountID("main"))
			end(w, workflows.ShopID(w.Shop))
			awaitReport(w, func(r health.Report) string {
				if shop := r.Shops[w.Shop]; shop.State != health.Red || !strings.Contains(shop.Problem, "does not run") {
					return "the shop is not red"
				}
				return ""
			})
			w.Cartum.PutOrder(115, nil) // and no webhook
			w.Roapp.SetStatus(made.ID, 102)
			isKnown(w, 115)
			w.AwaitSynced(115)
			awaitReport(w, func(r health.Report) string {
				if r.Shops[w.Shop].State != health.Green {
					return "the shop is not green again"
				}
				return ""
			})
			w.Await(1, func(v testenv.Order) string {
				if v.Roapp.Status != 102 {
					return "the change in RO App is not seen"
				}
				return ""
			})
			if name != "deletes" {
				assert.False(t, collections(w).Cursor.Before(was.Cursor), "it knows how far it was")
			}
		})
	}
}

// While nobody has started it again, it is red.
func TestAnAccountWhoseWorkflowDoesNotRunIsRed(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Idle: true})
	awaitReport(w, func(r health.Report) string {
		if account := r.Accounts["main"]; account.State != health.Red || !strings.Contains(account.Problem, "does not run") {
			return "the account is not red"
		}
		return ""
	})
}

// The order's workflow is deleted minutes after its import; the next edit in the
// shop must not create it a second time.
func TestOperatorDeletesAYoungOrder(t *testing.T) {
	t.Parallel()
	t.Run("the process that created it is there", func(t *testing.T) {
		t.Parallel()
		w, made := importedOrder(t, testenv.Options{}, 1, nil)
		deleteWorkflow(w, w.Key(1).WorkflowID())
		w.Edit(1, testenv.J{"comment": "Proszę dzwonić"})
		view, _ := w.AwaitSynced(1)
		assert.Equal(t, made.ID, view.Roapp.ID)
		assert.Len(t, w.Roapp.Orders(), 1)
	})
	t.Run("another process carries on", func(t *testing.T) {
		t.Parallel()
		w := unhurried(t, testenv.Options{Idle: true, RoappSwitches: noLag})
		first := w.StartWorker()
		w.Place(1, nil)
		w.AwaitSynced(1)
		pollNow(w)
		w.Eventually(testenv.Patience, func() string {
			answer, err := w.Temporal.QueryWorkflow(t.Context(), workflows.AccountID("main"), "", workflows.QueryCreated)
			require.NoError(t, err)
			var created map[string]workflows.CreatedOrder
			require.NoError(t, answer.Get(&created))
			if created[w.Key(1).WorkflowID()].OrderID == 0 {
				return "the account has not seen the order"
			}
			return ""
		})
		first.Stop()
		w.StartWorker()
		deleteWorkflow(w, w.Key(1).WorkflowID())
		w.Edit(1, testenv.J{"comment": "Proszę dzwonić"})
		w.AwaitSynced(1)
		assert.Len(t, w.Roapp.Orders(), 1)
	})
}

// awaitFinding waits for a finding of the shop.
func awaitFinding(w *testenv.Env, kind workflows.FindingKind, number int64) {
	w.T.Helper()
	awaitReport(w, func(r health.Report) string {
		shop := r.Shops[w.Shop]
		for _, finding := range shop.Findings {
			if finding.Kind == kind && finding.Number == number {
				if shop.State != health.Red || !strings.Contains(shop.Problem, fmt.Sprintf("order %d", number)) {
					return "the shop is not red with the order's number"
				}
				return ""
			}
		}
		return "not found"
	})
}

func awaitNoFinding(w *testenv.Env) {
	w.T.Helper()
	awaitReport(w, func(r health.Report) string {
		if shop := r.Shops[w.Shop]; len(shop.Findings) > 0 || shop.State != health.Green {
			return "not green again"
		}
		return ""
	})
}

// awaitFailingAlert waits until an alert was sent for the order.
func awaitFailingAlert(w *testenv.Env, receiver *testenv.Receiver, number int64) {
	w.T.Helper()
	for _, alert := range awaitTaken(w, receiver, workflows.AlertFailing, 1) {
		for _, one := range alert.Orders {
			if one.Number == number {
				return
			}
		}
	}
	w.T.Errorf("order %d is not among %+v", number, receiver.Taken(workflows.AlertFailing))
}

// A terminated order is red with its number until it is started again.
func TestOperatorTerminatesAnOrder(t *testing.T) {
	t.Parallel()
	receiver := testenv.NewReceiver(t)
	w := unhurried(t, testenv.Options{Alerts: receiver.URL, HeldAfter: time.Second})
	w.Place(1, nil)
	w.AwaitSynced(1)
	terminateWorkflow(w, w.Key(1).WorkflowID())
	awaitFinding(w, workflows.FindingEnded, 1)
	awaitFailingAlert(w, receiver, 1)
	w.Sweep() // brings it back
	w.AwaitSynced(1)
	awaitNoFinding(w)
	assert.Len(t, w.Roapp.Orders(), 1)
	assert.Len(t, receiver.Taken(workflows.AlertFailing), 1)
	assertAlertsDiscreet(t, w, receiver)
}

// No worker knows the workflows' types, as after a release that lost them: their tasks
// fail again and again. One is an order; the other creates a contact, for which orders
// wait, and their account says so.
func TestReleaseThatCannotContinueAnOrderOrAContact(t *testing.T) {
	t.Parallel()
	receiver := testenv.NewReceiver(t)
	w := unhurried(t, testenv.Options{Alerts: receiver.URL, HeldAfter: time.Second})
	const contact = "contact:main:0123456789abcdef"
	for id, kind := range map[string]string{w.Key(7).WorkflowID(): "OrderOfAnotherRelease", contact: "EnsureContactOfAnotherRelease"} {
		_, err := w.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: engine.OrdersQueue}, kind)
		require.NoError(t, err)
	}
	awaitFinding(w, workflows.FindingTaskFailing, 7)
	awaitFailingAlert(w, receiver, 7)
	awaitAccount := func(condition func(health.Account) string) {
		awaitReport(w, func(r health.Report) string {
			text := condition(r.Accounts["main"])
			if text != "" {
				pollNow(w)
			}
			return text
		})
	}
	awaitAccount(func(account health.Account) string {
		if len(account.Findings) != 1 || account.Findings[0].Workflow != contact || account.State != health.Red || !strings.Contains(account.Problem, contact) {
			return "the account is not red with the workflow"
		}
		return ""
	})
	terminateWorkflow(w, w.Key(7).WorkflowID())
	terminateWorkflow(w, contact)
	awaitAccount(func(account health.Account) string {
		if account.State != health.Green || len(account.Findings) > 0 {
			return "not green again"
		}
		return ""
	})
	awaitNoFinding(w)
}

// The same of a shop's own workflow: nothing of the shop goes on, and that is red.
func TestReleaseThatCannotContinueAShop(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Idle: true})
	_, err := w.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: workflows.ShopID(w.Shop), TaskQueue: engine.OrdersQueue,
	}, "ShopOfAnotherRelease")
	require.NoError(t, err)
	w.StartWorker()
	awaitReport(w, func(r health.Report) string {
		if shop := r.Shops[w.Shop]; shop.State != health.Red || !strings.Contains(shop.Problem, "no worker can carry its workflow") {
			return "the shop is not red for its workflow"
		}
		return ""
	})
}

func TestAPoisonOrderIsSetAside(t *testing.T) {
	t.Parallel()
	receiver := testenv.NewReceiver(t)
	w := unhurried(t, testenv.Options{Alerts: receiver.URL, HeldAfter: time.Second})
	many := make([]testenv.J, 5000)
	for i := range many {
		many[i] = testenv.Line(fmt.Sprintf("A-%d", i), strings.Repeat("Róża ", 80), "1", "1")
	}
	w.Cartum.PutOrder(1, with(lines(many...), testenv.J{"stat_created": at(1)})) // 2.2 MB of items
	w.Cartum.PutOrder(2, testenv.J{"comment": strings.Repeat("Proszę dzwonić. ", 140_000)})
	w.Cartum.PutOrder(3, nil)
	swept := w.Sweep()
	assert.Equal(t, 3, swept.Seen)
	w.AwaitSynced(2)
	w.AwaitSynced(3)
	view := w.AwaitHeld(1, order.HoldMalformed)
	assert.Contains(t, view.Hold.Text, "5000 items")
	awaitFinding(w, workflows.FindingSetAside, 1)
	awaitFailingAlert(w, receiver, 1)

	// Split in the shop, it goes on.
	w.Cartum.PutOrder(1, nil)
	w.Sweep()
	w.AwaitSynced(1)
	awaitNoFinding(w)
}

// A shop that shows nothing for a while has lost nothing.
func TestAShopThatShowsNothingForAWhile(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, nil)
	w.AwaitSynced(1)
	w.Sweep()
	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "envelope", Body: "EMPTY", Times: -1})
	w.Eventually(testenv.Patience, func() string { // the list in Temporal lags
		if swept := w.Sweep(); swept.Missing != 1 {
			return "not missing"
		}
		return ""
	})
	for range 4 {
		w.Sweep()
	}
	w.Cartum.Restore()
	assert.Zero(t, w.Sweep().Missing)
	view, made := w.AwaitSynced(1)
	assert.Empty(t, markCodes(view))
	assert.Len(t, made.Feed, 1, "nobody is notified that it is gone")
}

// An order that the shop has not shown for long is notified of it, and again once
// it is shown again.
func TestAnOrderThatIsGoneForLongAndComesBack(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{MissingAfter: time.Second, CartumSwitches: map[string]string{"deleted_order": "vanishes"}})
	for number := range int64(2) {
		w.Place(number+1, nil)
		w.AwaitSynced(number + 1)
	}
	was := w.Cartum.Order(1, nil)
	w.Cartum.DeleteOrder(1)
	w.Eventually(testenv.Patience, func() string {
		w.Sweep()
		if len(markCodes(w.Order(1))) == 0 {
			return "not notified that it is gone"
		}
		return ""
	})
	w.Cartum.PutOrder(1, was)
	w.Sweep()
	w.Await(1, func(v testenv.Order) string {
		if len(v.Warnings) > 0 {
			return "still marked"
		}
		return ""
	})
}

// A service refuses its key while orders wait for it. Once its entity's own request
// succeeds they all go on, without waiting for their own pause.
func TestAKeyRefusedAndAcceptedAgain(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{CollectEvery: 10 * time.Second})
	for _, endpoint := range []string{"GET /v2/orders", "GET /v2/orders/custom-fields", "GET /v2/contacts/people"} {
		w.Roapp.Break(testenv.Fault{Match: endpoint, Kind: "status", Status: 401, Times: 1000})
	}
	const orders = 5
	for number := range int64(orders) {
		w.Place(number+1, nil)
	}
	var pause time.Time // the first of theirs that ends
	for number := range int64(orders) {
		view := w.AwaitHeld(number+1, order.HoldCredentials)
		if pause.IsZero() || view.Hold.NextRetry.Before(pause) {
			pause = *view.Hold.NextRetry
		}
	}
	pollNow(w)
	awaitReport(w, func(r health.Report) string {
		if r.Accounts["main"].Problem == "" {
			return "the account is healthy"
		}
		return ""
	})
	w.Roapp.Restore()
	awaitReport(w, func(r health.Report) string {
		if r.Accounts["main"].Problem != "" {
			return "the account has not recovered"
		}
		return ""
	})
	for number := range int64(orders) {
		w.AwaitSynced(number + 1)
	}
	assert.True(t, time.Now().Before(pause), "before their own pause ended")
	assert.Len(t, w.Roapp.Orders(), orders)
	assert.Len(t, w.Roapp.People(), 1)
}

// The permission is seen with the first item that is added again.
func TestAPermissionGivenResumesAllThatWaitForIt(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{RoappSwitches: map[string]string{"missing-right": "403", "search-lag": "0s"}})
	for number := int64(1); number <= 5; number++ {
		w.Place(number, nil)
		w.AwaitHeld(number, order.HoldMissingRight)
	}
	w.Roapp.Switch("missing-right", "none")
	w.Place(6, nil)
	for number := int64(1); number <= 6; number++ {
		w.AwaitSynced(number)
	}
	assert.Len(t, w.Roapp.Orders(), 6)
}
