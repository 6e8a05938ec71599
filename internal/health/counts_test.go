package health

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// keyed are settings with a key for what is stored in Temporal.
func keyed() *settings.Settings {
	key := settings.NewSecret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
	return &settings.Settings{Encryption: []settings.EncryptionKey{{ID: "k1", Key: key}}}
}

// The rate of an account is what the holder of its lane reported last; a lane that
// no process holds sends nothing.
func TestRequestRateIsTheLaneHoldersOwn(t *testing.T) {
	t.Parallel()
	set := keyed()
	codec, err := payload.Codec(set)
	require.NoError(t, err)
	beat, err := engine.DataConverter(codec).ToPayloads(workflows.LaneLoad{PerSecond: 2.5})
	require.NoError(t, err)
	lease := func(state enumspb.PendingActivityState, beat *commonpb.Payloads) *client.WorkflowExecutionDescription {
		return &client.WorkflowExecutionDescription{RawResponse: &workflowservice.DescribeWorkflowExecutionResponse{
			PendingActivities: []*workflowpb.PendingActivityInfo{{State: state, HeartbeatDetails: beat}},
		}}
	}
	for name, test := range map[string]struct {
		answer *client.WorkflowExecutionDescription
		err    error
		want   float64
		fails  bool
	}{
		"held":          {lease(enumspb.PENDING_ACTIVITY_STATE_STARTED, beat), nil, 2.5, false},
		"given up":      {lease(enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, beat), nil, 0, false},
		"just taken":    {lease(enumspb.PENDING_ACTIVITY_STATE_STARTED, nil), nil, 0, false},
		"never started": {nil, serviceerror.NewNotFound("no workflow"), 0, false},
		"no answer":     {nil, serviceerror.NewUnavailable("away"), 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := new(mocks.Client)
			c.On("DescribeWorkflow", mock.Anything, "lane:main", "").Return(test.answer, test.err)
			l := &reading{Viewer: New(c, index.New(c), "default", settings.NewStore(set)), set: set}
			rate, err := l.requestRate(t.Context(), "main", engine.DataConverter(codec))
			assert.Equal(t, test.fails, err != nil, "%v", err)
			assert.InDelta(t, test.want, rate, 0)
		})
	}
}
