package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order"
)

// listen opens the signals' channels.
func (r *orderRun) listen(ctx workflow.Context) {
	r.hints = workflow.GetSignalChannel(ctx, SignalShopOrderChanged)
	r.decides = workflow.GetSignalChannel(ctx, SignalDecide)
	r.statuses = workflow.GetSignalChannel(ctx, SignalStatusChanged)
	r.forced = workflow.GetSignalChannel(ctx, SignalForceContinueAsNew)
}

// hear wakes a wait with the first signal. The others are drained afterwards.
func (r *orderRun) hear(ctx workflow.Context, selector workflow.Selector, woken *bool) {
	for _, channel := range []workflow.ReceiveChannel{r.hints, r.decides, r.statuses, r.forced} {
		selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) {
			r.drain(ctx)
			*woken = true
		})
	}
}

// drain takes all waiting signals into the state; it is the only place where
// they are consumed.
func (r *orderRun) drain(ctx workflow.Context) {
	now := workflow.Now(ctx)
	for {
		var hint order.Hint
		if !r.hints.ReceiveAsync(&hint) {
			break
		}
		r.state.See(hint)
	}
	for {
		var decision order.Decision
		if !r.decides.ReceiveAsync(&decision) {
			break
		}
		r.state.Decide(decision, now)
	}
	for {
		var read order.OrderRead
		if !r.statuses.ReceiveAsync(&read) {
			break
		}
		r.state.SeeAccountOrder(read, now)
	}
	for r.forced.ReceiveAsync(nil) {
		r.force = true
	}
}

// pending tells whether a signal waits to be drained.
func (r *orderRun) pending() bool {
	return r.hints.Len()+r.decides.Len()+r.statuses.Len()+r.forced.Len() > 0
}
