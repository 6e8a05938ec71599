package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order"
)

// runningStep is a step whose activity is scheduled and has not ended.
type runningStep struct {
	step     order.Step
	future   workflow.Future
	cancel   workflow.CancelFunc
	withdraw bool
}

// reconcile makes what runs what is planned. A step that is not planned any
// more, or with other values, is withdrawn: one that still waits in its queue
// is gone at once, one that is being carried out ends and its answer counts.
// Its successor starts only when it has ended.
func (r *orderRun) reconcile(ctx workflow.Context, planned []order.Step) {
	wanted := map[string]order.Step{}
	for _, step := range planned {
		wanted[step.Key] = step
	}
	for _, key := range workflow.DeterministicKeys(r.running) {
		running := r.running[key]
		if step, ok := wanted[key]; (!ok || step.Essence != running.step.Essence) && !running.withdraw {
			running.withdraw = true
			running.cancel()
		}
	}
	for _, step := range planned {
		if _, running := r.running[step.Key]; !running {
			r.start(ctx, step)
		}
	}
}

func (r *orderRun) start(ctx workflow.Context, step order.Step) {
	r.state.Begin(step, workflow.Now(ctx))
	stepCtx, cancel := workflow.WithCancel(stepOptions(ctx, step))
	r.running[step.Key] = &runningStep{
		step:   step,
		cancel: cancel,
		future: workflow.ExecuteActivity(stepCtx, string(step.Kind), step.Input()),
	}
}

// end takes in how a step ended.
func (r *orderRun) end(ctx workflow.Context, running *runningStep) {
	delete(r.running, running.step.Key)
	now := workflow.Now(ctx)
	outcome := order.NewOutcome(running.step.Kind)
	err := running.future.Get(ctx, outcome)
	var canceled *temporal.CanceledError
	switch {
	case err == nil:
		r.state.Apply(running.step, outcome, now)
	case errors.As(err, &canceled):
		r.state.Withdraw(running.step, now)
	default:
		failure := failureOf(running.step, err)
		if running.withdraw && failure.Passes() {
			r.state.Withdraw(running.step, now) // it would have been tried again
			return
		}
		workflow.GetLogger(ctx).Warn("step failed", "step", running.step.Summary, "kind", failure.Kind, "error", err)
		r.state.Fail(running.step, failure, now)
	}
}

// failureOf reads the typed failure out of an activity's error.
func failureOf(step order.Step, err error) order.Failure {
	failure := order.Failure{Kind: order.FailUnreachable, Side: step.Side, Text: "no answer in time"}
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		failure.Text = app.Message()
		if app.HasDetails() {
			// Details of another form leave what is known of the error.
			_ = app.Details(&failure)
		}
		return failure
	}
	var timeout *temporal.TimeoutError
	if !errors.As(err, &timeout) {
		failure.Text = err.Error()
	}
	return failure
}

// wait returns when there is something to plan from: news, a step that failed
// or the end of all steps, or the time to look at a hold again.
func (r *orderRun) wait(ctx workflow.Context) {
	woken := false
	selector := workflow.NewSelector(ctx)
	r.hear(ctx, selector, &woken)
	for _, key := range workflow.DeterministicKeys(r.running) {
		running := r.running[key]
		selector.AddFuture(running.future, func(workflow.Future) {
			r.end(ctx, running)
			// What the shop says now may withdraw what still runs.
			read := running.step.Kind == order.StepReadShopOrder
			woken = woken || read || len(r.running) == 0 || r.state.Hold != nil
		})
	}
	timerCtx, stopTimer := workflow.WithCancel(ctx)
	defer stopTimer()
	if hold := r.state.Hold; hold != nil && len(r.running) == 0 && !hold.NextLook.IsZero() {
		timer := workflow.NewTimer(timerCtx, max(0, hold.NextLook.Sub(workflow.Now(ctx))))
		selector.AddFuture(timer, func(workflow.Future) {
			r.state.TryAgain(workflow.Now(ctx))
			woken = true
		})
	}
	if len(r.running) == 0 && r.state.Hold == nil && !r.wake.IsZero() {
		selector.AddFuture(r.alarm.set(ctx, r.wake), func(workflow.Future) {
			r.alarm = alarm{}
			woken = true
		})
	}
	for !woken {
		selector.Select(ctx)
	}
}

// alarm is a timer that lasts over many waits: its time, months ahead, rarely
// changes.
type alarm struct {
	at    time.Time
	timer workflow.Future
	stop  workflow.CancelFunc
}

// set gives the timer that ends at the time.
func (a *alarm) set(ctx workflow.Context, at time.Time) workflow.Future {
	if a.timer != nil && a.at.Equal(at) {
		return a.timer
	}
	if a.stop != nil {
		a.stop()
	}
	timerCtx, stop := workflow.WithCancel(ctx)
	*a = alarm{at: at, timer: workflow.NewTimer(timerCtx, max(0, at.Sub(workflow.Now(ctx)))), stop: stop}
	return a.timer
}
