package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// newAccount is how far back an account without open orders is looked at.
	newAccount = time.Hour
	// openPages bounds the list of an account's open orders, a thousand on each.
	openPages = 100
)

// oldestOpen is from when on changes may concern the account's open orders: when
// the oldest of them was last compared, or began. An account's entity that lost
// its cursor catches up from there.
func (a *Activities) oldestOpen(ctx context.Context, account string) (time.Time, error) {
	oldest := time.Now().Add(-newAccount)
	shops := a.settings.Current().ShopsOf(account)
	if len(shops) == 0 {
		return oldest, nil
	}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: 1000,
		Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running' AND %s IN ('%s')",
			workflows.OrderWorkflow, engine.AttrShop.GetName(), strings.Join(shops, "','")),
	}
	for range openPages {
		page, err := a.temporal.ListWorkflow(ctx, request)
		if err != nil {
			return time.Time{}, engineFailed("list the open orders of account "+account, err)
		}
		for _, one := range page.GetExecutions() {
			at := comparedAt(one.GetSearchAttributes().GetIndexedFields(), one.GetStartTime().AsTime())
			if at.Before(oldest) {
				oldest = at
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	return oldest, nil
}

func comparedAt(attributes map[string]*commonpb.Payload, began time.Time) time.Time {
	var at time.Time
	payload, ok := attributes[engine.AttrLastSynced.GetName()]
	if !ok || converter.GetDefaultDataConverter().FromPayload(payload, &at) != nil || at.IsZero() {
		return began
	}
	return at
}
