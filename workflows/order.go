package workflows

import (
	"encoding/json"
	"errors"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Order is the workflow of one order of a shop, from its first sight until it is
// final on both sides. It reports what happens to the rules, keeps the state that
// they answer with, and carries their commands out. It reads neither: rules change
// while orders live, and a running order must replay.
//
// The SDK keeps its arguments as long as the run is in memory, so the state is taken out
// of this one: it would lie there beside the current state.
func Order(ctx workflow.Context, argument *json.RawMessage) error {
	state := *argument
	*argument = nil
	r := &orderRun{
		state: state, running: map[string]*runningStep{}, stopTimer: func() {},
		forced: workflow.GetSignalChannel(ctx, SignalForceContinueAsNew), operator: ctx,
	}
	for _, name := range OrderSignals {
		r.signals = append(r.signals, workflow.GetSignalChannel(ctx, name))
	}
	if err := workflow.SetQueryHandler(ctx, QueryOrder, r.view); err != nil {
		return err
	}
	if err := r.acceptRefreshes(ctx); err != nil {
		return err
	}
	// What an operator cancels is ended in order: what runs is withdrawn first.
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	return r.live(disconnected)
}

// orderRun is one run of the workflow.
type orderRun struct {
	state   json.RawMessage
	running map[string]*runningStep // by key, until the rules have heard of their end
	events  []flow.Event            // that the rules have not heard of
	refresh flow.Refresh            // how far the latest refresh is
	rounds  int                     // how often the rules have answered
	close   *flow.Close
	// ending is set where the run is to continue as new: nothing is started any more,
	// and what runs is withdrawn.
	ending bool

	signals  []workflow.ReceiveChannel // in the order of OrderSignals
	forced   workflow.ReceiveChannel
	operator workflow.Context // is done once an operator cancels the workflow
	canceled bool             // the rules have heard of that

	// The timer lasts over many rounds: its time, often months ahead, rarely changes.
	wake      time.Time
	timer     workflow.Future
	stopTimer workflow.CancelFunc
}

// runningStep is a step whose activity is scheduled.
type runningStep struct {
	flow.Step
	future    workflow.Future
	cancel    workflow.CancelFunc
	withdrawn bool
}

// OrderView is the order as the query answers it.
type OrderView struct {
	State   json.RawMessage
	Running []string // summaries of the steps in progress
	Steps   []string // their kinds
}

func (r *orderRun) view() (OrderView, error) {
	view := OrderView{State: r.state, Running: r.summaries()}
	for _, key := range workflow.DeterministicKeys(r.running) {
		view.Steps = append(view.Steps, r.running[key].Kind)
	}
	return view, nil
}

func (r *orderRun) summaries() []string {
	var texts []string
	for _, key := range workflow.DeterministicKeys(r.running) {
		texts = append(texts, r.running[key].Summary)
	}
	return texts
}

// live is the loop: report what happened, carry out the answer, wait.
func (r *orderRun) live(ctx workflow.Context) error {
	for {
		if err := r.advance(ctx); err != nil {
			return err
		}
		idle := len(r.running) == 0
		switch {
		case idle && r.close != nil:
			r.answering(ctx)
			return r.end()
		case idle && r.ending && !r.news(ctx) && !r.answering(ctx):
			return workflow.NewContinueAsNewError(ctx, OrderWorkflow, r.state)
		}
		if err := workflow.Await(ctx, func() bool { return r.news(ctx) }); err != nil {
			return err
		}
	}
}

// news reports whether there is an event: a signal, a refresh, the time to wake, a
// cancellation, or the end of a step that is to be reported at once, or of all
// steps.
func (r *orderRun) news(ctx workflow.Context) bool {
	waiting := len(r.events) + r.forced.Len()
	for _, channel := range r.signals {
		waiting += channel.Len()
	}
	if waiting > 0 || r.timer != nil && r.timer.IsReady() || r.operator.Err() != nil && !r.canceled {
		return true
	}
	ended := 0
	for _, key := range workflow.DeterministicKeys(r.running) {
		if step := r.running[key]; step.future.IsReady() {
			ended++
			if step.Eager || step.ended(ctx).Error != nil {
				return true
			}
		}
	}
	return ended > 0 && ended == len(r.running)
}

// advance has the rules answer to what happened. The answer is recorded, since
// they run as a local activity.
func (r *orderRun) advance(ctx workflow.Context) error {
	info := workflow.GetInfo(ctx)
	in := flow.AdvanceInput{State: r.state, Now: workflow.Now(ctx), Run: info.WorkflowExecution.RunID, OriginalRun: info.OriginalRunID}
	for _, key := range workflow.DeterministicKeys(r.running) {
		in.Running = append(in.Running, r.running[key].Step)
	}
	r.collect(ctx)
	in.Events, r.events = r.events, nil
	var answer flow.AdvanceResult
	if err := workflow.ExecuteLocalActivity(planOptions(ctx, "Decide what to do next"), ActivityAdvance, in).Get(ctx, &answer); err != nil {
		// Only a state that cannot be read fails, by a defect. The workflow task is
		// tried again until a release can read it.
		panic(err)
	}
	if len(answer.Patch) > 0 {
		state, err := jsonpatch.MergePatch(r.state, answer.Patch)
		if err != nil {
			panic(err)
		}
		r.state = state
	}
	r.rounds++
	return r.carryOut(ctx, answer.Commands)
}

// collect notes as events what has happened; it is the only place where signals are
// consumed.
func (r *orderRun) collect(ctx workflow.Context) {
	for _, key := range workflow.DeterministicKeys(r.running) {
		if step := r.running[key]; step.future.IsReady() {
			r.report(ctx, flow.EventStepEnded, step.ended(ctx))
			delete(r.running, key)
		}
	}
	if r.timer != nil && r.timer.IsReady() {
		r.wake, r.timer = time.Time{}, nil
		r.report(ctx, flow.EventTimer, nil)
	}
	if r.operator.Err() != nil && !r.canceled {
		r.canceled = true
		r.report(ctx, flow.EventCancelRequested, nil)
	}
	for i, channel := range r.signals {
		var raw converter.RawValue // the rules report a payload that is not ours
		for channel.ReceiveAsync(&raw) {
			r.events = append(r.events, flow.Event{Kind: OrderSignals[i], At: workflow.Now(ctx), Payload: raw.Payload().GetData()})
		}
	}
	for r.forced.ReceiveAsync(nil) {
		r.ending = true
	}
	if r.ending = r.ending || workflow.GetInfo(ctx).GetContinueAsNewSuggested(); r.ending {
		r.report(ctx, flow.EventRunEnding, nil)
	}
}

// report notes an event for the rules.
func (r *orderRun) report(ctx workflow.Context, kind string, payload any) {
	text, err := json.Marshal(payload)
	if err != nil {
		panic(err) // it is data of ours
	}
	r.events = append(r.events, flow.Event{Kind: kind, At: workflow.Now(ctx), Payload: text})
}

// carryOut carries out commands. What polls compare with is published first.
func (r *orderRun) carryOut(ctx workflow.Context, c flow.Commands) error {
	if c.Attributes != nil {
		if err := workflow.UpsertTypedSearchAttributes(ctx, attributeUpdates(*c.Attributes)...); err != nil {
			return err
		}
	}
	if c.Row != nil {
		if err := workflow.UpsertMemo(ctx, map[string]any{MemoRow: *c.Row}); err != nil {
			return err
		}
	}
	if c.Details != "" {
		workflow.SetCurrentDetails(ctx, c.Details)
	}
	if c.Refresh != nil {
		r.refresh = *c.Refresh
	}
	for _, key := range c.Withdraw {
		// One that still waits in its queue is gone at once; one that is being carried
		// out ends, and its answer counts.
		if step := r.running[key]; step != nil && !step.withdrawn {
			step.withdrawn = true
			step.cancel()
		}
	}
	for _, step := range c.Start {
		// Only steps of several requests beat: one that is withdrawn while it runs must
		// end by itself, for its answer counts.
		options := requestOptions(step.TaskQueue, step.Summary, step.Urgency, step.Timeout, step.Pause)
		options.HeartbeatTimeout, options.RetryPolicy.MaximumAttempts = step.Heartbeat, step.Attempts
		stepCtx, cancel := workflow.WithCancel(workflow.WithActivityOptions(ctx, options))
		r.running[step.Key] = &runningStep{Step: step, cancel: cancel, future: workflow.ExecuteActivity(stepCtx, step.Kind, step.Input)}
	}
	if !c.Wake.IsZero() && !c.Wake.Equal(r.wake) {
		r.stopTimer()
		var timerCtx workflow.Context
		timerCtx, r.stopTimer = workflow.WithCancel(ctx)
		r.wake, r.timer = c.Wake, workflow.NewTimer(timerCtx, max(0, c.Wake.Sub(workflow.Now(ctx))))
	}
	r.close = c.Close
	return nil
}

// ended is how a step ended that did.
func (s *runningStep) ended(ctx workflow.Context) flow.StepEnded {
	ended := flow.StepEnded{Key: s.Key}
	err := s.future.Get(ctx, &ended.Result)
	if ended.Canceled = temporal.IsCanceledError(err); err == nil || ended.Canceled {
		return ended
	}
	ended.Error = &flow.StepError{Withdrawn: s.withdrawn}
	if app := (*temporal.ApplicationError)(nil); errors.As(err, &app) {
		ended.Error.Message = app.Message()
		engine.FailureDetails(app, &ended.Error.Details)
	}
	return ended
}

// end ends the run as the rules said.
func (r *orderRun) end() error {
	switch {
	case r.close.Canceled:
		return r.operator.Err()
	case r.close.Failure != "":
		return temporal.NewApplicationErrorWithOptions(r.close.Text, r.close.Failure, temporal.ApplicationErrorOptions{
			NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign,
		})
	default:
		return nil
	}
}
