package engine

import (
	"context"
	"strings"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"
)

// NewLoggingInterceptor returns a worker interceptor that adds shop and order, or account, to every line that
// workflows and activities log. They come from the workflow's id; nothing personal is added.
func NewLoggingInterceptor() interceptor.WorkerInterceptor { return &loggingInterceptor{} }

// logFields names the shop, the account or the order that a workflow is about, by its id. Ids are "{kind}:{owner}:...", where
// the kind says what the owner is; of checks, alerts and lookups the kind is followed by "shop" or "account".
func logFields(workflowID string) []any {
	kind, rest, _ := strings.Cut(workflowID, ":")
	owner, more, _ := strings.Cut(rest, ":")
	if owner == "" {
		return nil
	}
	switch kind {
	case "order":
		if more == "" {
			return []any{"shop", owner}
		}
		return []any{"shop", owner, "order", more}
	case "shop", "reconcile", "rehearsal":
		return []any{"shop", owner}
	case "account", "contact", "product", "category", "lane", "roapp-orders", "search":
		return []any{"account", owner}
	case "check", "alert", "lookup":
		return logFields(rest)
	default:
		return nil
	}
}

func withFields(logger log.Logger, workflowID string) log.Logger {
	if fields := logFields(workflowID); fields != nil {
		return log.With(logger, fields...)
	}
	return logger
}

type loggingInterceptor struct {
	interceptor.WorkerInterceptorBase
}

// InterceptWorkflow implements [interceptor.WorkerInterceptor].
func (*loggingInterceptor) InterceptWorkflow(
	_ workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	return &workflowInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}}
}

// InterceptActivity implements [interceptor.WorkerInterceptor].
func (*loggingInterceptor) InterceptActivity(
	_ context.Context, next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	return &activityInbound{interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type workflowInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (w *workflowInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	return w.Next.Init(&workflowOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: outbound}})
}

type workflowOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (w *workflowOutbound) GetLogger(ctx workflow.Context) log.Logger {
	return withFields(w.Next.GetLogger(ctx), w.Next.GetInfo(ctx).WorkflowExecution.ID)
}

type activityInbound struct {
	interceptor.ActivityInboundInterceptorBase
}

func (a *activityInbound) Init(outbound interceptor.ActivityOutboundInterceptor) error {
	return a.Next.Init(&activityOutbound{interceptor.ActivityOutboundInterceptorBase{Next: outbound}})
}

type activityOutbound struct {
	interceptor.ActivityOutboundInterceptorBase
}

func (a *activityOutbound) GetLogger(ctx context.Context) log.Logger {
	return withFields(a.Next.GetLogger(ctx), a.Next.GetInfo(ctx).WorkflowExecution.ID)
}
