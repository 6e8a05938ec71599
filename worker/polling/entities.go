package polling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// notifyTimeout bounds how long Temporal is waited for, also where it is away; what
// was not done in it is tried again.
const notifyTimeout = 30 * time.Second

// notifyEntities starts the entities of what is in force, which outlive a worker,
// and sends the settings' revision to these and to all others that run: one whose
// shop is gone or off must rest. Every process sends it at each start; an entity
// knows what it has received.
func (w *Workers) notifyEntities(ctx context.Context, current *settings.Settings) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	running, started, err := w.startMissing(ctx, current)
	problems := []error{err}
	// A list lags behind, so what was just started is notified in any case.
	for _, id := range slices.Concat(running, started) {
		problems = append(problems, w.notify(ctx, id, current.Revision))
	}
	return errors.Join(problems...)
}

func (w *Workers) notify(ctx context.Context, id, revision string) error {
	err := w.options.Client.SignalWorkflow(ctx, id, "", workflows.SignalSettings, revision)
	if err != nil && !engine.Missing(err) {
		return fmt.Errorf("notify %s of the settings: %w", id, err)
	}
	return nil
}

func (w *Workers) startEntity(ctx context.Context, id, workflow string, state any) error {
	_, err := w.options.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: engine.OrdersQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, workflow, state)
	if err != nil {
		return fmt.Errorf("start the entity %s: %w", id, err)
	}
	return nil
}

// running are the ids of all workflows of some types that run.
func (w *Workers) running(ctx context.Context, types ...string) ([]string, error) {
	runs, err := w.options.Index.Runs(ctx, index.All(index.OfTypes(types...), index.Running()), 0)
	if err != nil {
		return nil, fmt.Errorf("list what runs of %s: %w", strings.Join(types, ", "), err)
	}
	ids := make([]string, 0, len(runs))
	for _, run := range runs {
		ids = append(ids, run.GetWorkflowId())
	}
	return ids, nil
}
