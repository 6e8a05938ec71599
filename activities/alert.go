package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// ordersInAlert is how many orders an alert names; it counts them all.
	ordersInAlert = 50
	// holdsAtOnce bounds how many overdue holds of a shop are listed, and
	// holdsRemembered from how many told ones on those that are over are forgotten.
	// They are not forgotten at once: an order that is looked at again may seem
	// free for a moment.
	holdsAtOnce     = 1000
	holdsRemembered = 500
	// An entity looks at least so often, and at most.
	alertPauseMost  = time.Minute
	alertPauseLeast = 10 * time.Second
)

// CheckAlerts decides whether there is something to tell at the alert URL.
// While an alert is on its way nothing else is decided, so that alerts come in
// their order; what ended meanwhile is never told.
func (a *Activities) CheckAlerts(ctx context.Context, in workflows.AlertCheck) (workflows.AlertNext, error) {
	set := a.settings.Current()
	every, on := set.ShopRounds(in.Owner.Shop)
	if in.Owner.Account != "" {
		every, on = set.AccountRounds(in.Owner.Account)
	}
	next := workflows.AlertNext{Pause: min(max(set.Alerts.HeldAfter, alertPauseLeast), alertPauseMost)}
	if !on {
		next.Off = true
		return next, nil
	}
	found := a.readFindings(ctx, in, &next)
	failing := !in.Health.FailingSince.IsZero()
	next.Red = in.Health.Red(in.Now, in.Alerting.Since, every) || in.Alerting.Red && failing
	if set.Alerts.URL.Reveal() == "" {
		return next, nil // and nothing counts as told
	}
	if id := in.Alerting.Sending; id != "" {
		going, err := a.onItsWay(ctx, id)
		if err != nil || going {
			return next, err
		}
		next.Sent = true
	}
	switch {
	case next.Red && !in.Alerting.RedNotified:
		next.Alert = redAlert(in)
	case !next.Red && in.Alerting.RedNotified:
		next.Alert = greenAlert(in)
	case slices.ContainsFunc(found, func(f workflows.Finding) bool { return !f.Alerted }):
		next.Alert = failingAlert(in, found)
	case in.Owner.Shop != "":
		err := a.overdue(ctx, in, set.Alerts.HeldAfter, &next)
		return next, err
	}
	return next, nil
}

// findingsTime bounds how long is looked for findings: a service that is red is
// told also where Temporal's lists do not answer.
const findingsTime = 3 * time.Second

// readFindings gives the findings, as they were where they cannot be looked for.
func (a *Activities) readFindings(ctx context.Context, in workflows.AlertCheck, next *workflows.AlertNext) []workflows.Finding {
	ctx, cancel := context.WithTimeout(ctx, findingsTime)
	defer cancel()
	found, still, err := a.findings(ctx, in)
	if err != nil {
		activity.GetLogger(ctx).Warn("orders that cannot go on are not known; it is looked again", "of", in.Owner.String(), "error", err)
		return in.Alerting.Findings
	}
	next.Checked, next.Findings, next.Suspects = true, found, still
	return found
}

// onItsWay tells whether an alert is still being sent.
func (a *Activities) onItsWay(ctx context.Context, alert string) (bool, error) {
	described, err := a.temporal.DescribeWorkflow(ctx, workflows.NotifyID(alert), "")
	if engine.Missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask whether alert %s is sent: %w", alert, err)
	}
	return described.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// rounds says what an owner's rounds are.
func rounds(o workflows.Owner) string {
	if o.Shop != "" {
		return "sweep of the shop"
	}
	return "collection of changes from the account"
}

func redAlert(in workflows.AlertCheck) *workflows.Alert {
	good := in.Health.LastSuccess
	if good.Before(in.Alerting.Since) {
		good = in.Alerting.Since
	}
	problem := fmt.Sprintf("no successful %s since %s", rounds(in.Owner), good.UTC().Format(time.RFC3339))
	if in.Health.Problem != "" {
		problem += ": " + in.Health.Problem
	}
	return newAlert(in, workflows.AlertRed, fmt.Sprint(good.Unix()), problem)
}

func greenAlert(in workflows.AlertCheck) *workflows.Alert {
	return newAlert(in, workflows.AlertGreen, fmt.Sprint(in.Health.LastSuccess.Unix()), "recovered: successful "+rounds(in.Owner))
}

// newAlert makes an alert whose id is of what it tells, so that an entity that
// lost its memory does not tell it a second time.
func newAlert(in workflows.AlertCheck, kind workflows.AlertKind, of, problem string, orders ...workflows.HeldOrder) *workflows.Alert {
	return &workflows.Alert{
		ID:   fmt.Sprintf("%s:%s:%s", in.Owner, kind, of),
		Kind: kind, Shop: in.Owner.Shop, Account: in.Owner.Account, At: in.Now, Problem: problem,
		Count: len(orders), Orders: orders[:min(len(orders), ordersInAlert)],
	}
}

// overdue looks for orders that are held for longer than the settings allow and
// were not told.
func (a *Activities) overdue(ctx context.Context, in workflows.AlertCheck, after time.Duration, next *workflows.AlertNext) error {
	holds, err := a.index.Orders(ctx, index.All(index.OfShops(in.Owner.Shop), index.HeldSince(in.Now.Add(-after))), holdsAtOnce)
	if err != nil {
		return err
	}
	held := map[int64]bool{}
	for _, hold := range holds {
		number, since := hold.Key.Number, hold.HeldSince()
		held[number] = true
		if told, ok := in.Alerting.Held[number]; !ok || !told.Equal(since) {
			next.Overdue = append(next.Overdue, workflows.HeldOrder{Number: number, Reason: hold.Reason(), Since: since})
		}
	}
	// Of a list that was cut short it is not known what is over.
	if len(in.Alerting.Held)+len(next.Overdue) > holdsRemembered && len(holds) < holdsAtOnce {
		for number := range in.Alerting.Held {
			if !held[number] {
				next.Over = append(next.Over, number)
			}
		}
	}
	if len(next.Overdue) > 0 {
		next.Alert = heldAlert(in, next.Overdue)
	}
	return nil
}

// failingAlert names the orders that cannot go on and were not told yet.
func failingAlert(in workflows.AlertCheck, found []workflows.Finding) *workflows.Alert {
	var orders []workflows.HeldOrder
	var problems []string
	for _, finding := range found {
		if finding.Alerted {
			continue
		}
		orders = append(orders, workflows.HeldOrder{Number: finding.Number, Reason: order.HoldReason(finding.Kind), Since: finding.Since})
		problems = append(problems, finding.Problem)
	}
	problem := problems[0]
	if more := len(problems) - 1; more > 0 {
		problem += fmt.Sprintf("; and %d more", more)
	}
	return newAlert(in, workflows.AlertFailing, digestOf(orders), problem, orders...)
}

// digestOf stands for the orders that an alert is about.
func digestOf(orders []workflows.HeldOrder) string {
	batch := sha256.New()
	for _, one := range orders {
		_, _ = fmt.Fprintln(batch, one.Number, one.Since.UnixNano()) // a hash takes everything
	}
	return hex.EncodeToString(batch.Sum(nil)[:8])
}

func heldAlert(in workflows.AlertCheck, overdue []workflows.HeldOrder) *workflows.Alert {
	problem := "an order is held and waits for somebody"
	if len(overdue) > 1 {
		problem = fmt.Sprintf("%d orders are held and wait for somebody", len(overdue))
	}
	return newAlert(in, workflows.AlertHeld, digestOf(overdue), problem, overdue...)
}
