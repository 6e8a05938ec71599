package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// refreshWithin bounds how long who asks for a refresh is kept waiting; the
	// workflow itself answers a little earlier.
	refreshWithin = 25 * time.Second
	// viewWithin bounds the wait for an order's view, which a worker answers. The
	// engine needs some of it to notice that the worker that knew the order died.
	viewWithin = 15 * time.Second
)

// RefreshState tells how far a refresh is.
type RefreshState string

// The states of a refresh.
const (
	RefreshDone    RefreshState = "done"
	RefreshFailed  RefreshState = "failed"   // the order waits for something
	RefreshRunning RefreshState = "running"  // it goes on; ask for its end later
	RefreshTooSoon RefreshState = "too-soon" // refused; nothing was done
)

// Refreshed is the answer to who asked for a refresh.
type Refreshed struct {
	State RefreshState
	// ID names the refresh, to ask for its end.
	ID      string
	Changed []flow.Message // what it found and did; nothing changed where it is empty
	Problem *flow.Message  // why it failed
	Waits   []string       // what it is at while it runs; nothing where no worker has taken it yet
	Steps   []string       // kinds of the steps that it is at
	// Next is from when on the next one is allowed; zero or past for at once.
	Next time.Time
}

// Refresh has both sides of an order compared now. All who ask while it runs
// share one run and one answer. A refusal is an answer; the error of a closed order
// is [Closed].
// Only the workflow itself is asked, for what lists say may be old.
func (o *Orders) Refresh(ctx context.Context, key order.Key, by string) (Refreshed, error) {
	waiting, cancel := context.WithTimeout(ctx, refreshWithin)
	defer cancel()
	view, err := o.openView(waiting, key)
	if err != nil {
		return Refreshed{}, err
	}
	var result flow.Refresh
	update, err := o.update(waiting, key, view.RefreshID, by, client.WorkflowUpdateStageCompleted)
	if err == nil {
		err = update.Get(waiting, &result)
	}
	switch {
	case err == nil && !result.Running:
		return ended(view.RefreshID, result.Result.Problem, result.Result.Changed, result.AllowedAt), nil
	case err == nil:
		return o.sinceThen(ctx, key, Refreshed{State: RefreshRunning, ID: view.RefreshID, Waits: result.Waits}), nil
	case ctx.Err() != nil:
		return Refreshed{}, fmt.Errorf("refresh %s: %w", key, ctx.Err())
	case waiting.Err() != nil:
		// It may have started, and is done all the same.
		return o.sinceThen(ctx, key, Refreshed{State: RefreshRunning, ID: view.RefreshID}), nil
	}
	return o.refused(ctx, key, view.RefreshID, err)
}

// RefreshEnd tells how far a refresh is that still ran when it was asked for.
func (o *Orders) RefreshEnd(ctx context.Context, key order.Key, id string) (Refreshed, error) {
	ctx, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	view, err := o.View(ctx, key)
	if err != nil {
		return Refreshed{}, err
	}
	if view.RefreshID == id {
		return running(key, id, view)
	}
	facts := view.State.Refresh
	if facts.Number == 0 || id != order.RefreshID(facts.Number) {
		return Refreshed{}, &Error{Code: NoRefresh, Text: "there is no such refresh, or a later one has taken its place"}
	}
	return ended(id, facts.Problem, facts.Changed, view.NextRefresh), nil
}

// running is how far a refresh is that has not ended: it runs, waits for a worker,
// or was refused.
func running(key order.Key, id string, view order.View) (Refreshed, error) {
	switch {
	case view.State.Refresh.Running:
		return Refreshed{State: RefreshRunning, ID: id, Waits: view.Running, Steps: view.Steps}, nil
	case view.State.Closed != nil:
		return Refreshed{}, closed(key, &view.State.Closed.Message)
	case view.NextRefresh.After(time.Now()):
		return Refreshed{State: RefreshTooSoon, ID: id, Next: view.NextRefresh}, nil
	default:
		return Refreshed{State: RefreshRunning, ID: id}, nil
	}
}

func ended(id string, problem *flow.Message, changed []flow.Message, next time.Time) Refreshed {
	state := RefreshDone
	if problem != nil {
		state = RefreshFailed
	}
	return Refreshed{State: state, ID: id, Problem: problem, Changed: changed, Next: next}
}

// openView is the view of an order that is not done.
func (o *Orders) openView(ctx context.Context, key order.Key) (order.View, error) {
	ctx, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	view, err := o.View(ctx, key)
	if err == nil && view.State.Closed != nil {
		err = closed(key, &view.State.Closed.Message)
	}
	return view, err
}

// update sends the update, and waits until it is at the stage. The same id always has the same answer, so it may be
// sent any number of times.
func (o *Orders) update(ctx context.Context, key order.Key, id, by string, until client.WorkflowUpdateStage) (client.WorkflowUpdateHandle, error) {
	return o.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: key.WorkflowID(), UpdateID: id, UpdateName: workflows.UpdateRefresh,
		Args: []any{order.RefreshRequest{By: by}}, WaitForStage: until,
	})
}

// sinceThen is how far a running refresh is by now, what was told of it where
// nobody answers.
func (o *Orders) sinceThen(ctx context.Context, key order.Key, told Refreshed) Refreshed {
	now, err := o.RefreshEnd(ctx, key, told.ID)
	if err != nil {
		return told
	}
	return now
}

// refused tells what an update's refusal means. One that says "too soon" may be
// about a refresh that was done under this very id a moment ago, by a run of the
// workflow that has continued as new since.
func (o *Orders) refused(ctx context.Context, key order.Key, id string, err error) (Refreshed, error) {
	var app *temporal.ApplicationError
	switch {
	case engine.Missing(err):
		return Refreshed{}, closed(key, nil)
	case !errors.As(err, &app):
		return Refreshed{}, fmt.Errorf("refresh %s: %w", key, err)
	case app.Type() != workflows.RefreshRefused:
		return Refreshed{}, fmt.Errorf("refresh %s: %w", key, err)
	}
	var latest flow.Refresh
	if err := app.Details(&latest); err != nil {
		return Refreshed{}, fmt.Errorf("read why %s may not be refreshed: %w", key, err)
	}
	if latest.Closed {
		return Refreshed{}, closed(key, nil)
	}
	answer := Refreshed{State: RefreshTooSoon, ID: id, Next: latest.AllowedAt}
	if now := o.sinceThen(ctx, key, answer); now.State != RefreshRunning {
		return now, nil
	}
	return answer, nil
}
