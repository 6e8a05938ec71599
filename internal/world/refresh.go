package world

import (
	"fmt"

	"github.com/cartumsync/cartumsync/internal/exchange"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// Refresh has an order compared now, as a person does.
func (w *World) Refresh(number int64, by string) exchange.Refreshed {
	w.T.Helper()
	answer, err := w.Orders.Refresh(w.T.Context(), w.Key(number), by)
	w.must(err)
	return answer
}

// RunID is the id of the order's present run.
func (w *World) RunID(number int64) string {
	w.T.Helper()
	about, err := w.Temporal.DescribeWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "")
	w.must(err)
	return about.WorkflowExecution.RunID
}

// ForceContinueAsNew sends the operator's signal.
func (w *World) ForceContinueAsNew(number int64) {
	w.T.Helper()
	w.must(w.Temporal.SignalWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "", workflows.SignalForceContinueAsNew, nil))
}

// ContinueAsNew has the order's workflow go on in a new run, and waits until it
// does.
func (w *World) ContinueAsNew(number int64) {
	w.T.Helper()
	before := w.RunID(number)
	w.ForceContinueAsNew(number)
	w.Eventually(Patience, func() string {
		if now := w.RunID(number); now == before {
			return fmt.Sprintf("order %d still has the run %s", number, now)
		}
		return ""
	})
}

// Notify sends a change notice to the order's workflow, as a sweep does.
func (w *World) Notify(number int64, notice order.ChangeNotice) {
	w.T.Helper()
	w.must(w.Temporal.SignalWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "", workflows.SignalShopOrderChanged, notice))
}
