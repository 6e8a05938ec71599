package order

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// eventKind applies the events of one kind. Their payload comes from outside and
// may be anything.
type eventKind func(s *State, payload []byte, running map[string]runningStep, now time.Time) error

var eventKinds = map[string]eventKind{}

// signals are the kinds of events that reach the workflow as signals.
var signals = map[string]bool{}

// defineSignal adds a signal to the registry. A kind is defined in one file.
func defineSignal[P any](name string, apply func(s *State, payload P, now time.Time)) string {
	signals[name] = true
	return defineEvent(name, apply)
}

// defineEvent adds a kind of event to the registry.
func defineEvent[P any](name string, apply func(s *State, payload P, now time.Time)) string {
	eventKinds[name] = func(s *State, payload []byte, _ map[string]runningStep, now time.Time) error {
		var p P
		if len(payload) > 0 {
			if err := json.Unmarshal(payload, &p); err != nil {
				return undecodableError{name, fmt.Errorf("%d bytes: %w", len(payload), err)}
			}
		}
		apply(s, p, now)
		return nil
	}
	return name
}

// undecodableError says that an event's payload is not what its kind has.
type undecodableError struct {
	name  string
	cause error
}

func (e undecodableError) Error() string {
	return fmt.Sprintf("read the payload of %s: %v", e.name, e.cause)
}

// Signals are the names of the signals that an order takes, sorted.
func Signals() []string { return slices.Sorted(maps.Keys(signals)) }

var _ = defineEvent(flow.EventTimer, func(s *State, _ struct{}, now time.Time) {
	if s.Hold != nil && !s.Hold.NextRetry.IsZero() && !now.Before(s.Hold.NextRetry) {
		s.retry(now)
	}
})

var _ = defineEvent(flow.EventReset, func(s *State, reset flow.Reset, now time.Time) {
	if s.ResetRun == reset.RunID {
		return
	}
	// What the erased part of the run did is not known.
	s.ResetRun, s.Restarted = reset.RunID, true
	s.note(now, msg("workflow-reset"))
	s.readAccountOrder()
	if s.Notice == nil {
		s.Notice = &ChangeNotice{At: now, By: s.Origin}
	}
})

var _ = defineEvent(flow.EventCancelRequested, func(s *State, _ struct{}, now time.Time) {
	s.close(Closed{Message: msg("canceled"), Canceled: true}, now)
})

var _ = defineEvent(flow.EventRunEnding, func(*State, struct{}, time.Time) {})

func init() {
	eventKinds[flow.EventStepEnded] = applyStepEnded
}

// applyStepEnded applies the end of a step that ran.
func applyStepEnded(s *State, payload []byte, running map[string]runningStep, now time.Time) error {
	var ended flow.StepEnded
	if err := json.Unmarshal(payload, &ended); err != nil {
		return fmt.Errorf("read how a step ended: %w", err)
	}
	step, known := running[ended.Key]
	if !known {
		return fmt.Errorf("%q has ended, but was not started", ended.Key)
	}
	delete(running, ended.Key)
	switch {
	case ended.Canceled:
		s.outcomeUnknown(step, now)
	case ended.Error != nil:
		failure := failureOf(step.side, *ended.Error)
		if ended.Error.Withdrawn && failure.Passes() {
			s.outcomeUnknown(step, now) // it would have been tried again
			return nil
		}
		s.fail(step, failure, now)
	default:
		delete(s.InFlight, step.Key)
		delete(s.Backoffs, step.Key)
		if err := step.apply(s, step.in, ended.Result, now); err != nil {
			return err
		}
		if s.Order != nil && step.writesOrder {
			s.Order.WroteAt = now
		}
	}
	return nil
}
