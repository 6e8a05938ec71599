package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// reconcileOptions are the command line's.
type reconcileOptions struct {
	shop, from, to string
	imports        bool
}

func reconcileCommand(flags *process.Flags) *cobra.Command {
	var o reconcileOptions
	cmd := &cobra.Command{
		Use:   "reconcile --shop ID [--from DAY] [--to DAY] [--import]",
		Short: "Compare a shop's orders with those in RO App, day by day; ends with 3 where some are missing",
		Long: "Reconcile reads the shop's orders of some days and their totals in RO App, and shows for each day how many orders exist\n" +
			"in RO App, the sums of both sides, which orders are missing and why, and which ones differ. RO App is read with one\n" +
			"request for 50 orders, behind all other work.\n\n" +
			"It ends with 0 when nothing is missing but what the settings or somebody left out, and with 3 otherwise.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			about := func(s *settings.Settings) (workflows.ReconcileInput, error) { return o.days(s, time.Now()) }
			return withConsole(cmd, *flags, about, func(ctx context.Context, c console, in workflows.ReconcileInput) error {
				return c.reconcile(ctx, in, o.imports)
			})
		},
	}
	cmd.Flags().StringVar(&o.shop, "shop", "", "`id` of the shop in the settings")
	cmd.Flags().StringVar(&o.from, "from", "", "first `day`, as 2026-11-01; by default six days before the last one")
	cmd.Flags().StringVar(&o.to, "to", "", "last `day`; by default today, on the shop's clock")
	cmd.Flags().BoolVar(&o.imports, "import", false, "import the missing ones, but for those that the settings or somebody left out")
	return cmd
}

// usualReconcile is how many days are compared where nobody says otherwise.
const usualReconcile = 7

func (o reconcileOptions) days(s *settings.Settings, now time.Time) (workflows.ReconcileInput, error) {
	if err := knownShop(s, o.shop); err != nil {
		return workflows.ReconcileInput{}, err
	}
	in := workflows.ReconcileInput{Shop: o.shop, From: o.from, To: o.to}
	in.To = cmp.Or(in.To, now.In(s.Shops[o.shop].Since.Location()).Format(time.DateOnly))
	if last, err := time.Parse(time.DateOnly, in.To); in.From == "" && err == nil {
		in.From = last.AddDate(0, 0, 1-usualReconcile).Format(time.DateOnly)
	}
	if err := in.Check(); err != nil {
		return in, fmt.Errorf("the days %s to %s: %w", in.From, in.To, err)
	}
	return in, nil
}

func (c console) reconcile(ctx context.Context, in workflows.ReconcileInput, imports bool) error {
	if err := c.print("Reading the orders of %s to %s on both sides.\n\n", in.From, in.To); err != nil {
		return err
	}
	found, err := c.orders.Reconcile(ctx, in)
	if err != nil {
		return err
	}
	if err := c.print("%s", reconciliationText(found)); err != nil {
		return err
	}
	if wanted := found.Wanted(); imports && len(wanted) > 0 {
		if err := c.orders.ImportMissing(ctx, wanted, "command line"); err != nil {
			return err
		}
		if err := c.print("\nThe missing ones are asked for.\n"); err != nil {
			return err
		}
	}
	if !found.Complete() {
		return &heldError{text: "orders are missing in RO App"}
	}
	return nil
}

// reconciliationText is a line for each day, and then what is missing or differs.
func reconciliationText(c service.Reconciliation) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', tabwriter.AlignRight) // to a Builder, which never fails
	line := func(cells ...any) { _, _ = fmt.Fprintf(table, strings.Repeat("%v\t", len(cells))+"\n", cells...) }
	line("day", "in Cartum", "sum", "in RO App", "sum", "missing", "differ")
	for _, day := range append(c.Days, withName(c.Total, "all")) {
		line(day.Day, day.Shop.Orders, sums(day.Shop), day.Roapp.Orders, sums(day.Roapp), len(day.Missing), len(day.Different))
	}
	_ = table.Flush()
	if len(c.Total.Missing) > 0 {
		text.WriteString("\nmissing:\n")
	}
	for _, day := range c.Days {
		for _, one := range day.Missing {
			fmt.Fprintf(&text, "  %d  %s  %s\n", one.Key.Number, day.Day, missingText(one))
		}
	}
	if len(c.Total.Different) > 0 {
		text.WriteString("\nthe sum in the shop differs from the total in RO App:\n")
	}
	for _, one := range c.Total.Different {
		fmt.Fprintf(&text, "  %d  %s %s in the shop, %s %s in RO App", one.Key.Number, money(*one.Shop), one.Currency, money(one.Roapp), c.Currency)
		if one.WrittenOff {
			text.WriteString(" (written off)")
		}
		text.WriteString("\n")
	}
	if c.Total.Unread > 0 {
		fmt.Fprintf(&text, "\nRO App's list did not show the totals of %d orders.\n", c.Total.Unread)
	}
	if c.Unnumbered > 0 {
		fmt.Fprintf(&text, "\n%d rows of the shop do not say which order they are.\n", c.Unnumbered)
	}
	return text.String()
}

func withName(day service.ReconciledDay, name string) service.ReconciledDay {
	day.Day = name
	return day
}

// sums are those of all currencies.
func sums(t service.Tally) string {
	var all []string
	for _, one := range t.Money() {
		all = append(all, money(one.Sum)+" "+one.Currency)
	}
	return strings.Join(all, " + ")
}

func money(sum decimal.Decimal) string { return sum.StringFixed(2) }

func missingText(one service.Missing) string {
	switch one.Reason {
	case service.MissingHeld:
		return "waits for somebody: " + string(one.Hold)
	case service.MissingImporting:
		return "on its way"
	case service.MissingClosed:
		return "not to be imported: cancelled before it was seen, or given up"
	case service.MissingSkipped:
		return fmt.Sprintf("left out by the initial import for its status %d", one.Status)
	case service.MissingOlder:
		return "from before the shop was connected"
	default:
		return "not known to the exchange"
	}
}
