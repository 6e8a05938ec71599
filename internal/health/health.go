// Package health reports the health of every shop and account of an installation:
// it asks their entities, the orders' search attributes and the task queues.
package health

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// State is the health of a shop or an account.
type State string

// The states.
const (
	Green State = "green"
	Red   State = "red" // somebody has to act
	Off   State = "off" // switched off in the settings
)

// Report is the health of all.
type Report struct {
	At time.Time `json:"at"`
	// Answered is when Temporal answered for the last time: what is older is as it was then.
	Answered time.Time `json:"-"`
	// Worker tells whether any worker polls for workflows: without one nothing goes
	// on, whatever was good until now.
	Worker   State              `json:"worker" enum:"green,red"`
	Shops    map[string]Shop    `json:"shops"`
	Accounts map[string]Account `json:"accounts"`
}

// Rounds are a shop's sweeps or an account's collections.
type Rounds struct {
	State       State     `json:"state" enum:"green,red,off"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	// Problem is empty while all are healthy. It holds no personal data.
	Problem string `json:"problem,omitempty"`
	// Findings are orders that cannot go on; each of them makes the whole red.
	Findings []workflows.Finding `json:"findings,omitempty"`
	// Credentials tell whether the service takes them.
	Credentials Credentials `json:"credentials,omitempty" enum:"accepted,refused"`

	view  workflows.HealthView
	asked bool // whether the entity ever answered
}

// CountFindings counts the findings by kind, also those of which there are none.
func (r Rounds) CountFindings() map[workflows.FindingKind]int {
	counts := map[workflows.FindingKind]int{}
	for _, kind := range workflows.FindingKinds() {
		counts[kind] = 0
	}
	for _, finding := range r.Findings {
		counts[finding.Kind]++
	}
	return counts
}

// Credentials tell whether a service takes a key or a login.
type Credentials string

// What is known of credentials; "" while nobody could tell.
const (
	Accepted Credentials = "accepted"
	Refused  Credentials = "refused"
)

// Import is how far a shop's initial import is.
type Import struct {
	From string `json:"from"` // days on the shop's clock, both inclusive
	To   string `json:"to"`
	// State is running, waiting for the orders on their way, failing (it is tried
	// again), stopped by somebody, or done.
	State    ImportState `json:"state" enum:"running,waiting,failing,stopped,done"`
	DaysDone int         `json:"days_done"`
	Days     int         `json:"days"`
	Seen     int         `json:"seen"`
	Started  int         `json:"started"`
	Skipped  int         `json:"skipped"`
	Known    int         `json:"known"`
	Failed   int         `json:"unreadable"`
	Problem  string      `json:"problem,omitempty"`
	By       string      `json:"by,omitempty"` // who began it; not in [Report.Open]
	// Left is how long the rest takes at the pace so far, in whole minutes; 0
	// where that is not known.
	Left time.Duration `json:"-"`
}

// ImportState is how an initial import stands.
type ImportState string

// The states of an initial import.
const (
	ImportRunning ImportState = "running"
	ImportWaiting ImportState = "waiting"
	ImportFailing ImportState = "failing"
	ImportStopped ImportState = "stopped"
	ImportDone    ImportState = "done"
)

// ImportOf tells how far an initial import is, nil where there was none.
func ImportOf(f *workflows.InitialImport) *Import {
	if f == nil {
		return nil
	}
	out := &Import{
		From: f.From, To: f.To, State: ImportRunning, Problem: f.Problem, By: f.By,
		Seen: f.Seen, Started: f.Started, Skipped: f.Skipped, Known: f.Known, Failed: f.Failed,
	}
	out.DaysDone, out.Days = f.Days()
	if left := f.TimeLeft(time.Now()); left > 0 {
		out.Left = left.Truncate(time.Minute) + time.Minute
	}
	switch {
	case !f.DoneAt.IsZero():
		out.State = ImportDone
	case f.Stopped:
		out.State = ImportStopped
	case f.Problem != "":
		out.State = ImportFailing
	case f.Yields:
		out.State = ImportWaiting
	}
	return out
}

// Goes tells whether it has something to do.
func (i *Import) Goes() bool { return i != nil && i.State != ImportDone && i.State != ImportStopped }

// Shop is the health of a shop.
type Shop struct {
	Rounds
	// OldestHold is since when the order is held that is held the longest, zero
	// where none is.
	OldestHold time.Time `json:"oldest_hold,omitzero"`
	// Orders counts them by state: importing, synced, held, closed and failed.
	Orders map[string]int64 `json:"orders,omitempty"`
	// Import is the initial import, nil where there was none.
	Import *Import `json:"initial_import,omitempty"`

	// HoldAges counts the held orders by how long they have been held.
	HoldAges [Ages]int64 `json:"-"`

	counted time.Time // when its orders were counted
}

// Account is the health of an account.
type Account struct {
	Rounds
	// Backlog is how many requests wait for their turn, and BacklogAge how long
	// the first of them has waited, in seconds.
	Backlog    int64   `json:"backlog"`
	BacklogAge float64 `json:"backlog_age_seconds"`
	// PerSecond is how many requests a second were sent to RO App, over the last
	// half minute; Limit is how many there may be.
	PerSecond float64 `json:"requests_per_second" doc:"requests sent to RO App, over the last half minute"`
	Limit     float64 `json:"requests_per_second_limit" doc:"what the settings allow"`
}

// NoWorker tells that no worker polls for workflows.
func (r Report) NoWorker() bool { return r.Worker == Red }

// Red tells whether anything is red.
func (r Report) Red() bool {
	if r.NoWorker() {
		return true
	}
	for _, shop := range r.Shops {
		if shop.State == Red {
			return true
		}
	}
	for _, account := range r.Accounts {
		if account.State == Red {
			return true
		}
	}
	return false
}

// Open is the report for who is not logged in: without anybody's name.
func (r Report) Open() Report {
	r.Shops = maps.Clone(r.Shops)
	for id, shop := range r.Shops {
		if shop.Import != nil {
			imported := *shop.Import
			imported.By = ""
			shop.Import = &imported
			r.Shops[id] = shop
		}
	}
	return r
}

const (
	// answerTimeout is how long an entity may take to answer.
	answerTimeout = 5 * time.Second
	askAtOnce     = 8
	// runEvery is the pause between two looks of [Viewer.Run], believedFor how
	// long [Viewer.Recent] believes one.
	runEvery    = 30 * time.Second
	believedFor = 15 * time.Second
	// liveFor is how long [Viewer.Live] believes one, and livePatience how long it
	// waits where the last one is old.
	liveFor      = 3 * time.Second
	livePatience = 2 * time.Second
	// countFor bounds how long orders are counted in one look: of many shops those
	// come first that were counted the longest ago.
	countFor = 20 * time.Second
)

// Viewer reads the health of all. It is safe for concurrent use.
type Viewer struct {
	client    client.Client
	namespace string
	settings  *settings.Store
	index     *index.Index
	looks     singleflight.Group
	history   history

	mu   sync.Mutex
	last Report
}

// New makes a viewer; it asks nothing yet.
func New(c client.Client, ix *index.Index, namespace string, store *settings.Store) *Viewer {
	return &Viewer{client: c, namespace: namespace, settings: store, index: ix.Background()}
}

// Last is the last report; its time is zero before the first.
func (v *Viewer) Last() Report {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last
}

// Recent is the last report, at once. Where it is older than 15 seconds, a newer
// one is made in the background.
func (v *Viewer) Recent(ctx context.Context) Report {
	last := v.Last()
	if time.Since(last.At) >= believedFor {
		v.begin(ctx)
	}
	return last
}

// begin looks in the background; all who want a look share one.
func (v *Viewer) begin(ctx context.Context) <-chan singleflight.Result {
	return v.looks.DoChan("", func() (any, error) {
		return v.read(context.WithoutCancel(ctx), countFor)
	})
}

// Live is for who asks again and again: it is the last report, and has a newer
// one made. Only where the last one is older than half a minute it waits for that,
// for at most two seconds.
func (v *Viewer) Live(ctx context.Context) Report {
	last := v.Last()
	if time.Since(last.At) < liveFor {
		return last
	}
	looking := v.begin(ctx)
	if time.Since(last.At) < runEvery {
		return last
	}
	ctx, cancel := context.WithTimeout(ctx, livePatience)
	defer cancel()
	select {
	case <-looking:
	case <-ctx.Done():
	}
	return v.Last()
}

// Run looks every 30 seconds until ctx ends.
func (v *Viewer) Run(ctx context.Context, logger *zap.Logger) {
	ticker := time.NewTicker(runEvery)
	defer ticker.Stop()
	for {
		if _, err := v.read(ctx, countFor); err != nil && ctx.Err() == nil {
			logger.Warn("not all of the overview could be asked; it shows what was last known", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// reading is one reading of all entities.
type reading struct {
	*Viewer
	set *settings.Settings

	mu       sync.Mutex
	report   Report
	failures []error
}

// Read reads the health of all, and counts the orders of all shops, however long that
// takes. What cannot be asked is as it was last, and in the error; an entity that
// does not answer turns red by its last success.
func (v *Viewer) Read(ctx context.Context) (Report, error) { return v.read(ctx, 0) }

// read bounds the time for counting orders, unless it is 0.
func (v *Viewer) read(ctx context.Context, counting time.Duration) (Report, error) {
	set, was := v.settings.Current(), v.Last()
	l := &reading{Viewer: v, set: set, report: Report{Shops: map[string]Shop{}, Accounts: map[string]Account{}}}
	for id := range set.Shops {
		l.report.Shops[id] = was.Shops[id]
	}
	for id := range set.Accounts {
		l.report.Accounts[id] = was.Accounts[id]
	}
	l.report.Worker, l.report.Answered = was.Worker, was.Answered
	l.checkWorker(ctx)
	l.ask(ctx)
	l.measureAccounts(ctx)
	l.publish()
	if counting > 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(ctx, counting)
		defer done()
	}
	l.countOrders(ctx)
	l.publish()
	last := v.Last()
	v.history.add(last)
	return last, errors.Join(l.failures...)
}

// publish makes what is known so far the last report.
func (l *reading) publish() {
	l.Viewer.mu.Lock()
	defer l.Viewer.mu.Unlock()
	l.last = Report{
		At: time.Now(), Answered: l.report.Answered, Worker: l.report.Worker,
		Shops: maps.Clone(l.report.Shops), Accounts: maps.Clone(l.report.Accounts),
	}
}

// checkWorker asks Temporal whether any worker polls for workflows.
func (l *reading) checkWorker(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	works, err := engine.HasWorker(ctx, l.client)
	if err != nil {
		l.failed(err)
		return
	}
	l.report.Worker, l.report.Answered = Red, time.Now()
	if works {
		l.report.Worker = Green
	}
}

func (l *reading) failed(err error) {
	if err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = append(l.failures, err)
}

// ask asks all entities.
func (l *reading) ask(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(askAtOnce)
	for id, shop := range maps.Clone(l.report.Shops) {
		group.Go(func() error {
			every, on := l.set.ShopRounds(id)
			shop.Rounds = l.rounds(ctx, workflows.ShopID(id), shop.Rounds, every, on)
			shop.Import = ImportOf(shop.view.Import)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.report.Shops[id] = shop
			return nil
		})
	}
	for id, account := range maps.Clone(l.report.Accounts) {
		group.Go(func() error {
			every, on := l.set.AccountRounds(id)
			account.Rounds = l.rounds(ctx, workflows.AccountID(id), account.Rounds, every, on)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.report.Accounts[id] = account
			return nil
		})
	}
	_ = group.Wait() // none of them fails
}

// rounds asks one entity.
func (l *reading) rounds(ctx context.Context, entity string, was Rounds, every time.Duration, on bool) Rounds {
	if !on {
		return Rounds{State: Off}
	}
	view, err := l.view(ctx, entity)
	now := Rounds{State: Green, view: was.view, asked: was.asked}
	if err == nil {
		now.view, now.asked = view, true
	}
	now.LastSuccess, now.Problem = now.view.Health.LastSuccess, now.view.Health.Problem
	now.Credentials, now.Findings = credentialsOf(now.view.Health), now.view.Findings
	if !now.asked || now.view.RedAt(time.Now(), every) {
		now.State = Red
	}
	switch {
	case errors.Is(err, errNotRunning):
		now.Problem = "its workflow " + entity + " does not run; a worker starts it within a minute"
		now.State = Red
	case err != nil:
		if now.Problem = l.stuck(ctx, entity); now.Problem != "" {
			now.State = Red
			break
		}
		now.Problem = "its workflow " + entity + " does not answer; is a worker running?"
	case now.Problem == "" && len(now.Findings) > 0:
		now.Problem = summary(now.Findings)
	case now.State == Red && now.Problem == "":
		now.Problem = "no success for too long"
	}
	return now
}

// summary is the first finding, and how many there are.
func summary(findings []workflows.Finding) string {
	first := findings[0]
	text := first.Problem
	if first.Number != 0 {
		text = fmt.Sprintf("order %d: %s", first.Number, text)
	}
	if more := len(findings) - 1; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// stuck says that an entity that does not answer cannot be carried on by any
// worker, "" where that is not so or not known.
func (l *reading) stuck(ctx context.Context, entity string) string {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	described, err := l.client.DescribeWorkflow(ctx, entity, "")
	if err != nil {
		return ""
	}
	attempt := described.RawResponse.GetPendingWorkflowTask().GetAttempt()
	if attempt < engine.RepeatedTask {
		return ""
	}
	return fmt.Sprintf("no worker can carry its workflow %s on: attempts: %d; the worker's log says why", entity, attempt)
}

func credentialsOf(h workflows.Health) Credentials {
	switch {
	case h.Kind == order.FailCredentials:
		return Refused
	case h.LastSuccess.IsZero():
		return ""
	default:
		return Accepted
	}
}

// errNotRunning means that an entity was ended, or was never started.
var errNotRunning = errors.New("does not run")

func (l *reading) view(ctx context.Context, entity string) (view workflows.HealthView, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	// One that ended would answer too, with how it fared at its end.
	answer, err := l.client.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: entity, QueryType: workflows.QueryHealth, QueryRejectCondition: enumspb.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	switch {
	case engine.Missing(err), err == nil && answer.QueryRejected != nil:
		return view, fmt.Errorf("ask %s: %w", entity, errNotRunning)
	case err != nil:
		return view, fmt.Errorf("ask %s: %w", entity, err)
	}
	err = answer.QueryResult.Get(&view)
	return view, err
}
