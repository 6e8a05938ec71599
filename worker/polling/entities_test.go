package polling

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkconverter "go.temporal.io/sdk/converter"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// temporalOf is a Temporal in which some workflows run. It notes what is started, signaled and deleted.
type temporalOf struct {
	client.Client

	running  []string
	listed   error
	signaled error
	queried  error // none ran where it is nil

	started, signals, deleted []string
}

func (c *temporalOf) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	page := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, id := range c.running {
		kind, _, _ := strings.Cut(id, ":")
		if strings.Contains(strings.ToLower(r.GetQuery()), "'"+kind+"'") {
			page.Executions = append(page.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
		}
	}
	return page, c.listed
}

func (c *temporalOf) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	c.started = append(c.started, o.ID)
	return nil, nil
}

func (c *temporalOf) SignalWorkflow(_ context.Context, id, _, signal string, value any) error {
	if text, ok := value.(string); ok {
		signal += " " + text
	}
	c.signals = append(c.signals, id+" "+signal)
	return c.signaled
}

func (c *temporalOf) QueryWorkflow(context.Context, string, string, string, ...any) (sdkconverter.EncodedValue, error) {
	if c.queried != nil {
		return nil, c.queried
	}
	return nil, serviceerror.NewNotFound("none ran")
}

// deletions is the part of Temporal's service that deletes workflows.
type deletions struct {
	workflowservice.WorkflowServiceClient

	of *temporalOf
}

func (d deletions) DeleteWorkflowExecution(
	_ context.Context, r *workflowservice.DeleteWorkflowExecutionRequest, _ ...grpc.CallOption,
) (*workflowservice.DeleteWorkflowExecutionResponse, error) {
	d.of.deleted = append(d.of.deleted, r.GetWorkflowExecution().GetWorkflowId())
	return nil, serviceerror.NewNotFound("another process deleted it")
}

func (c *temporalOf) WorkflowService() workflowservice.WorkflowServiceClient { return deletions{of: c} }

func workersOn(c client.Client) *Workers {
	set := &settings.Settings{
		Revision: "r2", Accounts: map[string]settings.Account{"main": {}},
		Shops: map[string]settings.Shop{"demo": {Account: "main", Enabled: true}, "off": {Account: "main"}},
	}
	return &Workers{options: Options{Client: c, Index: index.New(c), Namespace: "n", Settings: settings.NewStore(set), Logger: zap.NewNop(), Repeated: engine.NewRepeatedTasks()}}
}

func TestWhatDoesNotRunIsStarted(t *testing.T) {
	t.Parallel()
	c := &temporalOf{running: []string{"shop:demo", "shop:gone"}}
	require.NoError(t, workersOn(c).notifyEntities(t.Context(), workersOn(c).options.Settings.Current()))
	assert.Equal(t, []string{"lane:main", "account:main"}, c.started, "a shop that is switched off has no entity")
	assert.ElementsMatch(t, []string{"shop:demo settings r2", "shop:gone settings r2", "account:main settings r2"}, c.signals)

	c = &temporalOf{running: []string{"shop:demo", "account:main", "lane:main"}}
	require.NoError(t, workersOn(c).check(t.Context()))
	assert.Empty(t, c.started)
	assert.Empty(t, c.signals)

	c = &temporalOf{running: []string{"shop:demo", "lane:main"}}
	require.NoError(t, workersOn(c).check(t.Context()))
	assert.Equal(t, []string{"account:main"}, c.started)
	assert.Equal(t, []string{"account:main settings r2", "account:main poll"}, c.signals, "what changed meanwhile is polled at once")

	c = &temporalOf{listed: errors.New("no visibility")}
	require.ErrorContains(t, workersOn(c).check(t.Context()), "no visibility")
	assert.Empty(t, c.started, "nothing is started that may run")
}

// An entity that was ended is not started without what it knew, because this process
// misses the key that it was encrypted with.
func TestWhatAnEntityKnewIsNotForgottenForAMissingKey(t *testing.T) {
	t.Parallel()
	answered := serviceerror.NewQueryFailed("query: " + engine.ErrUnknownKey.Error() + `: "k2"`)
	c := &temporalOf{running: []string{"shop:demo", "lane:main"}, queried: answered}
	err := workersOn(c).check(t.Context())
	require.ErrorContains(t, err, `account:main knew`)
	require.ErrorContains(t, err, `"k2"`)
	assert.Empty(t, c.started)

	c.queried = serviceerror.NewQueryFailed("this release cannot read it")
	require.NoError(t, workersOn(c).check(t.Context()))
	assert.Equal(t, []string{"account:main"}, c.started)
}

func TestReadsAreDeleted(t *testing.T) {
	t.Parallel()
	c := &temporalOf{running: []string{"reconcile:1", "lookup:2", "order:demo:3"}}
	require.NoError(t, workersOn(c).forgetBefore(t.Context(), time.Now()))
	assert.Equal(t, []string{"reconcile:1", "lookup:2"}, c.deleted)
	c.listed = errors.New("no visibility")
	require.ErrorContains(t, workersOn(c).forgetBefore(t.Context(), time.Now()), "no visibility")
}

func TestWhoseHealthShowsAWorkflow(t *testing.T) {
	t.Parallel()
	for id, owner := range map[string]string{
		"order:demo:7": "shop:demo", "contact:main:5f1e": "account:main", "product:main:5f1e": "account:main", "category:main:5f1e": "account:main",
		"shop:demo": "", "account:main": "", "check:main": "", "contact:main": "", "anything": "",
	} {
		assert.Equal(t, owner, ownerOf(id), id)
	}
	assert.Equal(t, workflows.ShopID("demo"), ownerOf("order:demo:7"))
}
