package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// endedListed is how many runs that ended badly are looked at, the newest first.
	endedListed = 100
	// endedKept is how long an order that ended badly and that nothing started again
	// is told of; failedKept is the same for one that was started again, since what
	// made it fail may do so once more.
	endedKept  = 7 * 24 * time.Hour
	failedKept = 15 * time.Minute
)

// findings are the orders of a shop that cannot go on: those that the sweeps set
// aside, those whose workflow tasks fail, of the suspects, and those whose
// workflow ended badly. Still gives the suspects whose tasks still fail.
func (a *Activities) findings(ctx context.Context, in workflows.AlertLook) (found []workflows.Finding, still []int64, err error) {
	found = slices.Clone(in.Found)
	if in.Owner.Shop != "" {
		failing, err := a.failingTasks(ctx, in.Owner.Shop, in.Alerting.Suspects)
		if err != nil {
			return nil, nil, err
		}
		for _, finding := range failing {
			still = append(still, finding.Number)
		}
		ended, err := a.endedBadly(ctx, in.Owner.Shop, in.Now)
		if err != nil {
			return nil, nil, err
		}
		found = slices.Concat(failing, ended, found)
	}
	return workflows.Merge(found, in.Alerting.Findings), still, nil
}

// failingTasks describes the suspects. An order whose task was carried out since
// is not among the findings.
func (a *Activities) failingTasks(ctx context.Context, shop string, suspects []int64) ([]workflows.Finding, error) {
	all := make([]*workflows.Finding, len(suspects))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(toldAtOnce)
	for i, number := range suspects {
		group.Go(func() (err error) {
			all[i], err = a.failingTask(ctx, order.Key{Shop: shop, Number: number})
			return err
		})
	}
	err := group.Wait()
	var found []workflows.Finding
	for _, finding := range all {
		if finding != nil {
			found = append(found, *finding)
		}
	}
	return found, err
}

func (a *Activities) failingTask(ctx context.Context, key order.Key) (*workflows.Finding, error) {
	described, err := a.temporal.DescribeWorkflowExecution(ctx, key.WorkflowID(), "")
	if engine.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", key, err)
	}
	task := described.GetPendingWorkflowTask()
	if task.GetAttempt() < engine.RepeatedTask {
		return nil, nil
	}
	return &workflows.Finding{
		Kind: workflows.FindingTaskFailing, Number: key.Number, Since: task.GetOriginalScheduledTime().AsTime(),
		Problem: fmt.Sprintf("no worker can carry the order's workflow on: attempts: %d; the worker's log says why, and a release that can resumes it", task.GetAttempt()),
	}, nil
}

// endedBadly lists the orders whose workflow ended without being done.
func (a *Activities) endedBadly(ctx context.Context, shop string, now time.Time) ([]workflows.Finding, error) {
	page, err := a.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: endedListed,
		// One that ended in order is closed, also where that was written as a failure.
		Query: ordersOf(shop) + fmt.Sprintf(" AND ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled') AND CloseTime > '%s' AND %s != '%s'",
			now.Add(-endedKept).UTC().Format(time.RFC3339), engine.AttrSyncState.GetName(), order.SyncClosed),
	})
	if err != nil {
		return nil, fmt.Errorf("list the orders that ended badly: %w", err)
	}
	if len(page.GetExecutions()) == 0 {
		return nil, nil
	}
	newest := map[string]*workflowpb.WorkflowExecutionInfo{}
	for _, run := range page.GetExecutions() {
		id := run.GetExecution().GetWorkflowId()
		if was, known := newest[id]; !known || run.GetCloseTime().AsTime().After(was.GetCloseTime().AsTime()) {
			newest[id] = run
		}
	}
	later, err := a.startedLater(ctx, shop, newest)
	if err != nil {
		return nil, err
	}
	var found []workflows.Finding
	for id, run := range newest {
		key, err := order.ParseWorkflowID(id)
		failed := run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED || run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT
		if err != nil || later[id] && (!failed || now.Sub(run.GetCloseTime().AsTime()) >= failedKept) {
			continue
		}
		found = append(found, workflows.Finding{
			Kind: workflows.FindingEnded, Number: key.Number, Since: run.GetCloseTime().AsTime(),
			Problem: endedProblem(run.GetStatus(), later[id]),
		})
	}
	slices.SortFunc(found, func(x, y workflows.Finding) int { return y.Since.Compare(x.Since) })
	return found, nil
}

func endedProblem(status enumspb.WorkflowExecutionStatus, again bool) string {
	how := "failed"
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		how = "was terminated"
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		how = "was canceled"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		how = "timed out"
	default:
	}
	problem := "the order's workflow " + how
	if again {
		return problem + "; it was started again and may fail again"
	}
	return problem + "; the next poll that sees the order starts it again, an older one is imported by hand"
}

// startedLater tells which of the orders have a run that began after theirs and
// did not end badly.
func (a *Activities) startedLater(ctx context.Context, shop string, runs map[string]*workflowpb.WorkflowExecutionInfo) (map[string]bool, error) {
	var ids []string
	for id := range runs {
		ids = append(ids, "'"+id+"'")
	}
	slices.Sort(ids)
	later := map[string]bool{}
	query := ordersOf(shop) + " AND ExecutionStatus IN ('Running', 'Completed') AND WorkflowId IN (" + strings.Join(ids, ",") + ")"
	err := a.eachExecution(ctx, query, func(run *workflowpb.WorkflowExecutionInfo) {
		id := run.GetExecution().GetWorkflowId()
		later[id] = later[id] || !run.GetStartTime().AsTime().Before(runs[id].GetStartTime().AsTime())
	})
	return later, err
}
