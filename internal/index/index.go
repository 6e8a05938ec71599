// Package index asks Temporal's visibility store, which knows all workflows by
// their search attributes. Nothing else does. Its answers may lag a moment behind
// the workflows.
package index

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"github.com/cartumsync/cartumsync/internal/order"
)

const (
	// perSecond and atOnce stay below what Temporal allows a namespace by default,
	// ten requests a second for all processes together.
	perSecond = 5
	atOnce    = 8
	// backgroundPerSecond is the share of what nobody waits for.
	backgroundPerSecond = 1
	backgroundAtOnce    = 4
	// largestPage is the most that the server lists at once.
	largestPage = 1000
)

// Index is the way to the visibility store, within one limit for a process. It is
// safe for concurrent use.
type Index struct {
	temporal client.Client
	limits   []*rate.Limiter
}

// New makes an index; a process has one for each client.
func New(c client.Client) *Index {
	return &Index{temporal: c, limits: []*rate.Limiter{rate.NewLimiter(perSecond, atOnce)}}
}

// Background is the same index for work that nobody waits for: it takes no more
// than a part of the limit.
func (i *Index) Background() *Index {
	spare := rate.NewLimiter(backgroundPerSecond, backgroundAtOnce)
	return &Index{temporal: i.temporal, limits: append([]*rate.Limiter{spare}, i.limits...)}
}

func (i *Index) wait(ctx context.Context) error {
	for _, limit := range i.limits {
		if err := limit.Wait(ctx); err != nil {
			return fmt.Errorf("wait to ask Temporal's visibility store: %w", err)
		}
	}
	return nil
}

// page lists up to size runs, from the token on.
func (i *Index) page(ctx context.Context, query Condition, size int, token []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
	if err := i.wait(ctx); err != nil {
		return nil, nil, err
	}
	answer, err := i.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: string(query), PageSize: int32(size), NextPageToken: token, //nolint:gosec // at most largestPage
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list workflows in Temporal: %w", err)
	}
	return answer.GetExecutions(), answer.GetNextPageToken(), nil
}

// each lists runs until they end, or until take wants no more.
func (i *Index) each(ctx context.Context, query Condition, size int, take func(*workflowpb.WorkflowExecutionInfo) bool) error {
	var token []byte
	for {
		runs, next, err := i.page(ctx, query, size, token)
		if err != nil {
			return err
		}
		for _, run := range runs {
			if !take(run) {
				return nil
			}
		}
		if token = next; len(token) == 0 {
			return nil
		}
	}
}

// Count counts runs.
func (i *Index) Count(ctx context.Context, query Condition) (int64, error) {
	if err := i.wait(ctx); err != nil {
		return 0, err
	}
	counted, err := i.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: string(query)})
	if err != nil {
		return 0, fmt.Errorf("count workflows in Temporal: %w", err)
	}
	return counted.GetCount(), nil
}

// Orders lists up to limit orders, in no order, each by its newest run of those
// that fit; no limit is 0.
func (i *Index) Orders(ctx context.Context, query Condition, limit int) ([]Order, error) {
	size := largestPage
	if limit > 0 {
		size = min(limit, size)
	}
	var orders []Order
	at := map[order.Key]int{}
	err := i.each(ctx, All(Orders(), query), size, func(run *workflowpb.WorkflowExecutionInfo) bool {
		one, ok := orderOf(run)
		if !ok {
			return true
		}
		was, known := at[one.Key]
		switch {
		case !known:
			at[one.Key] = len(orders)
			orders = append(orders, one)
		case one.Started.After(orders[was].Started):
			orders[was] = one
		}
		return limit == 0 || len(orders) < limit
	})
	return orders, err
}

// Runs lists up to limit runs of any workflows; no limit is 0.
func (i *Index) Runs(ctx context.Context, query Condition, limit int) ([]*commonpb.WorkflowExecution, error) {
	size := largestPage
	if limit > 0 {
		size = min(limit, size)
	}
	var runs []*commonpb.WorkflowExecution
	err := i.each(ctx, query, size, func(run *workflowpb.WorkflowExecutionInfo) bool {
		runs = append(runs, run.GetExecution())
		return limit == 0 || len(runs) < limit
	})
	return runs, err
}
