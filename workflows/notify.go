package workflows

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// NotifyID is the id of the workflow that sends an alert. Ids are never used
// again, so an alert is sent by one workflow only.
func NotifyID(alert string) string { return "alert:" + alert }

// send starts the workflow that sends the alert. It lives on when this run
// ends, and nobody waits for it.
func send(ctx workflow.Context, alert Alert) {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            NotifyID(alert.ID),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
	})
	err := workflow.ExecuteChildWorkflow(ctx, NotifyWorkflow, alert).GetChildWorkflowExecution().Get(ctx, nil)
	var started *temporal.ChildWorkflowExecutionAlreadyStartedError
	if err != nil && !errors.As(err, &started) {
		workflow.GetLogger(ctx).Error("an alert could not be sent", "alert", alert.ID, "error", err)
	}
}

const (
	// notifyTimeout bounds one attempt, notifyAllTimeout all of them.
	notifyTimeout    = 30 * time.Second
	notifyAllTimeout = 24 * time.Hour
	// testFor bounds all attempts of a test alert, for a person waits for it.
	testFor = 20 * time.Second
)

// Notify sends one alert to the alert URL, again and again until it is taken, for
// a day at most.
func Notify(ctx workflow.Context, alert Alert) error {
	within := notifyAllTimeout
	if alert.Kind == AlertTest {
		within = testFor
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                "Send alert: " + string(alert.Kind),
		StartToCloseTimeout:    min(notifyTimeout, within),
		ScheduleToCloseTimeout: within,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 5 * time.Second, BackoffCoefficient: 2, MaximumInterval: time.Hour},
	})
	err := workflow.ExecuteActivity(ctx, ActivitySendAlert, alert).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("an alert is given up; check that alerts.url in the settings is right and answers", "alert", alert.ID, "error", err)
	}
	return err
}
