package order

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// mostFailedEvents bounds the events that are kept for a release that can apply
// them. What is not kept is seen again by polls.
const mostFailedEvents = 50

// internalError is the hold for a defect of ours.
func internalError(fault error) *Hold {
	message := ""
	if fault != nil {
		message, _, _ = strings.Cut(fault.Error(), "\n")
	}
	return holdFor(HoldInternalError, "message", Shorten(message, longestValue))
}

// advanceDespite applies the events that can be applied, and keeps the others. The
// order is held and tries again by itself.
func advanceDespite(fault error, s State, events []flow.Event, running []flow.Step, r Rules, now time.Time) (State, flow.Commands) {
	if retries(events) {
		events, running = slices.Concat(s.Failed, events), slices.Concat(running, s.FailedSteps)
		s.Failed, s.FailedSteps = nil, nil
	}
	var good, bad []flow.Event
	for _, event := range events {
		if _, _, err := tryAdvance(s, append(slices.Clone(good), event), running, r, now, nil); err != nil {
			fault = err
			bad = append(bad, event)
		} else {
			good = append(good, event)
		}
	}
	kept := s
	kept.Failed = slices.Concat(s.Failed, bad)
	kept.Failed = kept.Failed[max(0, len(kept.Failed)-mostFailedEvents):]
	kept.FailedSteps = slices.Clone(s.FailedSteps)
	// A step whose end cannot be applied has ended all the same.
	var runs []flow.Step
	for _, step := range running {
		if endIn(bad, step) {
			kept.FailedSteps = append(kept.FailedSteps, step)
		} else {
			runs = append(runs, step)
		}
	}
	running = runs
	kept.FailedSteps = slices.DeleteFunc(kept.FailedSteps, func(step flow.Step) bool { return !endIn(kept.Failed, step) })
	if len(bad) < len(events) || len(events) == 0 {
		if next, commands, err := tryAdvance(kept, good, running, r, now, fault); err == nil {
			return next, commands
		}
	}
	return holdForFault(fault, kept, running, now)
}

// endIn reports whether one of the events is the end of a step.
func endIn(events []flow.Event, step flow.Step) bool {
	return slices.ContainsFunc(events, func(e flow.Event) bool {
		var ended flow.StepEnded
		_ = json.Unmarshal(e.Payload, &ended) // that of a step's end is ours
		return e.Kind == flow.EventStepEnded && ended.Key == step.Key
	})
}

// holdForFault holds the order where the rules cannot decide at all.
func holdForFault(fault error, s State, running []flow.Step, now time.Time) (State, flow.Commands) {
	s.Timeline = maps.Clone(s.Timeline)
	hold := internalError(fault)
	if !s.Hold.same(hold) {
		s.Hold, s.LastHold = nil, nil
		s.setHold(hold, now)
	} else if !s.Hold.NextRetry.After(now) {
		s.Hold = new(*s.Hold)
		s.Hold.Retries++
		s.Hold.NextRetry = nextRetry(s.Hold, s.Key.Number, now)
	}
	a := advance{s: &s, now: now}
	if len(running) == 0 {
		a.commands.Wake = s.Hold.NextRetry
	}
	a.publish(true)
	return s, a.commands
}
