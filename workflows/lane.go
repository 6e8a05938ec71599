package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
)

const (
	// LaneLease is how long a process keeps an account's lane after its last heartbeat.
	LaneLease = 7 * time.Second
	// laneRetry is how soon the lane is offered again once its holder gave it up.
	laneRetry = 100 * time.Millisecond
	// laneForever bounds the activity because one of its timeouts has to be set; its lease is what ends it.
	laneForever = 10 * 365 * 24 * time.Hour
)

// LaneID is the id of the workflow that hands out an account's lane.
func LaneID(account string) string { return "lane:" + account }

// LaneLoad is what is reported of a lane with each heartbeat.
type LaneLoad struct {
	// PerSecond is how many requests a second its process sent to RO App, over the last half minute.
	PerSecond float64
	// UnknownSince is since when it was offered to processes only whose settings do not have the account. Zero where
	// one holds it.
	UnknownSince time.Time
}

// Lane gives an account's lane to one worker process at a time. Its only activity is the lease: the process that carries
// it out sends all requests of the account, and when its heartbeats stop or it gives the lane up, another attempt of the
// activity goes to another process. Attempts leave nothing in the history. It ends once no process has had the account in
// its settings for long.
func Lane(ctx workflow.Context, account string) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           engine.LanesQueue,
		Summary:             "Send the requests of account " + account,
		StartToCloseTimeout: laneForever,
		HeartbeatTimeout:    LaneLease,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: laneRetry, BackoffCoefficient: 1},
	})
	return workflow.ExecuteActivity(ctx, ActivityHoldLane, account).Get(ctx, nil)
}
