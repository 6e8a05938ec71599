// Sandbox runs the whole order exchange on one machine: Temporal with its UI,
// stand-ins of both services, and the real worker and starter. It puts orders
// into the shops and shows their way into RO App.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever is impatient ends it at once with a second signal
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil {
		os.Exit(1) // cobra has printed it
	}
}

func command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the whole order exchange on this machine, with stand-ins of Cartum and RO App",
		Long: "Sandbox starts Temporal with its UI, stand-ins of two shops and two RO App accounts, the worker and\n" +
			"the starter, puts a few orders into the shops, shows their way into RO App, and runs until Ctrl-C.\n" +
			"Nothing is kept: each start begins empty.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd.Context(), o, newTerminal(cmd.OutOrStdout()))
		},
	}
	o.addFlags(cmd.Flags())
	cmd.AddCommand(cartumCommand(), roappCommand(), demoCommand(), settingsCommand())
	return cmd
}
