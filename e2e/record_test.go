//go:build record

package e2e

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/workflows"
)

var record = flag.String("record", "", "folder to record histories into, required")

// Histories of every kind of order are recorded for the replay test of the
// workflows. They are stored decrypted: their data is made up.
func TestRecordHistories(t *testing.T) {
	w := testenv.New(t, testenv.Options{Unlimited: true, Settle: 1, SearchLag: 1, RoappSwitches: map[string]string{"search-lag": "0s", "category-create": "yes"}})

	w.Cartum.PutProduct("A-1", testenv.J{"title": testenv.J{"pl": "Róża"}, "parent": testenv.J{"id": 1, "value": testenv.J{"pl": "Kwiaty"}}})
	w.Place(1, testenv.J{"products": []testenv.J{testenv.Line("A-1", "Rose", "12.50", "2"), testenv.Line("A-2", "Wazon", "30", "1"), testenv.Line("A-1", "Rose", "10", "1")}})
	w.AwaitSynced(1)
	save(t, w, w.Key(1).WorkflowID(), "new-customer-new-products")

	w.Place(2, nil)
	w.AwaitSynced(2)
	save(t, w, w.Key(2).WorkflowID(), "known-customer-known-products")

	w.Roapp.Create("people", testenv.J{"first_name": "Jan", "phones": []string{"+48601222333"}})
	w.Roapp.Create("people", testenv.J{"first_name": "Ewa", "phones": []string{"+48601222333"}})
	w.Place(3, testenv.J{"delivery_name": "Olga Lis", "delivery_phone": "601222333"})
	held := w.AwaitHeld(3, order.HoldAmbiguousContact)
	w.Decide(3, order.Decision{Kind: order.DecideContact, ContactID: held.Hold.Choices[0].ID})
	w.AwaitSynced(3)
	save(t, w, w.Key(3).WorkflowID(), "held-and-decided")

	w.Place(4, testenv.J{"stat_status": order.CancelledStatus})
	w.AwaitClosed(4)
	save(t, w, w.Key(4).WorkflowID(), "cancelled-before-import")

	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders", Kind: "lose-answer"})
	w.Place(5, testenv.J{"stat_status": 2})
	w.AwaitSynced(5)
	save(t, w, w.Key(5).WorkflowID(), "lost-answer")

	w.Cartum.PutOrder(5, testenv.J{"stat_status": 6})
	w.ByHand(5)
	w.Await(5, func(view testenv.Order) string {
		if view.Cartum.Status != 6 || len(view.Pending) > 0 {
			return "not looked at"
		}
		return ""
	})
	save(t, w, w.Key(5).WorkflowID(), "changed-and-refreshed-by-hand")
	recordLife(t, w)
	for _, kind := range []string{"contact", "product", "category"} {
		save(t, w, ensuredID(t, w, kind), "ensure-"+kind)
	}
}

// recordLife records an order that both sides work on after its import, and what
// the entities of the shop and of the account did meanwhile.
func recordLife(t *testing.T, w *testenv.Env) {
	t.Helper()
	o := place(w, 6, nil)
	w.Edit(6, testenv.J{"products": roseAndVase("3", "1"), "stat_status": 2, "delivery_address": "ul. Krótka 9"})
	w.Sweep()
	w.Eventually(testenv.Patience, func() string {
		if is := w.Roapp.Order(o.ID); is.Status.ID != 102 || len(is.Feed) != 2 {
			return "not synced"
		}
		return ""
	})
	w.Roapp.SetStatus(o.ID, 105)
	awaitShopStatus(w, 6, 6)
	_, err := w.Orders.Refresh(t.Context(), w.Key(6), "tester")
	require.NoError(t, err)
	w.ReportWriteOff(6)
	w.Edit(6, testenv.J{"products": roseAndVase("4", "1")})
	w.AwaitMark(6, order.WarnNotSynced)
	w.AwaitSeen(w.Roapp, postComment, 3)
	awaitRest(w, 6, total("80"))
	save(t, w, w.Key(6).WorkflowID(), "kept-in-sync")
	save(t, w, workflows.ShopID(w.Shop), "shop")
	save(t, w, workflows.AccountID("main"), "account")
}

// ensuredID is the id of the Ensure workflow of a kind that closed first.
func ensuredID(t *testing.T, w *testenv.Env, kind string) string {
	t.Helper()
	var id string
	w.Eventually(testenv.Patience, func() string {
		list, err := w.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: "ExecutionStatus='Completed' AND WorkflowId STARTS_WITH '" + kind + ":'",
		})
		require.NoError(t, err)
		if len(list.GetExecutions()) == 0 {
			return "no " + kind + " was ensured"
		}
		id = list.GetExecutions()[0].GetExecution().GetWorkflowId()
		return ""
	})
	return id
}

// save writes a workflow's history so far.
func save(t *testing.T, w *testenv.Env, id, name string) {
	t.Helper()
	var whole history.History
	events := w.Temporal.GetWorkflowHistory(t.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		whole.Events = append(whole.Events, event)
	}
	codec, err := payload.Codec(w.Settings)
	require.NoError(t, err)
	require.NoError(t, decrypt(t.Context(), codec, &whole))
	text, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(&whole)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(*record, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(*record, name+".json"), append(text, '\n'), 0o644))
}

func decrypt(ctx context.Context, codec converter.PayloadCodec, whole *history.History) error {
	return proxy.VisitPayloads(ctx, whole, proxy.VisitPayloadsOptions{
		Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return codec.Decode(payloads)
		},
		SkipSearchAttributes: true,
	})
}
