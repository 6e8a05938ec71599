// Sandbox runs the whole order exchange on one machine: Temporal with its UI,
// fakes of both services, and the real worker and starter. It puts orders into the
// shops and shows their way into RO App.
package main

import (
	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/process"
)

func main() { process.Main(command()) }

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
