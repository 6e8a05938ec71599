package engine

import (
	"context"
	"fmt"
	"strconv"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// Hold is an order that waits for somebody, as the search attributes say.
type Hold struct {
	Shop   string
	Number int64
	Reason string
	// Since is zero for an order that was held before it was noted.
	Since time.Time
}

// holdsPage is how many holds one request lists.
const holdsPage = 1000

// ListHolds lists up to limit held orders: of one shop, or of all where it is
// empty; those held at before or earlier, or all where it is zero. Visibility lags
// a moment behind the orders.
func ListHolds(ctx context.Context, c client.Client, shop string, before time.Time, limit int) ([]Hold, error) {
	query := AttrSyncState.GetName() + " = 'held' AND ExecutionStatus = 'Running'"
	if shop != "" {
		query += fmt.Sprintf(" AND %s = '%s'", AttrShop.GetName(), shop)
	}
	if !before.IsZero() {
		query += fmt.Sprintf(" AND %s <= '%s'", AttrHeldSince.GetName(), before.UTC().Format(time.RFC3339Nano))
	}
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: int32(min(limit, holdsPage))} //nolint:gosec // at most 1000
	var holds []Hold
	for {
		page, err := c.ListWorkflow(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("list held orders: %w", err)
		}
		for _, execution := range page.GetExecutions() {
			hold, err := holdOf(execution.GetSearchAttributes().GetIndexedFields())
			if err != nil {
				return nil, fmt.Errorf("list held orders: %s: %w", execution.GetExecution().GetWorkflowId(), err)
			}
			holds = append(holds, hold)
		}
		request.NextPageToken = page.GetNextPageToken()
		if len(request.NextPageToken) == 0 || len(holds) >= limit {
			return holds[:min(len(holds), limit)], nil
		}
	}
}

func holdOf(fields map[string]*commonpb.Payload) (hold Hold, err error) {
	var number string
	for name, into := range map[string]any{
		AttrShop.GetName(): &hold.Shop, AttrOrderNumber.GetName(): &number,
		AttrHoldReason.GetName(): &hold.Reason, AttrHeldSince.GetName(): &hold.Since,
	} {
		payload, set := fields[name]
		if !set {
			continue
		}
		if err := converter.GetDefaultDataConverter().FromPayload(payload, into); err != nil {
			return hold, fmt.Errorf("read %s: %w", name, err)
		}
	}
	if hold.Number, err = strconv.ParseInt(number, 10, 64); err != nil {
		return hold, fmt.Errorf("read %s: %w", AttrOrderNumber.GetName(), err)
	}
	return hold, nil
}
