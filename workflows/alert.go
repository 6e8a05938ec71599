package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Owner is the shop or the account that an entity stands for; one of the two is
// empty.
type Owner struct {
	Shop    string `json:",omitempty"`
	Account string `json:",omitempty"`
}

// String is the id of the owner's entity.
func (o Owner) String() string {
	if o.Shop != "" {
		return ShopID(o.Shop)
	}
	return AccountID(o.Account)
}

// Alerting is what an entity remembers of the alerts that it sent.
type Alerting struct {
	// Since is from when on rounds are expected to succeed.
	Since time.Time `json:",omitzero"`
	// Red stays set until the next success. RedNotified is set from the red alert
	// until the green one.
	Red         bool `json:",omitempty"`
	RedNotified bool `json:",omitempty"`
	// Held are the holds that an alert was sent for: since when, by the order's
	// number.
	Held map[int64]time.Time `json:",omitempty"`
	// Findings are the orders that cannot go on, as of the last check.
	Findings []Finding `json:",omitempty"`
	// Suspects are ids of workflows whose task a worker was given again and again:
	// orders, and what orders wait for. Each check asks whether that is still so.
	Suspects []string `json:",omitempty"`
	// Sending is the id of the pending alert. There is one at a time, so that they
	// arrive in order.
	Sending string `json:",omitempty"`
}

// AlertCheck is what the activity CheckAlerts decides from.
type AlertCheck struct {
	Owner    Owner
	Health   Health
	Alerting Alerting
	// Found is what the entity's own rounds found.
	Found []Finding `json:",omitempty"`
	Now   time.Time
}

// AlertNext is what CheckAlerts decided.
type AlertNext struct {
	// Off says that nothing is expected: the settings do not have the owner, or have
	// it switched off.
	Off bool `json:",omitempty"`
	Red bool `json:",omitempty"`
	// Checked says that Findings and Suspects are what is known now; else they are as
	// they were.
	Checked  bool      `json:",omitempty"`
	Findings []Finding `json:",omitempty"`
	Suspects []string  `json:",omitempty"`
	// Sent says that the pending alert arrived, or was given up.
	Sent bool `json:",omitempty"`
	// Alert is to be sent. Overdue are all holds that it stands for, though it
	// names the first ones only.
	Alert   *Alert      `json:",omitempty"`
	Overdue []HeldOrder `json:",omitempty"`
	// Over are holds with an alert that may be forgotten.
	Over []int64 `json:",omitempty"`
	// Pause is when to check again at the latest.
	Pause time.Duration
}

// AlertKind is what an alert is about.
type AlertKind string

// The kinds of alerts.
const (
	AlertHeld  AlertKind = "held"
	AlertRed   AlertKind = "red"
	AlertGreen AlertKind = "green"
	// AlertFailing names orders that cannot go on; their reasons are kinds of findings.
	AlertFailing AlertKind = "failing"
	AlertTest    AlertKind = "test" // a person sends it: nothing is wrong
)

// Alert is the body of the POST to the alert URL. It holds no personal data.
type Alert struct {
	// ID is the same in all attempts to send the alert, and in no other alert.
	ID      string    `json:"id"`
	Kind    AlertKind `json:"kind"`
	Shop    string    `json:"shop,omitempty"`
	Account string    `json:"account,omitempty"`
	At      time.Time `json:"at"`
	Problem string    `json:"problem"`
	// Count is how many orders are newly overdue; Orders are the first of them.
	Count  int         `json:"count,omitempty"`
	Orders []HeldOrder `json:"orders,omitempty"`
}

// HeldOrder is an order that waits for somebody.
type HeldOrder struct {
	Number int64            `json:"number"`
	Reason order.HoldReason `json:"reason"`
	Since  time.Time        `json:"since"`
}

// HealthView is an entity's health, as the query health answers it.
type HealthView struct {
	Health Health
	// Since is from when on rounds are expected to succeed.
	Since time.Time
	// Red stays set until the next success.
	Red bool
	// Findings are the orders that cannot go on.
	Findings []Finding `json:",omitempty"`
	// Import is a shop's initial import, nil where there was none.
	Import *InitialImport `json:",omitempty"`
}

// RedAt reports whether the entity was red at its last check, or is by now.
func (v HealthView) RedAt(now time.Time, every time.Duration) bool {
	return v.Red || len(v.Findings) > 0 || v.Health.Red(now, v.Since, every)
}

// alertPause is when to check again if the check failed.
const alertPause = time.Minute

// watched is an entity as its alerting sees it.
type watched struct {
	owner  Owner
	health *Health // which the rounds write
	// found, where it is not nil, is what the rounds found.
	found func() []Finding
	// complete, where it is not nil, completes the answer to who asks.
	complete func(*HealthView)
}

func (w watched) findings() []Finding {
	if w.found == nil {
		return nil
	}
	return w.found()
}

// watch sends alerts about the entity's health for as long as the run lives. It
// runs beside the rounds and never delays them, so that a hanging round is noticed
// too.
func (a *Alerting) watch(ctx workflow.Context, of watched) error {
	if a.Since.IsZero() {
		a.Since = workflow.Now(ctx)
	}
	err := workflow.SetQueryHandler(ctx, QueryHealth, func() (HealthView, error) {
		view := HealthView{Health: *of.health, Since: a.Since, Red: a.Red, Findings: a.Findings}
		if of.complete != nil {
			of.complete(&view)
		}
		return view, nil
	})
	if err != nil {
		return fmt.Errorf("answer the health of %s: %w", of.owner, err)
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			seen, found, suspects := *of.health, len(of.findings()), len(a.Suspects)
			pause := a.check(ctx, of)
			began := workflow.Now(ctx)
			// Failing and recovering are checked when they start.
			_, err := workflow.AwaitWithTimeout(ctx, pause, func() bool {
				return of.health.Kind != seen.Kind || of.health.FailingSince.IsZero() != seen.FailingSince.IsZero() ||
					len(of.findings()) != found || len(a.Suspects) > suspects
			})
			if err == nil && workflow.Now(ctx).Sub(began) > pause+alertPause {
				// No worker ran for a while; the rounds that were missed come first, so that none
				// of them is reported red and then at once green.
				err = workflow.Sleep(ctx, alertPause)
			}
			if err != nil {
				return // the run ends
			}
		}
	})
	return nil
}

// suspect notes a workflow whose task a worker was given again.
func (a *Alerting) suspect(id string) {
	if len(a.Suspects) < FindingsKept && !slices.Contains(a.Suspects, id) {
		a.Suspects = append(a.Suspects, id)
	}
}

// check decides which alerts to send and sends them. It returns when to check
// again.
func (a *Alerting) check(ctx workflow.Context, of watched) time.Duration {
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 5 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1}, // the next check is another attempt
	})
	in := AlertCheck{Owner: of.owner, Health: *of.health, Alerting: *a, Found: of.findings(), Now: workflow.Now(ctx)}
	asked := slices.Clone(a.Suspects)
	var next AlertNext
	if err := workflow.ExecuteLocalActivity(local, ActivityCheckAlerts, in).Get(ctx, &next); err != nil {
		workflow.GetLogger(ctx).Warn("alerts could not be checked; the check is retried", "error", err)
		return alertPause
	}
	a.take(next, asked, in.Now)
	if next.Alert != nil {
		send(ctx, *next.Alert)
	}
	return next.Pause
}

// take remembers what was decided. What is about to be sent counts as notified:
// the workflow that sends it outlives this run.
func (a *Alerting) take(next AlertNext, asked []string, now time.Time) {
	a.Red = next.Red
	if next.Off {
		a.Since = now
	}
	if next.Sent {
		a.Sending = ""
	}
	if next.Checked {
		a.Findings = next.Findings
		a.Suspects = slices.DeleteFunc(a.Suspects, func(id string) bool {
			// Those that came during the check are kept.
			return slices.Contains(asked, id) && !slices.Contains(next.Suspects, id)
		})
	}
	for _, number := range next.Over {
		delete(a.Held, number)
	}
	if next.Alert == nil {
		return
	}
	a.Sending = next.Alert.ID
	switch next.Alert.Kind {
	case AlertRed:
		a.RedNotified = true
	case AlertGreen:
		a.RedNotified = false
	case AlertFailing:
		for i := range a.Findings {
			a.Findings[i].Alerted = true
		}
	case AlertHeld:
		if a.Held == nil {
			a.Held = map[int64]time.Time{}
		}
		for _, held := range next.Overdue {
			a.Held[held.Number] = held.Since
		}
	case AlertTest: // nobody waits for it
	}
}
