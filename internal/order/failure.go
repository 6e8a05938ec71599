package order

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// FailureKind classifies why a step ended without success. It is the type of
// the error that an activity answers with.
type FailureKind string

// The kinds of failure; one table in the activities assigns them.
const (
	FailUnreachable  FailureKind = "Unreachable" // no usable answer: try again
	FailThrottled    FailureKind = "Throttled"   // asked to slow down: try again later
	FailCredentials  FailureKind = "Credentials"
	FailMissingRight FailureKind = "MissingRight"
	FailNotCreatable FailureKind = "NotCreatable" // the API refuses to create such records
	FailRejected     FailureKind = "Rejected"     // this record, in the service's words
	FailGone         FailureKind = "Gone"         // a record that we created is not there any more
	FailMalformed    FailureKind = "Malformed"    // a value has no safe meaning
	FailDeducts      FailureKind = "DeductsAtOnce"
	FailUnknownShop  FailureKind = "UnknownShop"
)

// Failure is why a step ended without success.
type Failure struct {
	Kind  FailureKind
	Side  Side
	Field string // of Malformed
	Text  string // the service's words; travels encrypted only
	// Definite reports whether nothing was created by any attempt since the step was
	// last started.
	Definite bool
}

// Passes reports whether the failure may pass by itself, so that a step is tried
// again.
func (f Failure) Passes() bool { return f.Kind == FailUnreachable || f.Kind == FailThrottled }

// failureOf reads the typed failure of a step's error.
func failureOf(side Side, e flow.StepError) Failure {
	failure := Failure{Kind: FailUnreachable, Side: side, Text: cmp.Or(e.Message, "no answer in time")}
	if len(e.Details) > 0 {
		// Details of another form leave what is known of the error.
		_ = json.Unmarshal(e.Details, &failure)
	}
	return failure
}

// fail records that a step failed for good.
func (s *State) fail(step runningStep, f Failure, now time.Time) {
	if f.Definite && step.precheck(step.in).Lost == nil {
		delete(s.InFlight, step.Key)
		step.nothing(s, step.in, now)
	} else {
		s.outcomeUnknown(step, now)
	}
	step.failed(s, step.in, now)
	s.backOff(step, now)
	if f.Kind == FailRejected {
		if step.refused(s, step.in, f, now) {
			return
		}
		step.doubt(s, step.in, now)
	}
	hold := holdOf(step, f)
	hold.Step = step.Key
	s.setHold(hold, now)
}

// outcomeUnknown notes that a step ended without an answer. Whether it had
// happened is not known.
func (s *State) outcomeUnknown(step runningStep, now time.Time) {
	if _, started := s.InFlight[step.Key]; started {
		s.InFlight[step.Key] = now
	}
	step.unknown(s, step.in, now)
}

// holdOf is the hold that a failure leads to.
func holdOf(step runningStep, f Failure) *Hold {
	service := serviceName(f.Side)
	switch f.Kind {
	case FailCredentials:
		h := holdFor(HoldCredentials, "service", service, "message", f.Text, "account", step.Queue)
		h.Side, h.Variant = f.Side, string(f.Side)
		return h
	case FailMissingRight:
		return holdFor(HoldMissingRight, "message", f.Text)
	case FailNotCreatable:
		if in, ok := step.in.(EnsureProduct); ok {
			return in.notCreatable(f)
		}
		h := holdFor(HoldRejected, "service", service, "step", step.Kind, "message", f.Text)
		h.Variant = "not-creatable"
		return h
	case FailRejected:
		return holdFor(HoldRejected, "service", service, "step", step.Kind, "message", f.Text)
	case FailGone:
		return holdFor(HoldOrderGone)
	case FailMalformed:
		h := holdFor(HoldMalformed, "service", service, "message", f.Text, "field", f.Field)
		h.Field, h.Variant = f.Field, "answer"
		return h
	case FailDeducts:
		return holdFor(HoldDeductedAtOnce)
	case FailUnknownShop:
		return holdFor(HoldUnknownShop, "message", f.Text)
	case FailUnreachable, FailThrottled:
		h := holdFor(HoldUnreachable, "service", service, "message", f.Text)
		h.Side = f.Side
		return h
	default:
		panic(fmt.Sprintf("no such failure: %q", f.Kind))
	}
}

func serviceName(side Side) string {
	if side == SideCartum {
		return "Cartum"
	}
	return "RO App"
}

// Backoff is how long a step that failed is not started again.
type Backoff struct {
	Fingerprint string // of the step that failed
	Failures    int
	Until       time.Time `json:",omitzero"`
}

// backoffs are the growing pauses after which a failed step is started again; the
// last one repeats.
var backoffs = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

// backOff puts the step off after a failure.
func (s *State) backOff(step runningStep, now time.Time) {
	b := s.Backoffs[step.Key]
	if b.Fingerprint != step.Fingerprint {
		b = Backoff{Fingerprint: step.Fingerprint}
	}
	b.Until = now.Add(backoffs[min(b.Failures, len(backoffs)-1)])
	b.Failures++
	put(&s.Backoffs, step.Key, b)
}

// putOff is the time until which a step may not be started, the zero time for now.
func (s *State) putOff(step flow.Step, now time.Time) time.Time {
	b, failed := s.Backoffs[step.Key]
	if !failed || b.Fingerprint != step.Fingerprint || !b.Until.After(now) {
		return time.Time{}
	}
	return b.Until
}
