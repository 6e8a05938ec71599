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
	r.writeOffs = workflow.GetSignalChannel(ctx, SignalWrittenOff)
	r.settings = workflow.GetSignalChannel(ctx, SignalSettings)
	r.forced = workflow.GetSignalChannel(ctx, SignalForceContinueAsNew)
}

// hear wakes a wait with the first signal. The others are drained afterwards.
func (r *orderRun) hear(ctx workflow.Context, selector workflow.Selector, woken *bool) {
	for _, channel := range r.channels() {
		selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) {
			r.drain(ctx)
			*woken = true
		})
	}
	selector.AddReceive(r.asked, func(asked workflow.ReceiveChannel, _ bool) {
		for asked.ReceiveAsync(nil) {
			continue
		}
		*woken = true
	})
}

func (r *orderRun) channels() []workflow.ReceiveChannel {
	return []workflow.ReceiveChannel{r.hints, r.decides, r.statuses, r.writeOffs, r.settings, r.forced}
}

// drain takes all waiting signals into the state; it is the only place where
// they are consumed.
func (r *orderRun) drain(ctx workflow.Context) {
	now := workflow.Now(ctx)
	// What freezes comes first: a change that arrived with it comes too late.
	drain(r.writeOffs, func(w order.WriteOff) { r.state.SeeWriteOff(w, now) })
	drain(r.hints, func(hint order.Hint) {
		r.heard = r.heard || hint.Digest != ""
		r.state.See(hint, now)
	})
	drain(r.decides, func(decision order.Decision) { r.state.Decide(decision, now) })
	drain(r.statuses, func(read order.OrderRead) { r.state.SeeAccountOrder(read, now) })
	drain(r.settings, func(string) { r.state.SettingsChanged(now) })
	for r.forced.ReceiveAsync(nil) {
		r.force = true
	}
}

func drain[T any](channel workflow.ReceiveChannel, take func(T)) {
	for {
		var news T
		if !channel.ReceiveAsync(&news) {
			return
		}
		take(news)
	}
}

// pending tells whether a signal waits to be drained.
func (r *orderRun) pending() bool {
	waiting := r.asked.Len()
	for _, channel := range r.channels() {
		waiting += channel.Len()
	}
	return waiting > 0
}
