package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order"
)

// ShopView is the answer to the query "shop".
type ShopView struct {
	Shop   string
	Paused string `json:",omitempty"` // why the shop is not asked for anything
	Health Health
	// Recent and Whole are the last sweeps that succeeded.
	Recent, Whole *Swept         `json:",omitempty"`
	Sweeping      bool           `json:",omitempty"`
	Import        *InitialImport `json:",omitempty"`
	// Webhooks counts the events that Cartum sends.
	Webhooks int
	Revision string // of the settings in force
}

func (r *shopRun) view() ShopView {
	return ShopView{
		Shop: r.state.Shop, Paused: r.state.Paused, Health: r.state.Health, Recent: r.state.Recent, Whole: r.state.Whole,
		Sweeping: r.sweep != nil, Import: r.state.Import, Webhooks: len(r.state.Subscriptions), Revision: r.settings.Revision,
	}
}

// describe writes what Temporal's own page shows of the shop.
func (r *shopRun) describe(ctx workflow.Context) {
	var text strings.Builder
	fmt.Fprintf(&text, "**Shop %s**\n\n", r.state.Shop)
	if r.state.Paused != "" {
		fmt.Fprintf(&text, "Paused: %s.\n\n", order.UIText(r.state.Paused))
	}
	if health := r.state.Health; !health.FailingSince.IsZero() {
		fmt.Fprintf(&text, "⚠ Not working since %s (%s): %s\n\n", minute(health.FailingSince), health.Kind, order.UIText(health.Problem))
	}
	sweepLine(&text, "Recent orders", r.state.Recent)
	sweepLine(&text, "All orders", r.state.Whole)
	if r.state.Import != nil {
		text.WriteString("- " + order.UIText(r.state.Import.line()) + "\n")
	}
	workflow.SetCurrentDetails(ctx, text.String())
}

func sweepLine(text *strings.Builder, what string, s *Swept) {
	if s == nil {
		fmt.Fprintf(text, "- %s: not polled yet\n", what)
		return
	}
	fmt.Fprintf(text, "- %s: polled at %s; seen %d, new %d, changed %d", what, minute(s.At), s.Seen, s.Started, s.Told)
	if s.Unreadable > 0 {
		fmt.Fprintf(text, ", unreadable %d", s.Unreadable)
	}
	if s.Missing > 0 {
		fmt.Fprintf(text, ", missing %d", s.Missing)
	}
	text.WriteString("\n")
}

// line is the initial import in one line.
func (f *InitialImport) line() string {
	done, all := f.Days()
	text := fmt.Sprintf("Initial import, %s to %s: %d of %d days; orders seen %d, started %d, skipped %d, known %d, unreadable %d",
		f.From, f.To, done, all, f.Seen, f.Started, f.Skipped, f.Known, f.Failed)
	switch {
	case !f.DoneAt.IsZero():
		text += "; done at " + minute(f.DoneAt)
	case f.Stopped:
		text += "; stopped"
	case f.Yields:
		text += "; waits for the orders on their way"
	case f.Problem != "":
		text += "; ⚠ " + f.Problem
	}
	return text
}
