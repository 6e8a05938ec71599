package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// knownOrder is an order that has a workflow, or had one that was completed.
type knownOrder struct {
	open     bool
	observed string    // what its workflow has seen
	created  time.Time // zero while nobody has read it
	started  time.Time // of its newest run
}

// listPage is the most that the server gives at once.
const listPage = 1000

// knownOrders lists the shop's orders by number: the done ones created since a
// moment, and the open ones, of which allOpen wants those from before it as
// well. Those whose workflow ended badly are not among them. The list may lag
// by seconds.
func (a *Activities) knownOrders(ctx context.Context, shop string, since time.Time, allOpen bool) (map[int64]knownOrder, error) {
	name := engine.AttrCartumCreated.GetName()
	wanted := fmt.Sprintf("%s >= '%s' OR %s IS NULL", name, since.UTC().Format(time.RFC3339), name)
	if allOpen {
		wanted += " OR ExecutionStatus = 'Running'"
	}
	return a.listOrders(ctx, ordersOf(shop)+" AND ExecutionStatus != 'ContinuedAsNew' AND ("+wanted+")")
}

// knownAmong is knownOrders of some numbers only.
func (a *Activities) knownAmong(ctx context.Context, shop string, numbers []int64) (map[int64]knownOrder, error) {
	if len(numbers) == 0 {
		return map[int64]knownOrder{}, nil
	}
	ids := make([]string, 0, len(numbers))
	for _, number := range numbers {
		ids = append(ids, "'"+order.Key{Shop: shop, Number: number}.WorkflowID()+"'")
	}
	return a.listOrders(ctx, ordersOf(shop)+" AND ExecutionStatus != 'ContinuedAsNew' AND WorkflowId IN ("+strings.Join(ids, ",")+")")
}

// ordersOf selects a shop's orders. A shop's id needs no escaping.
func ordersOf(shop string) string {
	return fmt.Sprintf("WorkflowType = '%s' AND %s = '%s'", workflows.OrderWorkflow, engine.AttrShop.GetName(), shop)
}

func (a *Activities) listOrders(ctx context.Context, query string) (map[int64]knownOrder, error) {
	newest := map[int64]knownOrder{}
	badly := map[int64]bool{}
	err := a.eachExecution(ctx, query, func(execution *workflowpb.WorkflowExecutionInfo) {
		key, err := order.ParseWorkflowID(execution.GetExecution().GetWorkflowId())
		started := execution.GetStartTime().AsTime()
		if err != nil || newest[key.Number].started.After(started) {
			return
		}
		status := execution.GetStatus()
		newest[key.Number] = knownOrder{
			open: status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, started: started,
			observed: attribute[string](execution, engine.AttrObserved.GetName()),
			created:  attribute[time.Time](execution, engine.AttrCartumCreated.GetName()),
		}
		badly[key.Number] = status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING && status != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	})
	for number, ended := range badly {
		if ended {
			delete(newest, number)
		}
	}
	return newest, err
}

func (a *Activities) eachExecution(ctx context.Context, query string, each func(*workflowpb.WorkflowExecutionInfo)) error {
	var next []byte
	for {
		page, err := a.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: listPage, Query: query, NextPageToken: next,
		})
		if err != nil {
			return fmt.Errorf("list the orders in Temporal: %w", err)
		}
		for _, execution := range page.GetExecutions() {
			each(execution)
		}
		if next = page.GetNextPageToken(); len(next) == 0 {
			return nil
		}
	}
}

// attribute is the zero value where the order has none.
func attribute[T any](execution *workflowpb.WorkflowExecutionInfo, name string) (value T) {
	if payload, ok := execution.GetSearchAttributes().GetIndexedFields()[name]; ok {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, &value) // of another type: as good as none
	}
	return value
}

// signalOpen signals an order that may be done by now.
func (a *Activities) signalOpen(ctx context.Context, id, signal string, payload any) error {
	err := a.temporal.SignalWorkflow(ctx, id, "", signal, payload)
	if err != nil && !engine.Missing(err) {
		return fmt.Errorf("signal %s: %w", id, err)
	}
	return nil
}
