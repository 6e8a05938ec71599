package service

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// LastCheck is what an account or a shop said of itself when it was last asked.
type LastCheck struct {
	workflows.Checked        // its time is zero where nothing was ever said
	Running           bool   // it is being asked now
	Problem           string // why it could not be asked
}

// Checks are the last checks of all accounts and shops of the settings.
type Checks struct {
	Accounts, Shops map[string]LastCheck
	// ReadAt is when they were read.
	ReadAt time.Time
}

// Running tells whether anybody is being asked.
func (c Checks) Running() bool {
	for _, all := range []map[string]LastCheck{c.Accounts, c.Shops} {
		for _, last := range all {
			if last.Running {
				return true
			}
		}
	}
	return false
}

// Report says what the settings lead to, by what was last said: a section for
// each account and shop that was asked, and what has to be done by hand. It
// holds no secret.
func (c Checks) Report(s *settings.Settings, w check.Words) []check.Section {
	var report []check.Section
	accounts, shops := slices.Sorted(maps.Keys(s.Accounts)), slices.Sorted(maps.Keys(s.Shops))
	accountSays := map[string]refdata.Account{}
	for _, id := range accounts {
		if said := c.Accounts[id].Account; said != nil {
			accountSays[id] = *said
			report = append(report, w.Account(id, s.Accounts[id], *said))
		}
	}
	for _, id := range shops {
		if said := c.Shops[id].Shop; said != nil {
			set := s.Shops[id]
			report = append(report, w.Shop(id, set, s.Accounts[set.Account].Currency, *said, accountSays[set.Account]))
		}
	}
	return append(report, w.ByHand(s, accounts, shops))
}

const (
	// checksFor is how long checks that were looked up are good, and checksSoon
	// how long while one of them runs.
	checksFor  = time.Minute
	checksSoon = time.Second
	// checkWithin ends a check that nobody carries out.
	checkWithin = 15 * time.Minute
	// checksAtOnce bounds how many are looked up at a time, and checksPatience
	// how long who wants them is kept waiting.
	checksAtOnce   = 8
	checksPatience = 3 * time.Second
)

// checks remembers what was looked up, for names are wanted for each page.
type checks struct {
	found *shared[Checks]

	mu   sync.Mutex
	last Checks
	// started are the revisions for which a check was started by itself, by workflow:
	// one that fails is not started again and again.
	started map[string]string
}

func newChecks() *checks {
	return &checks{found: newShared[Checks](checksFor, checkTimeout), started: map[string]string{}}
}

// Checks are the last checks. Where an account or a shop was not asked since the
// settings changed, a check is started by itself, behind everything else. What
// Temporal does not tell in three seconds is as it was last known.
func (o *Orders) Checks(ctx context.Context) Checks {
	o.checks.mu.Lock()
	last := o.checks.last
	o.checks.mu.Unlock()
	if last.Running() && time.Since(last.ReadAt) >= checksSoon {
		o.checks.found.kept.DeleteAll()
	}
	ctx, cancel := context.WithTimeout(ctx, checksPatience)
	defer cancel()
	now, err := o.checks.found.get(ctx, "", func(ctx context.Context) (Checks, error) { return o.readChecks(ctx, last), nil })
	if err != nil { // it did not come in time
		return last
	}
	return now
}

// checkTimeout bounds looking all checks up.
const checkTimeout = 30 * time.Second

func (o *Orders) readChecks(ctx context.Context, was Checks) Checks {
	set := o.settings.Current()
	now := Checks{Accounts: map[string]LastCheck{}, Shops: map[string]LastCheck{}, ReadAt: time.Now()}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(checksAtOnce)
	look := func(of workflows.Owner, id string, before LastCheck, into map[string]LastCheck) {
		group.Go(func() error {
			found := o.lastCheck(ctx, of, set.Revision, before)
			mu.Lock()
			defer mu.Unlock()
			into[id] = found
			return nil
		})
	}
	for id := range set.Accounts {
		look(workflows.Owner{Account: id}, id, was.Accounts[id], now.Accounts)
	}
	for id := range set.Shops {
		if set.InForce(id) { // nobody would ask another one
			look(workflows.Owner{Shop: id}, id, was.Shops[id], now.Shops)
		}
	}
	_ = group.Wait() // none of them fails
	o.checks.mu.Lock()
	defer o.checks.mu.Unlock()
	o.checks.last = now
	return now
}

// lastCheck looks up one check, and begins one where there is none of the
// settings in force.
func (o *Orders) lastCheck(ctx context.Context, of workflows.Owner, revision string, was LastCheck) LastCheck {
	last := LastCheck{Checked: was.Checked}
	run, err := o.lastRun(ctx, workflows.CheckID(of))
	switch {
	case err != nil:
		last.Problem = "Temporal does not answer"
		return last
	case run == nil: // nobody has asked yet
	case run.running:
		last.Running = true
		return last
	default:
		var said workflows.Checked
		if err := run.Get(ctx, &said); err != nil {
			last.Problem = plainly(err)
		} else {
			last.Checked = said
		}
	}
	if last.Revision == revision || o.checks.startedFor(of) == revision {
		return last
	}
	if err := o.startCheck(ctx, of, revision, ""); err != nil {
		last.Problem = err.Error()
		return last
	}
	o.checks.mu.Lock()
	defer o.checks.mu.Unlock()
	o.checks.started[of.String()] = revision
	last.Running = true
	return last
}

func (c *checks) startedFor(of workflows.Owner) (revision string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.started[of.String()]
}

// Check has all accounts and shops asked again, and goes before other work. Who
// asks while they are being asked already shares the answer.
func (o *Orders) Check(ctx context.Context, by string) error {
	set := o.settings.Current()
	var problems []error
	for id := range set.Accounts {
		problems = append(problems, o.startCheck(ctx, workflows.Owner{Account: id}, set.Revision, by))
	}
	for id := range set.Shops {
		if set.InForce(id) {
			problems = append(problems, o.startCheck(ctx, workflows.Owner{Shop: id}, set.Revision, by))
		}
	}
	o.checks.found.kept.DeleteAll()
	return errors.Join(problems...)
}

func (o *Orders) startCheck(ctx context.Context, of workflows.Owner, revision, by string) error {
	_, err := o.start(ctx, client.StartWorkflowOptions{
		ID: workflows.CheckID(of), WorkflowExecutionTimeout: checkWithin, StaticSummary: "What the settings are checked against",
	}, workflows.CheckWorkflow, workflows.CheckInput{Of: of, Revision: revision, By: by})
	return err
}
