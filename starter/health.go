package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/settings"
)

func healthCommand(flags *process.Flags) *cobra.Command {
	var shop string
	cmd := &cobra.Command{
		Use:   "health [--shop ID]",
		Short: "Show the health of shops and accounts; ends with 3 where something is red",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return showHealth(cmd, *flags, shop) },
	}
	cmd.Flags().StringVar(&shop, "shop", "", "only this shop and its account, by their `id` in the settings")
	return cmd
}

func showHealth(cmd *cobra.Command, flags process.Flags, shop string) error {
	about := func(s *settings.Settings) (*settings.Settings, error) { return only(s, shop) }
	return withTemporal(cmd, flags, about, func(_ process.Env, temporal client.Client, namespace string, wanted *settings.Settings) error {
		report, readErr := health.New(temporal, index.New(temporal), namespace, settings.NewStore(wanted)).Read(cmd.Context())
		if err := writeHealth(printable{cmd.OutOrStdout()}, report, time.Now()); err != nil {
			return err
		}
		if report.Red() {
			return errors.Join(errRed, readErr)
		}
		return readErr
	})
}

// only narrows the settings to a shop and its account.
func only(s *settings.Settings, shop string) (*settings.Settings, error) {
	if shop == "" {
		return s, nil
	}
	if err := knownShop(s, shop); err != nil {
		return nil, err
	}
	set, narrow := s.Shops[shop], *s
	narrow.Shops = map[string]settings.Shop{shop: set}
	narrow.Accounts = map[string]settings.Account{set.Account: s.Accounts[set.Account]}
	return &narrow, nil
}

// writeHealth writes a line for each shop and account, and what is wrong with it.
func writeHealth(w io.Writer, report health.Report, now time.Time) error {
	var text strings.Builder
	shops, accounts := slices.Sorted(maps.Keys(report.Shops)), slices.Sorted(maps.Keys(report.Accounts))
	fmt.Fprintln(&text, "shop\tstate\tlast sweep\timporting\tsynced\theld\tclosed\tfailed\toldest hold")
	for _, id := range shops {
		shop := report.Shops[id]
		fmt.Fprintf(&text, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n", id, shop.State, ago(shop.LastSuccess, now),
			shop.Orders[string(order.SyncImporting)], shop.Orders[string(order.SyncSynced)],
			shop.Orders[string(order.SyncHeld)], shop.Orders[string(order.SyncClosed)], shop.Orders[string(order.SyncFailed)], ago(shop.OldestHold, now))
	}
	fmt.Fprintln(&text, "\naccount\tstate\tlast collection\trequests waiting\tthe first for")
	for _, id := range accounts {
		account := report.Accounts[id]
		waited := time.Duration(account.BacklogAge * float64(time.Second)).Round(time.Second)
		fmt.Fprintf(&text, "%s\t%s\t%s\t%d\t%s\n", id, account.State, ago(account.LastSuccess, now), account.Backlog, waited)
	}
	if report.NoWorker() {
		text.WriteString("\nno worker runs: orders wait until one does\n")
	}
	for _, id := range shops {
		text.WriteString(problemOf("shop "+id, report.Shops[id].Rounds))
	}
	for _, id := range accounts {
		text.WriteString(problemOf("account "+id, report.Accounts[id].Rounds))
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	if _, err := io.WriteString(table, text.String()); err != nil {
		return err
	}
	return table.Flush()
}

func problemOf(what string, rounds health.Rounds) string {
	if rounds.Problem == "" {
		return ""
	}
	return fmt.Sprintf("\n%s: %s\n", what, rounds.Problem)
}

// ago is a moment as a person wants it: how long it is past.
func ago(at, now time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return now.Sub(at).Round(time.Second).String() + " ago"
}
