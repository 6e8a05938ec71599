package service

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/workflows"
)

// testAlertID is the alert's id, and its workflow's: the last test alert takes the
// place of the one before.
const testAlertID = "test"

// TestAlert is what became of the last test alert.
type TestAlert struct {
	At       time.Time // when it ended, zero where there was none or it is being sent
	Sending  bool
	Accepted bool   // by the receiver
	Problem  string // why it was not accepted, once it ended
}

// SendTestAlert sends a test alert to the alert address; [Orders.LastTestAlert] gives
// what became of it. Without an address it is [Invalid].
func (o *Orders) SendTestAlert(ctx context.Context) error {
	if o.settings.Current().Alerts.URL.Reveal() == "" {
		return invalid("alerts.url", "no alert address is set")
	}
	ctx, cancel := context.WithTimeout(ctx, workflows.DispatchTimeout)
	defer cancel()
	now := time.Now()
	_, err := o.start(ctx, client.StartWorkflowOptions{
		ID: workflows.NotifyID(testAlertID), WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING,
	}, workflows.NotifyWorkflow, workflows.Alert{
		ID: fmt.Sprintf("%s:%d", testAlertID, now.UnixMilli()), Kind: workflows.AlertTest, At: now, Problem: "This is a test; nothing is wrong.",
	})
	return err
}

// LastTestAlert is the last test alert.
func (o *Orders) LastTestAlert(ctx context.Context) (TestAlert, error) {
	ctx, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	last, err := o.lastRun(ctx, workflows.NotifyID(testAlertID))
	if err != nil || last == nil || last.running {
		return TestAlert{Sending: last != nil && last.running}, err
	}
	alert := TestAlert{At: last.ended, Accepted: true}
	if err := last.Get(ctx, nil); err != nil {
		alert.Accepted, alert.Problem = false, plainly(err)
	}
	return alert, nil
}
