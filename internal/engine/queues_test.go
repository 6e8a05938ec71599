package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/cartumsync/cartumsync/internal/engine"
)

// poller polled so long ago, as a worker of a version, or of none.
func poller(identity string, ago time.Duration, build string) *taskqueuepb.PollerInfo {
	p := &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(time.Now().Add(-ago))}
	if build != "" {
		p.DeploymentOptions = &deploymentpb.WorkerDeploymentOptions{
			DeploymentName: "cartumsync", BuildId: build, WorkerVersioningMode: enumspb.WORKER_VERSIONING_MODE_VERSIONED,
		}
	}
	return p
}

func versionOf(build string) *deploymentpb.WorkerDeploymentVersion {
	return &deploymentpb.WorkerDeploymentVersion{DeploymentName: "cartumsync", BuildId: build}
}

// Workflows wait unless each version that the server gives some is polled for.
func TestEachVersionThatIsGivenWorkflowsNeedsAWorker(t *testing.T) {
	t.Parallel()
	current := &taskqueuepb.TaskQueueVersioningInfo{CurrentDeploymentVersion: versionOf("2")}
	ramping := &taskqueuepb.TaskQueueVersioningInfo{CurrentDeploymentVersion: versionOf("1"), RampingDeploymentVersion: versionOf("2"), RampingVersionPercentage: 10}
	for name, test := range map[string]struct {
		pollers []*taskqueuepb.PollerInfo
		routed  *taskqueuepb.TaskQueueVersioningInfo
		want    bool
	}{
		"no worker":                      {nil, nil, false},
		"a worker without version":       {[]*taskqueuepb.PollerInfo{poller("a", time.Second, "")}, nil, true},
		"one that ended":                 {[]*taskqueuepb.PollerInfo{poller("a", 2*time.Minute, "")}, nil, false},
		"the current version":            {[]*taskqueuepb.PollerInfo{poller("a", 0, "1"), poller("b", 0, "2")}, current, true},
		"only the version before":        {[]*taskqueuepb.PollerInfo{poller("a", 0, "1")}, current, false},
		"only a version":                 {[]*taskqueuepb.PollerInfo{poller("a", 0, "1")}, nil, false},
		"the current and the ramping":    {[]*taskqueuepb.PollerInfo{poller("a", 0, "1"), poller("b", 0, "2")}, ramping, true},
		"the current without the ramped": {[]*taskqueuepb.PollerInfo{poller("a", 0, "1")}, ramping, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := new(mocks.Client)
			c.On("DescribeTaskQueue", mock.Anything, engine.OrdersQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW).
				Return(&workflowservice.DescribeTaskQueueResponse{Pollers: test.pollers, VersioningInfo: test.routed}, nil)
			has, err := engine.HasWorker(t.Context(), c)
			require.NoError(t, err)
			assert.Equal(t, test.want, has)
		})
	}
}

func TestPollersOfAQueueAreCountedOnce(t *testing.T) {
	t.Parallel()
	c := new(mocks.Client)
	c.On("DescribeTaskQueue", mock.Anything, "lanes", enumspb.TASK_QUEUE_TYPE_ACTIVITY).Return(&workflowservice.DescribeTaskQueueResponse{
		Pollers: []*taskqueuepb.PollerInfo{poller("a", 0, ""), poller("a", time.Second, ""), poller("b", 0, ""), poller("gone", time.Hour, "")},
	}, nil).Once()
	count, err := engine.Pollers(t.Context(), c, "lanes")
	require.NoError(t, err)
	assert.Equal(t, 2, count)
	c.On("DescribeTaskQueue", mock.Anything, mock.Anything, mock.Anything).Return(nil, errors.New("away"))
	_, err = engine.Pollers(t.Context(), c, "lanes")
	require.ErrorContains(t, err, "pollers of queue lanes")
	_, err = engine.HasWorker(t.Context(), c)
	require.ErrorContains(t, err, "pollers of queue orders")
}

func TestMissingWorkflow(t *testing.T) {
	t.Parallel()
	assert.True(t, engine.Missing(fmt.Errorf("query: %w", serviceerror.NewNotFound("no such workflow"))))
	assert.False(t, engine.Missing(serviceerror.NewUnavailable("away")))
	assert.False(t, engine.Missing(nil))
}
