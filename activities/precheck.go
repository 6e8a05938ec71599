package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// precheckNeeded tells whether an earlier attempt at a create may have succeeded.
func precheckNeeded(ctx context.Context, precheck order.Precheck) bool {
	return precheck.Needed() || (activity.GetInfo(ctx).Attempt > 1 && !onlyRefused(ctx)) || late(ctx) || resetSince(ctx, precheck)
}

// resetSince tells that a reset has brought the activity back in another run than
// the one that planned it.
func resetSince(ctx context.Context, precheck order.Precheck) bool {
	return precheck.Run != "" && precheck.Run != activity.GetInfo(ctx).WorkflowExecution.RunID
}

// noteRefusal remembers that this attempt and all before it were refused for
// want of budget: nothing can have come of them.
func noteRefusal(ctx context.Context) { activity.RecordHeartbeat(ctx, activity.GetInfo(ctx).Attempt) }

// onlyRefused tells that all attempts before this one were. One that ended in
// another way leaves the number of an earlier attempt.
func onlyRefused(ctx context.Context) bool {
	var last int32
	return activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &last) == nil && last == activity.GetInfo(ctx).Attempt-1
}

// late tells that the activity waited so long for its first attempt that it may
// come out of a restored database.
func late(ctx context.Context) bool {
	return time.Since(activity.GetInfo(ctx).ScheduledTime) > order.FinishedWithin
}

// lookupFirst looks for what an earlier attempt may have made. After a lost
// answer it lets the service settle, and believes in nothing only after a
// second look: its lists lag behind its writes.
func lookupFirst[T any](ctx context.Context, precheck order.Precheck, find func(context.Context) (*T, error)) (*T, error) {
	done, err := committed(ctx)
	if err != nil {
		return nil, err
	}
	if done {
		return findCreated(ctx, precheck.Lag, find)
	}
	if !precheckNeeded(ctx, precheck) {
		return nil, nil
	}
	if err := settle(ctx, precheck); err != nil {
		return nil, err
	}
	found, err := find(ctx)
	onlyOld := precheck.Lost == nil && !resetSince(ctx, precheck) && (activity.GetInfo(ctx).Attempt == 1 || onlyRefused(ctx))
	if err != nil || found != nil || onlyOld {
		return found, err
	}
	if err := sleep(ctx, precheck.Lag); err != nil {
		return nil, err
	}
	return find(ctx)
}

// findCreated finds a record that the service created without telling its id. Its
// lists may lag, so it is looked for again and again, with growing pauses, for half
// of the activity's time; later attempts go on looking and never create it again.
func findCreated[T any](ctx context.Context, lag time.Duration, find func(context.Context) (*T, error)) (*T, error) {
	activity.RecordHeartbeat(ctx, committedMark)
	roapp.ReleaseTask(ctx) // looking takes longer than a turn
	info := activity.GetInfo(ctx)
	until := time.Now().Add(time.Until(info.Deadline) / 2)
	for pause := max(lag, 100*time.Millisecond); ; pause *= 2 {
		found, err := find(ctx)
		if err != nil || found != nil {
			return found, err
		}
		if time.Now().Add(pause).After(until) {
			return nil, failed(ctx, order.SideRoapp, order.Failure{
				Kind: order.FailUnreachable, Text: "RO App said yes without an id, and does not list the new record yet",
			}, 0, nil)
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// committedMark in an attempt's heartbeat says that its create was answered with
// yes and without an id.
const committedMark = "committed"

// committed fails where the heartbeat was encrypted with a key that this process does
// not have: to take that for no mark could create the record twice.
func committed(ctx context.Context) (bool, error) {
	if !activity.HasHeartbeatDetails(ctx) {
		return false, nil
	}
	var mark string
	err := activity.GetHeartbeatDetails(ctx, &mark)
	if engine.UnknownKey(err) {
		return false, fmt.Errorf("read what an earlier attempt did: %w", err)
	}
	return err == nil && mark == committedMark, nil
}

// settle waits until what an attempt whose answer was lost may have done is done.
func settle(ctx context.Context, precheck order.Precheck) error {
	if precheck.Lost == nil {
		return nil
	}
	roapp.ReleaseTask(ctx) // the settling takes longer than a turn
	return sleep(ctx, time.Until(precheck.Lost.Add(precheck.Settle)))
}
