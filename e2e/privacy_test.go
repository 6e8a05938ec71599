package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/temporalproto"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// A reader of Temporal's database learns nothing of the buyer: neither from
// the histories, as they are stored, nor from what lists show.
func TestF49_ServerHoldsNothingReadable(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	w.Roapp.Break(testenv.Fault{
		Match: "POST /v2/orders", Kind: "status", Status: 500, Body: `{"message": "cannot serve Anna Nowak, +48501234567, anna@example.com"}`,
	})
	s.place(w)
	w.AwaitSynced(sceneNumber)
	w.Roapp.Create("people", testenv.J{"first_name": "Anna", "phones": []string{"+48601222333"}})
	w.Roapp.Create("people", testenv.J{"first_name": "Anna", "phones": []string{"+48601222333"}})
	w.Roapp.Switch("search-lag", "0s")
	w.Place(116, with(s.fields(), testenv.J{"delivery_phone": "+48 601 222 333", "delivery_name": "Jan"}))
	held := w.AwaitHeld(116, order.HoldAmbiguousContact)
	w.Decide(116, order.Decision{Kind: order.DecideContact, ContactID: held.Hold.Choices[0].ID, Reason: "Anna Nowak +48501234567"})
	w.AwaitSynced(116)

	for _, execution := range executions(t, w) {
		var text strings.Builder
		text.WriteString(readable(t, execution))
		history := workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: w.Namespace, Execution: execution.GetExecution()}
		for {
			page, err := w.Temporal.WorkflowService().GetWorkflowExecutionHistory(t.Context(), &history)
			require.NoError(t, err)
			text.WriteString(readable(t, page))
			if history.NextPageToken = page.GetNextPageToken(); len(history.NextPageToken) == 0 {
				break
			}
		}
		described, err := w.Temporal.WorkflowService().DescribeWorkflowExecution(t.Context(), &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: w.Namespace, Execution: execution.GetExecution(),
		})
		require.NoError(t, err)
		text.WriteString(readable(t, described))
		require.Contains(t, text.String(), "binary/encrypted", execution.GetExecution().GetWorkflowId())
		assertDiscreet(t, w, text.String())
	}
}

// executions are all that the server lists.
func executions(t *testing.T, w *testenv.Env) (all []*workflowpb.WorkflowExecutionInfo) {
	t.Helper()
	w.Eventually(testenv.Patience, func() string {
		list, err := w.Temporal.WorkflowService().ListWorkflowExecutions(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: w.Namespace})
		require.NoError(t, err)
		all = list.GetExecutions()
		var kinds strings.Builder
		for _, execution := range all {
			kinds.WriteString(execution.GetType().GetName() + " ")
		}
		for _, kind := range []string{"Order", "EnsureContact", "EnsureProduct", "EnsureCategory"} {
			if !strings.Contains(kinds.String(), kind) {
				return "no " + kind + " among " + kinds.String()
			}
		}
		return ""
	})
	return all
}

// readable is all that can be read in a message: its fields, and the bytes of
// its payloads, which their JSON would hide.
func readable(t *testing.T, message proto.Message) string {
	t.Helper()
	text, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(message)
	require.NoError(t, err)
	raw, err := proto.Marshal(message)
	require.NoError(t, err)
	return string(text) + string(raw)
}
