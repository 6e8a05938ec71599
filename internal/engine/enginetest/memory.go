package enginetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Memory is a Temporal client without a server, for fast tests of what asks, starts and signals workflows. It runs no
// code of workflows: a test sets their runs and what they answer. A call that it does not offer panics.
type Memory struct {
	client.Client

	mu      sync.Mutex
	runs    []*Run // oldest first
	starts  map[string]func(input any) (any, error)
	signals []Signal
	queues  map[string]*workflowservice.DescribeTaskQueueResponse
	calls   map[string]int
	listed  []string // queries of visibility
	fails   func(call, id string) error
}

// Run is one run of a workflow. Of it only ID is needed.
type Run struct {
	ID, RunID  string
	Type       string
	Status     enumspb.WorkflowExecutionStatus // running where it is not set
	Started    time.Time                       // now where it is not set
	Closed     time.Time
	Attributes temporal.SearchAttributes
	Memo       map[string]any
	// Queries are the answers by the query's name: a value, an error, or a function of the query's arguments.
	Queries map[string]any
	// Updates carry out updates, by name. An error is the update's refusal.
	Updates map[string]func(ctx context.Context, id string) (any, error)
	// Result and Failure are how it ended.
	Result  any
	Failure error
	// TaskAttempt is the attempt of its pending workflow task.
	TaskAttempt int32

	attributes map[string]any // by name
	indexed    map[string]*commonpb.Payload
	memo       map[string]*commonpb.Payload
	ended      chan struct{}
}

// Signal is one that a workflow has got.
type Signal struct {
	ID, Name string
	Payload  any
}

// NewMemory creates one without any workflow.
func NewMemory() *Memory {
	return &Memory{
		starts: map[string]func(any) (any, error){}, queues: map[string]*workflowservice.DescribeTaskQueueResponse{}, calls: map[string]int{},
	}
}

// Put adds runs, each as the newest of its workflow.
func (m *Memory) Put(runs ...Run) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, run := range runs {
		m.put(run)
	}
}

func (m *Memory) put(run Run) *Run {
	run.RunID = cmp.Or(run.RunID, "run-"+strconv.Itoa(len(m.runs)+1))
	run.Status = cmp.Or(run.Status, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	if run.Started.IsZero() {
		run.Started = time.Now()
	}
	run.ended, run.attributes = make(chan struct{}), map[string]any{}
	for key, value := range run.Attributes.GetUntypedValues() {
		run.attributes[key.GetName()] = value
	}
	run.indexed, run.memo = payloads(run.attributes), payloads(run.Memo)
	if run.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		run.end(run.Status)
	}
	m.runs = append(m.runs, &run)
	return &run
}

func (r *Run) end(status enumspb.WorkflowExecutionStatus) {
	r.Status = status
	if r.Closed.IsZero() {
		r.Closed = time.Now()
	}
	close(r.ended)
}

// OnStart says how workflows of a type end, as soon as they are started. Those of other types go on until [Memory.Complete].
func (m *Memory) OnStart(workflowType string, run func(input any) (result any, err error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.starts[workflowType] = run
}

// Change changes the newest run of a workflow while it goes on.
func (m *Memory) Change(id string, change func(*Run)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	run, missing := m.find(id, "")
	if missing != nil {
		panic(missing)
	}
	change(run)
}

// Complete ends the newest run of a workflow, with a failure where err is not nil.
func (m *Memory) Complete(id string, result any, err error) {
	m.Change(id, func(run *Run) { run.complete(result, err) })
}

func (r *Run) complete(result any, err error) {
	r.Result, r.Failure = result, err
	if err != nil {
		r.end(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED)
		return
	}
	r.end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
}

// Fail lets calls fail: the function gets the name of the client's method and the workflow's id, or a query of visibility, or a
// queue. Nil lets them succeed again.
func (m *Memory) Fail(fails func(call, id string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fails = fails
}

// Queue says what a task queue is described as; one that was not set has no pollers.
func (m *Memory) Queue(name string, described *workflowservice.DescribeTaskQueueResponse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queues[name] = described
}

// Polled is the description of a queue that one worker polls.
func Polled() *workflowservice.DescribeTaskQueueResponse {
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{
		{Identity: "worker", LastAccessTime: timestamppb.Now()},
	}}
}

// Signals are those that workflows have got, in their order.
func (m *Memory) Signals() []Signal {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.signals)
}

// Started are the ids of all runs, oldest first.
func (m *Memory) Started() (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, run := range m.runs {
		ids = append(ids, run.ID)
	}
	return ids
}

// Newest is the newest run of a workflow; its id is "" where there is none.
func (m *Memory) Newest(id string) Run {
	m.mu.Lock()
	defer m.mu.Unlock()
	if run, err := m.find(id, ""); err == nil {
		return *run
	}
	return Run{}
}

// Calls counts the calls of a method of the client.
func (m *Memory) Calls(call string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[call]
}

// Visibility are the queries of visibility so far, in their order.
func (m *Memory) Visibility() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.listed)
}

// enter counts a call and gives its failure. The caller holds the lock.
func (m *Memory) enter(ctx context.Context, call, id string) error {
	m.calls[call]++
	if m.fails != nil {
		if err := m.fails(call, id); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// find gives a run, the newest where runID is "". The caller holds the lock.
func (m *Memory) find(id, runID string) (*Run, error) {
	for _, run := range slices.Backward(m.runs) {
		if run.ID == id && (runID == "" || run.RunID == runID) {
			return run, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found: " + id)
}

func (m *Memory) running(id, runID string) (*Run, error) {
	run, err := m.find(id, runID)
	if err == nil && run.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil, serviceerror.NewNotFound("workflow execution already completed: " + id)
	}
	return run, err
}

// start starts a workflow as the server does by the options' policies, or gives the one that runs.
func (m *Memory) start(options client.StartWorkflowOptions, workflowType any, args []any) (*Run, error) {
	was, _ := m.find(options.ID, "")
	refused := func() error {
		return serviceerror.NewWorkflowExecutionAlreadyStarted("already started: "+options.ID, "", was.RunID)
	}
	switch {
	case was == nil:
	case was.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		switch options.WorkflowIDConflictPolicy {
		case enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
			return was, nil
		case enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING:
			was.Failure = &temporal.TerminatedError{}
			was.end(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED)
		default:
			return nil, refused()
		}
	case options.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		options.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY &&
			was.Status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return nil, refused()
	}
	run := m.put(Run{ID: options.ID, Type: fmt.Sprint(workflowType), Attributes: options.TypedSearchAttributes, Memo: options.Memo})
	if ends := m.starts[run.Type]; ends != nil {
		var input any
		if len(args) > 0 {
			input = args[0]
		}
		run.complete(ends(input))
	}
	return run, nil
}

// ExecuteWorkflow implements [client.Client].
func (m *Memory) ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter(ctx, "ExecuteWorkflow", options.ID); err != nil {
		return nil, err
	}
	run, err := m.start(options, workflow, args)
	if err != nil {
		return nil, err
	}
	return &awaited{memory: m, run: run}, nil
}

// SignalWithStartWorkflow implements [client.Client].
func (m *Memory) SignalWithStartWorkflow(
	ctx context.Context, id, signal string, payload any, options client.StartWorkflowOptions, workflow any, args ...any,
) (client.WorkflowRun, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter(ctx, "SignalWithStartWorkflow", id); err != nil {
		return nil, err
	}
	options.ID, options.WorkflowIDConflictPolicy = id, enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	run, err := m.start(options, workflow, args)
	if err != nil {
		return nil, err
	}
	m.signals = append(m.signals, Signal{id, signal, payload})
	return &awaited{memory: m, run: run}, nil
}

// SignalWorkflow implements [client.Client].
func (m *Memory) SignalWorkflow(ctx context.Context, id, runID, signal string, payload any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter(ctx, "SignalWorkflow", id); err != nil {
		return err
	}
	if _, err := m.running(id, runID); err != nil {
		return err
	}
	m.signals = append(m.signals, Signal{id, signal, payload})
	return nil
}

// CancelWorkflow implements [client.Client].
func (m *Memory) CancelWorkflow(ctx context.Context, id, runID string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter(ctx, "CancelWorkflow", id); err != nil {
		return err
	}
	run, err := m.running(id, runID)
	if err != nil {
		return err
	}
	run.Failure = temporal.NewCanceledError()
	run.end(enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)
	return nil
}

// QueryWorkflow implements [client.Client].
func (m *Memory) QueryWorkflow(ctx context.Context, id, runID, query string, args ...any) (converter.EncodedValue, error) {
	answer, err := m.answerTo(ctx, id, runID, query)
	if ask, ok := answer.(func(args ...any) (any, error)); ok {
		answer, err = ask(args...)
	}
	if failure, ok := answer.(error); ok {
		err = failure
	}
	if err != nil {
		return nil, err
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(answer)
	return client.NewValue(payloads), err
}

func (m *Memory) answerTo(ctx context.Context, id, runID, query string) (any, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter(ctx, "QueryWorkflow", id); err != nil {
		return nil, err
	}
	run, err := m.find(id, runID)
	if err != nil {
		return nil, err
	}
	answer, known := run.Queries[query]
	if !known {
		return nil, serviceerror.NewQueryFailed(id + " does not know the query " + query)
	}
	return answer, nil
}

// QueryWorkflowWithOptions implements [client.Client]: a run that has ended rejects the query where the options want that.
func (m *Memory) QueryWorkflowWithOptions(ctx context.Context, in *client.QueryWorkflowWithOptionsRequest) (*client.QueryWorkflowWithOptionsResponse, error) {
	if run := m.Newest(in.WorkflowID); run.ID != "" && run.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING &&
		in.QueryRejectCondition == enumspb.QUERY_REJECT_CONDITION_NOT_OPEN {
		return &client.QueryWorkflowWithOptionsResponse{QueryRejected: &querypb.QueryRejected{Status: run.Status}}, nil
	}
	answer, err := m.QueryWorkflow(ctx, in.WorkflowID, in.RunID, in.QueryType, in.Args...)
	if err != nil {
		return nil, err
	}
	return &client.QueryWorkflowWithOptionsResponse{QueryResult: answer}, nil
}

// UpdateWorkflow implements [client.Client]. It carries the update out before it answers.
func (m *Memory) UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	m.mu.Lock()
	err := m.enter(ctx, "UpdateWorkflow", options.WorkflowID)
	var run *Run
	if err == nil {
		run, err = m.running(options.WorkflowID, options.RunID)
	}
	m.mu.Unlock() // the update may take time
	if err != nil {
		return nil, err
	}
	update := run.Updates[options.UpdateName]
	if update == nil {
		return nil, serviceerror.NewInvalidArgument(run.ID + " does not know the update " + options.UpdateName)
	}
	result, err := update(ctx, options.UpdateID)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	return &updated{result: result, err: err}, nil
}

// updated is the outcome of an update.
type updated struct {
	client.WorkflowUpdateHandle
	result any
	err    error
}

func (u *updated) Get(_ context.Context, into any) error {
	if u.err != nil {
		return u.err
	}
	return copied(u.result, into)
}

// DescribeWorkflow implements [client.Client].
func (m *Memory) DescribeWorkflow(ctx context.Context, id, runID string) (*client.WorkflowExecutionDescription, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter(ctx, "DescribeWorkflow", id); err != nil {
		return nil, err
	}
	run, err := m.find(id, runID)
	if err != nil {
		return nil, err
	}
	info := run.info()
	described := &client.WorkflowExecutionDescription{
		WorkflowExecutionMetadata: client.WorkflowExecutionMetadata{Status: info.GetStatus()},
		RawResponse: &workflowservice.DescribeWorkflowExecutionResponse{
			WorkflowExecutionInfo: info,
			PendingWorkflowTask:   &workflowpb.PendingWorkflowTaskInfo{Attempt: run.TaskAttempt},
		},
	}
	described.WorkflowExecution.ID, described.WorkflowExecution.RunID = id, info.GetExecution().GetRunId()
	if closed := info.GetCloseTime(); closed != nil {
		at := closed.AsTime()
		described.WorkflowCloseTime = &at
	}
	return described, nil
}

// GetWorkflow implements [client.Client].
func (m *Memory) GetWorkflow(_ context.Context, id, runID string) client.WorkflowRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	run, err := m.find(id, runID)
	return &awaited{memory: m, run: run, err: err}
}

// awaited is a run whose end somebody waits for.
type awaited struct {
	client.WorkflowRun
	memory *Memory
	run    *Run
	err    error
}

func (a *awaited) GetID() string    { return a.run.ID }
func (a *awaited) GetRunID() string { return a.run.RunID }

func (a *awaited) Get(ctx context.Context, into any) error {
	if a.err != nil {
		return a.err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-a.run.ended:
	}
	a.memory.mu.Lock()
	defer a.memory.mu.Unlock()
	if a.run.Failure != nil {
		return a.run.Failure
	}
	return copied(a.run.Result, into)
}

// copied gives a value as one that has traveled.
func copied(value, into any) error {
	if into == nil {
		return nil
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(value)
	if err != nil {
		return err
	}
	return converter.GetDefaultDataConverter().FromPayload(payload, into)
}

// DescribeTaskQueue implements [client.Client].
func (m *Memory) DescribeTaskQueue(ctx context.Context, queue string, _ enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter(ctx, "DescribeTaskQueue", queue); err != nil {
		return nil, err
	}
	if described := m.queues[queue]; described != nil {
		return described, nil
	}
	return &workflowservice.DescribeTaskQueueResponse{}, nil
}

// WorkflowService implements [client.Client].
func (m *Memory) WorkflowService() workflowservice.WorkflowServiceClient {
	return memoryService{memory: m}
}

type memoryService struct {
	workflowservice.WorkflowServiceClient
	memory *Memory
}

func (s memoryService) DescribeTaskQueue(
	ctx context.Context, in *workflowservice.DescribeTaskQueueRequest, _ ...grpc.CallOption,
) (*workflowservice.DescribeTaskQueueResponse, error) {
	return s.memory.DescribeTaskQueue(ctx, in.GetTaskQueue().GetName(), in.GetTaskQueueType())
}

func (s memoryService) DescribeNamespace(
	ctx context.Context, _ *workflowservice.DescribeNamespaceRequest, _ ...grpc.CallOption,
) (*workflowservice.DescribeNamespaceResponse, error) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	return &workflowservice.DescribeNamespaceResponse{}, s.memory.enter(ctx, "DescribeNamespace", "")
}

func (s memoryService) DeleteWorkflowExecution(
	ctx context.Context, in *workflowservice.DeleteWorkflowExecutionRequest, _ ...grpc.CallOption,
) (*workflowservice.DeleteWorkflowExecutionResponse, error) {
	m, id := s.memory, in.GetWorkflowExecution().GetWorkflowId()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter(ctx, "DeleteWorkflowExecution", id); err != nil {
		return nil, err
	}
	m.runs = slices.DeleteFunc(m.runs, func(r *Run) bool { return r.ID == id && r.RunID == in.GetWorkflowExecution().GetRunId() })
	return &workflowservice.DeleteWorkflowExecutionResponse{}, nil
}

// info is what lists and descriptions show of a run.
func (r *Run) info() *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: r.ID, RunId: r.RunID}, Type: &commonpb.WorkflowType{Name: r.Type},
		Status: r.Status, StartTime: timestamppb.New(r.Started),
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: r.indexed}, Memo: &commonpb.Memo{Fields: r.memo},
	}
	if !r.Closed.IsZero() {
		info.CloseTime = timestamppb.New(r.Closed)
	}
	return info
}

func payloads(values map[string]any) map[string]*commonpb.Payload {
	all := map[string]*commonpb.Payload{}
	for name, value := range values {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			panic(err)
		}
		all[name] = payload
	}
	return all
}
