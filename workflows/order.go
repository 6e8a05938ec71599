package workflows

import (
	"encoding/json"
	"errors"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Order is the workflow of one order of a shop, from its first sight until it
// is final on both sides. It reports what happens to the rules, keeps the state
// that they answer with, and carries their commands out. It looks into neither:
// rules change while orders live, and an order under way must replay.
func Order(ctx workflow.Context, state json.RawMessage) error {
	r := &orderRun{state: state, running: map[string]*runningStep{}}
	if err := workflow.SetQueryHandler(ctx, QueryOrder, r.view); err != nil {
		return err
	}
	r.signals = make([]workflow.ReceiveChannel, len(OrderSignals))
	for i, name := range OrderSignals {
		r.signals[i] = workflow.GetSignalChannel(ctx, name)
	}
	r.forced = workflow.GetSignalChannel(ctx, SignalForceContinueAsNew)
	r.wakeUp = workflow.NewBufferedChannel(ctx, 1)
	if err := r.acceptRefreshes(ctx); err != nil {
		return err
	}
	return r.live(ctx)
}

// orderRun is one run of the workflow.
type orderRun struct {
	state   json.RawMessage
	running map[string]*runningStep // by key
	events  []flow.Event            // that the rules have not heard of
	ended   []flow.Step             // whose end is among the events
	refresh flow.Refresh            // how far the latest refresh is
	rounds  int                     // how often the rules have answered
	close   *flow.Close

	signals []workflow.ReceiveChannel
	forced  workflow.ReceiveChannel
	wakeUp  workflow.Channel // a refresh was asked for
	alarm   alarm

	force, ending, canceled bool
}

// runningStep is a step whose activity is scheduled and has not ended.
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
}

func (r *orderRun) view() (OrderView, error) {
	return OrderView{State: r.state, Running: r.summaries()}, nil
}

func (r *orderRun) summaries() []string {
	var texts []string
	for _, key := range workflow.DeterministicKeys(r.running) {
		texts = append(texts, r.running[key].Summary)
	}
	return texts
}

// live is the loop: report what happened, carry out the answer, wait.
func (r *orderRun) live(parent workflow.Context) error {
	// What an operator cancels is ended in order: what runs is withdrawn first.
	ctx, _ := workflow.NewDisconnectedContext(parent)
	for {
		r.receive(ctx)
		if err := r.advance(ctx); err != nil {
			return err
		}
		switch {
		case r.close != nil && len(r.running) == 0:
			return r.end(ctx, parent)
		case len(r.events) > 0 || r.pending():
			continue
		case r.mustEnd(ctx) && len(r.events) == 0 && len(r.running) == 0:
			if r.answering(ctx) {
				continue
			}
			return workflow.NewContinueAsNewError(ctx, OrderWorkflow, r.state)
		}
		if len(r.events) == 0 {
			r.wait(ctx, parent)
		}
	}
}

// mustEnd tells that the run is to continue as new. From then on nothing is started,
// and what runs is withdrawn.
func (r *orderRun) mustEnd(ctx workflow.Context) bool {
	if r.close != nil || !r.force && !workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
		return false
	}
	if !r.ending && len(r.running) > 0 {
		r.report(ctx, flow.EventRunEnding, nil)
	}
	r.ending = true
	return true
}

// advance has the rules answer to what happened. The answer is recorded, since
// they run as a local activity.
func (r *orderRun) advance(ctx workflow.Context) error {
	info := workflow.GetInfo(ctx)
	in := AdvanceInput{
		AdvanceInput: flow.AdvanceInput{State: r.state, Events: r.events, Now: workflow.Now(ctx)},
		Run:          info.WorkflowExecution.RunID, OriginalRun: info.OriginalRunID,
	}
	for _, key := range workflow.DeterministicKeys(r.running) {
		in.Running = append(in.Running, r.running[key].Step)
	}
	in.Running = append(in.Running, r.ended...)
	if r.ending {
		in.Events = append(in.Events, flow.Event{Kind: flow.EventRunEnding, At: in.Now})
	}
	r.events, r.ended = nil, nil
	var answer flow.AdvanceResult
	if err := workflow.ExecuteLocalActivity(planOptions(ctx), ActivityAdvance, in).Get(ctx, &answer); err != nil {
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

// AdvanceInput is the input of the activity Advance.
type AdvanceInput struct {
	flow.AdvanceInput
	// Run is the id of this run. It differs from OriginalRun where an operator has
	// reset the workflow.
	Run, OriginalRun string
}

// carryOut carries out commands. What polls compare with is published first.
func (r *orderRun) carryOut(ctx workflow.Context, c flow.Commands) error {
	if updates := attributeUpdates(c.Attributes); len(updates) > 0 {
		if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
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
		stepCtx, cancel := workflow.WithCancel(stepOptions(ctx, step))
		r.running[step.Key] = &runningStep{Step: step, cancel: cancel, future: workflow.ExecuteActivity(stepCtx, step.Kind, step.Input)}
	}
	if !c.Wake.IsZero() {
		r.alarm.set(ctx, c.Wake)
	}
	r.close = c.Close
	return nil
}

// end ends the run as the rules said.
func (r *orderRun) end(ctx, parent workflow.Context) error {
	r.answering(ctx)
	switch {
	case r.close.Canceled:
		return parent.Err()
	case r.close.Failure != "":
		return temporal.NewApplicationErrorWithOptions(r.close.Text, r.close.Failure, temporal.ApplicationErrorOptions{
			NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign,
		})
	default:
		return nil
	}
}

// report notes an event for the rules.
func (r *orderRun) report(ctx workflow.Context, kind string, payload any) {
	event := flow.Event{Kind: kind, At: workflow.Now(ctx)}
	if payload != nil {
		text, err := json.Marshal(payload)
		if err != nil {
			panic(err) // it is data of ours
		}
		event.Payload = text
	}
	r.events = append(r.events, event)
}

// receive takes all waiting signals; it is the only place where they are consumed.
// A payload that cannot be decoded is reported as that.
func (r *orderRun) receive(ctx workflow.Context) {
	for i, channel := range r.signals {
		for {
			var raw converter.RawValue
			if !channel.ReceiveAsync(&raw) {
				break
			}
			event := flow.Event{Kind: OrderSignals[i], At: workflow.Now(ctx)}
			event.Payload, event.Undecodable = readSignal(raw)
			r.events = append(r.events, event)
		}
	}
	for r.forced.ReceiveAsync(nil) {
		r.force = true
	}
}

// pending tells whether a signal waits to be received.
func (r *orderRun) pending() bool {
	waiting := r.forced.Len()
	for _, channel := range r.signals {
		waiting += channel.Len()
	}
	return waiting > 0
}

// wait returns when there is something to report: a signal, a refresh, the time to
// wake, the end of a step that is to be reported at once, or of all steps.
func (r *orderRun) wait(ctx, parent workflow.Context) {
	woken := false
	wake := func(workflow.ReceiveChannel, bool) { woken = true }
	selector := workflow.NewSelector(ctx)
	for _, channel := range append(r.signals, r.forced) {
		selector.AddReceive(channel, wake)
	}
	selector.AddReceive(r.wakeUp, func(channel workflow.ReceiveChannel, _ bool) {
		channel.ReceiveAsync(nil)
		woken = true
	})
	for _, key := range workflow.DeterministicKeys(r.running) {
		step := r.running[key]
		selector.AddFuture(step.future, func(workflow.Future) {
			woken = r.stepEnded(ctx, step) || woken
		})
	}
	if r.alarm.timer != nil {
		selector.AddFuture(r.alarm.timer, func(workflow.Future) {
			r.alarm = alarm{}
			r.report(ctx, flow.EventTimer, nil)
			woken = true
		})
	}
	if !r.canceled {
		selector.AddReceive(parent.Done(), func(workflow.ReceiveChannel, bool) {
			r.canceled = true
			r.report(ctx, flow.EventCancelRequested, nil)
			woken = true
		})
	}
	for !woken {
		selector.Select(ctx)
	}
}

// stepEnded reports the end of a step. It tells whether the rules are to hear of it
// at once.
func (r *orderRun) stepEnded(ctx workflow.Context, step *runningStep) bool {
	delete(r.running, step.Key)
	ended := flow.StepEnded{Key: step.Key}
	err := step.future.Get(ctx, &ended.Result)
	var canceled *temporal.CanceledError
	switch {
	case err == nil:
	case errors.As(err, &canceled):
		ended.Canceled = true
	default:
		ended.Error = stepError(err, step.withdrawn)
		workflow.GetLogger(ctx).Warn("step failed", "step", step.Summary, "error", err)
	}
	r.ended = append(r.ended, step.Step)
	r.report(ctx, flow.EventStepEnded, ended)
	return step.Eager || ended.Error != nil || len(r.running) == 0
}

// stepError is an activity's error as data.
func stepError(err error, withdrawn bool) *flow.StepError {
	told := &flow.StepError{Message: "no answer in time", Withdrawn: withdrawn}
	var app *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	switch {
	case errors.As(err, &app):
		told.Message = app.Message()
		if app.HasDetails() {
			// Details of another form leave what is known of the error.
			_ = app.Details(&told.Details)
		}
	case !errors.As(err, &timeout):
		told.Message = err.Error()
	}
	return told
}

// alarm is a timer that lasts over many waits: its time, often months ahead, rarely
// changes.
type alarm struct {
	at    time.Time
	timer workflow.Future
	stop  workflow.CancelFunc
}

func (a *alarm) set(ctx workflow.Context, at time.Time) {
	if a.timer != nil && a.at.Equal(at) {
		return
	}
	if a.stop != nil {
		a.stop()
	}
	timerCtx, stop := workflow.WithCancel(ctx)
	*a = alarm{at: at, timer: workflow.NewTimer(timerCtx, max(0, at.Sub(workflow.Now(ctx)))), stop: stop}
}
