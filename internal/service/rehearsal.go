package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/workflows"
)

// rehearsalPollEvery is how often a rehearsal is asked how far it is.
const rehearsalPollEvery = time.Second

// Rehearse finds out what an initial import would do, and tells of each order as it becomes known. It takes the place of
// a rehearsal that is under way. Nobody reads on when ctx ends, so the rehearsal ends as well.
func (o *Orders) Rehearse(
	ctx context.Context, shop string, want workflows.InitialImportWanted, tell func(workflows.RehearsalView) error,
) (workflows.Rehearsed, error) {
	var result workflows.Rehearsed
	run, err := o.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.RehearsalID(shop), TaskQueue: engine.OrdersQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING,
	}, workflows.RehearsalWorkflow, workflows.RehearsalInput{Shop: shop, InitialImportWanted: want})
	if err != nil {
		return result, fmt.Errorf("start the rehearsal of shop %s: %w", shop, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Get(ctx, &result) }()
	look := time.NewTicker(rehearsalPollEvery)
	defer look.Stop()
	for told := 0; ; {
		var done bool
		select {
		case err := <-ended:
			if err != nil {
				if ctx.Err() != nil {
					o.endRehearsal(ctx, run)
				}
				return result, fmt.Errorf("rehearsal of shop %s: %w", shop, err)
			}
			done = true
		case <-look.C:
		}
		told, err = o.showRehearsed(ctx, run, told, tell)
		if !done && errors.Is(err, errNotShown) {
			o.endRehearsal(ctx, run)
			return result, err
		}
		if done {
			return result, err
		}
	}
}

// errNotShown means that whoever wanted to know does not any more.
var errNotShown = errors.New("the rehearsal's orders cannot be shown")

// showRehearsed tells of the orders after the first so many. While the rehearsal goes on, what fails is asked again.
func (o *Orders) showRehearsed(ctx context.Context, run client.WorkflowRun, told int, tell func(workflows.RehearsalView) error) (int, error) {
	for {
		var view workflows.RehearsalView
		answer, err := o.temporal.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), workflows.QueryRehearsal, told)
		if err == nil {
			err = answer.Get(&view)
		}
		if err != nil {
			return told, fmt.Errorf("ask the rehearsal for its orders: %w", err)
		}
		if err := tell(view); err != nil {
			return told, fmt.Errorf("%w: %w", errNotShown, err)
		}
		told += len(view.Orders)
		if len(view.Orders) < workflows.RehearsalPage {
			return told, nil
		}
	}
}

// endRehearsal ends one whose asker has gone.
func (o *Orders) endRehearsal(ctx context.Context, run client.WorkflowRun) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workflows.DispatchTimeout)
	defer cancel()
	_ = o.temporal.CancelWorkflow(ctx, run.GetID(), run.GetRunID()) // it ends by itself, too
}
