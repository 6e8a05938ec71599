package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

// Queues of activities, which another process may poll than the workflows' queue.
const (
	echoes   = "echoes"
	failures = "failures"
)

// keyWorkflow takes each kind of payload that a workflow gets, and gives them back.
func keyWorkflow(ctx workflow.Context, input string) (string, error) {
	var updated string
	err := workflow.SetUpdateHandler(ctx, "update", func(_ workflow.Context, text string) (string, error) {
		updated = text
		return text, nil
	})
	if err != nil {
		return "", err
	}
	if err := workflow.SetQueryHandler(ctx, "query", func(text string) (string, error) { return text, nil }); err != nil {
		return "", err
	}
	got := []string{input}
	var local string
	if err := workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute,
	}), echo, "local").Get(ctx, &local); err != nil {
		return "", err
	}
	var text string
	workflow.GetSignalChannel(ctx, "signal").Receive(ctx, &text)
	got = append(got, local, text)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: echoes, StartToCloseTimeout: time.Minute,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 100 * time.Millisecond, BackoffCoefficient: 1},
	})
	if err := workflow.ExecuteActivity(ctx, echo, "result").Get(ctx, &text); err != nil {
		return "", err
	}
	got = append(got, text)
	var failure *temporal.ApplicationError
	if err := workflow.ExecuteActivity(workflow.WithTaskQueue(ctx, failures), fail, "failure").Get(ctx, nil); !errors.As(err, &failure) {
		return "", errors.New("the activity has to fail")
	}
	text = "the failure's details were dropped"
	engine.FailureDetails(failure, &text)
	got = append(got, text)
	if err := workflow.Await(ctx, func() bool { return updated != "" }); err != nil {
		return "", err
	}
	return strings.Join(append(got, updated), " "), nil
}

func echo(_ context.Context, text string) (string, error) { return text, nil }

func fail(_ context.Context, text string) error {
	return temporal.NewNonRetryableApplicationError(text, "Rejected", nil, text)
}

// rotation is one namespace of processes that have different keys.
type rotation struct {
	t         *testing.T
	server    *enginetest.Server
	namespace string
}

// process is a client with the keys, of which the first encrypts.
func (r rotation) process(keys ...engine.Key) client.Client {
	r.t.Helper()
	c, err := engine.Connect(r.t.Context(), engine.Options{
		Logger: zap.NewNop(), Codec: newCodec(r.t, keys...), HostPort: r.server.Address(), Namespace: r.namespace,
	})
	require.NoError(r.t, err)
	r.t.Cleanup(c.Close)
	return c
}

// run runs the workflows, or the activities, in a process.
func (r rotation) run(c client.Client, queue string) worker.Worker {
	r.t.Helper()
	orders := queue == engine.OrdersQueue
	w := worker.New(c, queue, worker.Options{DisableWorkflowWorker: !orders, LocalActivityWorkerOnly: orders})
	if orders {
		w.RegisterWorkflow(keyWorkflow)
	}
	w.RegisterActivity(echo)
	w.RegisterActivity(fail)
	require.NoError(r.t, w.Start())
	return w
}

// await waits for what the server says of the workflow.
func (r rotation) await(said string, is func(d *workflowservice.DescribeWorkflowExecutionResponse) bool) {
	r.t.Helper()
	plain := r.server.Client(r.t, r.namespace)
	require.Eventually(r.t, func() bool {
		d, err := plain.DescribeWorkflow(r.t.Context(), "rotated", "")
		require.NoError(r.t, err)
		require.Equal(r.t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, d.Status, "nothing fails for good")
		return is(d.RawResponse)
	}, 30*time.Second, 20*time.Millisecond, said)
}

// awaitTaskFails waits until the workflow's task was given out again.
func (r rotation) awaitTaskFails() {
	r.t.Helper()
	plain := r.server.Client(r.t, r.namespace)
	require.Eventually(r.t, func() bool {
		history := plain.GetWorkflowHistory(r.t.Context(), "rotated", "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			event, err := history.Next()
			require.NoError(r.t, err)
			if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED {
				return true
			}
		}
		return false
	}, 30*time.Second, 20*time.Millisecond, "the workflow task does not fail")
}

// Each kind of payload, one after the other, comes from a process that encrypts with
// a key that the one who is to read it does not have. Nothing is dropped, and nothing
// fails for good: it waits until a process with the key goes on with it.
func TestWhatIsEncryptedWithAnUnknownKeyWaits(t *testing.T) {
	t.Parallel()
	before, after := []engine.Key{key("old")}, []engine.Key{key("new"), key("old")}
	start := func(r rotation, keys ...engine.Key) {
		_, err := r.process(keys...).ExecuteWorkflow(r.t.Context(), client.StartWorkflowOptions{ID: "rotated", TaskQueue: engine.OrdersQueue}, keyWorkflow, "input")
		require.NoError(r.t, err)
	}
	signal := func(r rotation, keys ...engine.Key) {
		require.NoError(r.t, r.process(keys...).SignalWorkflow(r.t.Context(), "rotated", "", "signal", "signal"))
	}
	// Start, first task, the local activity's marker: now the signal is waited for.
	idle := func(d *workflowservice.DescribeWorkflowExecutionResponse) bool {
		return d.GetWorkflowExecutionInfo().GetHistoryLength() >= 5
	}
	for name, meets := range map[string]func(r rotation){
		"input": func(r rotation) {
			start(r, after...)
			w := r.run(r.process(before...), engine.OrdersQueue)
			r.awaitTaskFails()
			w.Stop()
		},
		"signal": func(r rotation) {
			start(r, before...)
			w := r.run(r.process(before...), engine.OrdersQueue)
			r.await("the signal is waited for", idle)
			signal(r, after...)
			r.awaitTaskFails()
			w.Stop()
		},
		"result of a local activity, when it is replayed": func(r rotation) {
			start(r, before...)
			w := r.run(r.process(after...), engine.OrdersQueue)
			r.await("the signal is waited for", idle)
			w.Stop()
			signal(r, before...)
			w = r.run(r.process(before...), engine.OrdersQueue)
			r.awaitTaskFails()
			w.Stop()
		},
		"input of an activity": func(r rotation) {
			start(r, before...)
			signal(r, before...)
			w, activities := r.run(r.process(after...), engine.OrdersQueue), r.run(r.process(before...), echoes)
			r.await("the activity is tried again", func(d *workflowservice.DescribeWorkflowExecutionResponse) bool {
				pending := d.GetPendingActivities()
				return len(pending) == 1 && pending[0].GetAttempt() > 2
			})
			w.Stop()
			activities.Stop()
		},
		"result of an activity": func(r rotation) {
			start(r, before...)
			signal(r, before...)
			activities := r.run(r.process(after...), echoes)
			w := r.run(r.process(before...), engine.OrdersQueue)
			r.awaitTaskFails()
			w.Stop()
			activities.Stop()
		},
		"details of an activity's failure": func(r rotation) {
			start(r, before...)
			signal(r, before...)
			w := r.run(r.process(before...), engine.OrdersQueue)
			first, second := r.run(r.process(before...), echoes), r.run(r.process(after...), failures)
			r.awaitTaskFails()
			first.Stop()
			second.Stop()
			w.Stop()
		},
		"update that was taken, when it is replayed": func(r rotation) {
			start(r, before...)
			c := r.process(after...)
			w := r.run(c, engine.OrdersQueue)
			handle, err := c.UpdateWorkflow(r.t.Context(), client.UpdateWorkflowOptions{
				WorkflowID: "rotated", UpdateName: "update", Args: []any{"update"}, WaitForStage: client.WorkflowUpdateStageCompleted,
			})
			require.NoError(r.t, err)
			require.NoError(r.t, handle.Get(r.t.Context(), nil))
			w.Stop()
			signal(r, before...)
			w = r.run(r.process(before...), engine.OrdersQueue)
			r.awaitTaskFails()
			w.Stop()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := enginetest.Start(t)
			r := rotation{t, server, server.BareNamespace(t)}
			meets(r)
			c := r.process(after...)
			for _, queue := range []string{engine.OrdersQueue, echoes, failures} {
				t.Cleanup(r.run(c, queue).Stop)
			}
			if !strings.HasPrefix(name, "signal") {
				signal(r, after...) // a second one is not read
			}
			_, err := c.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
				WorkflowID: "rotated", UpdateName: "update", Args: []any{"update"}, WaitForStage: client.WorkflowUpdateStageAccepted,
			})
			require.NoError(t, err)
			var got string
			require.NoError(t, c.GetWorkflow(t.Context(), "rotated", "").Get(t.Context(), &got))
			assert.Equal(t, "input local signal result failure update", got)
		})
	}
}

// Who asks with a key that the worker does not have is not answered, or refused, and may
// ask again: neither leaves anything behind.
func TestQueryAndUpdateWithAnUnknownKeyLeaveNothing(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	r := rotation{t, server, server.BareNamespace(t)}
	old, rotated := r.process(key("old")), r.process(key("new"), key("old"))
	w := r.run(old, engine.OrdersQueue)
	t.Cleanup(w.Stop)
	_, err := old.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "rotated", TaskQueue: engine.OrdersQueue}, keyWorkflow, "input")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = rotated.QueryWorkflow(ctx, "rotated", "", "query", "text")
	require.Error(t, err)
	update := func(c client.Client) error {
		handle, err := c.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: "rotated", UpdateName: "update", Args: []any{"update"}, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err != nil {
			return err
		}
		return handle.Get(t.Context(), nil)
	}
	err = update(rotated)
	require.Error(t, err)
	assert.True(t, engine.UnknownKey(err), "%v", err)
	require.NoError(t, update(old))
	_, err = old.QueryWorkflow(t.Context(), "rotated", "", "query", "text")
	require.NoError(t, err)
}
