package service

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/workflows"
)

// rehearsalPollEvery is how often a rehearsal is asked how far it is.
const rehearsalPollEvery = time.Second

// Rehearse finds out what an initial import would do, and tells of each order as it becomes known. It takes the place of
// a rehearsal that runs already. Nobody reads on when ctx ends, so the rehearsal ends as well.
func (o *Orders) Rehearse(
	ctx context.Context, shop string, want workflows.InitialImportWanted, tell func(workflows.RehearsalView) error,
) (workflows.Rehearsed, error) {
	var result workflows.Rehearsed
	run, err := o.startRehearsal(ctx, shop, want)
	if err != nil {
		return result, err
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

// errNotShown means that nobody reads the result any more.
var errNotShown = errors.New("the rehearsal's orders cannot be shown")

// showRehearsed tells of the orders after the first so many. While the rehearsal goes on, what fails is asked again.
func (o *Orders) showRehearsed(ctx context.Context, run client.WorkflowRun, told int, tell func(workflows.RehearsalView) error) (int, error) {
	for {
		view, err := o.askRehearsal(ctx, run, told)
		if err != nil {
			return told, err
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

// askRehearsal asks how far it is, and for the orders after the first so many.
func (o *Orders) askRehearsal(ctx context.Context, run client.WorkflowRun, told int) (view workflows.RehearsalView, err error) {
	answer, err := o.temporal.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), workflows.QueryRehearsal, told)
	if err == nil {
		err = answer.Get(&view)
	}
	if err != nil {
		return view, fmt.Errorf("ask the rehearsal for its orders: %w", err)
	}
	return view, nil
}

// endRehearsal ends one whose asker has gone.
func (o *Orders) endRehearsal(ctx context.Context, run client.WorkflowRun) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workflows.DispatchTimeout)
	defer cancel()
	_ = o.temporal.CancelWorkflow(ctx, run.GetID(), run.GetRunID()) // it ends by itself, too
}

// RehearsalStatus is how far a shop's rehearsal is.
type RehearsalStatus struct {
	workflows.RehearsalView        // without its orders
	Running                 bool   // else it has ended
	Problem                 string // why it ended before its time, "" where it did not
}

// StartRehearsal starts to find out what an initial import would do; [Orders.Rehearsal]
// gives the answer. It takes the place of one that runs.
func (o *Orders) StartRehearsal(ctx context.Context, shop string, want workflows.InitialImportWanted) error {
	ctx, cancel := context.WithTimeout(ctx, workflows.DispatchTimeout)
	defer cancel()
	_, err := o.startRehearsal(ctx, shop, want)
	return err
}

// Rehearsal is the shop's last rehearsal, nil where there was none.
func (o *Orders) Rehearsal(ctx context.Context, shop string) (*RehearsalStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	last, err := o.lastRun(ctx, workflows.RehearsalID(shop))
	if err != nil || last == nil {
		return nil, err
	}
	status := &RehearsalStatus{Running: last.running}
	if status.RehearsalView, err = o.askRehearsal(ctx, last, math.MaxInt32); err != nil {
		return nil, err
	}
	if !last.running {
		if err := last.Get(ctx, nil); err != nil {
			status.Problem = plainly(err)
		}
	}
	return status, nil
}

// StopRehearsal ends the shop's rehearsal, where one runs.
func (o *Orders) StopRehearsal(ctx context.Context, shop string) error {
	ctx, cancel := context.WithTimeout(ctx, workflows.DispatchTimeout)
	defer cancel()
	err := o.temporal.CancelWorkflow(ctx, workflows.RehearsalID(shop), "")
	if err != nil && !engine.Missing(err) {
		return fmt.Errorf("end the rehearsal of shop %s: %w", shop, err)
	}
	return nil
}

func (o *Orders) startRehearsal(ctx context.Context, shop string, want workflows.InitialImportWanted) (client.WorkflowRun, error) {
	return o.start(ctx, client.StartWorkflowOptions{
		ID: workflows.RehearsalID(shop), WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING,
	}, workflows.RehearsalWorkflow, workflows.RehearsalInput{Shop: shop, InitialImportWanted: want})
}
