package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// initialImportOptions are the command line's.
type initialImportOptions struct {
	shop, from, to string
	dryRun, stop   bool
}

func initialImportCommand(flags *process.Flags) *cobra.Command {
	var o initialImportOptions
	cmd := &cobra.Command{
		Use:   "initial-import --shop ID [--from DAY] [--to DAY]",
		Short: "Import the orders from before the shop was connected",
		Long: "Initial-import brings a shop's older orders, newest first, and lets everything more urgent go before. Orders that are\n" +
			"known already are left alone, and so are those whose status the settings skip. It goes on by itself when this command\n" +
			"ends, and after a restart. Asked for again with the same days, it goes on where it was stopped.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withConsole(cmd, *flags, o.want, func(ctx context.Context, c console, want workflows.InitialImportWanted) error {
				return c.initialImport(ctx, o, want, isTerminal(cmd.OutOrStdout()))
			})
		},
	}
	cmd.Flags().StringVar(&o.shop, "shop", "", "`id` of the shop in the settings")
	cmd.Flags().StringVar(&o.from, "from", "", "first `day`, as 2026-09-01; by default as many days before the shop's since as initial_import says, else 60")
	cmd.Flags().StringVar(&o.to, "to", "", "last `day`; by default the one before the shop's since, from which on orders come by themselves")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show the summary of starter rehearse: what would be created, found and held; nothing is written")
	cmd.Flags().BoolVar(&o.stop, "stop", false, "stop it; orders that it began are finished")
	return cmd
}

// want is what the options ask for, on the settings' days.
func (o initialImportOptions) want(s *settings.Settings) (workflows.InitialImportWanted, error) {
	if o.dryRun && o.stop {
		return workflows.InitialImportWanted{}, errors.New("--dry-run begins nothing that --stop could stop")
	}
	return wantedImport(s, o.shop, o.from, o.to)
}

func wantedImport(s *settings.Settings, shop, from, to string) (workflows.InitialImportWanted, error) {
	if err := knownShop(s, shop); err != nil {
		return workflows.InitialImportWanted{}, err
	}
	return service.WantedImport(s.Shops[shop], from, to, "the command line")
}

func (c console) initialImport(ctx context.Context, o initialImportOptions, want workflows.InitialImportWanted, terminal bool) error {
	switch {
	case o.stop:
		if err := c.orders.StopInitialImport(ctx, o.shop); err != nil {
			return err
		}
		return c.print("Stopped. Orders that it began are finished; the same command without --stop goes on where it was.\n")
	case o.dryRun:
		return c.rehearse(ctx, o.shop, want, rehearsing{})
	default:
		return c.startInitialImport(ctx, o.shop, want, terminal)
	}
}

func (c console) print(format string, args ...any) error { return write(c.out, format, args...) }

// importPollEvery is how often the progress is asked for.
const importPollEvery = time.Second

// startInitialImport asks for the import and shows how it goes until it is done
// or the person has seen enough.
func (c console) startInitialImport(ctx context.Context, shop string, want workflows.InitialImportWanted, terminal bool) error {
	var before time.Time // when an earlier one of the same days was done
	if view, err := c.orders.Shop(ctx, shop); err == nil && view.Import != nil {
		before = view.Import.DoneAt
	}
	if err := c.orders.StartInitialImport(ctx, shop, want); err != nil {
		return err
	}
	if err := c.print("Initial import of %s to %s. Ctrl-C leaves it running.\n", want.From, want.To); err != nil {
		return err
	}
	show := c.showLine()
	if terminal {
		show = c.showBar()
	}
	ticker := time.NewTicker(importPollEvery)
	defer ticker.Stop()
	for {
		view, err := c.orders.Shop(ctx, shop)
		if f := view.Import; err == nil && f != nil && f.From == want.From && f.To == want.To && (f.DoneAt.IsZero() || !f.DoneAt.Equal(before)) {
			if err := show(view); err != nil {
				return err
			}
			if !f.Goes() {
				return c.endOfImport(f)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return c.print("\nIt goes on by itself. To stop it: starter initial-import --shop %s --stop\n", shop)
		}
	}
}

func (c console) endOfImport(f *workflows.InitialImport) error {
	word := "Done"
	if f.Stopped {
		word = "Stopped"
	}
	return c.print("\n%s: %s.\n", word, importCounts(f))
}

func importCounts(f *workflows.InitialImport) string {
	return fmt.Sprintf("orders seen %d, started %d, known already %d, skipped %d, unreadable %d", f.Seen, f.Started, f.Known, f.Skipped, f.Failed)
}

// showBar draws a bar of days.
func (c console) showBar() func(workflows.ShopView) error {
	var bar *progressbar.ProgressBar
	return func(v workflows.ShopView) error {
		done, all := v.Import.Days()
		if bar == nil {
			bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(os.Stdout), progressbar.OptionSetWidth(30),
				progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())
		}
		bar.Describe(importState(v))
		return bar.Set(done)
	}
}

// showLine prints a line whenever something has changed.
func (c console) showLine() func(workflows.ShopView) error {
	last := ""
	return func(v workflows.ShopView) error {
		done, all := v.Import.Days()
		text := fmt.Sprintf("days %d of %d; %s", done, all, importState(v))
		if text == last {
			return nil
		}
		last = text
		return c.print("%s\n", text)
	}
}

func importState(v workflows.ShopView) string {
	text := importCounts(v.Import)
	switch {
	case v.Paused != "":
		text += "; waits: " + v.Paused
	case v.Import.Yields:
		text += "; waits for the orders on their way"
	case v.Import.Problem != "":
		text += "; tried again: " + v.Import.Problem
	}
	return text
}

func isTerminal(w io.Writer) bool {
	file, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}
