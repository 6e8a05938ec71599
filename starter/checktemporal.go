package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/engine"
)

// probeQueue is a queue that nobody polls: a limit set there proves that limits
// can be set, and touches no account's.
const probeQueue = "check"

// checkTemporal tests the connection, and whether the accounts' budgets can be
// shared by several workers. Whatever is wrong there says nothing of the services.
func (c *checker) checkTemporal(ctx context.Context, accounts []string) {
	address, namespace, err := c.temporalAddress()
	s := &check.Section{Title: fmt.Sprintf("Temporal at %s, namespace %s", address, namespace)}
	defer func() { c.tell(*s) }()
	if err != nil {
		s.Find(check.Problem, "TEMPORAL_...", "%v", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.temporalTimeout)
	defer cancel()
	temporal, err := engine.Connect(ctx, c.temporal)
	switch {
	case errors.Is(err, engine.ErrNamespaceMissing):
		s.Find(check.Problem, "TEMPORAL_NAMESPACE", "the server has no such namespace; make it with: temporal operator namespace create --namespace %s", namespace)
		return
	case errors.Is(err, engine.ErrPermissionDenied):
		s.Find(check.Problem, "TEMPORAL_API_KEY", "%v; check the key or the certificates", err)
		return
	case err != nil:
		s.Find(check.Problem, "TEMPORAL_ADDRESS", "%v; start Temporal, or correct the address", err)
		return
	}
	defer temporal.Close()
	s.Find(check.Fine, "TEMPORAL_ADDRESS", "connected")
	checkQueues(ctx, s, temporal, namespace, accounts)
}

// temporalAddress is what environment and profile say.
func (c *checker) temporalAddress() (address, namespace string, err error) {
	options, err := envconfig.LoadDefaultClientOptions()
	first := func(texts ...string) string {
		return texts[slices.IndexFunc(texts, func(text string) bool { return text != "" })]
	}
	return first(c.temporal.HostPort, options.HostPort, client.DefaultHostPort),
		first(c.temporal.Namespace, options.Namespace, client.DefaultNamespace), err
}

func checkQueues(ctx context.Context, s *check.Section, temporal client.Client, namespace string, accounts []string) {
	err := engine.LimitQueue(ctx, temporal, namespace, probeQueue, 1, "starter check: whether a limit can be set")
	switch {
	case errors.Is(err, engine.ErrNoQueueLimit):
		s.Find(check.Problem, "queue limits", "the server cannot limit a queue, or does not let us: %v; use Temporal 1.29 or newer, or run a single worker, whose own limiter keeps RO App's budget", err)
	case err != nil:
		s.Find(check.Problem, "queue limits", "%v", err)
	default:
		s.Find(check.Fine, "queue limits", "can be set, so workers share an account's budget")
	}
	for _, account := range accounts {
		queue := engine.RoappQueue(account)
		switch partitions, err := engine.Partitions(ctx, temporal, namespace, queue); {
		case err != nil:
			s.Find(check.Remark, "queue "+queue, "its partitions cannot be told: %v", err)
		case partitions > 1:
			s.Find(check.Remark, "queue "+queue, "has %d partitions, so urgent requests may wait behind others; set matching.numTaskqueueReadPartitions and matching.numTaskqueueWritePartitions to 1", partitions)
		default:
			s.Find(check.Fine, "queue "+queue, "has one partition")
		}
	}
	polled, err := temporal.DescribeTaskQueue(ctx, engine.OrdersQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	switch {
	case err != nil:
		s.Find(check.Remark, "worker", "whether one runs cannot be told: %v", err)
	case len(polled.GetPollers()) == 0:
		s.Find(check.Remark, "worker", "none runs; orders wait until one does")
	default:
		s.Find(check.Fine, "worker", "one or more run")
	}
}
