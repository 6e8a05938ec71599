package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// result is what became of one order.
type result struct {
	timeline *timeline
	is, want outcome
	number   string // in RO App, empty while it is not there
	inShop   string // its total, with the currency
	inRoapp  string
	link     string
	took     time.Duration
}

func newResult(ctx context.Context, desk *desk, l *timeline, s script, took time.Duration) result {
	state := l.view.State
	r := result{timeline: l, is: outcome{state: l.view.SyncState}, want: s.expect, took: took}
	if r.is.state == "" {
		r.is.state = order.SyncImporting
	}
	if state.Hold != nil {
		r.is.reason = state.Hold.Reason
	}
	if state.Snapshot != nil {
		r.inShop = state.Snapshot.Totals.Sum.StringFixed(2) + " " + state.Snapshot.Currency
	}
	if state.Order == nil {
		return r
	}
	r.link = desk.web + fmt.Sprintf("/orders/table/%d", state.Order.ID)
	o, err := desk.roapp.order(ctx, state.Order.ID)
	if err != nil {
		r.number = fmt.Sprint(state.Order.ID)
		return r
	}
	r.number, r.inRoapp = o.Order.Number, o.Order.Total.StringFixed(2)
	return r
}

// conclude says where the order stands and what a person can do.
func (d *demo) conclude(r result) {
	hold := r.timeline.view.State.Hold
	if hold == nil {
		d.t.printf("%s after %.1f s  %s\n", d.t.paint(d.colourOf(r), r.is.String()), r.took.Seconds(), d.t.paint(dim, r.link))
		return
	}
	d.t.printf("%s\n  %s\n  %s\n", d.t.paint(d.colourOf(r), "waits: "+string(hold.Reason)), hold.Text, hold.Remedy)
	for _, choice := range hold.Choices {
		d.t.printf("    %d  %s\n", choice.ID, choice.Title)
	}
	d.t.printf("  To answer it from another terminal, for example:\n    %s\n", d.ui.decide(r.timeline.key, exampleAnswer(*hold)))
}

func (d *demo) colourOf(r result) style {
	switch {
	case r.is != r.want:
		return red
	case r.is.state == order.SyncHeld:
		return yellow
	default:
		return green
	}
}

// exampleAnswer is a decision that fits the hold.
func exampleAnswer(hold order.Hold) order.Decision {
	if hold.Reason == order.HoldAmbiguousContact && len(hold.Choices) > 0 {
		return order.Decision{Kind: order.DecideContact, By: "me", ContactID: hold.Choices[0].ID, Organization: hold.Choices[0].Organization}
	}
	return order.Decision{Kind: order.DecideLeave, By: "me", Reason: string(hold.Reason)}
}

// decide is the command that brings a decision to an order.
func (o uiOptions) decide(key order.Key, decision order.Decision) string {
	input, err := json.Marshal(decision)
	if err != nil {
		return err.Error()
	}
	words := []string{
		o.cli, "workflow", "signal", "--workflow-id", key.WorkflowID(), "--name", workflows.SignalDecide, "--input", "'" + string(input) + "'",
	}
	if o.address != "" {
		words = append(words, "--address", o.address)
	}
	if o.codec != "" {
		words = append(words, "--codec-endpoint", o.codec)
	}
	return strings.Join(words, " ")
}

// summary lists all orders, and fails where one is not as it should be.
func (d *demo) summary() error {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(table, "order\tstate\tin RO App\ttotal there\ttotal in Cartum\tseconds")
	var wrong []string
	for _, r := range d.results {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%.1f\n",
			r.timeline.key, r.is, orDash(r.number), orDash(r.inRoapp), orDash(r.inShop), r.took.Seconds())
		if r.is != r.want {
			wrong = append(wrong, fmt.Sprintf("%s should be %s and is %s", r.timeline.key, r.want, r.is))
		}
	}
	_ = table.Flush()
	d.t.printf("\n%s\n%s", d.t.paint(bold, "Summary"), text.String())
	if len(wrong) > 0 {
		d.t.printf("%s\n", d.t.paint(red, strings.Join(wrong, "\n")))
		return errUnexpected
	}
	return nil
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
