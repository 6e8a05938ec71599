package service

import (
	"cmp"
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
)

// lastRun is the newest run of a workflow.
type lastRun struct {
	client.WorkflowRun
	running bool
	ended   time.Time // zero while it runs
}

// lastRun is nil where the workflow never ran.
func (o *Orders) lastRun(ctx context.Context, id string) (*lastRun, error) {
	described, err := o.temporal.DescribeWorkflow(ctx, id, "")
	if engine.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", id, err)
	}
	run := &lastRun{
		WorkflowRun: o.temporal.GetWorkflow(ctx, id, described.WorkflowExecution.RunID),
		running:     described.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}
	if closed := described.WorkflowCloseTime; closed != nil {
		run.ended = *closed
	}
	return run, nil
}

// start starts a workflow of the product. Who starts one that runs shares it, unless the options say otherwise.
func (o *Orders) start(ctx context.Context, options client.StartWorkflowOptions, workflow string, in any) (client.WorkflowRun, error) {
	options.TaskQueue = engine.OrdersQueue
	options.WorkflowIDConflictPolicy = cmp.Or(options.WorkflowIDConflictPolicy, enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING)
	run, err := o.temporal.ExecuteWorkflow(ctx, options, workflow, in)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", options.ID, err)
	}
	return run, nil
}
