package polling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// beatEvery is how often a lane's lease is renewed, and beatWithin how long one renewal may take.
	beatEvery  = 2 * time.Second
	beatWithin = 2 * time.Second
	// leaseMargin is how much sooner than Temporal a process takes its lease for over.
	leaseMargin = 500 * time.Millisecond
	// drainFor bounds how long a lane that is handed over serves the tasks that it has taken already.
	drainFor = 2 * time.Second
	// balanceEvery is how often a process checks whether it holds more lanes than its
	// share.
	balanceEvery = time.Minute
	// declines is how often a lane is left to other processes by those that hold their share.
	declines = 3
	// unknownFor is how long a process whose settings do not have the account leaves its lane alone.
	unknownFor = 10 * time.Second
	// abandonedAfter is how long no process may have had the account in its settings until its lane ends.
	abandonedAfter = time.Hour
)

// lanes are the accounts whose requests this process sends, and no other one: it alone polls their queues, so that its
// limiters hold the accounts' budgets exactly.
type lanes struct {
	mu   sync.Mutex
	held map[string]*lane // by account
	// taken is when this process took a lane for the last time.
	taken time.Time
}

// lane is the hold on one account.
type lane struct {
	account string
	token   []byte // of the activity that is the lease
	limiter *roapp.Limiter
	worker  worker.Worker
	expiry  time.Time
	given   chan struct{} // closed to have the lane handed over
}

// HoldLane is the activity that is the lease of an account's lane. It lasts as long as this process holds the lane, and
// ends with an error, so that Temporal gives it to another process.
func (w *Workers) HoldLane(ctx context.Context, account string) error {
	log := w.options.Logger.With(zap.String("account", account))
	l, err := w.takeLane(ctx, account)
	if errors.Is(err, errAbandoned) {
		log.Info("no process has had the account in its settings for an hour, so its lane ends")
		return nil
	}
	if err != nil {
		return err
	}
	log.Info("this process sends the account's requests now")
	if err := w.keepLane(ctx, l); err != nil {
		l.limiter.Close()
		w.dropLane(l)
		log.Warn("the lease of the account's lane is lost, so this process sends no more of its requests", zap.Error(err))
		// Somebody may have ended the workflow that gives the lease.
		if err := w.startLane(context.WithoutCancel(ctx), account); err != nil {
			log.Error("the account's lane is not given out", zap.Error(err))
		}
		return fmt.Errorf("lease of the lane of account %s lost: %w", account, err)
	}
	w.dropLane(l)
	drain, stop := context.WithTimeout(ctx, drainFor)
	defer stop()
	l.limiter.Quiet(drain)
	l.limiter.Close()
	log.Info("the account's requests are handed over to another process")
	return laneError("handed over", 0)
}

// laneError gives the lane to another process. It pages nobody.
func laneError(why string, delay time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(why, "LaneGivenUp", temporal.ApplicationErrorOptions{
		NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// errAbandoned means that no process has the account any more.
var errAbandoned = errors.New("the account is in no settings")

// declineUnknown leaves the lane to a process whose settings have the account, and ends it where there has been none for
// long. Since when is in the heartbeat, which the next attempts see.
func (w *Workers) declineUnknown(ctx context.Context) error {
	var load workflows.LaneLoad
	if err := activity.GetHeartbeatDetails(ctx, &load); err != nil || load.UnknownSince.IsZero() {
		load = workflows.LaneLoad{UnknownSince: time.Now()}
	}
	if time.Since(load.UnknownSince) > abandonedAfter {
		return errAbandoned
	}
	if err := w.heartbeat(ctx, activity.GetInfo(ctx).TaskToken, load); err != nil {
		return fmt.Errorf("note that the account is unknown: %w", err)
	}
	return laneError("the settings of this process do not have the account", unknownFor)
}

// takeLane starts to send the account's requests, unless another process should. What a process that held the lane before
// has sent still counts in RO App's window.
func (w *Workers) takeLane(ctx context.Context, account string) (*lane, error) {
	set, known := w.options.Settings.Current().Accounts[account]
	if !known {
		return nil, w.declineUnknown(ctx)
	}
	info := activity.GetInfo(ctx)
	if info.Attempt%(declines+1) != 0 {
		if share := w.laneShare(ctx); share > 0 && w.lanes.count() >= share {
			return nil, laneError("left to a process that holds fewer lanes", 0)
		}
	}
	l := &lane{account: account, token: info.TaskToken, limiter: roapp.NewLimiter(set.RequestsPerSecond), given: make(chan struct{})}
	l.limiter.StartFull()
	if err := w.beat(ctx, l); err != nil {
		return nil, fmt.Errorf("take the lane of account %s: %w", account, err)
	}
	slots, err := newSlots(l.limiter)
	if err != nil {
		return nil, fmt.Errorf("slots of account %s: %w", account, err)
	}
	options := activityOnly(w.base(), 0)
	options.Tuner = slots
	options.Interceptors = append(slices.Clone(options.Interceptors), slots)
	l.worker = worker.New(w.options.Client, engine.RoappQueue(account), options)
	w.lanes.mu.Lock()
	w.lanes.held[account], w.lanes.taken = l, time.Now()
	w.lanes.mu.Unlock()
	w.followLanes(w.options.Settings.Current()) // they may have been replaced meanwhile
	if err := w.start(engine.RoappQueue(account), l.worker); err != nil {
		w.dropLane(l)
		return nil, err
	}
	return l, nil
}

// keepLane returns nil once the lane is to be handed over, and an error once the lease is lost.
func (w *Workers) keepLane(ctx context.Context, l *lane) error {
	beats, balance := time.NewTicker(beatEvery), time.NewTicker(balanceEvery)
	defer beats.Stop()
	defer balance.Stop()
	for {
		select {
		case <-activity.GetWorkerStopChannel(ctx):
			return nil
		case <-l.given:
			return nil
		case <-balance.C:
			if share := w.laneShare(ctx); share > 0 && w.lanes.settled() && w.lanes.giveUp(l, share) {
				return nil
			}
		case <-beats.C:
			if err := w.beat(ctx, l); err != nil {
				return err
			}
		}
	}
}

// beat renews the lease and reports how much the lane is used. Where Temporal does not answer, the lease that is left goes on.
func (w *Workers) beat(ctx context.Context, l *lane) error {
	began := time.Now()
	err := w.heartbeat(ctx, l.token, workflows.LaneLoad{PerSecond: l.limiter.Rate()})
	if err == nil {
		l.expiry = began.Add(workflows.LaneLease - leaseMargin)
		l.limiter.Extend(l.expiry)
		return nil
	}
	if engine.Transient(err) && time.Now().Before(l.expiry) {
		return nil
	}
	return err
}

// heartbeat reports a lane's load to Temporal.
func (w *Workers) heartbeat(ctx context.Context, token []byte, load workflows.LaneLoad) error {
	ctx, cancel := context.WithTimeout(ctx, beatWithin)
	defer cancel()
	return w.options.Client.RecordActivityHeartbeat(ctx, token, load)
}

// dropLane takes no more tasks out of the account's queue.
func (w *Workers) dropLane(l *lane) {
	w.end(l.worker)
	w.lanes.mu.Lock()
	defer w.lanes.mu.Unlock()
	if w.lanes.held[l.account] == l {
		delete(w.lanes.held, l.account)
	}
}

func (w *Workers) startLane(ctx context.Context, account string) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	return w.startEntity(ctx, workflows.LaneID(account), workflows.LaneWorkflow, account)
}

// laneShare is how many lanes a process has at most where all have about the same, 0 where that is not known.
func (w *Workers) laneShare(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, beatWithin)
	defer cancel()
	processes, err := engine.Pollers(ctx, w.options.Client, engine.LanesQueue)
	if err != nil || processes == 0 {
		return 0
	}
	accounts := len(w.options.Settings.Current().Accounts)
	return (accounts + processes - 1) / processes
}

func (l *lanes) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held)
}

// settled reports that no lane was taken for so long that a process that was killed, from which it may have come, does not
// count any more.
func (l *lanes) settled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.taken) > engine.PollFor
}

// giveUp reports whether the lane is above the process's share, and counts it no
// longer.
func (l *lanes) giveUp(one *lane, share int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) <= share || l.held[one.account] != one {
		return false
	}
	delete(l.held, one.account)
	return true
}
