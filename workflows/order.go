package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Order is the workflow of one order of a shop, from its first sight until it
// is final on both sides. Its state is its input, so that it can continue as
// new at any idle moment.
func Order(ctx workflow.Context, state order.State) error {
	run := &orderRun{state: state, running: map[string]*runningStep{}}
	if err := workflow.SetQueryHandler(ctx, QueryOrder, run.view); err != nil {
		return err
	}
	run.listen(ctx)
	return run.live(ctx)
}

// orderRun is one run of the workflow. Signals touch its state only; one loop
// does the work.
type orderRun struct {
	state   order.State
	links   order.Links
	running map[string]*runningStep // by step key

	hints    workflow.ReceiveChannel
	decides  workflow.ReceiveChannel
	statuses workflow.ReceiveChannel
	forced   workflow.ReceiveChannel
	force    bool // continue as new at the next idle moment
}

// OrderView is the whole order, as the query answers it.
type OrderView struct {
	State     order.State
	SyncState order.SyncState
	Links     order.Links
	Running   []string // summaries of the steps in progress
}

func (r *orderRun) view() (OrderView, error) {
	view := OrderView{State: r.state, SyncState: r.state.SyncState(), Links: r.links}
	for _, key := range workflow.DeterministicKeys(r.running) {
		view.Running = append(view.Running, r.running[key].step.Summary)
	}
	return view, nil
}

// live plans, carries out what is planned, and waits for news, until the order
// is done.
func (r *orderRun) live(ctx workflow.Context) error {
	for {
		r.drain(ctx)
		next, err := r.plan(ctx)
		if err != nil {
			return err
		}
		r.take(ctx, next)
		r.reconcile(ctx, next.Steps)
		r.describe(ctx)
		if len(r.running) > 0 {
			r.wait(ctx)
			continue
		}
		if err := r.publish(ctx); err != nil {
			return err
		}
		if r.state.Closed != "" {
			return r.close()
		}
		if r.pending() {
			continue
		}
		if r.force || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, OrderWorkflow, r.state)
		}
		r.wait(ctx)
	}
}

// close ends the run. An order that the shop never showed fails, so that a later
// event may start it again; any other order is done.
func (r *orderRun) close() error {
	if r.state.Snapshot != nil {
		return nil
	}
	return temporal.NewApplicationErrorWithOptions(r.state.Closed, "NotInShop", temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// PlanInput is what the activity Plan decides from, besides the settings.
type PlanInput struct {
	State   order.State
	Running []order.Step
	Now     time.Time
}

// plan asks what to do next. It is a local activity, so that its answer stands
// in the history: a rule changed later never breaks the replay.
func (r *orderRun) plan(ctx workflow.Context) (order.Next, error) {
	in := PlanInput{State: r.state, Now: workflow.Now(ctx)}
	for _, key := range workflow.DeterministicKeys(r.running) {
		in.Running = append(in.Running, r.running[key].step)
	}
	var next order.Next
	err := workflow.ExecuteLocalActivity(planOptions(ctx), ActivityPlan, in).Get(ctx, &next)
	return next, err
}

// take records what was decided.
func (r *orderRun) take(ctx workflow.Context, next order.Next) {
	now := workflow.Now(ctx)
	r.links = next.Links
	r.state.Marks = next.Marks
	r.state.Know(next.Goods)
	switch {
	case next.Close != "":
		if r.state.Closed == "" {
			r.state.Tell(now, "", "closed: "+next.Close)
		}
		r.state.Closed, r.state.Hold = next.Close, nil
	case next.Hold != nil && r.state.Hold == nil:
		r.state.SetHold(*next.Hold, now)
	case next.Synced && (r.state.Synced.IsZero() || r.state.Pressed):
		if r.state.Synced.IsZero() {
			r.state.Tell(now, "", "imported")
			r.state.Carried = r.state.Digest
		}
		r.state.Synced, r.state.Pressed, r.state.LastHold = now, false, nil
	}
}
