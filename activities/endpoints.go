package activities

import (
	"context"
	"strings"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// reportEvery is how often at most one process tells the account's entity of one missing endpoint, however many orders
// meet it.
const reportEvery = time.Minute

// reportMissing gives what tells the account's entity that an endpoint is missing.
func (a *Activities) reportMissing(account string) func(ctx context.Context, endpoint string) {
	told := ttlcache.New(ttlcache.WithTTL[string, struct{}](reportEvery), ttlcache.WithDisableTouchOnHit[string, struct{}]())
	return func(ctx context.Context, endpoint string) {
		if _, again := told.GetOrSet(endpoint, struct{}{}); again {
			return
		}
		err := a.temporal.SignalWorkflow(ctx, workflows.AccountID(account), "", workflows.SignalEndpointMissing, endpoint)
		if err != nil && !engine.Missing(err) {
			told.Delete(endpoint)
			activity.GetLogger(ctx).Warn("the account was not told that an endpoint is missing; the next order tells it", "endpoint", endpoint, "error", err)
		}
	}
}

// stillMissing asks the given reads whether they are offered again, one request for each.
func (acc *account) stillMissing(ctx context.Context, endpoints []string) (still []string, err error) {
	for _, endpoint := range endpoints {
		err := acc.client.Probe(ctx, strings.TrimPrefix(endpoint, "GET "))
		switch roapp.KindOf(err) {
		case roapp.Missing:
			still = append(still, endpoint)
		case roapp.Unavailable, roapp.Throttled, roapp.Credentials:
			return nil, err
		default: // it answers, whatever it says
		}
	}
	return still, ctx.Err()
}
