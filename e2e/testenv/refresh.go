package testenv

import (
	"fmt"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/workflows"
)

// Refresh has an order compared now, as a person does.
func (w *Env) Refresh(number int64, by string) service.Refreshed {
	w.T.Helper()
	answer, err := w.Orders.Refresh(w.T.Context(), w.Key(number), by)
	w.must(err)
	return answer
}

// RunID is the id of the order's present run.
func (w *Env) RunID(number int64) string {
	w.T.Helper()
	about, err := w.Temporal.DescribeWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "")
	w.must(err)
	return about.WorkflowExecution.RunID
}

// Signal sends a workflow a signal, until Temporal takes it: a workflow that is about to continue as new takes none while the
// worker that has its task is gone, for up to ten seconds.
func (w *Env) Signal(id, name string, arg any) {
	w.T.Helper()
	w.taken(func() error { return w.Temporal.SignalWorkflow(w.T.Context(), id, "", name, arg) })
}

// taken sends a signal until Temporal takes it.
func (w *Env) taken(send func() error) {
	w.T.Helper()
	w.Eventually(Patience, func() string {
		switch err := send(); {
		case err == nil:
			return ""
		case service.Has(err, service.Unanswered):
			return err.Error()
		default:
			w.T.Fatal(err)
			return ""
		}
	})
}

// ForceContinueAsNew sends the operator's signal.
func (w *Env) ForceContinueAsNew(number int64) {
	w.T.Helper()
	w.Signal(w.Key(number).WorkflowID(), workflows.SignalForceContinueAsNew, nil)
}

// ContinueAsNew has the order's workflow go on in a new run, and waits until it
// does.
func (w *Env) ContinueAsNew(number int64) {
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
func (w *Env) Notify(number int64, notice order.ChangeNotice) {
	w.T.Helper()
	w.Signal(w.Key(number).WorkflowID(), workflows.SignalShopOrderChanged, notice)
}
