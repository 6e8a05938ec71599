package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// endedKept is how long an order that ended badly and that nothing started again
	// is told of; failedKept is the same for one that was started again, since what
	// made it fail may do so once more.
	endedKept  = 7 * 24 * time.Hour
	failedKept = 15 * time.Minute
)

// findings are what cannot go on of a shop or an account: the suspects whose
// workflow tasks fail, and of a shop the orders that the sweeps set aside and those
// whose workflow ended badly. Still gives the suspects whose tasks still fail.
func (a *Activities) findings(ctx context.Context, in workflows.AlertCheck) (found []workflows.Finding, still []string, err error) {
	failing, still, err := a.failingTasks(ctx, in.Alerting.Suspects)
	if err != nil {
		return nil, nil, err
	}
	found = slices.Concat(failing, in.Found)
	if in.Owner.Shop != "" {
		ended, err := a.endedBadly(ctx, in.Owner.Shop, in.Now)
		if err != nil {
			return nil, nil, err
		}
		found = slices.Concat(failing, ended, in.Found)
	}
	return workflows.Merge(found, in.Alerting.Findings), still, nil
}

// failingTasks describes the suspects. One whose task was carried out since is not
// among the findings.
func (a *Activities) failingTasks(ctx context.Context, suspects []string) (found []workflows.Finding, still []string, err error) {
	all := make([]*workflows.Finding, len(suspects))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(signalsAtOnce)
	for i, id := range suspects {
		group.Go(func() (err error) {
			all[i], err = a.failingTask(ctx, id)
			return err
		})
	}
	err = group.Wait()
	for i, finding := range all {
		if finding != nil {
			found, still = append(found, *finding), append(still, suspects[i])
		}
	}
	return found, still, err
}

func (a *Activities) failingTask(ctx context.Context, id string) (*workflows.Finding, error) {
	described, err := a.temporal.DescribeWorkflow(ctx, id, "")
	if engine.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", id, err)
	}
	task := described.RawResponse.GetPendingWorkflowTask()
	if task.GetAttempt() < engine.RepeatedTask {
		return nil, nil
	}
	finding := workflows.Finding{Kind: workflows.FindingTaskFailing, Since: task.GetOriginalScheduledTime().AsTime()}
	what := "the order's workflow"
	if key, err := order.ParseWorkflowID(id); err == nil {
		finding.Number = key.Number
	} else {
		finding.Workflow, what = id, "the workflow "+id+", which orders wait for,"
	}
	finding.Problem = fmt.Sprintf("no worker can carry %s on: attempts: %d; the worker's log says why, and a release that can resumes it", what, task.GetAttempt())
	return &finding, nil
}

// endedBadly lists the orders whose workflow ended without being done.
func (a *Activities) endedBadly(ctx context.Context, shop string, now time.Time) ([]workflows.Finding, error) {
	ended, err := a.index.EndedBadly(ctx, index.All(index.OfShops(shop), index.EndedAfter(now.Add(-endedKept))))
	if err != nil {
		return nil, fmt.Errorf("list the orders that failed: %w", err)
	}
	var found []workflows.Finding
	for _, one := range ended {
		if one.Again && (!one.FailedByItself() || now.Sub(one.Ended) >= failedKept) {
			continue
		}
		found = append(found, workflows.Finding{
			Kind: workflows.FindingEnded, Number: one.Key.Number, Since: one.Ended, Problem: endedProblem(one.Status, one.Again),
		})
	}
	slices.SortFunc(found, func(x, y workflows.Finding) int { return y.Since.Compare(x.Since) })
	return found, nil
}

func endedProblem(status enumspb.WorkflowExecutionStatus, again bool) string {
	how := map[enumspb.WorkflowExecutionStatus]string{
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED: "was terminated",
		enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:   "was canceled",
		enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:  "timed out",
	}
	problem := "the order's workflow " + cmp.Or(how[status], "failed")
	if again {
		return problem + "; it was started again and may fail again"
	}
	return problem + "; the next poll that sees the order starts it again, an older one is imported by hand"
}
