package order_test

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// simulation is one order's workflow between a shop and an account, both in
// memory, with a clock of its own.
type simulation struct {
	t     *rapid.T
	rules order.Rules
	clock time.Time

	shop    simulatedShop
	account simulatedAccount
	late    []lateEffect
	mail    []func() // signals pending to the workflow

	state   order.State
	events  []flow.Event // that the rules have not heard of
	ended   []flow.Step  // whose end is among the events
	jobs    map[string]*job
	wake    time.Time
	backups []backup

	lives    int // of the workflow, restored ones included
	restored bool
	newPhone bool // the shop corrected it
}

// job is a step whose activity is scheduled. Its attempts are driven by events.
type job struct {
	Step     flow.Step
	At       time.Time // when it was scheduled
	Attempt  int       // failed ones
	RetryAt  time.Time // of the next attempt
	InFlight bool      // an attempt has started
	Withdraw bool      // nobody wants it any more; the attempt in flight ends

	// What the attempt in flight will bring, where that is decided already.
	decided bool
	outcome any
	failure *order.Failure
}

type lateEffect struct {
	at     time.Time
	happen func()
}

// backup is a copy of Temporal's database.
type backup struct {
	state, jobs []byte
	at          time.Time
}

func simulatedRules() order.Rules {
	return order.Rules{
		Shop: "demo", ShopName: "Kwiaty Online", Account: "main", Currency: "PLN", TimeZone: "Europe/Warsaw", Region: "PL", Language: "pl",
		NameOrder: order.FirstLast, IdentifyBy: order.ByArticle, LocationID: 12, OrderTypeID: 34, Managers: []int64{56}, PieceUnitID: 1,
		FallbackCategory: 7, ImportStatuses: map[int]int64{1: 101, 2: 102, 3: 103, 4: 104},
		RequestTimeout: 75 * time.Second, Settle: 15 * time.Second, SearchLag: 5 * time.Second, IdentityKey: []byte("a key of the tests"),
		Window: 60 * 24 * time.Hour,
	}
}

func newSimulation(t *rapid.T) *simulation {
	s := &simulation{
		t: t, rules: simulatedRules(),
		clock:   time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		account: simulatedAccount{products: map[order.ProductKey]order.Product{}, lastID: 1000},
		jobs:    map[string]*job{},
	}
	age := rapid.SampledFrom([]time.Duration{time.Minute, time.Hour}).Draw(t, "age")
	s.shop.Snapshot = order.Snapshot{
		Number: 115, Created: s.clock.Add(-age), Status: rapid.SampledFrom([]int{1, 2}).Draw(t, "status"), Currency: "PLN",
		Customer: order.Customer{Name: "Anna Nowak", Phone: "+48501234567"},
	}
	s.shop.everWanted = map[order.LineKey]bool{}
	s.shop.statuses = map[int]bool{s.shop.Status: true}
	s.setLines(rapid.SliceOfN(rapid.SampledFrom([]string{"A", "A", "B", "C"}), 1, 4).Draw(t, "lines"))
	for _, article := range []string{"A", "B", "C"} {
		if rapid.Bool().Draw(t, "known "+article) {
			s.createProduct(order.ArticleKey(article), article)
		}
	}
	if rapid.Bool().Draw(t, "known customer") {
		s.createContact("+48501234567")
	}
	s.start(rapid.SampledFrom([]order.Origin{order.OriginWebhook, order.OriginHand}).Draw(t, "origin"), false)
	return s
}

// start starts a life of the workflow.
func (s *simulation) start(origin order.Origin, again bool) {
	s.lives++
	s.jobs = map[string]*job{}
	s.events, s.ended = nil, nil
	s.state = order.NewState(order.Key{Shop: "demo", Number: 115}, origin, s.clock)
	s.state.Restarted = again
	s.notify(origin)
}

// notify asks to read the shop's order.
func (s *simulation) notify(by order.Origin) {
	s.report(order.SignalShopOrderChanged, order.ChangeNotice{At: s.clock, By: by})
}

// report has the rules hear of something with the next pass.
func (s *simulation) report(kind string, payload any) {
	s.events = append(s.events, flow.Event{Kind: kind, At: s.clock, Payload: s.json(payload)})
}

// end reports the end of a job.
func (s *simulation) end(job *job, ended flow.StepEnded) {
	delete(s.jobs, job.Step.Key)
	ended.Key = job.Step.Key
	s.ended = append(s.ended, job.Step)
	s.report(flow.EventStepEnded, ended)
}

func (s *simulation) json(value any) json.RawMessage {
	text, err := json.Marshal(value)
	require.NoError(s.t, err)
	return text
}

// pass is the workflow's loop until it waits.
func (s *simulation) pass() {
	for range 20 {
		if s.state.Closed != nil && len(s.jobs) == 0 && len(s.events) == 0 {
			return
		}
		running := slices.Clone(s.ended)
		for _, key := range slices.Sorted(maps.Keys(s.jobs)) {
			running = append(running, s.jobs[key].Step)
		}
		state, commands := order.Advance(s.state, s.events, running, s.rules, s.clock)
		if state.Hold != nil && state.Hold.Reason == order.HoldInternalError {
			s.t.Fatalf("a defect: %v; events %+v", state.Hold.Params, s.events)
		}
		s.state, s.events, s.ended = state, nil, nil
		if !commands.Wake.IsZero() {
			s.wake = commands.Wake
		}
		if !s.carryOut(commands) {
			return
		}
	}
	s.t.Fatalf("the loop does not come to rest: %+v", s.state)
}

// continueAsNew hands the state over as data, as it may at any time.
func (s *simulation) continueAsNew() {
	text, err := json.Marshal(s.state)
	require.NoError(s.t, err)
	var again order.State
	require.NoError(s.t, json.Unmarshal(text, &again))
	s.state = again
}

// carryOut withdraws and starts. It reports whether something ended, so that there
// is to be advanced again.
func (s *simulation) carryOut(c flow.Commands) (ended bool) {
	for _, key := range c.Withdraw {
		job := s.jobs[key]
		job.Withdraw = true
		if !job.InFlight {
			s.end(job, flow.StepEnded{Canceled: true})
			ended = true
		}
	}
	for _, step := range c.Start {
		require.NotContains(s.t, s.jobs, step.Key, "one step of a key at a time")
		s.jobs[step.Key] = &job{Step: step, At: s.clock, RetryAt: s.clock}
	}
	return ended
}

// event is the next thing that happens: the end of an attempt, or one of what
// else may happen.
func (s *simulation) event(happenings map[string]func()) {
	if len(s.jobs) > 0 && rapid.IntRange(0, 3).Draw(s.t, "work") > 0 {
		s.work(s.drawJob(), rapid.SampledFrom(endings).Draw(s.t, "ending"))
		return
	}
	happenings[rapid.SampledFrom(slices.Sorted(maps.Keys(happenings))).Draw(s.t, "event")]()
}

func (s *simulation) drawJob() *job {
	return s.jobs[rapid.SampledFrom(slices.Sorted(maps.Keys(s.jobs))).Draw(s.t, "job")]
}

// simulatedAttempts are fewer than the workflow's, so that giving up is frequent.
const simulatedAttempts = 2

// ending is how an attempt ends.
type ending string

const (
	answered ending = "answered"
	lost     ending = "answer lost"
	lostLate ending = "answer lost, effect later"
	killed   ending = "killed before anything was asked"
	failed   ending = "failed without effect"
	refused  ending = "refused"
	unasked  ending = "given up before anything was asked"
	starts   ending = "begins"
)

var (
	endings        = append(slices.Clone(endingsStarted), starts, starts)
	endingsStarted = []ending{answered, answered, answered, answered, answered, lost, lostLate, killed, failed, refused, unasked}
)

// work runs one attempt at a job. The answer of a started one comes with a later
// event; its effect happens now or then.
func (s *simulation) work(job *job, ending ending) {
	s.let(job.RetryAt)
	if ending == starts {
		if !job.InFlight && rapid.Bool().Draw(s.t, "comes about at once") {
			s.decide(job, rapid.SampledFrom(endingsStarted).Draw(s.t, "will be"))
		}
		job.InFlight = true
		return
	}
	if !job.decided {
		s.decide(job, ending)
	}
	job.InFlight, job.decided = false, false
	job.Attempt++
	failure := job.failure
	switch {
	case failure == nil:
		s.end(job, flow.StepEnded{Result: s.json(job.outcome)})
	case failure.Passes() && job.Withdraw:
		s.end(job, s.failedStep(job, failure))
	case failure.Passes() && job.Attempt < simulatedAttempts:
		job.RetryAt = s.clock.Add(s.rules.Settle << (job.Attempt - 1))
	default:
		s.end(job, s.failedStep(job, failure))
	}
}

func (s *simulation) failedStep(job *job, failure *order.Failure) flow.StepEnded {
	return flow.StepEnded{Error: &flow.StepError{Message: failure.Text, Details: s.json(failure), Withdrawn: job.Withdraw}}
}

// decide has an attempt do what it does.
func (s *simulation) decide(job *job, ending ending) {
	job.outcome, job.failure = attempt{s: s, job: job, ending: ending}.create()
	job.decided = true
}

// let passes time until at, and what was pending happens at its time.
func (s *simulation) let(at time.Time) {
	slices.SortFunc(s.late, func(x, y lateEffect) int { return x.at.Compare(y.at) })
	for len(s.late) > 0 && !s.late[0].at.After(at) {
		effect := s.late[0]
		s.late = s.late[1:]
		s.clock = latest(s.clock, effect.at)
		effect.happen()
	}
	s.clock = latest(s.clock, at)
}

// later has something happen within the time that services may take to settle.
func (s *simulation) later(effect func()) {
	delay := time.Duration(rapid.IntRange(1, int(s.rules.Settle/time.Second)-1).Draw(s.t, "delay")) * time.Second
	s.late = append(s.late, lateEffect{at: s.clock.Add(delay), happen: effect})
}

func latest(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

// waitAWhile lets time pass, and the workflow's timers with it.
func (s *simulation) waitAWhile() {
	pause := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 20 * time.Minute, 2 * time.Hour}).Draw(s.t, "pause")
	s.let(s.clock.Add(pause))
	if !s.wake.IsZero() && s.wake.Before(s.clock) {
		s.wake = time.Time{}
		s.report(flow.EventTimer, nil)
	}
}

func (s *simulation) tryAgain() {
	s.report(order.SignalDecide, order.Decision{Kind: order.DecideRetry, By: "tester"})
}

func (s *simulation) askByHand() { s.notify(order.OriginHand) }

// terminate ends the workflow as an operator does; requests pending end as they
// may. The next event starts it again.
func (s *simulation) terminate() {
	if s.newPhone {
		return // an order of an earlier life is searched for by its customer
	}
	s.start(rapid.SampledFrom([]order.Origin{order.OriginWebhook, order.OriginHand}).Draw(s.t, "again by"), true)
}

func (s *simulation) backUp() {
	state, err := json.Marshal(s.state)
	require.NoError(s.t, err)
	if len(s.events) > 0 {
		return // a database holds no half of a workflow task
	}
	jobs, err := json.Marshal(s.jobs)
	require.NoError(s.t, err)
	s.backups = append(s.backups, backup{state, jobs, s.clock})
	s.let(s.clock.Add(time.Nanosecond)) // what follows is later
}

// restore puts an older database in place, which takes a while.
func (s *simulation) restore() {
	if len(s.backups) == 0 || s.newPhone {
		return // see terminate
	}
	s.lives, s.restored = s.lives+1, true
	s.let(s.clock.Add(20 * time.Minute))
	older := s.backups[0]
	s.state, s.jobs, s.events, s.ended = order.State{}, map[string]*job{}, nil, nil
	require.NoError(s.t, json.Unmarshal(older.state, &s.state))
	require.NoError(s.t, json.Unmarshal(older.jobs, &s.jobs))
	for _, job := range s.jobs {
		// The worker of that time is gone; its attempt times out.
		if job.InFlight {
			job.InFlight, job.Attempt = false, job.Attempt+1
		}
		job.RetryAt = s.clock
	}
	s.account.erase(older.at)
	s.notify(order.OriginWebhook)
}

// finishQuietly lets everything go well from now on.
func (s *simulation) finishQuietly() {
	s.let(s.clock.Add(time.Hour))
	s.notify(order.OriginWebhook)
	s.comeToRest()
}

// comeToRest answers everything until there is nothing to do. What waits is
// tried again, but for an order that staff deleted.
func (s *simulation) comeToRest() {
	for range 200 {
		s.pass()
		switch {
		case len(s.jobs) > 0:
			s.work(s.jobs[slices.Sorted(maps.Keys(s.jobs))[0]], answered)
		case len(s.events) > 0:
		case s.state.Hold != nil && s.state.Hold.Reason != order.HoldOrderGone:
			s.let(s.clock.Add(time.Minute))
			s.tryAgain()
		default:
			return
		}
	}
	s.t.Fatalf("the order is not done: hold %+v, jobs %v", s.state.Hold, slices.Sorted(maps.Keys(s.jobs)))
}
