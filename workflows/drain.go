package workflows

import "go.temporal.io/sdk/workflow"

// drain takes all waiting signals of a channel.
func drain[T any](channel workflow.ReceiveChannel, take func(T)) {
	for {
		var payload T
		if !channel.ReceiveAsync(&payload) {
			return
		}
		take(payload)
	}
}
