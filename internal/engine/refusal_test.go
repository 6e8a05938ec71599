package engine

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// stub is a Temporal that answers as a dev server never does.
type stub struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer

	version  string
	describe error // answer to DescribeNamespace
	update   error // answer to what changes something
	// unknown is for how many requests the namespace is not known yet though it can be described.
	unknown atomic.Int64
}

func (s *stub) DescribeTaskQueue(_ context.Context, in *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	if s.unknown.Add(-1) >= 0 {
		return nil, toStatus(serviceerror.NewNamespaceNotFound(in.GetNamespace()))
	}
	return &workflowservice.DescribeTaskQueueResponse{}, nil
}

func (s *stub) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{ServerVersion: s.version}, nil
}

func (s *stub) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	if s.describe != nil {
		return nil, toStatus(s.describe)
	}
	return &workflowservice.DescribeNamespaceResponse{
		Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(24 * time.Hour)},
	}, nil
}

func (s *stub) UpdateNamespace(context.Context, *workflowservice.UpdateNamespaceRequest) (*workflowservice.UpdateNamespaceResponse, error) {
	return nil, toStatus(s.update)
}

func (s *stub) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{}, nil
}

func (s *stub) AddSearchAttributes(context.Context, *operatorservice.AddSearchAttributesRequest) (*operatorservice.AddSearchAttributesResponse, error) {
	return nil, toStatus(s.update)
}

func toStatus(err error) error { return serviceerror.ToStatus(err).Err() }

func (s *stub) start(t *testing.T) client.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, s)
	operatorservice.RegisterOperatorServiceServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	c, err := client.NewLazyClient(client.Options{HostPort: listener.Addr().String(), Logger: TemporalLogger(zap.NewNop())})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func (s *stub) waiter(t *testing.T) (waiter, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	return waiter{
		service:        s.start(t).WorkflowService(),
		logger:         zap.New(core),
		hostPort:       "temporal.example:7233",
		namespace:      "shops",
		firstDelay:     time.Millisecond,
		maxDelay:       4 * time.Millisecond,
		attempt:        time.Second,
		namespaceGrace: 20 * time.Millisecond,
	}, logs
}

func TestWaitEndsAtOnceWhenRefused(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{
		serviceerror.NewPermissionDenied("who are you", ""),
		status.Error(codes.Unauthenticated, "who are you"),
	} {
		w, logs := (&stub{describe: refusal}).waiter(t)
		err := w.wait(t.Context())
		require.ErrorIs(t, err, ErrPermissionDenied)
		require.ErrorContains(t, err, "temporal at temporal.example:7233, namespace shops: permission denied")
		require.ErrorContains(t, err, "who are you")
		assert.Zero(t, logs.Len())
	}
}

func TestWaitGivesAMissingNamespaceSomeTime(t *testing.T) {
	t.Parallel()
	w, logs := (&stub{describe: serviceerror.NewNamespaceNotFound("shops")}).waiter(t)
	err := w.wait(t.Context())
	require.ErrorIs(t, err, ErrNamespaceMissing)
	require.ErrorContains(t, err, "temporal operator namespace create --namespace shops")
	require.NotZero(t, logs.Len())
	assert.Equal(t, "waiting for Temporal at temporal.example:7233, namespace shops: namespace does not exist", logs.All()[0].Message)
}

func TestWaitForANamespaceThatIsNotKnownEverywhere(t *testing.T) {
	t.Parallel()
	s := &stub{version: "1.29.1"}
	s.unknown.Store(2)
	w, logs := s.waiter(t)
	w.namespaceGrace = time.Minute
	require.NoError(t, w.wait(t.Context()))
	assert.Equal(t, 2, logs.FilterMessageSnippet("namespace does not exist").Len())
	assert.EqualValues(t, -1, s.unknown.Load())
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w, _ := (&stub{describe: serviceerror.NewUnavailable("starting")}).waiter(t)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("stopped by the test"))
	defer cancel()
	require.ErrorContains(t, w.wait(ctx), "stopped by the test")
}

func TestWaitWarnsOfAnOldServer(t *testing.T) {
	t.Parallel()
	for version, warnings := range map[string]int{"1.28.2": 1, "1.29.0": 0, "2.0.0": 0, "": 0} {
		w, logs := (&stub{version: version}).waiter(t)
		require.NoError(t, w.wait(t.Context()))
		assert.Equal(t, warnings, logs.FilterMessageSnippet("older than 1.29").Len(), version)
	}
}

func TestSetRetentionWhereNotAllowed(t *testing.T) {
	t.Parallel()
	got, err := SetRetention(t.Context(), (&stub{update: serviceerror.NewPermissionDenied("no", "")}).start(t), "shops", Retention)
	require.NoError(t, err)
	assert.Equal(t, 24*time.Hour, got)

	_, err = SetRetention(t.Context(), (&stub{update: serviceerror.NewInternal("broken")}).start(t), "shops", Retention)
	require.ErrorContains(t, err, "broken")
}

func TestRegisterSearchAttributesWhereNotAllowed(t *testing.T) {
	t.Parallel()
	err := RegisterSearchAttributes(t.Context(), (&stub{update: serviceerror.NewPermissionDenied("no", "")}).start(t), "shops")
	require.ErrorContains(t, err, "temporal operator search-attribute create --namespace shops --name Amount --type Double --name CartumCreated")
}

func TestLogFields(t *testing.T) {
	t.Parallel()
	tests := map[string][]any{
		"order:kwiaty:1042":                      {"shop", "kwiaty", "order", "1042"},
		"order:kwiaty:A:1":                       {"shop", "kwiaty", "order", "A:1"},
		"shop:kwiaty":                            {"shop", "kwiaty"},
		"account:main":                           {"account", "main"},
		"lane:main":                              {"account", "main"},
		"lookup:account:main:order:7":            {"account", "main"},
		"roapp-orders:main:1":                    {"account", "main"},
		"reconcile:kwiaty:2026-11-01:2026-11-07": {"shop", "kwiaty"},
		"rehearsal:kwiaty":                       {"shop", "kwiaty"},
		"check:shop:kwiaty":                      {"shop", "kwiaty"},
		"check:account:main":                     {"account", "main"},
		"alert:shop:kwiaty:red:17":               {"shop", "kwiaty"},
		"alert:account:main:red:17":              {"account", "main"},
		"contact:main:5f1e0c":                    {"account", "main"},
		"product:main:5f1e0c":                    {"account", "main"},
		"category:main:5f1e0c":                   {"account", "main"},
		"order":                                  nil,
		"anything:else":                          nil,
		"temporal-sys-scheduler:x":               nil,
	}
	for id, want := range tests {
		assert.Equal(t, want, logFields(id), id)
	}
}
