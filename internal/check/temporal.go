package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/cartumsync/cartumsync/internal/engine"
)

// checkTemporal tests the connection, and whether urgent requests go first.
// Whatever is wrong there says nothing of the services.
func (c *checker) checkTemporal(ctx context.Context, accounts []string) {
	address, namespace, err := c.temporalAddress()
	s := &Section{Title: fmt.Sprintf("Temporal at %s, namespace %s", address, namespace)}
	defer func() { c.add(*s) }()
	if err != nil {
		s.Find(Problem, "TEMPORAL_...", "%v", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.TemporalTimeout)
	defer cancel()
	temporal, err := engine.Connect(ctx, c.Temporal)
	switch {
	case errors.Is(err, engine.ErrNamespaceMissing):
		s.Find(Problem, "TEMPORAL_NAMESPACE", "the server has no such namespace; make it with: temporal operator namespace create --namespace %s", namespace)
		return
	case errors.Is(err, engine.ErrPermissionDenied):
		s.Find(Problem, "TEMPORAL_API_KEY", "%v; check the key or the certificates", err)
		return
	case err != nil:
		s.Find(Problem, "TEMPORAL_ADDRESS", "%v; start Temporal, or correct the address", err)
		return
	}
	defer temporal.Close()
	s.Find(Fine, "TEMPORAL_ADDRESS", "connected")
	checkQueues(ctx, s, temporal, namespace, accounts)
}

// temporalAddress is what environment and profile say.
func (c *checker) temporalAddress() (address, namespace string, err error) {
	options, err := envconfig.LoadDefaultClientOptions()
	return cmp.Or(c.Temporal.HostPort, options.HostPort, client.DefaultHostPort),
		cmp.Or(c.Temporal.Namespace, options.Namespace, client.DefaultNamespace), err
}

func checkQueues(ctx context.Context, s *Section, temporal client.Client, namespace string, accounts []string) {
	for _, account := range accounts {
		queue := engine.RoappQueue(account)
		switch partitions, err := engine.Partitions(ctx, temporal, namespace, queue); {
		case err != nil:
			s.Find(Remark, "queue "+queue, "its partitions cannot be told: %v", err)
		case partitions > 1:
			s.Find(Remark, "queue "+queue, "has %d partitions, so urgent requests may wait behind others; set matching.numTaskqueueReadPartitions and matching.numTaskqueueWritePartitions to 1", partitions)
		default:
			s.Find(Fine, "queue "+queue, "has one partition")
		}
	}
	polled, err := engine.HasWorker(ctx, temporal)
	switch {
	case err != nil:
		s.Find(Remark, "worker", "whether one runs cannot be told: %v", err)
	case !polled:
		s.Find(Remark, "worker", "none runs; orders wait until one does")
	default:
		s.Find(Fine, "worker", "one or more run")
	}
}
