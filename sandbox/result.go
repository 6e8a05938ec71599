package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// result is what became of one order.
type result struct {
	timeline *timeline
	is, want outcome
	number   string // in RO App, empty while it is not there
	inShop   string // its total, with the currency
	inRoapp  string
	link     string
	comment  string // the first one in RO App, where it is worth showing
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
	if s.notable && len(o.Feed) > 0 {
		r.comment = o.Feed[0].Comment
	}
	return r
}

// conclude says where the order stands and what a person can do.
func (d *demo) conclude(r result) {
	hold := r.timeline.view.State.Hold
	if hold == nil {
		if r.comment != "" {
			d.t.printf("  The comment that staff read:\n%s\n", quote(r.comment))
		}
		d.t.printf("%s after %.1f s  %s\n", d.t.paint(d.colourOf(r), r.is.String()), r.took.Seconds(), d.t.paint(dim, r.link))
		return
	}
	text, remedy := wording.English().Hold(*hold)
	d.t.printf("%s\n  %s\n  %s\n", d.t.paint(d.colourOf(r), "on hold: "+string(hold.Reason)), text, remedy)
	for _, choice := range hold.Choices {
		d.t.printf("    %d  %s\n", choice.ID, choice.Title)
	}
	d.t.printf("  To answer it from another terminal, for example:\n    %s\n", d.answer(r.timeline.key, *hold))
}

func quote(text string) string {
	quoted := "    | " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    | ")
	return strings.ReplaceAll(quoted, "| \n", "|\n")
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

// answer is a command that answers the hold.
func (o demoOptions) answer(key order.Key, hold order.Hold) string {
	command := fmt.Sprintf("%s decide --shop %s --order %d --as me ", o.starterCLI, key.Shop, key.Number)
	if hold.Reason != order.HoldAmbiguousContact || len(hold.Choices) == 0 {
		return command + string(order.DecideSkip) + " --reason " + string(hold.Reason)
	}
	choice := hold.Choices[0]
	command += fmt.Sprintf("%s --contact %d", order.DecideContact, choice.ID)
	if choice.Organization {
		command += " --organization"
	}
	return command
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
