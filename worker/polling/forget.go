package polling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// forgetEvery is how often workflows that only read are listed, and forgetAfter
	// how long one is kept after it ended.
	forgetEvery = 10 * time.Minute
	forgetAfter = 30 * time.Minute
	// forgetAtOnce is how many are deleted at a time.
	forgetAtOnce = 500
)

// forgetBefore deletes what people's lists, searches, lookups, comparisons and logouts that ended before the moment left in
// Temporal: they are of no use within minutes, and would stay as long as orders do.
func (w *Workers) forgetBefore(ctx context.Context, ended time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	runs, err := w.options.Index.Runs(ctx, index.All(
		index.OfTypes(workflows.RoappOrdersWorkflow, workflows.ReconcileWorkflow, workflows.LookupWorkflow, workflows.SearchWorkflow, workflows.LogoutWorkflow),
		index.EndedBefore(ended),
	), forgetAtOnce)
	if err != nil {
		return fmt.Errorf("list what lists and searches left: %w", err)
	}
	var problems []error
	for _, run := range runs {
		_, err := w.options.Client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: w.options.Namespace, WorkflowExecution: run,
		})
		if err != nil && !engine.Missing(err) { // another process may have deleted it
			problems = append(problems, fmt.Errorf("delete %s: %w", run.GetWorkflowId(), err))
		}
	}
	return errors.Join(problems...)
}
