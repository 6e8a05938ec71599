package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

func TestRepeatedTasksAreNotedFromTheThirdAttemptOn(t *testing.T) {
	t.Parallel()
	r := NewRepeatedTasks()
	poll := func(id string, attempt int32) {
		t.Helper()
		invoke := func(_ context.Context, _ string, _, answer any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			task, ok := answer.(*workflowservice.PollWorkflowTaskQueueResponse)
			require.True(t, ok)
			task.Attempt, task.WorkflowExecution = attempt, &commonpb.WorkflowExecution{WorkflowId: id}
			return nil
		}
		require.NoError(t, r.intercept(t.Context(), "PollWorkflowTaskQueue", nil, new(workflowservice.PollWorkflowTaskQueueResponse), nil, invoke))
	}
	for attempt := range int32(RepeatedTask) {
		poll("order:demo:1", attempt)
	}
	assert.Empty(t, r.Noted())
	for range 5 {
		poll("order:demo:1", RepeatedTask)
	}
	require.Len(t, r.Noted(), 1, "once a minute")
	assert.Equal(t, "order:demo:1", <-r.Noted())
}

func TestRepeatedTasksAreBounded(t *testing.T) {
	t.Parallel()
	r := NewRepeatedTasks()
	now := time.Now()
	for i := range 1000 {
		r.note(fmt.Sprint(i), now)
	}
	assert.Len(t, r.Noted(), repeatedKept)
	assert.Len(t, r.last, repeatedKept)
	for range repeatedKept {
		<-r.Noted()
	}
	r.note("0", now.Add(time.Second))
	assert.Empty(t, r.Noted())
	r.note("0", now.Add(repeatedNoted))
	assert.Len(t, r.Noted(), 1)
	assert.Len(t, r.last, 1, "old ones are forgotten")
}
