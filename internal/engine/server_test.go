package engine_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	querypb "go.temporal.io/api/query/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
)

func TestConnectWaitsForAServerThatComesLater(t *testing.T) {
	t.Parallel()
	address, port := freeAddress(t)
	core, logs := observer.New(zapcore.DebugLevel)
	connected := make(chan error, 1)
	go func() {
		c, err := engine.Connect(t.Context(), engine.Options{Logger: zap.New(core), HostPort: address})
		if err == nil {
			c.Close()
		}
		connected <- err
	}()
	waiting := "waiting for Temporal at " + address + ", namespace default: "
	require.Eventually(t, func() bool { return logs.FilterMessageSnippet(waiting).Len() > 0 }, 10*time.Second, 10*time.Millisecond)

	enginetest.StartWithFile(t, filepath.Join(t.TempDir(), "temporal.db"), port)
	require.NoError(t, <-connected)
	assert.Equal(t, 1, logs.FilterMessage("connected to Temporal").Len())
}

func freeAddress(t *testing.T) (address string, port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port = l.Addr().(*net.TCPAddr).Port
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), port
}

func TestConnectReadsTheEnvironment(t *testing.T) {
	server := enginetest.Start(t)
	namespace := server.BareNamespace(t)
	t.Setenv("TEMPORAL_ADDRESS", server.Address())
	t.Setenv("TEMPORAL_NAMESPACE", namespace)

	core, logs := observer.New(zapcore.InfoLevel)
	c, err := engine.Connect(t.Context(), engine.Options{Logger: zap.New(core), Identity: "worker-1"})
	require.NoError(t, err)
	defer c.Close()
	require.Equal(t, 1, logs.Len())
	assert.Equal(t, server.Address(), logs.All()[0].ContextMap()["address"])
	assert.Equal(t, namespace, logs.All()[0].ContextMap()["namespace"])
}

func TestSearchAttributesMayBeRegisteredByManyAtOnce(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	namespace := server.BareNamespace(t)
	c := server.Client(t, namespace)

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { assert.NoError(t, engine.RegisterSearchAttributes(t.Context(), c, namespace)) })
	}
	wg.Wait()
	require.NoError(t, engine.RegisterSearchAttributes(t.Context(), c, namespace))

	list, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	require.NoError(t, err)
	for _, key := range engine.SearchAttributes() {
		assert.Equal(t, key.GetValueType(), list.GetCustomAttributes()[key.GetName()], key.GetName())
	}
}

func TestSearchAttributeOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	namespace := server.BareNamespace(t)
	c := server.Client(t, namespace)
	_, err := c.OperatorService().AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace:        namespace,
		SearchAttributes: map[string]enumspb.IndexedValueType{"Shop": enumspb.INDEXED_VALUE_TYPE_TEXT},
	})
	require.NoError(t, err)

	err = engine.RegisterSearchAttributes(t.Context(), c, namespace)
	require.ErrorIs(t, err, engine.ErrAttributeType)
	require.ErrorContains(t, err, "Shop in namespace "+namespace+" is Text, must be Keyword")
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	namespace := server.BareNamespace(t)
	partitions, err := engine.Partitions(t.Context(), server.Client(t, namespace), namespace, engine.RoappQueue("main"))
	require.NoError(t, err)
	assert.Equal(t, 1, partitions)
}

func TestSetRetentionOnlyRaises(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	namespace := server.Namespace(t)
	c := server.Client(t, namespace)

	got, err := engine.SetRetention(t.Context(), c, namespace, engine.Retention)
	require.NoError(t, err)
	assert.Equal(t, engine.Retention, got)
	got, err = engine.SetRetention(t.Context(), c, namespace, time.Hour)
	require.NoError(t, err)
	assert.Equal(t, engine.Retention, got)
	// The update must not have touched the rest of the namespace.
	require.NoError(t, engine.RegisterSearchAttributes(t.Context(), c, namespace))
}

func TestIdentityKeyOfANamespaceStaysTheSame(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	namespace := server.BareNamespace(t)
	c := server.Client(t, namespace)
	key := []byte("the key of the identities")
	for range 2 {
		require.NoError(t, engine.CheckIdentityKey(t.Context(), c, namespace, key))
	}
	require.ErrorIs(t, engine.CheckIdentityKey(t.Context(), c, namespace, []byte("another key")), engine.ErrIdentityKey)
	_, err := engine.SetRetention(t.Context(), c, namespace, engine.Retention)
	require.NoError(t, err)
	require.NoError(t, engine.CheckIdentityKey(t.Context(), c, namespace, key))
}

// startWorker runs a worker with the interceptor for a workflow that logs, and
// fails on demand.
func startWorker(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, engine.OrdersQueue, worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{engine.NewLoggingInterceptor()},
	})
	w.RegisterWorkflow(chattyWorkflow)
	w.RegisterActivity(chattyActivity)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

func chattyWorkflow(ctx workflow.Context, text string) (string, error) {
	workflow.GetLogger(ctx).Info("from the workflow")
	workflow.SetCurrentDetails(ctx, text)
	if err := workflow.UpsertMemo(ctx, map[string]any{"customer": text}); err != nil {
		return "", err
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute,
		Summary:             text,
	})
	if err := workflow.ExecuteLocalActivity(local, chattyActivity, text, false).Get(ctx, nil); err != nil {
		return "", err
	}
	remote := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		Summary:             text,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	if err := workflow.ExecuteActivity(remote, chattyActivity, text, true).Get(ctx, nil); err == nil {
		return "", errors.New("the activity must fail")
	}
	if err := workflow.NewTimerWithOptions(ctx, time.Millisecond, workflow.TimerOptions{Summary: text}).Get(ctx, nil); err != nil {
		return "", err
	}
	return text, temporal.NewApplicationError(text, "Rejected", text)
}

func chattyActivity(ctx context.Context, text string, fail bool) (string, error) {
	activity.GetLogger(ctx).Info("from the activity")
	if fail {
		return "", temporal.NewNonRetryableApplicationError(text, "Rejected", errors.New(text), text)
	}
	return text, nil
}

func TestEveryLineNamesShopAndOrder(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	core, logs := observer.New(zapcore.DebugLevel)
	c := connect(t, server, server.BareNamespace(t), zap.New(core))
	startWorker(t, c)
	runChatty(t, c)

	lines := append(logs.FilterMessage("from the workflow").All(), logs.FilterMessage("from the activity").All()...)
	require.Len(t, lines, 3)
	for _, line := range lines {
		assert.Equal(t, "kwiaty", line.ContextMap()["shop"], line.Message)
		assert.Equal(t, "1042", line.ContextMap()["order"], line.Message)
		assert.Equal(t, "server_test.go", filepath.Base(line.Caller.File), line.Message)
	}
}

func connect(t *testing.T, server *enginetest.Server, namespace string, logger *zap.Logger) client.Client {
	t.Helper()
	c, err := engine.Connect(t.Context(), engine.Options{
		Logger:    logger,
		Codec:     newCodec(t, key("a")),
		HostPort:  server.Address(),
		Namespace: namespace,
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func runChatty(t *testing.T, c client.Client) {
	t.Helper()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID:            "order:kwiaty:1042",
		TaskQueue:     engine.OrdersQueue,
		Memo:          map[string]any{"amount": secret},
		StaticSummary: secret,
		StaticDetails: secret,
	}, chattyWorkflow, secret)
	require.NoError(t, err)
	err = run.Get(t.Context(), nil)
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, secret, failure.Message())
	var detail string
	require.NoError(t, failure.Details(&detail))
	assert.Equal(t, secret, detail)
}

// queryWorkflowMetadata is what Temporal's UI asks for the current details.
const queryWorkflowMetadata = "__temporal_workflow_metadata"

func TestNothingReadableReachesTheServer(t *testing.T) {
	t.Parallel()
	server := enginetest.Start(t)
	namespace := server.BareNamespace(t)
	c := connect(t, server, namespace, zap.NewNop())
	startWorker(t, c)
	runChatty(t, c)

	// A client without the codec sees what the server has.
	plain := server.Client(t, namespace)
	history := plain.GetWorkflowHistory(t.Context(), "order:kwiaty:1042", "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	summaries := 0
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		assertUnreadable(t, event)
		if event.GetUserMetadata().GetSummary() != nil {
			summaries++
		}
	}
	assert.Equal(t, 4, summaries, "workflow, local activity, activity, timer")

	described, err := plain.DescribeWorkflow(t.Context(), "order:kwiaty:1042", "")
	require.NoError(t, err)
	assertUnreadable(t, described.RawResponse)
	assert.Len(t, described.RawResponse.GetWorkflowExecutionInfo().GetMemo().GetFields(), 2)

	// What a query answers passes the server too: here the current details.
	answer, err := plain.WorkflowService().QueryWorkflow(t.Context(), &workflowservice.QueryWorkflowRequest{
		Namespace: namespace,
		Execution: described.RawResponse.GetWorkflowExecutionInfo().GetExecution(),
		Query:     &querypb.WorkflowQuery{QueryType: queryWorkflowMetadata},
	})
	require.NoError(t, err)
	assertUnreadable(t, answer)
	metadata, err := c.QueryWorkflow(t.Context(), "order:kwiaty:1042", "", queryWorkflowMetadata)
	require.NoError(t, err)
	var readable sdkpb.WorkflowMetadata
	require.NoError(t, metadata.Get(&readable))
	assert.Equal(t, secret, readable.GetCurrentDetails())
}

// assertUnreadable searches for the text as it is, and for payloads that no codec
// has encoded.
func assertUnreadable(t *testing.T, message proto.Message) {
	t.Helper()
	raw, err := proto.Marshal(message)
	require.NoError(t, err)
	assert.NotContains(t, string(raw), "Kowalska", protojson.Format(message))
}
