package engine

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// RepeatedTask is the attempt from which on a workflow task counts as failing: one may be lost with its worker, and the next
// with its successor.
const RepeatedTask = 3

const (
	// repeatedNoted is how often one workflow is noted at most, and repeatedKept how many wait to be taken.
	repeatedNoted = time.Minute
	repeatedKept  = 100
)

// RepeatedTasks notes workflows whose task this process was given for the third time or more: no worker could carry it out
// so far. It costs the server nothing.
type RepeatedTasks struct {
	noted chan string

	mu   sync.Mutex
	last map[string]time.Time
}

// NewRepeatedTasks creates one for the options of [Connect].
func NewRepeatedTasks() *RepeatedTasks {
	return &RepeatedTasks{noted: make(chan string, repeatedKept), last: map[string]time.Time{}}
}

// Noted brings the ids of such workflows, each once a minute at most.
func (r *RepeatedTasks) Noted() <-chan string { return r.noted }

func (r *RepeatedTasks) intercept(
	ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	err := invoke(ctx, method, request, answer, conn, options...)
	if task, polled := answer.(*workflowservice.PollWorkflowTaskQueueResponse); polled && err == nil && task.GetAttempt() >= RepeatedTask {
		r.note(task.GetWorkflowExecution().GetWorkflowId(), time.Now())
	}
	return err
}

func (r *RepeatedTasks) note(id string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for old, at := range r.last {
		if now.Sub(at) >= repeatedNoted {
			delete(r.last, old)
		}
	}
	if _, fresh := r.last[id]; fresh {
		return
	}
	select {
	case r.noted <- id:
		r.last[id] = now
	default: // its next attempt is noted
	}
}
