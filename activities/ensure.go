package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// EnsureContact asks the workflow that makes the phone's one contact.
func (a *Activities) EnsureContact(ctx context.Context, in order.EnsureContact) (order.ContactEnsured, error) {
	return ask(ctx, a.temporal, in.WorkflowID, workflows.EnsureContactWorkflow,
		func(thorough bool) any { return workflows.EnsureContactInput{EnsureContact: in, Thorough: thorough} },
		func(answer order.ContactEnsured) time.Time { return answer.At })
}

// EnsureProduct asks the workflow that makes the one product of an article or title.
func (a *Activities) EnsureProduct(ctx context.Context, in order.EnsureProduct) (order.ProductEnsured, error) {
	return ask(ctx, a.temporal, in.WorkflowID, workflows.EnsureProductWorkflow,
		func(thorough bool) any { return workflows.EnsureProductInput{EnsureProduct: in, Thorough: thorough} },
		func(answer order.ProductEnsured) time.Time { return answer.At })
}

// EnsureCategory asks, level by level, the workflows that make the categories of
// a path, and answers with the last one's id.
func (a *Activities) EnsureCategory(ctx context.Context, in workflows.EnsureCategoryInput) (int64, error) {
	key := []byte(a.settings.Current().IdentityKey.Reveal())
	parent := in.ParentID
	for _, title := range in.Path {
		level := workflows.CreateCategoryInput{Account: in.Account, ParentID: parent, Title: title, Fallback: in.Fallback, Pace: in.Pace}
		id := "category:" + in.Account + ":" + order.KeyedHash(key, "category", fmt.Sprint(parent), order.NormalizeText(title))
		made, err := ask(ctx, a.temporal, id, workflows.EnsureCategoryWorkflow,
			func(thorough bool) any { level.Thorough = thorough; return level },
			func(answer workflows.CategoryEnsured) time.Time { return answer.At })
		if err != nil || made.ID == in.Fallback {
			return made.ID, err
		}
		parent = made.ID
	}
	return parent, nil
}

// ask starts the workflow that makes a record, or attaches to the one that does
// already, and waits for its answer. An answer that was given minutes ago is
// used as it is: RO App's search may not show the record yet. An older one, or
// a failure, makes a new run that looks thoroughly first.
func ask[T any](ctx context.Context, c client.Client, id, workflow string, input func(thorough bool) any, at func(T) time.Time) (T, error) {
	stop := beat(ctx)
	defer stop()
	asked := time.Now()
	answer, run, err := start[T](ctx, c, id, workflow, input(false), enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
	if err == nil && time.Since(at(answer)) < workflows.KeepAnswer {
		return answer, nil
	}
	// An answer whose key this process misses is not asked for once more.
	if err != nil && (run == nil || ctx.Err() != nil || engine.UnknownKey(err)) {
		return answer, err
	}
	if err != nil {
		ended, describeErr := endOf(ctx, c, run)
		if describeErr != nil {
			return answer, describeErr
		}
		if ended.After(asked) {
			return answer, passOn(err)
		}
	}
	answer, _, err = start[T](ctx, c, id, workflow, input(true), enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
	return answer, passOn(err)
}

func start[T any](ctx context.Context, c client.Client, id, workflow string, input any, reuse enumspb.WorkflowIdReusePolicy) (T, client.WorkflowRun, error) {
	var answer T
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: engine.OrdersQueue,
		WorkflowIDReusePolicy:    reuse,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, workflow, input)
	if err != nil {
		return answer, nil, fmt.Errorf("start %s: %w", id, err)
	}
	err = run.Get(ctx, &answer)
	return answer, run, err
}

// endOf is when a run closed, zero while it is open.
func endOf(ctx context.Context, c client.Client, run client.WorkflowRun) (time.Time, error) {
	description, err := c.DescribeWorkflow(ctx, run.GetID(), run.GetRunID())
	if err != nil {
		return time.Time{}, fmt.Errorf("describe %s: %w", run.GetID(), err)
	}
	if description.WorkflowCloseTime == nil {
		return time.Time{}, nil
	}
	return *description.WorkflowCloseTime, nil
}

// passOn gives the failure of an Ensure workflow's step to the order that
// asked, typed as it was; it has been retried already.
func passOn(err error) error {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.HasDetails() {
		return err
	}
	var failure order.Failure
	if app.Details(&failure) != nil {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(app.Message(), string(failure.Kind), temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{failure}, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// beat tells the server that this process still waits.
func beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		ticker := time.NewTicker(3 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return cancel
}
