package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/workflows"
)

// Logouts store in Temporal which sessions were logged out. Each is a workflow
// that no worker runs: its id alone says it, and it ends when the session would
// have. A worker deletes it then.
type Logouts struct {
	temporal func() (client.Client, bool)
}

// NewLogouts takes the connection, false while there is none.
func NewLogouts(temporal func() (client.Client, bool)) *Logouts { return &Logouts{temporal} }

// logoutQueue is polled by no worker.
const logoutQueue = "nobody"

func logoutID(session string) string { return "logout:" + session }

// LogOut stores a logout until the given time. To do it again changes nothing.
func (l *Logouts) LogOut(ctx context.Context, session string, until time.Time) error {
	c, connected := l.temporal()
	if !connected {
		return notConnected()
	}
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: logoutID(session), TaskQueue: logoutQueue, WorkflowExecutionTimeout: max(time.Until(until), time.Second),
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "A session of the orders page that was logged out. No worker runs this; it ends by itself.",
	}, workflows.LogoutWorkflow)
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &already) {
		return fmt.Errorf("start %s: %w", logoutID(session), err)
	}
	return nil
}

// LoggedOut tells whether a logout was stored.
func (l *Logouts) LoggedOut(ctx context.Context, session string) (bool, error) {
	c, connected := l.temporal()
	if !connected {
		return false, notConnected()
	}
	_, err := c.DescribeWorkflow(ctx, logoutID(session), "")
	switch {
	case engine.Missing(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for %s: %w", logoutID(session), err)
	}
	return true, nil
}
