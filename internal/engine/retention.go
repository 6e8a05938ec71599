package engine

import (
	"context"
	"fmt"
	"time"

	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Retention is how long closed orders must stay visible: a year and a month, so that last season can be looked up.
const Retention = 400 * 24 * time.Hour

// SetRetention raises the namespace's retention to want if it is shorter, and returns what it is now. Where the server
// does not allow that, the result is shorter than want, and the caller warns.
func SetRetention(ctx context.Context, c client.Client, namespace string, want time.Duration) (time.Duration, error) {
	described, err := describeNamespace(ctx, c, namespace)
	current := described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	if err != nil || current >= want {
		return current, err
	}
	_, err = c.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: namespace,
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(want)},
	})
	if err == nil {
		return want, nil
	}
	switch serviceerror.ToStatus(err).Code() {
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented, codes.InvalidArgument:
		return current, nil
	default:
		return current, fmt.Errorf("set retention of namespace %s: %w", namespace, err)
	}
}

func describeNamespace(ctx context.Context, c client.Client, namespace string) (*workflowservice.DescribeNamespaceResponse, error) {
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("describe namespace %s: %w", namespace, err)
	}
	return described, nil
}
