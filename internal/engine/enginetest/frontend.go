package enginetest

import (
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Frontend is a Temporal frontend without a server behind it, for unit tests of what polls and starts: it notes what is
// started and signaled, lists that as running, and lets pollers wait. It carries out no workflow. An activity runs only if a
// test offers it. Its zero value is not usable, see [NewFrontend].
type Frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer

	// Address is host and port.
	Address string

	mu         sync.Mutex
	running    map[string]string // workflow types by workflow id
	signals    []SentSignal
	attributes map[string]enumspb.IndexedValueType
	polled     map[string]map[string]time.Time // by queue, the last poll by identity
	offered    map[string]chan *workflowservice.PollActivityTaskQueueResponse
	ended      map[string]string        // how activities ended, by their id
	beats      map[string]int           // heartbeats of activities, by their id
	lost       map[string]bool          // activities whose lease is over
	ending     map[string]chan struct{} // by worker, closed once it ends
	retention  time.Duration
	data       map[string]string // of the namespace
}

// SentSignal is one that a workflow received.
type SentSignal struct{ Workflow, Name string }

// NewFrontend starts a frontend that ends with the test.
func NewFrontend(tb testing.TB) *Frontend {
	tb.Helper()
	var lc net.ListenConfig
	listener, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	f := &Frontend{
		Address: listener.Addr().String(), running: map[string]string{}, attributes: map[string]enumspb.IndexedValueType{},
		polled: map[string]map[string]time.Time{}, offered: map[string]chan *workflowservice.PollActivityTaskQueueResponse{},
		ended: map[string]string{}, beats: map[string]int{}, lost: map[string]bool{}, ending: map[string]chan struct{}{}, retention: 24 * time.Hour, data: map[string]string{},
	}
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, f)
	operatorservice.RegisterOperatorServiceServer(server, f)
	healthy := health.NewServer()
	healthy.SetServingStatus(workflowservice.WorkflowService_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	healthpb.RegisterHealthServer(server, healthy)
	go func() { _ = server.Serve(listener) }() // until Stop
	tb.Cleanup(server.Stop)
	return f
}

// Client returns a client of a namespace, closed at the end of the test.
func (f *Frontend) Client(tb testing.TB) client.Client {
	tb.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: f.Address, Namespace: "unit", Logger: silent})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

// Running are the ids of the workflows that were started.
func (f *Frontend) Running() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.running))
}

// End has a workflow run no longer.
func (f *Frontend) End(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, id)
}

// Signals are those that were sent so far.
func (f *Frontend) Signals() []SentSignal {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.signals)
}

// Polled reports whether somebody polls a queue.
func (f *Frontend) Polled(queue string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.polled[queue]) > 0
}

// Offer has the next poller of a queue carry out an activity with an input. Its id is of the activity's own.
func (f *Frontend) Offer(queue, activity, id string, input *commonpb.Payloads) {
	now := timestamppb.Now()
	f.queue(queue) <- &workflowservice.PollActivityTaskQueueResponse{
		TaskToken: []byte(id), WorkflowNamespace: "unit", WorkflowType: &commonpb.WorkflowType{Name: "Unit"}, ActivityType: &commonpb.ActivityType{Name: activity},
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, ActivityId: id, Input: input, Attempt: 1,
		ScheduledTime: now, CurrentAttemptScheduledTime: now, StartedTime: now,
		ScheduleToCloseTimeout: durationpb.New(time.Hour), StartToCloseTimeout: durationpb.New(time.Hour), HeartbeatTimeout: durationpb.New(time.Minute),
	}
}

// Lose ends the lease of an activity: its next heartbeat is refused.
func (f *Frontend) Lose(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost[id] = true
}

// Beats is how often an activity's heartbeat came.
func (f *Frontend) Beats(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.beats[id]
}

// Ended is how an activity ended: "" while it runs, "completed", or the message of its failure.
func (f *Frontend) Ended(id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended[id]
}

func (f *Frontend) queue(name string) chan *workflowservice.PollActivityTaskQueueResponse {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.offered[name] == nil {
		f.offered[name] = make(chan *workflowservice.PollActivityTaskQueueResponse, 100)
	}
	return f.offered[name]
}

// poll notes a poller, and gives what is closed once its worker ends.
func (f *Frontend) poll(queue, identity, worker string) (ends <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.polled[queue] == nil {
		f.polled[queue] = map[string]time.Time{}
	}
	f.polled[queue][identity] = time.Now()
	return f.endingOf(worker)
}

func (f *Frontend) endingOf(worker string) chan struct{} {
	if f.ending[worker] == nil {
		f.ending[worker] = make(chan struct{})
	}
	return f.ending[worker]
}

// longPoll is how long a poller waits at most, as with a server.
const longPoll = time.Minute

// PollActivityTaskQueue implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) PollActivityTaskQueue(
	ctx context.Context, in *workflowservice.PollActivityTaskQueueRequest,
) (*workflowservice.PollActivityTaskQueueResponse, error) {
	name := in.GetTaskQueue().GetName()
	ends := f.poll(name, in.GetIdentity(), in.GetWorkerInstanceKey())
	select {
	case task := <-f.queue(name):
		return task, nil
	case <-ends:
	case <-ctx.Done():
	case <-time.After(longPoll):
	}
	return &workflowservice.PollActivityTaskQueueResponse{}, nil
}

// PollWorkflowTaskQueue implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) PollWorkflowTaskQueue(
	ctx context.Context, in *workflowservice.PollWorkflowTaskQueueRequest,
) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	ends := f.poll(in.GetTaskQueue().GetName(), in.GetIdentity(), in.GetWorkerInstanceKey())
	select {
	case <-ends:
	case <-ctx.Done():
	case <-time.After(longPoll):
	}
	return &workflowservice.PollWorkflowTaskQueueResponse{}, nil
}

// RecordActivityTaskHeartbeat implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) RecordActivityTaskHeartbeat(
	_ context.Context, in *workflowservice.RecordActivityTaskHeartbeatRequest,
) (*workflowservice.RecordActivityTaskHeartbeatResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := string(in.GetTaskToken())
	if f.lost[id] {
		return nil, notFound("another attempt runs")
	}
	f.beats[id]++
	return &workflowservice.RecordActivityTaskHeartbeatResponse{}, nil
}

// RespondActivityTaskCompleted implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) RespondActivityTaskCompleted(
	_ context.Context, in *workflowservice.RespondActivityTaskCompletedRequest,
) (*workflowservice.RespondActivityTaskCompletedResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended[string(in.GetTaskToken())] = "completed"
	return &workflowservice.RespondActivityTaskCompletedResponse{}, nil
}

// RespondActivityTaskFailed implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) RespondActivityTaskFailed(
	_ context.Context, in *workflowservice.RespondActivityTaskFailedRequest,
) (*workflowservice.RespondActivityTaskFailedResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended[string(in.GetTaskToken())] = in.GetFailure().GetMessage()
	return &workflowservice.RespondActivityTaskFailedResponse{}, nil
}

// GetSystemInfo implements [workflowservice.WorkflowServiceServer].
func (*Frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

// ShutdownWorker implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) ShutdownWorker(_ context.Context, in *workflowservice.ShutdownWorkerRequest) (*workflowservice.ShutdownWorkerResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ends := f.endingOf(in.GetWorkerInstanceKey())
	select {
	case <-ends:
	default:
		close(ends)
	}
	return &workflowservice.ShutdownWorkerResponse{}, nil
}

// DescribeNamespace implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) DescribeNamespace(_ context.Context, in *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &workflowservice.DescribeNamespaceResponse{
		NamespaceInfo: &namespacepb.NamespaceInfo{
			Name: in.GetNamespace(), State: enumspb.NAMESPACE_STATE_REGISTERED,
			Capabilities: &namespacepb.NamespaceInfo_Capabilities{WorkerPollCompleteOnShutdown: true}, Data: maps.Clone(f.data),
		},
		Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(f.retention)},
	}, nil
}

// UpdateNamespace implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) UpdateNamespace(_ context.Context, in *workflowservice.UpdateNamespaceRequest) (*workflowservice.UpdateNamespaceResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if config := in.GetConfig(); config != nil {
		f.retention = config.GetWorkflowExecutionRetentionTtl().AsDuration()
	}
	maps.Copy(f.data, in.GetUpdateInfo().GetData())
	return &workflowservice.UpdateNamespaceResponse{}, nil
}

// DescribeTaskQueue implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) DescribeTaskQueue(_ context.Context, in *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &workflowservice.DescribeTaskQueueResponse{}
	for identity, at := range f.polled[in.GetTaskQueue().GetName()] {
		answer.Pollers = append(answer.Pollers, &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(at)})
	}
	return answer, nil
}

// StartWorkflowExecution implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) StartWorkflowExecution(
	_ context.Context, in *workflowservice.StartWorkflowExecutionRequest,
) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running[in.GetWorkflowId()] = in.GetWorkflowType().GetName()
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run", Started: true}, nil
}

// SignalWorkflowExecution implements [workflowservice.WorkflowServiceServer].
func (f *Frontend) SignalWorkflowExecution(
	_ context.Context, in *workflowservice.SignalWorkflowExecutionRequest,
) (*workflowservice.SignalWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := in.GetWorkflowExecution().GetWorkflowId()
	if f.running[id] == "" {
		return nil, notFound("no workflow " + id)
	}
	f.signals = append(f.signals, SentSignal{id, in.GetSignalName()})
	return &workflowservice.SignalWorkflowExecutionResponse{}, nil
}

// QueryWorkflow implements [workflowservice.WorkflowServiceServer]: nobody answers.
func (*Frontend) QueryWorkflow(context.Context, *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	return nil, notFound("no workflow ran")
}

// ListWorkflowExecutions implements [workflowservice.WorkflowServiceServer]: what runs of the types that the query names.
func (f *Frontend) ListWorkflowExecutions(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	for id, kind := range f.running {
		if strings.Contains(in.GetQuery(), "'"+kind+"'") {
			answer.Executions = append(answer.Executions, &workflowpb.WorkflowExecutionInfo{
				Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, Type: &commonpb.WorkflowType{Name: kind},
				Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
			})
		}
	}
	return answer, nil
}

// CountWorkflowExecutions implements [workflowservice.WorkflowServiceServer]: nothing is counted.
func (*Frontend) CountWorkflowExecutions(
	context.Context, *workflowservice.CountWorkflowExecutionsRequest,
) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

// ListSearchAttributes implements [operatorservice.OperatorServiceServer].
func (f *Frontend) ListSearchAttributes(
	context.Context, *operatorservice.ListSearchAttributesRequest,
) (*operatorservice.ListSearchAttributesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &operatorservice.ListSearchAttributesResponse{CustomAttributes: map[string]enumspb.IndexedValueType{}}
	maps.Copy(answer.CustomAttributes, f.attributes)
	return answer, nil
}

// AddSearchAttributes implements [operatorservice.OperatorServiceServer].
func (f *Frontend) AddSearchAttributes(
	_ context.Context, in *operatorservice.AddSearchAttributesRequest,
) (*operatorservice.AddSearchAttributesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.Copy(f.attributes, in.GetSearchAttributes())
	return &operatorservice.AddSearchAttributesResponse{}, nil
}

func notFound(text string) error { return serviceerror.ToStatus(serviceerror.NewNotFound(text)).Err() }
