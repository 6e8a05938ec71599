package testenv

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/workflows"
)

// countAsChecked lets the settings in force count as checked, with nothing known of
// shops and accounts: who asks for an order has them checked otherwise, by requests
// that no test counts on.
func (w *Env) countAsChecked(ctx context.Context) error {
	w.checking.Lock()
	defer w.checking.Unlock()
	set := w.inForce.Current()
	if w.checks || w.checked == set.Revision {
		return nil
	}
	const queue = "checks-of-the-test"
	check := func(ctx workflow.Context, in workflows.CheckInput) (workflows.Checked, error) {
		return workflows.Checked{At: workflow.Now(ctx), Revision: in.Revision}, nil
	}
	checker := worker.New(w.Temporal, queue, worker.Options{LocalActivityWorkerOnly: true})
	checker.RegisterWorkflowWithOptions(check, workflow.RegisterOptions{Name: workflows.CheckWorkflow})
	if err := checker.Start(); err != nil {
		return err
	}
	defer checker.Stop()
	var owners []workflows.Owner
	for id := range set.Accounts {
		owners = append(owners, workflows.Owner{Account: id})
	}
	for id := range set.Shops {
		owners = append(owners, workflows.Owner{Shop: id})
	}
	for _, owner := range owners {
		run, err := w.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: workflows.CheckID(owner), TaskQueue: queue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, workflows.CheckWorkflow, workflows.CheckInput{Of: owner, Revision: set.Revision})
		if err != nil {
			return err
		}
		if err := run.Get(ctx, nil); err != nil {
			return err
		}
	}
	w.checked = set.Revision
	return nil
}
