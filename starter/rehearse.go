package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

func rehearseCommand(flags *process.Flags) *cobra.Command {
	var shop, from, to, file string
	cmd := &cobra.Command{
		Use:   "rehearse --shop ID [--from DAY] [--to DAY]",
		Short: "Show what an import of a shop's orders would do, without writing anything",
		Long: "Rehearse reads a shop's real orders of some days and lets the real rules decide about each, with the contacts and\n" +
			"products that RO App really has. It shows per order what would be created, what exists already, what would be held\n" +
			"and why, how many requests that takes and how long, and a summary by hold reason. It writes nothing, and reads behind\n" +
			"everything more urgent. A worker must run. Ctrl-C ends it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			about := func(s *settings.Settings) (workflows.InitialImportWanted, error) {
				return wantedImport(s, shop, from, to)
			}
			return withConsole(cmd, *flags, about, func(ctx context.Context, c console, want workflows.InitialImportWanted) error {
				return c.rehearseToFile(ctx, shop, want, file, printable{cmd.ErrOrStderr()})
			})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "`id` of the shop in the settings")
	cmd.Flags().StringVar(&from, "from", "", "first `day`, as 2026-09-01; by default that of the initial import")
	cmd.Flags().StringVar(&to, "to", "", "last `day`; by default that of the initial import")
	cmd.Flags().StringVar(&file, "csv", "", "also write the orders into this `file`, as CSV")
	return cmd
}

// rehearsing is where the orders of a rehearsal are shown; what is nil is not wanted.
type rehearsing struct {
	lines, progress io.Writer
	table           *csv.Writer
	zone            *time.Location
	days            int
}

func (c console) rehearseToFile(ctx context.Context, shop string, want workflows.InitialImportWanted, path string, progress io.Writer) (err error) {
	r := rehearsing{lines: c.out, progress: progress}
	if path == "" {
		return c.rehearse(ctx, shop, want, r)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the orders: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	r.table = csv.NewWriter(file)
	if err := r.table.Write(rehearsedColumns); err != nil {
		return fmt.Errorf("write the orders: %w", err)
	}
	return c.rehearse(ctx, shop, want, r)
}

func (c console) rehearse(ctx context.Context, shop string, want workflows.InitialImportWanted, r rehearsing) error {
	if err := c.print("Rehearsing the orders of %s to %s; nothing is written.\n", want.From, want.To); err != nil {
		return err
	}
	r.zone = c.zone(shop)
	result, err := c.orders.Rehearse(ctx, shop, want, r.show)
	if err != nil {
		return err
	}
	return c.print("\n%s", rehearsedText(result))
}

// show shows the orders that became known.
func (r *rehearsing) show(view workflows.RehearsalView) error {
	if r.progress != nil && view.Days > r.days {
		r.days = view.Days
		_, _ = fmt.Fprintf(r.progress, "days %d of %d, orders: %d\n", view.Days, view.AllDays, view.Seen) // what is shown is worth no failure
	}
	for _, one := range view.Orders {
		if r.lines != nil {
			if _, err := fmt.Fprintf(r.lines, "%8d  %-8s %s\n", one.Number, one.As, rehearsedWords(one)); err != nil {
				return err
			}
		}
		if r.table != nil {
			if err := r.table.Write(rehearsedRow(one, r.zone, view.PerSecond)); err != nil {
				return err
			}
		}
	}
	if r.table == nil {
		return nil
	}
	r.table.Flush()
	return r.table.Error()
}

func rehearsedWords(one workflows.RehearsedOrder) string {
	var words []string
	switch one.As {
	case workflows.RehearsedHeld:
		words = append(words, strings.TrimSuffix(string(one.Hold)+": "+one.Field, ": "))
	case workflows.RehearsedLink:
		words = append(words, "RO App has it as "+one.RoappOrder)
	case workflows.RehearsedCreate:
		words = append(words, "contact "+contactWord(one), fmt.Sprintf("products: %d found, %d new", one.Found, len(one.NewProducts)))
	default:
	}
	if one.Requests > 0 {
		words = append(words, fmt.Sprintf("%d requests", one.Requests))
	}
	return strings.Join(words, ", ")
}

func contactWord(one workflows.RehearsedOrder) string {
	if one.NewContact != "" {
		return "new"
	}
	return "found"
}

var rehearsedColumns = []string{
	"order", "created", "outcome", "hold_reason", "hold_field", "roapp_order", "contact", "products_found", "products_new", "requests", "seconds",
}

func rehearsedRow(one workflows.RehearsedOrder, zone *time.Location, perSecond float64) []string {
	created, contact, seconds := "", "", ""
	if !one.Created.IsZero() {
		created = one.Created.In(zone).Format(time.DateTime)
	}
	if one.As == workflows.RehearsedCreate {
		contact = contactWord(one)
	}
	if perSecond > 0 {
		seconds = strconv.FormatFloat(float64(one.Requests)/perSecond, 'f', 1, 64)
	}
	return []string{
		strconv.FormatInt(one.Number, 10), created, string(one.As), string(one.Hold), one.Field, one.RoappOrder, contact,
		strconv.Itoa(one.Found), strconv.Itoa(len(one.NewProducts)), strconv.Itoa(one.Requests), seconds,
	}
}

func rehearsedText(r workflows.Rehearsed) string {
	var text strings.Builder
	line := func(name string, n int) { fmt.Fprintf(&text, "%-36s %6d\n", name, n) }
	line("orders in these days", r.Seen)
	line("known already", r.Known)
	line("skipped by their status", r.Skipped)
	line("not imported, cancelled", r.Closed)
	line("would be imported", r.Imports)
	line("would be linked, RO App has them", r.Links)
	line("new contacts", r.NewContacts)
	line("new products", r.NewProducts)
	line("would wait for somebody, unreadable", r.Failed)
	for _, reason := range slices.Sorted(maps.Keys(r.Holds)) {
		line("would wait for somebody, "+string(reason), r.Holds[reason])
	}
	if r.Requests == 0 {
		return text.String()
	}
	fmt.Fprintf(&text, "It would take about %d requests to RO App, %s at the account's rate, and longer beside other work.\n",
		r.Requests, r.Time.Round(time.Minute)+time.Minute)
	return text.String()
}
