package order

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepKind names a step. It is also the name of the activity that carries it out.
type StepKind string

// Side is the service that a step talks to.
type Side string

// The sides. Ensure steps ask a workflow that creates what several orders may
// want at once.
const (
	SideCartum Side = "cartum"
	SideRoapp  Side = "roapp"
	SideEnsure Side = "ensure"
)

// Urgency orders the requests of one account: the smaller goes first.
type Urgency int

// The urgencies. What has started is finished before something new starts.
const (
	UrgencyPerson  Urgency = 1 // somebody waits for it
	UrgencyStarted Urgency = 2 // the order has spent a request already
	UrgencyNew     Urgency = 3 // the first request of a new order
	UrgencyChange  Urgency = 4 // the first request for a change of an order
	UrgencyImport  Urgency = 5 // the first request of an order of the initial import
)

// stepDefinition is all that is specific to one kind of step. In is the input of
// its activity, Out the activity's answer. A kind is defined in one file; its
// activity is the method of [Activities] with the kind's name.
type stepDefinition[In, Out any] struct {
	kind StepKind
	side Side
	// mayCommit is set where an attempt whose answer is lost may have written
	// something that must be looked up before the step is repeated.
	mayCommit bool
	// writesOrder is set where the step writes to RO App's order.
	writesOrder bool
	// eager steps are applied as soon as they end.
	eager bool
	// requests is how many requests one attempt may make, 0 for one.
	requests func(in In) int
	// fingerprint identifies the step's content: another one is another step under the
	// same key.
	fingerprint func(in In) string
	// precheck is why a step that may commit looks its record up before it writes.
	precheck func(in In) Precheck

	// onStart notes that the step is about to be started.
	onStart func(s *State, in In, now time.Time)
	// apply applies the answer.
	apply func(s *State, in In, out Out, now time.Time)
	// unknown notes that the step ended and whether it had happened is not known.
	unknown func(s *State, in In, now time.Time)
	// nothing notes that the step is known not to have happened.
	nothing func(s *State, in In, now time.Time)
	// failed notes that the step failed.
	failed func(s *State, in In, now time.Time)
	// refused applies a refusal that does not hold the order; it reports whether it
	// did.
	refused func(s *State, in In, f Failure, now time.Time) bool
	// doubt forgets what a refused step was built from, as far as it can be found
	// again.
	doubt func(s *State, in In, now time.Time)
}

// stepKind is a definition without its types.
type stepKind struct {
	side                          Side
	mayCommit, writesOrder, eager bool
	in, out                       reflect.Type

	requests                                 func(in any) int
	fingerprint                              func(in any) string
	precheck                                 func(in any) Precheck
	onStart, unknown, nothing, failed, doubt func(s *State, in any, now time.Time)
	apply                                    func(s *State, in any, out json.RawMessage, now time.Time) error
	refused                                  func(s *State, in any, f Failure, now time.Time) bool
	decode                                   func(input json.RawMessage) (any, error)
}

var stepKinds = map[StepKind]stepKind{}

// define adds a kind of step to the registry.
func define[In, Out any](d stepDefinition[In, Out]) StepKind {
	stepKinds[d.kind] = stepKind{
		side: d.side, mayCommit: d.mayCommit, writesOrder: d.writesOrder, eager: d.eager,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](),
		requests: ofInput(d.requests, 1), fingerprint: ofInput(d.fingerprint, ""), precheck: ofInput(d.precheck, Precheck{}),
		onStart: effect(d.onStart), unknown: effect(d.unknown), nothing: effect(d.nothing), failed: effect(d.failed), doubt: effect(d.doubt),
		apply: func(s *State, in any, result json.RawMessage, now time.Time) error {
			var out Out
			if err := json.Unmarshal(result, &out); err != nil {
				return fmt.Errorf("read the answer of %s: %w", d.kind, err)
			}
			d.apply(s, in.(In), out, now)
			return nil
		},
		refused: func(s *State, in any, f Failure, now time.Time) bool {
			return d.refused != nil && d.refused(s, in.(In), f, now)
		},
		decode: func(input json.RawMessage) (any, error) {
			var in In
			if err := json.Unmarshal(input, &in); err != nil {
				return nil, fmt.Errorf("read the input of %s: %w", d.kind, err)
			}
			return in, nil
		},
	}
	return d.kind
}

// ofInput is what a definition says of a step by its input, without its types.
func ofInput[In, T any](says func(in In) T, otherwise T) func(in any) T {
	return func(in any) T {
		if says == nil {
			return otherwise
		}
		return says(in.(In))
	}
}

// effect is what a step changes of the state, if anything, without its types.
func effect[In any](of func(s *State, in In, now time.Time)) func(s *State, in any, now time.Time) {
	return func(s *State, in any, now time.Time) {
		if of != nil {
			of(s, in.(In), now)
		}
	}
}

// StepKinds are the kinds of steps, sorted.
func StepKinds() []StepKind { return slices.Sorted(maps.Keys(stepKinds)) }

// StepTypes gives the types of a step's input and of its activity's answer.
func StepTypes(kind StepKind) (in, out reflect.Type) { return stepKinds[kind].in, stepKinds[kind].out }

// DecodeInput reads the input of a step.
func DecodeInput[In any](step flow.Step) (In, error) {
	var in In
	err := json.Unmarshal(step.Input, &in)
	return in, err
}

// runningStep is a step with its kind and its input.
type runningStep struct {
	flow.Step
	stepKind
	in any
}

func readStep(step flow.Step) (runningStep, error) {
	kind, known := stepKinds[StepKind(step.Kind)]
	if !known {
		return runningStep{}, fmt.Errorf("no such step: %q", step.Kind)
	}
	in, err := kind.decode(step.Input)
	return runningStep{step, kind, in}, err
}

// step creates a step. An empty key is the kind itself.
func (p *planner) step(kind StepKind, key, summary string, in any) flow.Step {
	key = cmp.Or(key, string(kind))
	def := stepKinds[kind]
	input, err := json.Marshal(in)
	if err != nil {
		panic(fmt.Errorf("encode the input of %s: %w", kind, err))
	}
	st := flow.Step{
		Kind: string(kind), Key: key, Side: string(def.side), Summary: UIText(summary), Queue: p.account(), Urgency: int(p.urgency(kind)),
		Pause: 2 * time.Second, Attempts: stepAttempts, Timeout: p.r.RequestTimeout + p.r.Settle, Eager: def.eager, Input: input,
	}
	if def.side == SideCartum {
		st.Queue = p.s.Key.Shop
	}
	if def.mayCommit {
		// The lookups after a lost answer are several requests and a wait.
		st.Pause, st.Timeout = p.r.Settle, 2*st.Timeout
	}
	if n := def.requests(in); n > 1 {
		st.Heartbeat, st.Timeout = st.Timeout, time.Duration(n)*st.Timeout
	}
	if def.side == SideEnsure {
		st.Timeout, st.Heartbeat, st.Attempts = ensureTimeout, ensureHeartbeat, 0
	}
	st.Fingerprint = fmt.Sprintf("%s %d %s", st.Queue, st.Urgency, def.fingerprint(in))
	return st
}

const (
	// stepAttempts bounds how often a failing step is tried before its order waits
	// visibly.
	stepAttempts = 5
	// ensureTimeout is how long an order waits for an Ensure workflow, which itself
	// may wait for a long backlog.
	ensureTimeout = 12 * time.Hour
	// ensureHeartbeat reports whether the process that waits is gone.
	ensureHeartbeat = 10 * time.Second
)

// account is the RO App account of the order.
func (p *planner) account() string { return p.s.AccountIn(p.r) }

// urgency is the order's urgency: a person's wish first, then what has started.
// The items of an imported order are read and written in one go, as urgent as what
// has started: a write-off must not overtake what was read.
func (p *planner) urgency(kind StepKind) Urgency {
	switch {
	case p.s.UserWaiting:
		return UrgencyPerson
	case p.s.imported() && kind != StepWriteLines && kind != StepAddItems:
		return UrgencyChange
	case p.s.Customer.People != nil || p.s.Order != nil || p.productsAsked():
		return UrgencyStarted
	case p.s.Origin == OriginImport:
		return UrgencyImport
	default:
		return UrgencyNew
	}
}

// productsAsked reports whether RO App was asked for products already.
func (p *planner) productsAsked() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(p.s.Products)), func(f ProductState) bool { return !f.LookedUpAt.IsZero() })
}

// Precheck says why a write must search for its record before it is created. The
// zero value: there is nothing to find.
type Precheck struct {
	// Lost is when an attempt ended whose outcome is unknown. Nothing is
	// believed to be absent before Settle has passed since then.
	Lost *time.Time `json:",omitempty"`
	// Old is set where an earlier life of the order may have created it.
	Old    bool          `json:",omitempty"`
	Settle time.Duration `json:",omitempty"`
	Lag    time.Duration `json:",omitempty"` // between the first lookup and the second
	// Run is the workflow run that planned the step. An attempt for another run was
	// brought back by a reset, and an earlier one may have succeeded.
	Run string `json:",omitempty"`
}

// Needed reports whether there may be something to find.
func (l Precheck) Needed() bool { return l.Lost != nil || l.Old }

// precheck says whether an earlier attempt at the step may have succeeded.
func (p *planner) precheck(key string) Precheck {
	precheck := Precheck{Settle: p.r.Settle, Lag: p.r.SearchLag, Run: p.r.Run}
	if at, started := p.s.InFlight[key]; started {
		precheck.Lost = &at
	}
	if o := p.s.Order; o != nil {
		// Staff may be at work on what is imported: their status wins, and a line
		// that they added just so is the shop's.
		precheck.Old = o.Linked || p.s.imported() || p.s.Restarted || p.now.Sub(o.At) > FinishedWithin
	}
	return precheck
}

// FinishedWithin is how soon the rest of an order follows its create, and an
// attempt its schedule. What is done later may have been done already, before
// the engine's database was restored or the workflow reset, or by staff.
const FinishedWithin = time.Minute

// oldAfter is the age from which an order may have been imported by an earlier
// life of its workflow, or before the engine's database was restored.
const oldAfter = 15 * time.Minute

// Pace is how fast a service may be asked and how late it may answer.
type Pace struct {
	Urgency Urgency
	Timeout time.Duration
	Settle  time.Duration
	Lag     time.Duration
}

func (p *planner) pace() Pace {
	return Pace{Urgency: min(p.urgency(StepEnsureContact), UrgencyStarted), Timeout: p.r.RequestTimeout, Settle: p.r.Settle, Lag: p.r.SearchLag}
}

// appendMissing adds the steps that are not there yet.
func appendMissing(steps []flow.Step, more ...flow.Step) []flow.Step {
	for _, step := range more {
		if !slices.ContainsFunc(steps, func(s flow.Step) bool { return s.Key == step.Key }) {
			steps = append(steps, step)
		}
	}
	return steps
}
