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
	if err := run.acceptRefreshes(ctx); err != nil {
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
	shown   *order.Shown            // by lists from now on, nil for as before
	running map[string]*runningStep // by step key

	hints     workflow.ReceiveChannel
	decides   workflow.ReceiveChannel
	statuses  workflow.ReceiveChannel
	writeOffs workflow.ReceiveChannel
	settings  workflow.ReceiveChannel
	forced    workflow.ReceiveChannel
	asked     workflow.Channel // a refresh began
	heard     bool             // a sweep told something that is to be published
	force     bool             // continue as new at the next idle moment
	wake      time.Time        // when to plan again though nothing happened
	alarm     alarm            // that wakes at this time
}

// OrderView is the whole order, as the query answers it.
type OrderView struct {
	State     order.State
	SyncState order.SyncState
	Links     order.Links
	Running   []string // summaries of the steps in progress
	// NextRefresh is from when on a refresh is allowed, past for at once, and
	// RefreshID is the update id to ask for it with: who asks while one runs
	// gets its answer.
	NextRefresh time.Time
	RefreshID   string
	Differences []order.Difference
}

func (r *orderRun) view() (OrderView, error) {
	return OrderView{
		State: r.state, SyncState: r.state.SyncState(), Links: r.links, Running: r.summaries(),
		NextRefresh: r.state.RefreshAllowed(), RefreshID: r.refreshID(), Differences: r.state.Differences(),
	}, nil
}

// summaries are those of the steps in progress.
func (r *orderRun) summaries() []string {
	var texts []string
	for _, key := range workflow.DeterministicKeys(r.running) {
		texts = append(texts, r.running[key].step.Summary)
	}
	return texts
}

// live plans, carries out what is planned, and waits for news, until the order
// is done.
func (r *orderRun) live(ctx workflow.Context) error {
	for {
		r.drain(ctx)
		if err := r.observe(ctx); err != nil {
			return err
		}
		next, err := r.plan(ctx)
		if err != nil {
			return err
		}
		r.links, r.wake, r.shown = next.Links, next.Wake, next.Shown
		r.state.Take(next, workflow.Now(ctx))
		r.reconcile(ctx, next.Steps)
		r.describe(ctx)
		if len(r.running) > 0 {
			r.wait(ctx)
			continue
		}
		if err := r.publish(ctx); err != nil {
			return err
		}
		if err := r.show(ctx); err != nil {
			return err
		}
		if r.state.Closed != "" {
			return r.close(ctx)
		}
		if r.pending() {
			continue
		}
		if r.force || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			if r.answering(ctx) {
				continue
			}
			return workflow.NewContinueAsNewError(ctx, OrderWorkflow, r.state)
		}
		r.wait(ctx)
	}
}

// close ends the run. An order that the shop never showed fails, so that a later
// event may start it again; any other order is done.
func (r *orderRun) close(ctx workflow.Context) error {
	r.answering(ctx)
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
