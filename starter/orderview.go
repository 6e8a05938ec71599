package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// writeOrder shows the whole order to a person.
func writeOrder(w io.Writer, view order.View, zone *time.Location) error {
	p := page{zone: zone}
	p.heading(view)
	p.shopSide(view)
	p.accountSide(view)
	p.waiting(view)
	p.timeline(view.State.Entries())
	_, err := io.WriteString(w, p.text.String())
	return err
}

// page is an order's text as it grows.
type page struct {
	text strings.Builder
	zone *time.Location
}

func (p *page) line(format string, values ...any) { fmt.Fprintf(&p.text, format+"\n", values...) }

// columns aligns rows; a row's last cell may be of any length.
func (p *page) columns(rows ...[]string) {
	aligned := tabwriter.NewWriter(&p.text, 0, 0, 2, ' ', 0) // to a Builder, which never fails
	for _, row := range rows {
		_, _ = fmt.Fprintln(aligned, "  "+strings.Join(row, "\t"))
	}
	_ = aligned.Flush()
}

func (p *page) minute(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(p.zone).Format("2006-01-02 15:04 MST")
}

func (p *page) heading(view order.View) {
	state := view.State
	name := cmp.Or(view.Links.ShopName, state.Key.Shop)
	p.line("%s #%d: %s", name, state.Key.Number, outcomeText(view))
	p.columns(
		[]string{"workflow", state.Key.WorkflowID()},
		[]string{"first asked for", fmt.Sprintf("%s, by %s", p.minute(state.StartedAt), state.Origin)},
		[]string{"last compared", p.minute(state.Synced)},
		[]string{"next refresh", p.nextRefresh(view)},
	)
}

// nextRefresh tells when a person may have the order compared again.
func (p *page) nextRefresh(view order.View) string {
	switch {
	case view.State.Closed != nil:
		return "none, the order is closed"
	case view.State.Refresh.Running:
		return "runs since " + p.minute(view.State.Refresh.AskedAt)
	case view.NextRefresh.After(time.Now()):
		return "from " + p.minute(roundUp(view.NextRefresh))
	default:
		return "at once"
	}
}

func (p *page) shopSide(view order.View) {
	p.line("\nCartum %s", view.Links.Shop)
	snap := view.State.Snapshot
	if snap == nil {
		p.line("  not read yet")
		return
	}
	p.columns(
		[]string{"placed", p.minute(snap.Created)},
		[]string{"seen", p.minute(snap.SeenAt)},
		[]string{"status", fmt.Sprint(snap.Status)},
		[]string{"amount", snap.Totals.Sum.StringFixed(2) + " " + snap.Currency},
		[]string{"payment", joined(", ", snap.Payment.Method, paidText(snap.Payment.Paid))},
		[]string{"customer", joined(", ", snap.Customer.Name, snap.Customer.Phone, snap.Customer.Email)},
		[]string{"delivery", joined(", ", snap.Delivery.Method, snap.Delivery.City, snap.Delivery.Address, snap.Delivery.Branch, snap.Delivery.Tracking)},
	)
	items := [][]string{{"ARTICLE", "QUANTITY", "PRICE", "IN RO APP", "TITLE"}}
	for _, line := range snap.Lines {
		items = append(items, []string{line.Article, line.Quantity.String(), line.Price.StringFixed(2), itemText(view.State.Lines, line.Key), line.Title})
	}
	p.columns(items...)
}

// itemText tells the item that stands for a line.
func itemText(lines map[order.LineKey]order.LineState, key order.LineKey) string {
	facts, written := lines[key]
	if !written {
		return "-"
	}
	return fmt.Sprintf("item %d, product %d", facts.ItemID, facts.ProductID)
}

func paidText(paid bool) string {
	if paid {
		return "paid"
	}
	return "not paid"
}

func joined(separator string, parts ...string) string {
	var filled []string
	for _, part := range parts {
		if part = strings.Join(strings.Fields(part), " "); part != "" {
			filled = append(filled, part)
		}
	}
	return strings.Join(filled, separator)
}

func (p *page) accountSide(view order.View) {
	p.line("\nRO App %s", view.Links.Order)
	o := view.State.Order
	if o == nil {
		p.line("  no order yet")
		return
	}
	total, writeOff := "not seen yet", "not written off as far as seen"
	if o.Total != nil {
		total = o.Total.StringFixed(2)
	}
	if o.WrittenOff {
		writeOff = "written off; quantities and prices are frozen"
	}
	p.columns(
		[]string{"order", fmt.Sprintf("%s (id %d)", accountNumber(o), o.ID)},
		[]string{"account", o.Account},
		[]string{"customer", fmt.Sprintf("contact %d", o.ContactID)},
		[]string{"status", fmt.Sprint(o.StatusID)},
		[]string{"total", total},
		[]string{"write-off", writeOff},
	)
}

// waiting shows the hold, what is in progress, and what the row warns of.
func (p *page) waiting(view order.View) {
	state := view.State
	if hold := state.Hold; hold != nil {
		p.line("\nWaits since %s for: %s", p.minute(hold.Since), joined(", ", string(hold.Reason), hold.Field, string(hold.ProductKey)))
		writeHold(&p.text, state)
		if !hold.NextRetry.IsZero() {
			p.line("  Next retry at %s.", p.minute(hold.NextRetry))
		}
	}
	if len(view.Running) > 0 {
		p.line("\nIn progress")
	}
	for _, step := range view.Running {
		p.line("  %s", step)
	}
	p.differences(view.Differences)
	if len(state.Warnings) > 0 {
		p.line("\nWarnings")
	}
	for _, warning := range state.Warnings {
		p.line("  %s: %s", warning.Code, wording.English().Message(warning))
	}
}

// differences shows the lines that RO App has otherwise than the shop.
func (p *page) differences(all []order.Difference) {
	if len(all) == 0 {
		return
	}
	p.line("\nNot synced")
	rows := [][]string{{"LINE", "IN CARTUM", "IN RO APP"}}
	for _, d := range all {
		row := []string{string(d.Key), valuesText(d.Shop), valuesText(d.Account)}
		switch d.Kind {
		case order.DifferenceNew:
			row[2] = "-"
		case order.DifferenceRemoved:
			row[1] = "-"
		case order.DifferenceValues:
		}
		rows = append(rows, row)
	}
	p.columns(rows...)
}

func valuesText(v order.ItemValues) string {
	return fmt.Sprintf("%s x %s", v.Quantity, v.Price.StringFixed(2))
}

func (p *page) timeline(events []order.Entry) {
	p.line("\nTimeline")
	rows := make([][]string, 0, len(events))
	for _, event := range events {
		rows = append(rows, []string{event.At.In(p.zone).Format("2006-01-02 15:04:05"), event.By, joined(" ", wording.English().Message(event.Message))})
	}
	p.columns(rows...)
}
