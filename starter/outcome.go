package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// writeOutcome says how an order ended up: a line, and for a hold what it waits
// for.
func writeOutcome(w io.Writer, view order.View) error {
	key := view.State.Key
	var text strings.Builder
	fmt.Fprintf(&text, "%s  %s\n", key.WorkflowID(), outcomeText(view))
	for _, warning := range view.State.Warnings {
		fmt.Fprintf(&text, "%s  warning: %s\n", key.WorkflowID(), wording.English().Message(warning))
	}
	if view.State.Hold != nil {
		writeHold(&text, view.State)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func outcomeText(view order.View) string {
	state := view.State
	switch view.SyncState {
	case order.SyncClosed:
		return "closed: " + wording.English().Message(state.Closed.Message)
	case order.SyncHeld:
		return fmt.Sprintf("held: %s", state.Hold.Reason)
	case order.SyncSynced:
		return fmt.Sprintf("synced: order %s in RO App %s", accountNumber(state.Order), view.Links.Order)
	default:
		return string(view.SyncState)
	}
}

// accountNumber is the order's number as RO App shows it, its id where no number
// was told.
func accountNumber(o *order.AccountOrder) string {
	if o == nil {
		return "(none)"
	}
	if o.Number != "" {
		return o.Number
	}
	return fmt.Sprint(o.ID)
}

// writeHold says what an order waits for and how it is answered.
func writeHold(w *strings.Builder, state order.State) {
	hold := state.Hold
	what, remedy := wording.English().Hold(*hold)
	fmt.Fprintf(w, "  %s\n  %s\n", what, remedy)
	for _, choice := range hold.Choices {
		fmt.Fprintf(w, "    %s\n", choiceText(choice))
	}
	fmt.Fprintln(w, "  Answers:")
	for _, answer := range answersTo(state) {
		fmt.Fprintf(w, "    starter decide %s --as NAME %s\n", flagsOf(state.Key), answer)
	}
}

func choiceText(choice order.Choice) string {
	if choice.Organization {
		return fmt.Sprintf("%d  %s (organization)", choice.ID, choice.Title)
	}
	return fmt.Sprintf("%d  %s", choice.ID, choice.Title)
}

// answersTo are the decisions that may end an order's hold, as they are typed.
func answersTo(state order.State) []string {
	var typed []string
	for _, kind := range state.Answers() {
		typed = append(typed, usageOf(kind, state.Hold.Choices))
	}
	return typed
}

func usageOf(kind order.DecisionKind, choices []order.Choice) string {
	switch kind {
	case order.DecideContact:
		return contactUsage(choices)
	case order.DecideProduct:
		return "product --product ID"
	case order.DecideLink:
		return "link --roapp-order ID"
	case order.DecideSkip:
		return `skip --reason "..."`
	default:
		return string(kind)
	}
}

// contactUsage shows the flag for organizations where one is to choose.
func contactUsage(choices []order.Choice) string {
	if slices.ContainsFunc(choices, func(c order.Choice) bool { return c.Organization }) {
		return "contact --contact ID [--organization]"
	}
	return "contact --contact ID"
}

// flagsOf are the flags that name an order.
func flagsOf(key order.Key) string {
	return fmt.Sprintf("--shop %s --order %d", key.Shop, key.Number)
}

func eventText(event order.Entry, zone *time.Location) string {
	text := event.At.In(zone).Format("15:04:05") + "  " + wording.English().Message(event.Message)
	if event.By != "" {
		text += " (" + event.By + ")"
	}
	return text
}
