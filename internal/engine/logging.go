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

// logFields names what a workflow id such as "order:{shop}:{number}" or "contact:{account}:{hash}" speaks of.
func logFields(workflowID string) []any {
	parts := strings.SplitN(workflowID, ":", 3)
	if len(parts) < 2 {
		return nil
	}
	switch kind, owner := parts[0], parts[1]; kind {
	case "order":
		if len(parts) < 3 {
			return []any{"shop", owner}
		}
		return []any{"shop", owner, "order", parts[2]}
	case "shop":
		return []any{"shop", owner}
	case "account", "contact", "product", "category", "choices":
		return []any{"account", owner}
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
	i := &workflowInbound{}
	i.Next = next
	return i
}

// InterceptActivity implements [interceptor.WorkerInterceptor].
func (*loggingInterceptor) InterceptActivity(
	_ context.Context, next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	i := &activityInbound{}
	i.Next = next
	return i
}

type workflowInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (w *workflowInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	o := &workflowOutbound{}
	o.Next = outbound
	return w.Next.Init(o)
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
	o := &activityOutbound{}
	o.Next = outbound
	return a.Next.Init(o)
}

type activityOutbound struct {
	interceptor.ActivityOutboundInterceptorBase
}

func (a *activityOutbound) GetLogger(ctx context.Context) log.Logger {
	return withFields(a.Next.GetLogger(ctx), a.Next.GetInfo(ctx).WorkflowExecution.ID)
}
