package activities

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// ensuring is a Temporal whose Ensure workflows end as the test says.
type ensuring struct {
	fakeTemporal
	run     func(id string, input any, fresh bool) (any, error)
	closed  time.Time
	started []string
}

func (e *ensuring) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	fresh := o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	e.started = append(e.started, o.ID)
	answer, err := e.run(o.ID, args[0], fresh)
	return endedRun{id: o.ID, answer: answer, err: err}, nil
}

func (e *ensuring) DescribeWorkflow(context.Context, string, string) (*client.WorkflowExecutionDescription, error) {
	return &client.WorkflowExecutionDescription{WorkflowExecutionMetadata: client.WorkflowExecutionMetadata{WorkflowCloseTime: &e.closed}}, nil
}

// endedRun is a run with its answer.
type endedRun struct {
	client.WorkflowRun
	id     string
	answer any
	err    error
}

func (r endedRun) GetID() string    { return r.id }
func (r endedRun) GetRunID() string { return "run" }

func (r endedRun) Get(_ context.Context, into any) error {
	if r.err != nil {
		return r.err
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(r.answer)
	if err != nil {
		return err
	}
	return converter.GetDefaultDataConverter().FromPayload(payload, into)
}

// ensures has Temporal run Ensure workflows so.
func (s *services) ensures(run func(id string, input any, fresh bool) (any, error)) *ensuring {
	e := &ensuring{run: run}
	s.a.temporal = e
	return e
}

// An answer of minutes ago is good; an older one may be about a contact that staff deleted since.
func TestAnswerOfAnEnsureWorkflowIsSharedForMinutes(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	in := order.EnsureContact{WorkflowID: "contact:main:1"}
	old := order.ContactEnsured{At: time.Now().Add(-time.Hour), Contact: &order.Contact{ID: 1}}
	recent := order.ContactEnsured{At: time.Now(), Contact: &order.Contact{ID: 2}}
	e := s.ensures(func(string, any, bool) (any, error) { return recent, nil })
	assert.Equal(t, int64(2), done[order.ContactEnsured](s, s.a.EnsureContact, in).Contact.ID)
	assert.Len(t, e.started, 1)
	e = s.ensures(func(_ string, input any, fresh bool) (any, error) {
		thorough, ok := input.(workflows.EnsureContactInput)
		assert.True(t, ok)
		assert.Equal(t, fresh, thorough.Thorough)
		if fresh {
			return recent, nil
		}
		return old, nil
	})
	assert.Equal(t, int64(2), done[order.ContactEnsured](s, s.a.EnsureContact, in).Contact.ID)
	assert.Len(t, e.started, 2)
}

// A failure that others met before is tried once more; one of just now is the answer.
func TestFailureOfAnEnsureWorkflow(t *testing.T) {
	t.Parallel()
	refusal := temporal.NewNonRetryableApplicationError("refused", string(order.FailRejected), nil, order.Failure{Kind: order.FailRejected, Text: "no such unit"})
	s := openServices(t)
	in := order.EnsureProduct{WorkflowID: "product:main:1"}
	e := s.ensures(func(_ string, _ any, fresh bool) (any, error) {
		if fresh {
			return order.ProductEnsured{At: time.Now(), Product: &order.Product{ID: 7}}, nil
		}
		return nil, refusal
	})
	e.closed = time.Now().Add(-time.Hour)
	assert.Equal(t, int64(7), done[order.ProductEnsured](s, s.a.EnsureProduct, in).Product.ID)
	e.closed = time.Now().Add(time.Hour)
	failure := s.fails(s.a.EnsureProduct, in)
	assert.Equal(t, order.FailRejected, failure.Kind)
	assert.Equal(t, "no such unit", failure.Text)
	s.ensures(func(string, any, bool) (any, error) { return nil, errors.New("terminated") })
	_, err := do[order.ProductEnsured](s, s.a.EnsureProduct, in)
	require.ErrorContains(t, err, "terminated")
}

// Each level of a path has one workflow; where the API creates no categories the fallback ends the path.
func TestCategoriesOfAPath(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	in := workflows.EnsureCategoryInput{Account: "main", Path: []string{"Flowers", "Roses"}, Fallback: 7}
	next := int64(300)
	e := s.ensures(func(_ string, input any, _ bool) (any, error) {
		level, ok := input.(workflows.CreateCategoryInput)
		assert.True(t, ok)
		if next > 300 {
			assert.Equal(t, next, level.ParentID)
		}
		next++
		return workflows.CategoryEnsured{At: time.Now(), ID: next}, nil
	})
	assert.Equal(t, int64(302), done[int64](s, s.a.EnsureCategory, in))
	require.Len(t, e.started, 2)
	assert.NotEqual(t, e.started[0], e.started[1])
	e = s.ensures(func(string, any, bool) (any, error) { return workflows.CategoryEnsured{At: time.Now(), ID: 7}, nil })
	assert.Equal(t, int64(7), done[int64](s, s.a.EnsureCategory, in))
	assert.Len(t, e.started, 1)
}

// A person's choice is remembered by the account, and recalled for the next order.
func TestChoices(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	done[order.ChoiceRemembered](s, s.a.RememberChoice, order.RememberChoice{Account: "main", Record: "phone:1", Choice: order.Remembered{ID: 7}})
	assert.Contains(t, s.temporal.took, "account:main")
	recall := order.RecallChoice{Account: "main", Record: "phone:1"}
	assert.Nil(t, done[order.ChoiceRecalled](s, s.a.RecallChoice, recall).Choice)
	s.temporal.query = func(string, string) (any, error) { return &order.Remembered{ID: 7}, nil }
	assert.Equal(t, int64(7), done[order.ChoiceRecalled](s, s.a.RecallChoice, recall).Choice.ID)
	s.temporal.query = func(string, string) (any, error) { return nil, errors.New("away") }
	_, err := do[order.ChoiceRecalled](s, s.a.RecallChoice, recall)
	require.ErrorContains(t, err, "away")
	s.temporal.take = func(string) error { return errors.New("away") }
	_, err = do[order.ChoiceRemembered](s, s.a.RememberChoice, order.RememberChoice{Account: "main", Record: "phone:1"})
	require.ErrorContains(t, err, "away")
}
